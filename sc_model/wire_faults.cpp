#include "sc_model/wire_faults.hpp"

#include <utility>

namespace nicosim {

bool WirePath::happens(std::uint32_t ppb, std::uint64_t& count) {
  const bool now = ppb != 0 && rng_.chance(ppb, 1'000'000'000);
  count += now ? 1 : 0;
  return now;
}

// netem_enqueue(): a frame that is reordered goes at once, and the count to `gap` starts again.
SimTime WirePath::delay_of_one() {
  if (delayed_ + 1 >= chances_.gap && happens(chances_.reorder_ppb, counts_.reordered)) {
    delayed_ = 0;
    return SimTime::zero();
  }
  if (delayed_ < chances_.gap) ++delayed_;
  if (jitter_ == SimTime::zero()) return delay_;
  const std::uint64_t more = rng_.below(2 * static_cast<std::uint64_t>(jitter_.in_ps()) + 1);
  return delay_ - jitter_ + SimTime::ps(static_cast<std::int64_t>(more));
}

std::vector<WirePath::Arrival> WirePath::carry(WireFrame frame) {
  if (happens(chances_.loss_ppb, counts_.lost)) return {};
  const SimTime entered = frame.not_before;
  std::vector<Arrival> arrivals;
  const bool twice = happens(chances_.duplicate_ppb, counts_.duplicated);
  arrivals.push_back({frame, happens(chances_.corrupt_ppb, counts_.corrupted)});
  if (arrivals.front().corrupted) {
    std::vector<std::byte>& bytes = arrivals.front().frame.bytes;
    const std::uint64_t bit = rng_.below(bytes.size() * 8);
    bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
  }
  if (twice) arrivals.push_back({std::move(frame)});
  for (Arrival& arrival : arrivals) arrival.frame.not_before = entered + delay_of_one();
  return arrivals;
}

std::optional<WireFrame> WireFaults::next_before(SimTime time) {
  for (;;) {
    if (!ahead_) ahead_ = source_.next();
    if (!ahead_) break;
    const SimTime soonest = ahead_->not_before + least_;
    if (soonest >= time || (!on_way_.empty() && on_way_.begin()->first <= soonest)) break;
    for (WirePath::Arrival& arrival : path_.carry(std::move(*ahead_)))
      on_way_.emplace(arrival.frame.not_before, std::move(arrival.frame));
    ahead_.reset();
  }
  if (on_way_.empty() || on_way_.begin()->first >= time) return std::nullopt;
  return std::move(on_way_.extract(on_way_.begin()).mapped());
}

}  // namespace nicosim
