// What a bad cable does to the frames of a source: loses, corrupts or doubles some, and delays all.
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
  bool any() const { return delay > SimTime::zero() || loss_ppb != 0 || corrupt_ppb != 0 || duplicate_ppb != 0; }
};

class WireFaults final : public WireSource {
 public:
  WireFaults(WireSource& source, const WireFaultConfig& config, Rng rng)
      : source_(source), config_(config), rng_(rng) {}
  std::optional<WireFrame> next() override;

  std::uint64_t lost() const { return lost_; }
  std::uint64_t corrupted() const { return corrupted_; }
  std::uint64_t duplicated() const { return duplicated_; }

 private:
  bool happens(std::uint32_t ppb) { return ppb != 0 && rng_.chance(ppb, 1'000'000'000); }

  WireSource& source_;
  WireFaultConfig config_;
  Rng rng_;
  std::optional<WireFrame> again_;
  std::uint64_t lost_ = 0, corrupted_ = 0, duplicated_ = 0;
};

}  // namespace nicosim
