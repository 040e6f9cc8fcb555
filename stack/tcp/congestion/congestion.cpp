#include "stack/tcp/congestion/congestion.hpp"

#include "stack/tcp/congestion/cubic.hpp"
#include "stack/tcp/congestion/reno.hpp"

#include <algorithm>

namespace nicosim {

std::uint32_t CongestionWindow::slow_start(std::uint32_t acked) {
  const std::uint32_t grown = std::min(cwnd + acked, ssthresh);
  acked -= grown - cwnd;
  cwnd = std::min(grown, clamp);
  return acked;
}

void CongestionWindow::additive_increase(std::uint32_t per_increase, std::uint32_t acked) {
  if (cnt >= per_increase) {  // credit from before, when an increase cost more
    cnt = 0;
    ++cwnd;
  }
  cnt += acked;
  if (cnt >= per_increase) {
    cwnd += cnt / per_increase;
    cnt %= per_increase;
  }
  cwnd = std::min(cwnd, clamp);
}

std::unique_ptr<CongestionControl> make_congestion_control(std::string_view name) {
  if (name == "reno") return std::make_unique<Reno>();
  if (name == "cubic") return std::make_unique<Cubic>();
  return nullptr;
}

}  // namespace nicosim
