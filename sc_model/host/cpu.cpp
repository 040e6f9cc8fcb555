#include "sc_model/host/cpu.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace nicosim {
namespace {

constexpr int kMaxSoftirqRestart = 10;               // kernel/softirq.c
constexpr SimTime kMaxSoftirqTime = SimTime::ms(2);  // kernel/softirq.c
constexpr std::uint32_t bit(Softirq s) { return 1U << static_cast<unsigned>(s); }

}  // namespace

HostCpu::HostCpu(sc_core::sc_module_name name, Agenda& agenda, const CostTable& costs,
                 std::function<std::uint64_t()> random)
    : sc_module(name),
      agenda_(agenda),
      costs_(costs),
      random_(std::move(random)),
      source_(agenda.new_source()),
      debt_paid_(Rank::cpu, source_,
                 [this] {
                   paid_.notify();
                   agenda_.let_threads_run();
                 }),
      timer_(Rank::cpu, source_, [this] {
        timer_due_ = true;
        if (paying_)
          paid_.notify();
        else
          core_event_.notify();
        agenda_.let_threads_run();
      }) {
  sc_core::sc_spawn_options options;
  options.set_stack_size(Process::kStackBytes);
  sc_core::sc_spawn([this] { until_over([this] { core_loop(); }); }, "core0", &options);
  ksoftirqd_ = &spawn("ksoftirqd/0", [this] { ksoftirqd(); });
}

HostCpu::~HostCpu() = default;

// ---- the end

// Everything a thread holds is freed on its way out: it unwinds from wherever it waits.
template <class Body>
void HostCpu::until_over(Body body) {
  try {
    body();
  } catch (const SimulationOver&) {
    // the end of a thread
  }
}

void HostCpu::end_of_time() {
  ended_ = true;
  paid_.notify();
  core_event_.notify();
  for (auto& process : processes_) process->run_.notify();
}

// ---- contexts and time

Context HostCpu::context() const {
  if (in_hardirq_) return Context::hardirq;
  if (in_softirq_) return Context::softirq;
  return running_ != nullptr ? Context::process : Context::idle;
}

SimTime& HostCpu::account() {
  if (in_hardirq_) return times_.hardirq;
  if (in_softirq_) return times_.softirq;
  return times_.process;
}

void HostCpu::charge(Cost cost, std::uint64_t units) {
  const SimTime time = costs_.of(cost, units);
  debt_ += time;
  account() += time;
}

void HostCpu::stall(SimTime began) { account() += agenda_.now() - began; }

void HostCpu::catch_up() {
  if (ended_) return;
  for (;;) {
    if (interrupt_waits()) {
      const SimTime rest = debt_;  // of what was interrupted
      debt_ = SimTime::zero();
      take_interrupts();
      debt_ = rest;
      continue;
    }
    if (debt_ == SimTime::zero()) return;
    const SimTime until = agenda_.now() + debt_;
    if (agenda_.nothing_until(until)) {
      agenda_.advance_to(until);
      debt_ = SimTime::zero();
      continue;
    }
    agenda_.post(debt_paid_, until);
    paying_ = true;
    sc_core::wait(paid_);
    paying_ = false;
    agenda_.leave_if_over();
    agenda_.cancel(debt_paid_);
    debt_ = until - agenda_.now();
  }
}

void HostCpu::irq_disable() {
  catch_up();
  ++irq_depth_;
}

void HostCpu::irq_enable() {
  assert(irq_depth_ > 0 && "interrupts were enabled more often than disabled");
  catch_up();
  if (--irq_depth_ == 0) catch_up();
}

void HostCpu::preempt_disable() {
  catch_up();
  ++preempt_depth_;
}

// local_bh_enable: soft interrupts that were raised meanwhile run here.
void HostCpu::preempt_enable() {
  assert(preempt_depth_ > 0 && "preemption was enabled more often than disabled");
  catch_up();
  if (--preempt_depth_ == 0 && !in_hardirq_ && !in_softirq_ && softirq_waits()) do_softirq();
}

// ---- interrupts

void HostCpu::line(unsigned port, bool high, SimTime raised) {
  const auto place = std::ranges::find(high_lines_, port);
  if (!high) {
    if (place != high_lines_.end()) high_lines_.erase(place);
    return;
  }
  if (place == high_lines_.end()) high_lines_.push_back(port);
  if (delivered_) delivered_(port, raised);
  if (paying_)
    paid_.notify();
  else
    core_event_.notify();  // if it is idle; a core that stalls on the bus looks when it goes on
  agenda_.let_threads_run();
}

// Runs handlers until no line is high, then the soft interrupts they raised (irq_exit).
void HostCpu::take_interrupts() {
  while (interrupt_waits()) {
    in_hardirq_ = true;
    ++interrupts_;
    charge(Cost::irq_entry, 1);
    if (timer_due_) {
      timer_due_ = false;
      raise_softirq(Softirq::timer, 0);
    } else {
      const unsigned port = high_lines_.front();
      if (!vectors_.dispatch(port)) charge(Cost::irq_spurious, 1);
      // A line that nobody served goes to the back, so that it cannot keep the others out.
      const auto still = std::ranges::find(high_lines_, port);
      if (still != high_lines_.end() && high_lines_.size() > 1) std::rotate(still, still + 1, high_lines_.end());
    }
    charge(Cost::irq_exit, 1);
    catch_up();  // nothing interrupts a handler
    in_hardirq_ = false;
    if (!in_softirq_ && preempt_depth_ == 0 && softirq_waits()) do_softirq();
  }
}

void HostCpu::raise_softirq(Softirq s, unsigned) {
  pending_softirqs_ |= bit(s);
  // Outside interrupts nobody would look at it soon: ksoftirqd does (raise_softirq in kernel/softirq.c).
  if (!in_hardirq_ && !in_softirq_ && preempt_depth_ == 0) wake(*ksoftirqd_, false);
}

// handle_softirqs: rounds over what is pending, up to ten and 2 ms, then the rest is ksoftirqd's.
void HostCpu::do_softirq() {
  in_softirq_ = true;
  const SimTime began = now();
  charge(Cost::softirq_entry, 1);
  int restarts = kMaxSoftirqRestart;
  while (pending_softirqs_ != 0) {
    const std::uint32_t round = pending_softirqs_;
    pending_softirqs_ = 0;
    for (const Softirq s : {Softirq::timer, Softirq::net_tx, Softirq::net_rx})
      if ((round & bit(s)) != 0 && softirq_action_) softirq_action_(s);
    catch_up();
    if (pending_softirqs_ != 0 && (--restarts == 0 || now() - began >= kMaxSoftirqTime)) {
      wake(*ksoftirqd_, false);
      ksoftirqd_active_ = true;  // from now on it runs them, irq_exit does not
      break;
    }
  }
  catch_up();
  in_softirq_ = false;
}

void HostCpu::ksoftirqd() {
  for (;;) {
    prepare_to_sleep();
    if (pending_softirqs_ == 0) {
      ksoftirqd_active_ = false;
      sleep(SimTime::never(), false);
    }
    if (pending_softirqs_ == 0) continue;
    ++ksoftirqd_runs_;
    ksoftirqd_active_ = true;
    do_softirq();
    if (!ready_.empty()) {  // cond_resched
      make_ready(*ksoftirqd_);
      hand_over();
      wait_for_core(*ksoftirqd_);
    }
  }
}

void HostCpu::arm(SimTime deadline) {
  if (deadline.is_never()) {
    agenda_.cancel(timer_);
    return;
  }
  const SimTime when = std::max(deadline, agenda_.now());
  if (timer_.scheduled() && timer_.time() == when) return;
  agenda_.cancel(timer_);
  agenda_.post(timer_, when, true);
}

// ---- processes

void HostCpu::kick(Process& process, bool signal) {
  process.signalled_ = process.signalled_ || signal;
  process.woken_ = process.woken_ || !signal;
  if (process.state_ != Process::State::sleeping) return;
  make_ready(process);
  if (!paying_) core_event_.notify();
  agenda_.let_threads_run();
}

Process& HostCpu::spawn(std::string name, std::function<void()> body, unsigned tgid) {
  processes_.push_back(std::make_unique<Process>(next_pid_++, std::move(name), std::move(body), tgid));
  Process& process = *processes_.back();
  process.timeout_ = std::make_unique<AgendaCall>(Rank::cpu, source_, [this, &process] {
    if (process.state_ != Process::State::sleeping) return;
    process.timed_out_ = true;
    make_ready(process);
    if (!paying_) core_event_.notify();
    agenda_.let_threads_run();
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
          hand_over();
        });
      },
      sc_core::sc_gen_unique_name("process"), &options);
  process.state_ = Process::State::ready;
  ready_.push_back(&process);
  core_event_.notify(sc_core::SC_ZERO_TIME);
  return process;
}

Task* HostCpu::current() { return context() == Context::process ? running_ : nullptr; }

void HostCpu::prepare_to_sleep() {
  assert(context() == Context::process && "only a process can sleep");
  running_->woken_ = false;
}

Woken HostCpu::sleep(SimTime until, bool) {
  assert(context() == Context::process && irq_depth_ == 0 && preempt_depth_ == 0 && "sleeps with a lock held");
  catch_up();
  Process& self = *running_;
  if (self.woken_) return Woken::event;
  if (until <= agenda_.now()) return Woken::timeout;
  self.state_ = Process::State::sleeping;
  self.timed_out_ = false;
  if (!until.is_never()) agenda_.post(*self.timeout_, until, true);
  hand_over();
  wait_for_core(self);
  agenda_.cancel(*self.timeout_);
  if (self.woken_) return Woken::event;
  if (std::exchange(self.signalled_, false)) return Woken::signal;
  return self.timed_out_ ? Woken::timeout : Woken::event;
}

void HostCpu::wake(Task& task, bool) {
  catch_up();
  auto& process = static_cast<Process&>(task);
  process.woken_ = true;
  if (process.state_ == Process::State::sleeping) make_ready(process);
}

void HostCpu::make_ready(Process& process) {
  process.state_ = Process::State::ready;
  ready_.push_back(&process);
}

// The thread waits until the scheduler has given it the core.
void HostCpu::wait_for_core(Process& self) {
  while (running_ != &self) {
    sc_core::wait(self.run_);
    agenda_.leave_if_over();
  }
}

void HostCpu::hand_over() {
  running_ = nullptr;
  if (ready_.empty()) {
    core_event_.notify();
    agenda_.let_threads_run();
  } else {
    run_next();
  }
}

void HostCpu::run_next() {
  Process& next = *ready_.front();
  ready_.pop_front();
  running_ = &next;
  next.state_ = Process::State::running;
  ++context_switches_;
  charge(Cost::context_switch, 1);
  next.run_.notify();
  agenda_.let_threads_run();
}

// Holds the core while no process does: interrupts, soft interrupts, and the first process to become ready.
void HostCpu::core_loop() {
  for (;;) {
    if (running_ == nullptr) {
      core_busy_ = true;
      catch_up();
      if (softirq_waits() && preempt_depth_ == 0) do_softirq();
      core_busy_ = false;
      if (!ready_.empty()) run_next();
    }
    agenda_.look();
    sc_core::wait(core_event_);
    agenda_.leave_if_over();
  }
}

}  // namespace nicosim
