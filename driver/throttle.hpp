// How often the card may interrupt, chosen by what it carries (e1000_update_itr, e1000_set_itr).
//
// Each direction has a class: lowest latency (70 000 interrupts/s) for few small packets, low latency (20 000), bulk
// (4 000) for many large ones. What one interrupt brought moves it; the slower of both directions counts.
#pragma once

#include <cstdint>

namespace nicosim {

enum class Throttle : std::uint8_t {
  fixed,         // the interval that was configured
  dynamic,       // InterruptThrottleRate 1
  conservative,  // InterruptThrottleRate 3, Linux's default: never above 20 000/s
};

class AdaptiveThrottle {
 public:
  enum class Latency : std::uint8_t { lowest, low, bulk };

  explicit AdaptiveThrottle(Throttle how) : how_(how) {}

  bool adaptive() const { return how_ != Throttle::fixed; }
  void interrupted() { rx_.packets = rx_.bytes = tx_.packets = tx_.bytes = 0; }  // what it brings is counted anew
  void received(std::uint64_t bytes) { rx_.add(1, bytes); }
  void sent(std::uint64_t packets, std::uint64_t bytes) { tx_.add(packets, bytes); }

  // The poll is through: interrupts per second from now on. Up only in steps, down at once.
  unsigned choose();
  unsigned rate() const { return rate_; }
  // For register ITR, in 256 ns.
  static std::uint32_t interval(unsigned rate) { return static_cast<std::uint32_t>(1'000'000'000U / (rate * 256U)); }

  static Latency next(Latency now, std::uint64_t packets, std::uint64_t bytes);  // of one direction

 private:
  struct Direction {
    void add(std::uint64_t more_packets, std::uint64_t more_bytes) {
      packets += more_packets;
      bytes += more_bytes;
    }
    std::uint64_t packets = 0, bytes = 0;
    Latency latency = Latency::lowest;
  };
  void update(Direction& direction) const;

  Throttle how_;
  Direction rx_, tx_;
  unsigned rate_ = 20'000;
};

}  // namespace nicosim
