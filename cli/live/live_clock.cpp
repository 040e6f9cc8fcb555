#include "cli/live/live_clock.hpp"

#include <algorithm>
#include <cmath>

namespace nicosim {
namespace {

constexpr double kLongestSleepNs = 1e9;

}  // namespace

SimTime LiveClock::grant(Wall::time_point wall, SimTime next_event) {
  const double passed = static_cast<double>(std::chrono::nanoseconds{wall - last_}.count()) / scale_;
  const SimTime wanted = SimTime::ns(static_cast<std::int64_t>(passed));
  // What was cut off stays for the next time; at a large scale it is more than the whole.
  last_ += std::chrono::nanoseconds{static_cast<std::int64_t>(static_cast<double>(wanted.in_ns()) * scale_)};
  const SimTime idle = SimTime::ns(std::min(next_event, wanted).in_ns());  // nothing happens in it
  const SimTime granted = std::min(wanted, idle + kLongestBusyStretch);
  lag_ += wanted - granted;
  return granted;
}

std::chrono::nanoseconds LiveClock::until(SimTime duration) const {
  const double ns = std::ceil(static_cast<double>(duration.in_ns() + 1) * scale_);
  return std::chrono::nanoseconds{static_cast<std::int64_t>(std::min(ns, kLongestSleepNs))};
}

}  // namespace nicosim
