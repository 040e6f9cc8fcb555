// CUBIC: grows with the cube of the time since the last loss, around the window that was lost at (RFC 9438).
#pragma once

#include "stack/tcp/congestion/congestion.hpp"

namespace nicosim {

class Cubic final : public CongestionControl {
 public:
  std::string_view name() const override { return "cubic"; }
  void cong_avoid(CongestionWindow& window, std::uint32_t acked, SimTime now, SimTime min_rtt) override;
  std::uint32_t ssthresh(const CongestionWindow& window) override;
  void reset() override;
  void restart(SimTime idle) override;

 private:
  // Segments to be acknowledged for one more in the window.
  std::uint32_t per_increase(const CongestionWindow& window, std::uint32_t acked, SimTime now, SimTime min_rtt);

  std::uint32_t w_max_ = 0;                  // window at the last loss, lowered by fast convergence (4.7)
  SimTime epoch_ = SimTime::never();         // when congestion avoidance began; never(): not begun
  std::int64_t k_ms_ = 0;                    // until the curve is back at its origin
  std::uint32_t origin_ = 0;                 // the plateau of the curve
  std::uint32_t w_est_ = 0, est_acked_ = 0;  // the window Reno would have by now (4.3)
};

}  // namespace nicosim
