// A Runtime for layers alone: time moves by charge() and by hand, one CPU, soft interrupts are flags.
//
// A process that sleeps gives control to `on_sleep`, where a test lets the world go on (deliver a frame, run timers,
// set the time). It returns when the task was woken or its time has come; a test that makes neither happen fails.
#pragma once

#include "common/rng.hpp"
#include "common/runtime.hpp"

#include <array>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace nicosim {

class TestTask final : public Task {
 public:
  explicit TestTask(unsigned pid, std::string name = "test") : pid_(pid), name_(std::move(name)) {}
  unsigned pid() const override { return pid_; }
  std::string_view task_name() const override { return name_; }

 private:
  unsigned pid_;
  std::string name_;
};

// Another thread of a process: sleeps on its own, and uses the process's descriptors.
class TestThread final : public Task {
 public:
  TestThread(unsigned pid, const Task& process) : pid_(pid), process_(process) {}
  unsigned pid() const override { return pid_; }
  unsigned tgid() const override { return process_.tgid(); }
  std::string_view task_name() const override { return process_.task_name(); }

 private:
  unsigned pid_;
  const Task& process_;
};

class TestRuntime final : public Runtime {
 public:
  explicit TestRuntime(bool free_of_charge = true) : free_(free_of_charge) {}

  SimTime now() const override { return now_; }
  unsigned cpu() const override { return 0; }
  unsigned cpus() const override { return 1; }
  Context context() const override { return context_; }
  void charge(Cost cost, std::uint64_t units) override {
    charged[static_cast<std::size_t>(cost)] += units;
    if (!free_) now_ += costs_.of(cost, units);
  }
  void catch_up() override {
    if (!on_catch_up || catch_ups_before-- > 0) return;
    std::exchange(on_catch_up, nullptr)();
  }
  void raise_softirq(Softirq s, unsigned) override { pending.insert(s); }
  void irq_disable() override { ++irq_depth; }
  void irq_enable() override { --irq_depth; }
  void preempt_disable() override { ++preempt_depth; }
  void preempt_enable() override { --preempt_depth; }
  void arm(SimTime deadline) override { armed = deadline; }
  Task* current() override { return task_; }
  void prepare_to_sleep() override { woken_ = false; }
  Woken sleep(SimTime until, bool interruptible) override {
    Task* const sleeper = task_;
    const Context before = context_;
    while (!woken_) {
      if (interruptible && signalled.contains(sleeper->pid())) return Woken::signal;
      if (!on_sleep) {
        std::cerr << "a task sleeps and the test has no on_sleep\n";
        std::abort();
      }
      task_ = nullptr;
      context_ = Context::softirq;
      const bool progress = on_sleep();
      task_ = sleeper;
      context_ = before;
      if (woken_) break;
      if (now_ >= until) return Woken::timeout;
      if (!progress) {
        if (until.is_never()) {
          std::cerr << "a task sleeps forever: on_sleep has nothing more to do\n";
          std::abort();
        }
        now_ = until;
        return Woken::timeout;
      }
    }
    return Woken::event;
  }
  void wake(Task& task, bool) override {
    if (on_wake) on_wake();
    wakes.insert(task.pid());
    woken_ = true;
  }
  bool need_resched() const override { return wants_resched; }
  void cond_resched() override {
    if (std::exchange(wants_resched, false) && on_resched) on_resched();
  }
  void set_signal_pending(Task& task, bool pending_now) override {
    if (pending_now)
      signalled.insert(task.pid());
    else
      signalled.erase(task.pid());
  }
  bool start_thread(std::string name, std::function<void(Task&)> body, unsigned tgid) override {
    threads.push_back({std::move(name), std::move(body), tgid});
    return has_threads;
  }
  bool signal_pending() const override { return task_ != nullptr && signalled.contains(task_->pid()); }
  std::uint64_t random() override { return rng_.next(); }

  // For tests
  void set_now(SimTime t) { now_ = t; }
  void advance(SimTime d) { now_ += d; }
  void enter(Context context, Task* task = nullptr) {
    context_ = context;
    task_ = task;
  }

  std::function<bool()> on_sleep;     // one step of the world; false: nothing left to happen
  std::function<void()> on_wake;      // before it has an effect
  std::function<void()> on_catch_up;  // once: what an interrupt does while a call is in progress
  int catch_ups_before = 0;           // how many times time passes before that
  struct Thread {
    std::string name;
    std::function<void(Task&)> body;
    unsigned tgid;
  };
  std::vector<Thread> threads;  // that were started; a test runs them when it wants
  bool has_threads = true;
  bool wants_resched = false;        // somebody else wants the CPU ...
  std::function<void()> on_resched;  // ... and has it here
  std::set<Softirq> pending;
  std::set<unsigned> wakes;
  std::set<unsigned> signalled;  // processes that a signal waits for
  std::array<std::uint64_t, kCosts> charged{};
  SimTime armed = SimTime::never();
  int irq_depth = 0, preempt_depth = 0;

 private:
  CostTable costs_;
  Rng rng_{1, "test"};
  SimTime now_;
  Context context_ = Context::softirq;
  Task* task_ = nullptr;
  bool free_, woken_ = false;
};

}  // namespace nicosim
