// The Runtime of a stack alone: one CPU whose work takes no time, and host threads as tasks.
#pragma once

#include "common/rng.hpp"
#include "common/runtime.hpp"
#include "embed/world.hpp"

#include <functional>
#include <memory>

namespace nicosim {

// A host thread in a call.
class EmbedTask final : public Task, public World::Sleeper {
 public:
  static constexpr unsigned kProcess = 1;  // that all threads are of

  EmbedTask(unsigned pid, BigLock& lock) : pid_(pid), lock_(lock) {}
  unsigned pid() const override { return pid_; }
  unsigned tgid() const override { return kProcess; }
  std::string_view task_name() const override { return "embed"; }

  bool woken = false;
  int gave_up = 0;  // why a sleep ended that nothing could end: -EDEADLK or -EBADF

 private:
  friend class EmbedRuntime;
  unsigned pid_;
  BigLock& lock_;
};

class EmbedRuntime final : public Runtime {
 public:
  EmbedRuntime(std::shared_ptr<World> world, TimeMode mode, std::uint64_t seed)
      : world_(std::move(world)), mode_(mode), rng_(seed, "kernel") {}

  SimTime now() const override { return world_->now(); }
  unsigned cpu() const override { return 0; }
  unsigned cpus() const override { return 1; }
  Context context() const override;
  void charge(Cost, std::uint64_t) override {}
  void catch_up() override {}
  void raise_softirq(Softirq softirq, unsigned cpu) override;
  void irq_disable() override {}
  void irq_enable() override {}
  void preempt_disable() override { ++preempt_depth_; }
  void preempt_enable() override;
  void arm(SimTime) override {}  // the world asks the stack
  Task* current() override { return in_softirq_ ? nullptr : current_; }
  void prepare_to_sleep() override { current_->woken = false; }
  Woken sleep(SimTime until, bool interruptible) override;
  void wake(Task& task, bool sync) override;
  std::uint64_t random() override { return rng_.next(); }

  // ---- for EmbedStack
  void on_softirq(std::function<void(Softirq)> run) { softirq_ = std::move(run); }
  void move_to(std::shared_ptr<World> world) { world_ = std::move(world); }
  World& world() { return *world_; }
  const std::shared_ptr<World>& shared_world() const { return world_; }
  // `task` is in a call from here on until leave().
  void enter(EmbedTask& task) { current_ = &task; }
  void leave(EmbedTask& task);
  void run_softirqs();
  // Ends the sleep of every task of this stack.
  void give_up(int error);

 private:
  std::shared_ptr<World> world_;
  TimeMode mode_;
  Rng rng_;
  std::function<void(Softirq)> softirq_;
  EmbedTask* current_ = nullptr;
  std::vector<EmbedTask*> asleep_;
  std::uint32_t pending_ = 0;
  unsigned preempt_depth_ = 0;
  bool in_softirq_ = false;
  int closing_ = 0;
};

}  // namespace nicosim
