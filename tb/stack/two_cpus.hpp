// A Runtime for what TestRuntime cannot show: a second CPU, and sleeps that end by a signal.
#pragma once

#include "tb/common/test_runtime.hpp"

#include <array>
#include <functional>
#include <set>
#include <utility>
#include <vector>

namespace nicosim {

// Two CPUs, of which `at` runs. What the other one does meanwhile happens in `on_catch_up`, where time passes.
class TwoCpus final : public Runtime {
 public:
  SimTime now() const override { return inner_.now(); }
  unsigned cpu() const override { return at; }
  unsigned cpus() const override { return 2; }
  Context context() const override { return Context::softirq; }
  void charge(Cost cost, std::uint64_t units) override { inner_.charge(cost, units); }
  void catch_up() override {
    if (on_catch_up) std::exchange(on_catch_up, nullptr)();
  }
  void raise_softirq(Softirq s, unsigned cpu) override { pending[cpu].insert(s); }
  void call(unsigned cpu, std::function<void()> function) override { calls[cpu].push_back(std::move(function)); }
  void irq_disable() override {}
  void irq_enable() override {}
  void preempt_disable() override {
    if (on_preempt_disable && preempt_disables_before-- <= 0) std::exchange(on_preempt_disable, nullptr)();
  }
  void preempt_enable() override {}
  void arm(SimTime deadline) override { inner_.arm(deadline); }
  Task* current() override { return nullptr; }
  void prepare_to_sleep() override {}
  Woken sleep(SimTime, bool) override { return woken; }
  void wake(Task&, bool) override {}
  std::uint64_t random() override { return inner_.random(); }

  void set_now(SimTime time) { inner_.set_now(time); }

  unsigned at = 0;
  std::function<void()> on_catch_up;         // once
  std::function<void()> on_preempt_disable;  // once: what happens elsewhere before a guarded stretch begins
  int preempt_disables_before = 0;           // how many of them it leaves out
  Woken woken = Woken::timeout;              // how every sleep ends
  // The interrupt that the other CPU has sent arrives.
  void take_calls() {
    for (const auto& function : std::exchange(calls[at], {})) function();
  }
  std::array<std::set<Softirq>, 2> pending;
  std::array<std::vector<std::function<void()>>, 2> calls;

 private:
  TestRuntime inner_;
};

}  // namespace nicosim
