// Reno: one segment more per round trip, half of it after a loss (RFC 5681).
#pragma once

#include "stack/tcp/congestion/congestion.hpp"

namespace nicosim {

class Reno final : public CongestionControl {
 public:
  std::string_view name() const override { return "reno"; }
  void cong_avoid(CongestionWindow& window, std::uint32_t acked, SimTime now, SimTime min_rtt) override;
  std::uint32_t ssthresh(const CongestionWindow& window) override;
};

}  // namespace nicosim
