#include "sc_model/host/run_queue.hpp"

#include <algorithm>
#include <bit>

namespace nicosim {
namespace {

constexpr SimTime kLatency = SimTime::ms(6), kMinGranularity = SimTime::us(750), kWakeupGranularity = SimTime::ms(1);
constexpr std::size_t kLatencyProcesses = 8;  // sched_nr_latency: with more, the period grows

}  // namespace

RunQueue::RunQueue(unsigned cores) {
  const std::int64_t factor = std::bit_width(std::min(cores, 8U));  // get_update_sysctl_factor
  latency_ = kLatency * factor;
  min_granularity_ = kMinGranularity * factor;
  wakeup_granularity_ = kWakeupGranularity * factor;
}

// place_entity: a sleeper gets credit (GENTLE_FAIR_SLEEPERS), and nobody gains by sleeping briefly.
void RunQueue::put(SchedEntity& entity, Why why) {
  if (why == Why::created) entity.vruntime = std::max(entity.vruntime, least_);
  if (why == Why::woken) entity.vruntime = std::max(entity.vruntime, least_ - SimTime::ps(latency_.in_ps() / 2));
  entity.order = next_order_++;
  queue_.insert(&entity);
}

SchedEntity* RunQueue::take() {
  if (queue_.empty()) return nullptr;
  SchedEntity* const entity = *queue_.begin();
  queue_.erase(queue_.begin());
  entity->slice_used = SimTime::zero();
  return entity;
}

void RunQueue::remove(SchedEntity& entity) { queue_.erase(&entity); }

void RunQueue::ran(SchedEntity& current, SimTime time) {
  current.vruntime += time;
  current.slice_used += time;
  const SimTime least = queue_.empty() ? current.vruntime : std::min(current.vruntime, (*queue_.begin())->vruntime);
  least_ = std::max(least_, least);
}

bool RunQueue::wakeup_preempts(const SchedEntity& current, const SchedEntity& woken) const {
  return current.vruntime - woken.vruntime > wakeup_granularity_;
}

bool RunQueue::tick_preempts(const SchedEntity& current) const {
  if (queue_.empty()) return false;
  const std::size_t running = queue_.size() + 1;
  const SimTime share = running > kLatencyProcesses
                            ? min_granularity_
                            : SimTime::ps(latency_.in_ps() / static_cast<std::int64_t>(running));
  const SimTime slice = std::max(share, min_granularity_);
  if (current.slice_used > slice) return true;
  if (current.slice_used < min_granularity_) return false;
  return current.vruntime - first()->vruntime > slice;
}

}  // namespace nicosim
