// The run queue of one core: who wants to run, in the order of Linux's completely fair scheduler (kernel/sched/fair.c
// of 6.1), all at nice 0.
//
// Each runnable process has a virtual run time; the one with the least runs next. Whoever slept for long gets half a
// scheduling period of credit, no more. Times are CPU time, interrupts not included.
#pragma once

#include "common/sim_time.hpp"

#include <cstddef>
#include <cstdint>
#include <set>

namespace nicosim {

// What the queue knows of a process. Its owner adds `ran` time through RunQueue::ran().
struct SchedEntity {
  SimTime vruntime = SimTime::zero();
  SimTime slice_used = SimTime::zero();  // since it was picked
  std::uint64_t order = 0;               // of queueing: breaks ties
};

class RunQueue {
 public:
  enum class Why : std::uint8_t { created, woken, preempted };

  // sysctl_sched_latency, _min_granularity and _wakeup_granularity: 6, 0.75 and 1 ms, times 1 + log2(cores, at most 8).
  explicit RunQueue(unsigned cores);

  void put(SchedEntity&, Why);
  SchedEntity* take();  // the next to run, out of the queue; nullptr: nobody waits
  SchedEntity* first() const { return queue_.empty() ? nullptr : *queue_.begin(); }
  void remove(SchedEntity&);
  bool empty() const { return queue_.empty(); }
  std::size_t size() const { return queue_.size(); }
  template <class Wanted>
  SchedEntity* first_of(Wanted wanted) const {
    for (SchedEntity* const entity : queue_)
      if (wanted(*entity)) return entity;
    return nullptr;
  }

  void ran(SchedEntity& current, SimTime time);
  bool wakeup_preempts(const SchedEntity& current, const SchedEntity& woken) const;  // check_preempt_wakeup
  bool tick_preempts(const SchedEntity& current) const;                              // check_preempt_tick

  // A process changes cores: its virtual time counts from this queue's least to the other's.
  void move_out(SchedEntity& entity) const { entity.vruntime -= least_; }
  void move_in(SchedEntity& entity) const { entity.vruntime += least_; }

 private:
  struct Before {
    bool operator()(const SchedEntity* a, const SchedEntity* b) const {
      return a->vruntime != b->vruntime ? a->vruntime < b->vruntime : a->order < b->order;
    }
  };

  SimTime latency_, min_granularity_, wakeup_granularity_;
  std::set<SchedEntity*, Before> queue_;
  SimTime least_ = SimTime::zero();  // min_vruntime: never goes back
  std::uint64_t next_order_ = 0;
};

}  // namespace nicosim
