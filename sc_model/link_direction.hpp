// One direction of the host link: a wire of some bandwidth with a header per packet, and the way to the far end.
//
// The rule is stated once, here, for the model (HostLink) and for benchmarks of the bare card: data is cut into packets
// of at most payload_bytes, each preceded by header_bytes; what carries no data is one header. Everything sent keeps
// its order, and takes bytes / bandwidth (rounded up to whole ps) plus the latency. No SystemC.
#pragma once

#include "common/rng.hpp"
#include "common/sim_time.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace nicosim {

struct LinkConfig {
  SimTime latency = SimTime::ns(400);              // each way
  std::uint64_t bits_per_second = 32'000'000'000;  // each way; 0: infinite
  unsigned header_bytes = 24;                      // per packet
  unsigned payload_bytes = 256;                    // most data in one packet
};

inline constexpr std::size_t kUpstreamBuffer =
    2048;  // bytes that may wait in front of the link before the card is held

class LinkDirection {
 public:
  explicit LinkDirection(const LinkConfig& config) : config_(config) {}

  // Bytes on the wire for this much data, headers included.
  std::uint64_t packed(std::size_t payload) const {
    const std::size_t packets = payload == 0 ? 1 : (payload + config_.payload_bytes - 1) / config_.payload_bytes;
    return payload + packets * config_.header_bytes;
  }
  // How long they occupy it.
  SimTime wire_time(std::size_t payload) const;

  // Hands data over at time t (not before what was handed over earlier); returns when it has arrived.
  SimTime send(SimTime t, std::size_t payload) {
    bytes_ += packed(payload);
    free_ = std::max(t, free_) + wire_time(payload);
    const SimTime arrival = free_ + config_.latency;
    return varied_ ? delayed(arrival) : arrival;
  }
  // From now on each message takes up to kMostDelay longer, and still overtakes none.
  void vary(std::uint64_t seed, std::string_view stream) { varied_.emplace(seed, stream); }
  SimTime free_at() const { return free_; }       // when everything handed over has left
  std::uint64_t bytes() const { return bytes_; }  // on the wire so far

 private:
  static constexpr SimTime kMostDelay = SimTime::ns(200);
  SimTime delayed(SimTime arrival);

  LinkConfig config_;
  std::optional<Rng> varied_;
  SimTime last_ = SimTime::zero();  // arrival, with delays
  SimTime free_ = SimTime::zero();
  std::uint64_t bytes_ = 0;
};

}  // namespace nicosim
