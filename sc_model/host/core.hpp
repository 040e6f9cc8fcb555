// One processor core: what it is in the middle of, what it owes, and who waits for it. HostCpu moves it.
#pragma once

#include "common/rng.hpp"
#include "common/sim_time.hpp"
#include "sc_model/agenda.hpp"
#include "sc_model/host/core_times.hpp"
#include "sc_model/host/process.hpp"
#include "sc_model/host/run_queue.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include <systemc>

namespace nicosim {

// With HostCpu::interleave() work takes up to this part longer: caches, TLB.
inline constexpr std::int64_t kWorkParts = 8;

class Core {
 public:
  // What the agenda calls: power is on; the debt is paid; an interrupt of another core's, or the scheduler's tick, has
  // come.
  struct Calls {
    std::function<void(Core&)> start, paid, other_core, tick;
  };

  Core(unsigned number, unsigned cores, unsigned source, Calls calls)
      : index(number),
        queue(cores),
        start(Rank::cpu, source, [this, call = std::move(calls.start)] { call(*this); }),
        debt_paid(Rank::cpu, source, [this, call = std::move(calls.paid)] { call(*this); }),
        other_core(Rank::cpu, source, [this, call = std::move(calls.other_core)] { call(*this); }),
        tick(Rank::cpu, source, [this, call = std::move(calls.tick)] { call(*this); }) {}
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  bool idle() const { return running == nullptr && !busy && queue.empty(); }
  bool interrupt_waits() const {
    return irq_depth == 0 && !in_hardirq && (!high_lines.empty() || timer_due || called || tick_due);
  }
  bool softirq_waits() const { return pending_softirqs != 0 && !ksoftirqd_active; }

  const unsigned index;

  // Time
  SimTime debt = SimTime::zero();  // charged, and not yet passed
  bool paying = false;             // its thread waits for that
  sc_core::sc_event paid;          // the time is up, or an interrupt came
  sc_core::sc_event wanted;        // wakes the idle loop
  CoreTimes times;

  // Contexts
  bool started = false;
  bool busy = false;  // the idle loop does interrupts and soft interrupts
  bool in_hardirq = false, in_softirq = false;
  unsigned irq_depth = 0, preempt_depth = 0;
  std::vector<unsigned> high_lines;  // asserted, in order of arrival
  bool timer_due = false, called = false, tick_due = false;
  std::uint32_t pending_softirqs = 0;
  std::vector<std::function<void()>> sent_calls;  // by other cores, on their way (call_single_queue)
  bool lock_granted = false;                      // the spin lock it waited for is its own now

  // Processes
  RunQueue queue;
  Process* running = nullptr;
  Process* ksoftirqd = nullptr;
  bool ksoftirqd_active = false;
  bool need_resched = false;

  // What HostCpu::interleave() varies on this core; off without it.
  std::optional<Rng> varied;
  SimTime extra(SimTime most) {  // from nothing to `most`
    if (!varied || most <= SimTime::zero()) return SimTime::zero();
    const std::uint64_t draw = varied->below(static_cast<std::uint64_t>(most.in_ps()) + 1);
    return SimTime::ps(static_cast<std::int64_t>(draw));
  }

  AgendaCall start, debt_paid, other_core, tick;
};

}  // namespace nicosim
