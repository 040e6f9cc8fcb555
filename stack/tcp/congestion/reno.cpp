#include "stack/tcp/congestion/reno.hpp"

#include <algorithm>

namespace nicosim {

void Reno::cong_avoid(CongestionWindow& window, std::uint32_t acked, SimTime, SimTime) {
  if (window.in_slow_start()) acked = window.slow_start(acked);
  if (acked > 0) window.additive_increase(window.cwnd, acked);
}

std::uint32_t Reno::ssthresh(const CongestionWindow& window) { return std::max(window.cwnd / 2, 2U); }

}  // namespace nicosim
