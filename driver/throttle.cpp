#include "driver/throttle.hpp"

#include <algorithm>

namespace nicosim {
namespace {

constexpr std::uint64_t kJumbo = 8000;  // mean bytes of a packet beyond which it is bulk whatever else

unsigned rate_of(AdaptiveThrottle::Latency latency) {
  switch (latency) {
    case AdaptiveThrottle::Latency::lowest:
      return 70'000;
    case AdaptiveThrottle::Latency::low:
      return 20'000;
    case AdaptiveThrottle::Latency::bulk:
      return 4'000;
  }
  return 20'000;
}

}  // namespace

AdaptiveThrottle::Latency AdaptiveThrottle::next(Latency now, std::uint64_t packets, std::uint64_t bytes) {
  if (packets == 0) return now;
  const std::uint64_t mean = bytes / packets;
  switch (now) {
    case Latency::lowest:
      if (mean > kJumbo) return Latency::bulk;
      return packets < 5 && bytes > 512 ? Latency::low : now;
    case Latency::low:
      if (bytes > 10'000) {
        if (mean > kJumbo || packets < 10 || mean > 1200) return Latency::bulk;
        return packets > 35 ? Latency::lowest : now;
      }
      if (mean > 2000) return Latency::bulk;
      return packets <= 2 && bytes < 512 ? Latency::lowest : now;
    case Latency::bulk:
      if (bytes > 25'000) return packets > 35 ? Latency::low : now;
      return bytes < 6000 ? Latency::low : now;
  }
  return now;
}

void AdaptiveThrottle::update(Direction& direction) const {
  direction.latency = next(direction.latency, direction.packets, direction.bytes);
  if (how_ == Throttle::conservative && direction.latency == Latency::lowest) direction.latency = Latency::low;
}

unsigned AdaptiveThrottle::choose() {
  update(tx_);
  update(rx_);
  const unsigned wanted = rate_of(std::max(rx_.latency, tx_.latency));
  rate_ = wanted > rate_ ? std::min(rate_ + wanted / 4, wanted) : wanted;
  return rate_;
}

}  // namespace nicosim
