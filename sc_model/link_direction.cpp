#include "sc_model/link_direction.hpp"

#include "common/int128.hpp"

namespace nicosim {

SimTime LinkDirection::wire_time(std::size_t payload) const {
  if (config_.bits_per_second == 0) return SimTime::zero();
  // 8e12 * bytes fits for any buffer we have.
  const auto bits = static_cast<UInt128>(packed(payload)) * 8U * 1'000'000'000'000ULL;
  return SimTime::ps(static_cast<std::int64_t>((bits + config_.bits_per_second - 1) / config_.bits_per_second));
}

SimTime LinkDirection::delayed(SimTime arrival) {
  const std::uint64_t delay = varied_->below(static_cast<std::uint64_t>(kMostDelay.in_ps()));
  last_ = std::max(last_ + SimTime::ps(1), arrival + SimTime::ps(static_cast<std::int64_t>(delay)));
  return last_;
}

}  // namespace nicosim
