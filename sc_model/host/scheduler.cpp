// Processes: who runs where, and for how long. Each core has its queue; Linux's rules, see run_queue.hpp.
#include "sc_model/host/cpu.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace nicosim {
namespace {

constexpr SimTime kTick = SimTime::ms(4);  // HZ = 250
// With interleave(): ticks of different cores are not in step, and a sleep may end a little late.
constexpr SimTime kLateTick = SimTime::ms(1);
constexpr SimTime kLateWake = SimTime::us(2);

}  // namespace

Process& HostCpu::spawn(std::string name, std::function<void()> body, std::optional<unsigned> pinned, unsigned tgid) {
  processes_.push_back(std::make_unique<Process>(next_pid_++, std::move(name), std::move(body), pinned, tgid));
  Process& process = *processes_.back();
  process.account_since_ = agenda_.now();
  process.timeout_ = std::make_unique<AgendaCall>(Rank::cpu, source_, [this, &process] {
    if (process.state_ != Process::State::sleeping) return;
    process.timed_out_ = true;
    make_ready(process, RunQueue::Why::woken);
  });
  sc_core::sc_spawn_options options;
  options.set_stack_size(Process::kStackBytes);
  sc_core::sc_spawn(
      [this, &process] {
        until_over([&] {
          wait_for_core(process);
          process.body_();
          catch_up();
          process.state_ = Process::State::exited;
          ++process.account_.voluntary;
          hand_over(*process.core_);
        });
      },
      sc_core::sc_gen_unique_name("process"), &options);
  make_ready(process, RunQueue::Why::created);
  return process;
}

void HostCpu::bill(Process& process, Usage& usage) {
  process.usage_ = &usage;
  ++usage.processes;
}

void HostCpu::settle_usage() {
  for (const auto& process : processes_) {
    Usage* const usage = process->usage_;
    if (usage == nullptr) continue;
    const SimTime part = usage->part(process->since_, agenda_.now());
    if (process->state_ == Process::State::sleeping) usage->blocked += part;
    if (process->state_ == Process::State::ready) usage->ready += part;
    process->since_ = agenda_.now();
  }
}

bool HostCpu::start_thread(std::string name, std::function<void(Task&)> body, unsigned tgid) {
  spawn(
      std::move(name), [this, body = std::move(body)] { body(*current()); }, std::nullopt, tgid);
  return true;
}

Task* HostCpu::current() { return context() == Context::process ? here().running : nullptr; }

// ---- sleep and wake

// What was charged so far passes first, as the state that wake() looks at is about to change. Whoever wakes us in that
// time is forgotten here and found by the check that follows (set_current_state).
void HostCpu::prepare_to_sleep() {
  catch_up();
  assert(context() == Context::process && "only a process can sleep");
  here().running->woken_ = false;
}

Woken HostCpu::sleep(SimTime until, bool interruptible) {
  catch_up();
  Core& core = here();
  assert(context() == Context::process && core.irq_depth == 0 && core.preempt_depth == 0 && "sleeps with a lock held");
  Process& self = *core.running;
  if (self.woken_) return Woken::event;
  if (interruptible && self.signal_pending_) return Woken::signal;
  if (until <= agenda_.now()) return Woken::timeout;
  self.state_ = Process::State::sleeping;
  self.since_ = agenda_.now();
  self.account_since_ = self.since_;
  ++self.account_.voluntary;
  if (self.usage_ != nullptr) ++self.usage_->voluntary;
  tell(self, "blocked", self.since_);
  self.interruptible_ = interruptible;
  self.timed_out_ = false;
  if (!until.is_never()) agenda_.post(*self.timeout_, until + core.extra(kLateWake), true);
  hand_over(core);
  wait_for_core(self);
  agenda_.cancel(*self.timeout_);
  if (self.woken_) return Woken::event;
  if (std::exchange(self.kicked_, false) || (interruptible && self.signal_pending_)) return Woken::signal;
  return self.timed_out_ ? Woken::timeout : Woken::event;
}

void HostCpu::wake(Task& task, bool) {
  catch_up();
  auto& process = static_cast<Process&>(task);
  process.woken_ = true;
  if (process.state_ == Process::State::sleeping) make_ready(process, RunQueue::Why::woken);
}

// signal_wake_up. A process that computes on another core is interrupted there (kick_process).
void HostCpu::set_signal_pending(Task& task, bool pending) {
  auto& process = static_cast<Process&>(task);
  process.signal_pending_ = pending;
  if (!pending) return;
  if (process.state_ == Process::State::sleeping && process.interruptible_)
    make_ready(process, RunQueue::Why::woken);
  else if (process.state_ == Process::State::running && process.in_user_ && process.core_ != active_)
    call_core(*process.core_);
}

void HostCpu::kick(Process& process, bool signal) {
  process.kicked_ = process.kicked_ || signal;
  process.woken_ = process.woken_ || !signal;
  if (process.state_ == Process::State::sleeping) make_ready(process, RunQueue::Why::woken);
}

// select_task_rq_fair, without distances: where it ran before if that core is idle, else any idle one, else there.
// A new process begins where there is least to do.
Core& HostCpu::choose_core(const Process& process) {
  if (process.pinned_) return *cores_.at(*process.pinned_);
  const auto load = [](const auto& core) { return core->queue.size() + (core->running != nullptr ? 1U : 0U); };
  if (process.core_ == nullptr) return **std::ranges::min_element(cores_, {}, load);
  Core& home = *process.core_;
  if (home.varied) {  // any idle one
    std::vector<Core*> idle;
    for (auto& core : cores_)
      if (load(core) == 0) idle.push_back(core.get());
    return idle.empty() ? home : *idle[home.varied->below(idle.size())];
  }
  if (home.running == nullptr && home.queue.empty()) return home;
  const auto idle = std::ranges::find_if(cores_, [&](const auto& core) { return load(core) == 0; });
  return idle != cores_.end() ? **idle : home;
}

void HostCpu::make_ready(Process& process, RunQueue::Why why) {
  Core& core = choose_core(process);
  if (process.core_ != nullptr && process.core_ != &core) {
    process.core_->queue.move_out(process);
    core.queue.move_in(process);
    ++migrations_;
  }
  process.core_ = &core;
  const SimTime now = agenda_.now();
  process.account_ = process.account(now);  // that it slept is over
  process.account_since_ = now;
  if (process.usage_ != nullptr && process.state_ == Process::State::sleeping && why == RunQueue::Why::woken) {
    process.usage_->blocked += process.usage_->part(process.since_, now);
    ++process.usage_->wakeups;
  }
  process.since_ = now;
  tell(process, "ready", now);
  process.state_ = Process::State::ready;
  core.queue.put(process, why);
  if (core.running != nullptr) {
    if (core.queue.wakeup_preempts(*core.running, process)) core.need_resched = true;
    start_tick(core);
  }
  const bool must_look = core.running == nullptr || core.need_resched;
  if (&core == active_ || !must_look) return;  // this core comes by there itself
  if (active_ != nullptr)
    call_core(core);
  else if (core.started)
    notice(core);
}

// ---- the core goes from one to the next

// The thread waits until the scheduler has given it a core.
void HostCpu::wait_for_core(Process& self) {
  active_ = nullptr;
  while (self.core_->running != &self) {
    sc_core::wait(self.run_);
    agenda_.leave_if_over();
  }
  active_ = self.core_;
}

void HostCpu::hand_over(Core& core) {
  core.running = nullptr;
  core.need_resched = false;
  if (!core.queue.empty() || pull(core)) {
    run_next(core);
  } else {
    core.wanted.notify();
    agenda_.let_threads_run();
  }
}

void HostCpu::run_next(Core& core) {
  Process& next = *static_cast<Process*>(core.queue.take());
  core.running = &next;
  next.account_ = next.account(agenda_.now());
  next.state_ = Process::State::running;
  ++context_switches_;
  if (next.usage_ != nullptr) next.usage_->ready += next.usage_->part(next.since_, agenda_.now());
  charge(Cost::context_switch, 1);
  tell(next, "running", agenda_.now() + core.debt);
  start_tick(core);
  next.run_.notify();
  agenda_.let_threads_run();
}

void HostCpu::resched(Core& core) {
  core.need_resched = false;
  if (core.queue.empty()) return;
  Process& self = *core.running;
  ++preemptions_;
  ++self.account_.involuntary;
  self.state_ = Process::State::ready;
  self.since_ = agenda_.now();
  self.account_since_ = self.since_;
  if (self.usage_ != nullptr) ++self.usage_->involuntary;
  tell(self, "ready", self.since_);
  core.queue.put(self, RunQueue::Why::preempted);
  hand_over(core);
  wait_for_core(self);
}

bool HostCpu::pull(Core& to) {
  Core* busiest = nullptr;
  for (auto& core : cores_)
    if (core.get() != &to && core->running != nullptr &&
        (busiest == nullptr || core->queue.size() > busiest->queue.size()))
      busiest = core.get();
  if (busiest == nullptr) return false;
  SchedEntity* const chosen = busiest->queue.first_of([&](const SchedEntity& entity) {
    const auto& pinned = static_cast<const Process&>(entity).pinned_;
    return !pinned || *pinned == to.index;
  });
  if (chosen == nullptr) return false;
  busiest->queue.remove(*chosen);
  busiest->queue.move_out(*chosen);
  to.queue.move_in(*chosen);
  to.queue.put(*chosen, RunQueue::Why::preempted);
  static_cast<Process*>(chosen)->core_ = &to;
  ++migrations_;
  return true;
}

// ---- time slices

// Nothing periodic keeps an idle host busy: the tick runs while somebody waits for a core that another one has.
void HostCpu::start_tick(Core& core) {
  if (core.running == nullptr || core.queue.empty() || core.tick.scheduled()) return;
  const SimTime next = kTick * (agenda_.now().in_ps() / kTick.in_ps() + 1);
  agenda_.post(core.tick, next + core.extra(kLateTick), true);
}

void HostCpu::scheduler_tick(Core& core) {
  if (core.running != nullptr && core.queue.tick_preempts(*core.running)) core.need_resched = true;
  start_tick(core);
}

void HostCpu::cond_resched() {
  catch_up();
  if (here().need_resched) resched(here());
}

// ---- user and kernel mode

SimTime HostCpu::run_in_user_mode(SimTime time) {
  catch_up();  // with what it owes the kernel
  Process& self = *here().running;
  self.in_user_ = true;
  constexpr auto kWork = static_cast<std::size_t>(Cost::app_work);
  const SimTime longer = here().extra(SimTime::ps(time.in_ps() / kWorkParts));
  here().debt += time + longer;
  spend(here(), kWork, time + longer);
  catch_up();
  self.in_user_ = false;
  const SimTime left = std::exchange(here().debt, SimTime::zero());
  spend(here(), kWork, SimTime::zero() - left);
  return std::min(left, time);
}

void HostCpu::return_to_user() {
  if (here().need_resched) catch_up();
  if (here().need_resched) resched(here());
}

}  // namespace nicosim
