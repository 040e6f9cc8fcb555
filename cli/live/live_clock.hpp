// How far simulated time may go so that it never runs faster than the world that it talks to.
//
// Simulated time follows the wall clock, `scale` times slower. When the simulation cannot keep up, the time it has lost
// is lost for good: catching up would let its timers (retransmission, delayed ACK) expire faster than the peer's.
#pragma once

#include "common/sim_time.hpp"

#include <chrono>

namespace nicosim {

class LiveClock {
 public:
  using Wall = std::chrono::steady_clock;

  // While something goes on, at most this much simulated time passes before the network is looked at again.
  static constexpr SimTime kLongestBusyStretch = SimTime::us(50);

  explicit LiveClock(double scale) : scale_(scale) {}
  void start(Wall::time_point wall) { began_ = last_ = wall; }

  // Simulated time that may pass now, in whole ns, given when the next event is due (from now, never(): none).
  SimTime grant(Wall::time_point wall, SimTime next_event);
  // How long to sleep until this much simulated time may have passed.
  std::chrono::nanoseconds until(SimTime duration) const;

  SimTime lag() const { return lag_; }  // how far simulated time lies behind the wall clock; it only grows
  double scale() const { return scale_; }
  std::chrono::duration<double> running(Wall::time_point wall) const { return wall - began_; }

 private:
  double scale_;
  Wall::time_point began_, last_;
  SimTime lag_ = SimTime::zero();
};

}  // namespace nicosim
