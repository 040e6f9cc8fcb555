#include "embed/embed_runtime.hpp"

#include <bit>
#include <cassert>
#include <cerrno>

namespace nicosim {

Context EmbedRuntime::context() const {
  if (in_softirq_) return Context::softirq;
  return current_ != nullptr ? Context::process : Context::idle;
}

void EmbedRuntime::raise_softirq(Softirq softirq, unsigned) { pending_ |= 1U << static_cast<unsigned>(softirq); }

void EmbedRuntime::preempt_enable() {
  assert(preempt_depth_ > 0 && "preemption was enabled more often than disabled");
  if (--preempt_depth_ == 0 && !in_softirq_) run_softirqs();
}

void EmbedRuntime::run_softirqs() {
  if (in_softirq_ || preempt_depth_ != 0) return;
  in_softirq_ = true;
  while (pending_ != 0) {
    const auto first = static_cast<unsigned>(std::countr_zero(pending_));
    pending_ &= ~(1U << first);
    softirq_(static_cast<Softirq>(first));
  }
  in_softirq_ = false;
}

Woken EmbedRuntime::sleep(SimTime until, bool) {
  assert(context() == Context::process && preempt_depth_ == 0 && "sleeps with a lock held");
  EmbedTask& self = *current_;
  run_softirqs();  // what it raised on its way
  if (self.woken) return Woken::event;
  if (closing_ != 0) {
    self.gave_up = closing_;
    return Woken::signal;
  }
  if (until <= now()) return Woken::timeout;
  current_ = nullptr;
  asleep_.push_back(&self);
  world_->sleep(self.lock_, self, until, mode_);
  std::erase(asleep_, &self);
  current_ = &self;
  if (self.woken) return Woken::event;
  if (self.deadlocked) self.gave_up = -EDEADLK;
  return self.gave_up != 0 ? Woken::signal : Woken::timeout;
}

void EmbedRuntime::wake(Task& task, bool) {
  auto& sleeper = static_cast<EmbedTask&>(task);
  sleeper.woken = true;
  world_->wake(sleeper);
}

void EmbedRuntime::leave(EmbedTask& task) {
  run_softirqs();
  current_ = nullptr;
  world_->turn_over(task);
}

void EmbedRuntime::give_up(int error) {
  closing_ = error;
  for (EmbedTask* const task : asleep_) {
    task->gave_up = error;
    world_->wake(*task);
  }
}

}  // namespace nicosim
