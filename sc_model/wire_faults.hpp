// What a bad cable does to frames, each way: loses, corrupts or doubles some, and delays all.
//
// Chances in units of 10^-9, one random stream per wire. A corrupted frame has one bit inverted behind the sender's FCS
// generator, so the card sees a wrong FCS. Lost frames never reach the card and have no id; they are counted here.
#pragma once

#include "common/rng.hpp"
#include "sc_model/wire.hpp"

#include <cstdint>
#include <optional>

namespace nicosim {

struct WireFaultConfig {
  SimTime delay;
  std::uint32_t loss_ppb = 0, corrupt_ppb = 0, duplicate_ppb = 0;
  bool any() const { return delay > SimTime::zero() || mishaps(); }
  bool mishaps() const { return loss_ppb != 0 || corrupt_ppb != 0 || duplicate_ppb != 0; }
};

// The dice of one direction, and what they have done.
class Mishaps {
 public:
  Mishaps(const WireFaultConfig& config, Rng rng) : config_(config), rng_(rng) {}

  bool loses() { return happens(config_.loss_ppb, lost_); }
  bool duplicates() { return happens(config_.duplicate_ppb, duplicated_); }
  bool corrupts() { return happens(config_.corrupt_ppb, corrupted_); }
  std::uint64_t below(std::uint64_t limit) { return rng_.below(limit); }

  std::uint64_t lost() const { return lost_; }
  std::uint64_t corrupted() const { return corrupted_; }
  std::uint64_t duplicated() const { return duplicated_; }

 private:
  bool happens(std::uint32_t ppb, std::uint64_t& count) {
    const bool now = ppb != 0 && rng_.chance(ppb, 1'000'000'000);
    count += now ? 1 : 0;
    return now;
  }

  WireFaultConfig config_;
  Rng rng_;
  std::uint64_t lost_ = 0, corrupted_ = 0, duplicated_ = 0;
};

// Towards the card: stands between a source and the wire.
class WireFaults final : public WireSource {
 public:
  WireFaults(WireSource& source, const WireFaultConfig& config, Rng rng)
      : source_(source), delay_(config.delay), mishaps_(config, rng) {}
  std::optional<WireFrame> next() override;

  const Mishaps& mishaps() const { return mishaps_; }

 private:
  WireSource& source_;
  SimTime delay_;
  Mishaps mishaps_;
  std::optional<WireFrame> again_;
};

// From the card to its peer, whose own card drops what is corrupted.
class OutgoingFaults {
 public:
  OutgoingFaults(const WireFaultConfig& config, Rng rng) : mishaps_(config, rng) {}

  // How many good copies of the next frame arrive: 0, 1 or 2. Called once per frame, in order.
  unsigned copies();

  const Mishaps& mishaps() const { return mishaps_; }

 private:
  Mishaps mishaps_;
};

}  // namespace nicosim
