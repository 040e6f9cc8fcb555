// Congestion control: how the window grows, and what is left of it after a loss (struct tcp_congestion_ops).
//
// Windows are counted in segments. Everything is integer arithmetic, so a run repeats on every machine.
#pragma once

#include "common/sim_time.hpp"

#include <cstdint>
#include <memory>
#include <string_view>

namespace nicosim {

inline constexpr std::uint32_t kInfiniteSsthresh = 0x7fff'ffff;  // TCP_INFINITE_SSTHRESH

// The part of a connection that its congestion control reads and moves.
struct CongestionWindow {
  std::uint32_t cwnd = 10;  // snd_cwnd: segments; TCP_INIT_CWND (RFC 6928)
  std::uint32_t ssthresh = kInfiniteSsthresh;
  std::uint32_t cnt = 0;  // snd_cwnd_cnt: segments acknowledged towards the next increase
  std::uint32_t clamp = 0xffff'ffff;

  bool in_slow_start() const { return cwnd < ssthresh; }
  // tcp_slow_start: one per segment acknowledged, up to ssthresh; returns what is left of `acked` behind it.
  std::uint32_t slow_start(std::uint32_t acked);
  // tcp_cong_avoid_ai: one more per `per_increase` segments acknowledged.
  void additive_increase(std::uint32_t per_increase, std::uint32_t acked);
};

class CongestionControl {
 public:
  virtual ~CongestionControl() = default;
  virtual std::string_view name() const = 0;
  // cong_avoid: `acked` segments arrived while the window was in full use.
  virtual void cong_avoid(CongestionWindow& window, std::uint32_t acked, SimTime now, SimTime min_rtt) = 0;
  virtual std::uint32_t ssthresh(const CongestionWindow& window) = 0;  // after a loss; may note that it happened
  virtual void reset() {}                                              // CA_EVENT_LOSS: a time-out forgets the past
  virtual void restart(SimTime /*idle*/) {}                            // sending begins again after a pause
};

// "reno" (RFC 5681) or "cubic" (RFC 9438); nullptr for any other name.
std::unique_ptr<CongestionControl> make_congestion_control(std::string_view name);

}  // namespace nicosim
