// What a bad cable does to frames, each way: delays all, loses, corrupts or doubles some, lets some overtake.
//
// The words and their meaning are those of Linux's netem (tc-netem(8), net/sched/sch_netem.c). Chances are in units of
// 10^-9. Everybody at the far end is treated alike; what is open loop, what answers and what the card sends roll their
// own dice, each in the order in which its frames enter the wire, so that no result depends on who is asked first.
#pragma once

#include "common/rng.hpp"
#include "sc_model/wire.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace nicosim {

// Of one direction.
struct WireChances {
  std::uint32_t loss_ppb = 0;       // never arrives
  std::uint32_t corrupt_ppb = 0;    // one bit is inverted behind the sender's FCS generator
  std::uint32_t duplicate_ppb = 0;  // arrives twice
  std::uint32_t reorder_ppb = 0;    // is not delayed, so it overtakes those that are
  unsigned gap = 1;                 // reordered at the earliest so many frames after the last one that was
  bool any() const { return loss_ppb != 0 || corrupt_ppb != 0 || duplicate_ppb != 0 || reorder_ppb != 0; }
};

struct WireConfig {
  SimTime delay;   // of both ways
  SimTime jitter;  // each frame's delay is from `delay` - `jitter` to `delay` + `jitter`, evenly; at most `delay`
  WireChances in;  // towards the card
  WireChances out;

  // No frame that has still to enter towards the card reaches it sooner than this.
  SimTime least_delay_in() const { return in.reorder_ppb != 0 ? SimTime::zero() : delay - jitter; }
  bool touches_in() const { return delay > SimTime::zero() || in.any(); }
  bool touches_out() const { return jitter > SimTime::zero() || out.any(); }  // beyond a constant delay
};

struct WireCounts {
  std::uint64_t lost = 0, corrupted = 0, duplicated = 0, reordered = 0;
  WireCounts operator+(const WireCounts& b) const {
    return {lost + b.lost, corrupted + b.corrupted, duplicated + b.duplicated, reordered + b.reordered};
  }
};

// The dice of one direction, and what they have done.
class WirePath {
 public:
  WirePath(SimTime delay, SimTime jitter, const WireChances& chances, Rng rng)
      : delay_(delay), jitter_(jitter), chances_(chances), rng_(rng) {}

  struct Arrival {
    WireFrame frame;  // not_before is when it arrives
    bool corrupted = false;
  };
  // What arrives of a frame that enters at its not_before: nothing, it, or it twice.
  std::vector<Arrival> carry(WireFrame frame);

  const WireCounts& counts() const { return counts_; }

 private:
  bool happens(std::uint32_t ppb, std::uint64_t& count);
  SimTime delay_of_one();

  SimTime delay_, jitter_;
  WireChances chances_;
  Rng rng_;
  WireCounts counts_;
  unsigned delayed_ = 0;  // frames in a row
};

// Towards the card: stands between an open-loop source and the wire.
class WireFaults final : public WireSource {
 public:
  WireFaults(WireSource& source, const WireConfig& config, Rng rng)
      : source_(source), least_(config.least_delay_in()), path_(config.delay, config.jitter, config.in, rng) {}
  std::optional<WireFrame> next() override { return next_before(SimTime::never()); }
  // Dice are rolled for what could arrive before `time` and for nothing else, so that a source whose frames become
  // known one by one meets the same fate as one that knows all of them.
  std::optional<WireFrame> next_before(SimTime time) override;

  const WireCounts& counts() const { return path_.counts(); }

 private:
  WireSource& source_;
  SimTime least_;
  WirePath path_;
  std::optional<WireFrame> ahead_;            // the source's next one; has not entered yet
  std::multimap<SimTime, WireFrame> on_way_;  // by arrival; at equal times in the order in which they entered
};

}  // namespace nicosim
