#include "common/costs.hpp"

namespace nicosim {

const std::array<CostInfo, kCosts>& cost_infos() {
#define NICOSIM_X(name, ps, unit, text, source) CostInfo{#name, ps, unit, text, source},
  static constexpr std::array<CostInfo, kCosts> kInfos{NICOSIM_COSTS(NICOSIM_X)};
#undef NICOSIM_X
  return kInfos;
}

std::optional<Cost> cost_from(std::string_view name) {
  for (std::size_t i = 0; i < kCosts; ++i)
    if (cost_infos()[i].name == name) return static_cast<Cost>(i);
  return std::nullopt;
}

CostTable::CostTable() {
  for (std::size_t i = 0; i < kCosts; ++i) per_unit_[i] = SimTime::ps(cost_infos()[i].default_ps);
}

}  // namespace nicosim
