// Contexts, time, interrupts and soft interrupts. Processes: scheduler.cpp.
#include "sc_model/host/cpu.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

#include <fmt/format.h>

namespace nicosim {
namespace {

constexpr int kMaxSoftirqRestart = 10;               // kernel/softirq.c
constexpr SimTime kMaxSoftirqTime = SimTime::ms(2);  // kernel/softirq.c
// With interleave(): the most that something is longer or later.
constexpr SimTime kLateInterrupt = SimTime::ns(500);
constexpr SimTime kLateTimer = SimTime::us(2);  // far below the 50 us of Linux's timer_slack_ns

constexpr std::uint32_t bit(Softirq s) { return 1U << static_cast<unsigned>(s); }

}  // namespace

HostCpu::HostCpu(sc_core::sc_module_name name, Agenda& agenda, const CostTable& costs, unsigned cores,
                 std::function<std::uint64_t()> random)
    : sc_module(name),
      agenda_(agenda),
      costs_(costs),
      random_(std::move(random)),
      source_(agenda.new_source()),
      timer_(Rank::cpu, source_, [this] {
        cores_.front()->timer_due = true;
        notice(*cores_.front());
      }) {
  const Core::Calls calls{[this](Core& core) {
                            core.started = true;
                            notice(core);
                          },
                          [this](Core& core) {
                            core.paid.notify();
                            agenda_.let_threads_run();
                          },
                          [this](Core& core) {
                            core.called = true;
                            notice(core);
                          },
                          [this](Core& core) {
                            if (core.running == nullptr) return;
                            core.tick_due = true;
                            notice(core);
                          }};
  sc_core::sc_spawn_options options;
  options.set_stack_size(Process::kStackBytes);
  for (unsigned i = 0; i < cores; ++i) {
    cores_.push_back(std::make_unique<Core>(i, cores, i == 0 ? source_ : agenda.new_source(), calls));
    Core& core = *cores_.back();
    agenda_.post(core.start, SimTime::zero());
    sc_core::sc_spawn([this, &core] { until_over([&] { core_loop(core); }); }, fmt::format("core{}", i).c_str(),
                      &options);
  }
  for (auto& core : cores_)
    core->ksoftirqd = &spawn(
        fmt::format("ksoftirqd/{}", core->index), [this, &core = *core] { ksoftirqd(core); }, core->index);
}

HostCpu::~HostCpu() = default;

void HostCpu::interleave(std::uint64_t seed) {
  for (auto& core : cores_) core->varied.emplace(seed, fmt::format("interleave core{}", core->index));
}

// ---- the end

void HostCpu::end_of_time() {
  ended_ = true;
  for (auto& core : cores_) {
    core->paid.notify();
    core->wanted.notify();
  }
  for (auto& process : processes_) process->run_.notify();
}

bool HostCpu::idle() const {
  return std::ranges::all_of(cores_, [](const auto& core) { return core->idle() && !core->other_core.scheduled(); });
}

// ---- contexts and time

Context HostCpu::context() const {
  const Core& core = here();
  if (core.in_hardirq) return Context::hardirq;
  if (core.in_softirq) return Context::softirq;
  return core.running != nullptr ? Context::process : Context::idle;
}

// Whose time this is.
void HostCpu::spend(Core& core, std::size_t function, SimTime time) {
  const Context context = core.in_hardirq ? Context::hardirq : core.in_softirq ? Context::softirq : Context::process;
  core.times.spend(context, function, time);
}

// What the scheduler counts: a process's own time as it passes, interrupts not. What ksoftirqd does is its own.
void HostCpu::passed(Core& core, SimTime time) {
  if (core.running != nullptr && !core.in_hardirq && (!core.in_softirq || core.running == core.ksoftirqd)) {
    core.queue.ran(*core.running, time);
    core.running->account_.cpu += time;
  }
  if (core.running == nullptr || core.in_hardirq || core.in_softirq) return;
  if (Usage* const usage = core.running->usage_) (core.running->in_user_ ? usage->user : usage->system) += time;
}

void HostCpu::charge(Cost cost, std::uint64_t units) {
  Core& core = here();
  SimTime time = costs_.of(cost, units);
  if (core.varied) time += core.extra(SimTime::ps(time.in_ps() / kWorkParts));
  core.debt += time;
  spend(core, static_cast<std::size_t>(cost), time);
  if (cost == Cost::copy_to_user_per_byte && units > 0) copies(core, time);
}

// The second phase of a call that reads.
void HostCpu::copies(const Core& core, SimTime time) {
  if (core.running == nullptr || core.in_hardirq || core.in_softirq || !core.running->reading_) return;
  const Process& process = *core.running;
  if (process.usage_ == nullptr) return;
  process.usage_->copying += time;
  tell(process, "copying", now() - time);
  tell(process, "running", now());
}

HostCpu::Stall::~Stall() {
  cpu_.active_ = core_;
  if (core_ == nullptr) return;
  const SimTime time = cpu_.agenda_.now() - began_;
  spend(*core_, kBusStall, time);
  passed(*core_, time);
}

void HostCpu::wait(Core& core, sc_core::sc_event& event) {
  active_ = nullptr;
  sc_core::wait(event);
  active_ = &core;
  agenda_.leave_if_over();
}

void HostCpu::notice(Core& core) {
  (core.paying ? core.paid : core.wanted).notify();  // a core that stalls on the bus looks when it goes on
  agenda_.let_threads_run();
}

void HostCpu::call_core(Core& core) {
  if (core.other_core.scheduled()) return;
  const SimTime late = here().extra(kLateInterrupt);
  agenda_.post(core.other_core, now() + costs_.of(Cost::ipi_latency, 1) + late);
}

void HostCpu::catch_up() {
  while (!ended_) {
    Core& core = here();
    if (core.interrupt_waits()) {
      const SimTime rest = std::exchange(core.debt, SimTime::zero());  // of what was interrupted
      take_interrupts(core);
      core.debt = rest;
      continue;
    }
    if (core.need_resched && context() == Context::process && core.running->in_user_) {
      const SimTime rest = std::exchange(core.debt, SimTime::zero());
      resched(core);
      here().debt += rest;  // perhaps another core's
      continue;
    }
    if (core.debt == SimTime::zero()) return;
    if (context() == Context::process && core.running->in_user_ && core.running->signal_pending_) return;
    const SimTime until = agenda_.now() + core.debt;
    if (agenda_.nothing_until(until)) {
      agenda_.advance_to(until);
      passed(core, std::exchange(core.debt, SimTime::zero()));
      continue;
    }
    agenda_.post(core.debt_paid, until);
    core.paying = true;
    wait(core, core.paid);
    core.paying = false;
    agenda_.cancel(core.debt_paid);
    const SimTime before = std::exchange(core.debt, until - agenda_.now());
    passed(core, before - core.debt);
  }
}

void HostCpu::irq_disable() {
  catch_up();
  ++here().irq_depth;
}

void HostCpu::irq_enable() {
  assert(here().irq_depth > 0 && "interrupts were enabled more often than disabled");
  catch_up();
  if (--here().irq_depth == 0) catch_up();
}

void HostCpu::preempt_disable() {
  catch_up();
  ++here().preempt_depth;
}

// local_bh_enable: soft interrupts that were raised meanwhile run here.
void HostCpu::preempt_enable() {
  assert(here().preempt_depth > 0 && "preemption was enabled more often than disabled");
  catch_up();
  Core& core = here();
  if (--core.preempt_depth == 0 && !core.in_hardirq && !core.in_softirq && core.softirq_waits()) do_softirq(core);
}

// ---- locks

void HostCpu::lock(SpinLock& lock) {
  catch_up();
  if (!std::exchange(lock.held, true) || ended_) return;
  Core& core = here();
  lock.waiting.push_back(core.index);
  while (!core.lock_granted) {
    if (core.interrupt_waits()) {
      take_interrupts(core);
      continue;
    }
    const SimTime began = agenda_.now();
    core.paying = true;
    wait(core, core.paid);
    core.paying = false;
    spend(core, kSpinWait, agenda_.now() - began);
    passed(core, agenda_.now() - began);
  }
  core.lock_granted = false;
}

void HostCpu::unlock(SpinLock& lock) {
  catch_up();
  if (lock.waiting.empty()) {
    lock.held = false;
    return;
  }
  Core& next = *cores_[lock.waiting.front()];
  lock.waiting.pop_front();
  next.lock_granted = true;
  if (!ended_ && !next.debt_paid.scheduled()) agenda_.post(next.debt_paid, agenda_.now());  // not if an interrupt runs
}

// ---- interrupts

void HostCpu::line(unsigned port, bool high, SimTime raised) {
  const auto chosen = affinity_.find(port);
  Core& core = *cores_[chosen == affinity_.end() ? 0 : chosen->second];
  const auto place = std::ranges::find(core.high_lines, port);
  if (!high) {
    if (place != core.high_lines.end()) core.high_lines.erase(place);
    return;
  }
  if (place == core.high_lines.end()) core.high_lines.push_back(port);
  if (delivered_) delivered_(port, raised);
  notice(core);
}

// Runs handlers until nothing waits, then the soft interrupts they raised (irq_exit).
void HostCpu::take_interrupts(Core& core) {
  while (core.interrupt_waits()) {
    core.in_hardirq = true;
    ++interrupts_;
    charge(Cost::irq_entry, 1);
    if (std::exchange(core.timer_due, false)) {
      raise_softirq(Softirq::timer, core.index);
    } else if (std::exchange(core.called, false)) {
      ++calls_between_cores_;
      for (const auto& function : std::exchange(core.sent_calls, {})) function();
    } else if (std::exchange(core.tick_due, false)) {
      scheduler_tick(core);
    } else {
      const unsigned port = core.high_lines.front();
      if (!vectors_.dispatch(port)) charge(Cost::irq_spurious, 1);
      // A line that nobody served goes to the back, so that it cannot keep the others out.
      const auto still = std::ranges::find(core.high_lines, port);
      if (still != core.high_lines.end() && core.high_lines.size() > 1)
        std::rotate(still, still + 1, core.high_lines.end());
    }
    charge(Cost::irq_exit, 1);
    catch_up();  // nothing interrupts a handler
    core.in_hardirq = false;
    if (!core.in_softirq && core.preempt_depth == 0 && core.softirq_waits()) do_softirq(core);
  }
}

void HostCpu::raise_softirq(Softirq s, unsigned cpu) {
  Core& core = here();
  if (cpu != core.index) {
    call(cpu, [this, s] { raise_softirq(s, here().index); });
    return;
  }
  core.pending_softirqs |= bit(s);
  // Outside interrupts nobody would look at it soon: ksoftirqd does (raise_softirq in kernel/softirq.c).
  if (!core.in_hardirq && !core.in_softirq && core.preempt_depth == 0) wake(*core.ksoftirqd, false);
}

void HostCpu::call(unsigned cpu, std::function<void()> function) {
  Core& core = *cores_.at(cpu);
  core.sent_calls.push_back(std::move(function));
  call_core(core);
}

// handle_softirqs: rounds over what is pending, up to ten and 2 ms and while the scheduler has no other wish, then the
// rest is ksoftirqd's.
void HostCpu::do_softirq(Core& core) {
  core.in_softirq = true;
  const SimTime began = now();
  charge(Cost::softirq_entry, 1);
  int restarts = kMaxSoftirqRestart;
  while (core.pending_softirqs != 0) {
    const std::uint32_t round = std::exchange(core.pending_softirqs, 0U);
    for (const Softirq s : {Softirq::timer, Softirq::net_tx, Softirq::net_rx})
      if ((round & bit(s)) != 0 && softirq_action_) softirq_action_(s);
    catch_up();
    if (core.pending_softirqs != 0 && (--restarts == 0 || core.need_resched || now() - began >= kMaxSoftirqTime)) {
      wake(*core.ksoftirqd, false);
      core.ksoftirqd_active = true;  // from now on it runs them, irq_exit does not
      break;
    }
  }
  catch_up();
  core.in_softirq = false;
}

void HostCpu::ksoftirqd(Core& core) {
  for (;;) {
    prepare_to_sleep();
    if (core.pending_softirqs == 0) {
      core.ksoftirqd_active = false;
      sleep(SimTime::never(), false);
    }
    if (core.pending_softirqs == 0) continue;
    ++ksoftirqd_runs_;
    core.ksoftirqd_active = true;
    do_softirq(core);
    if (core.need_resched) resched(core);  // cond_resched
  }
}

void HostCpu::arm(SimTime deadline) {
  if (deadline.is_never()) {
    agenda_.cancel(timer_);
    return;
  }
  const SimTime when = std::max(deadline, agenda_.now());
  if (timer_.scheduled() && armed_for_ == when) return;
  armed_for_ = when;
  agenda_.cancel(timer_);
  agenda_.post(timer_, when + here().extra(kLateTimer), true);
}

// Holds the core while no process does: interrupts, soft interrupts, and the first process to become ready.
void HostCpu::core_loop(Core& core) {
  while (!core.started) wait(core, core.wanted);
  for (;;) {
    if (core.running == nullptr) {
      core.busy = true;
      catch_up();
      if (core.softirq_waits() && core.preempt_depth == 0) do_softirq(core);
      core.busy = false;
      core.need_resched = false;
      if (!core.queue.empty() || pull(core)) run_next(core);
    }
    agenda_.look();
    wait(core, core.wanted);
  }
}

}  // namespace nicosim
