// A peer on the wire that sends prepared frames at prepared times and answers ARP requests for its address.
//
// Everything else that reaches it is counted and, for UDP, kept apart: how many datagrams came back, with what
// checksums. It has no stack; a peer with one is another kind.
#pragma once

#include "common/bytes.hpp"
#include "sc_model/wire.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace nicosim {

class Generator final : public WireSource {
 public:
  struct Send {
    SimTime at;                          // the first one, counted from the start of the wire
    std::optional<SimTime> every;        // distance of the next ones
    std::optional<std::uint64_t> rate;   // or how many per second, exactly: frame k at + floor(k * 10^12 / rate) ps
    std::optional<std::uint64_t> count;  // none: without end
    std::vector<std::byte> frame;        // from the destination address on, without padding and FCS
  };

  Generator(MacAddress mac, std::optional<Ipv4Address> address, std::vector<Send> sends);

  // WireSource: all sends merged by time; at equal times in order of declaration.
  std::optional<WireFrame> next() override;

  // A whole frame with FCS has reached this peer. Returns what it answers at once, if anything.
  std::optional<std::vector<std::byte>> receive(Bytes frame);

  std::uint64_t sent() const { return sent_; }
  std::uint64_t received() const { return received_; }

 private:
  struct Series {
    Send send;
    std::uint64_t done = 0;
    SimTime next_at() const;
    bool finished() const { return send.count && done >= *send.count; }
  };

  MacAddress mac_;
  std::optional<Ipv4Address> address_;
  std::vector<Series> series_;
  std::uint64_t sent_ = 0, received_ = 0;
};

}  // namespace nicosim
