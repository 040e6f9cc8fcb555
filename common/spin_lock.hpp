// Scoped exclusion built on Runtime: against soft interrupts and other tasks of this CPU, against everything on this
// CPU, and against other CPUs.
//
// A step of code between two points where time passes is atomic by itself. These are for what must stay together over
// such a point. Letting go takes simulated time, in which a run may end: the thread then unwinds through the
// destructor.
#pragma once

#include "common/runtime.hpp"

#include <deque>

namespace nicosim {

// Who holds it keeps other CPUs out; they spin, and get it in the order in which they came (a ticket lock).
class SpinLock {
 public:
  SpinLock() = default;
  SpinLock(const SpinLock&) = delete;
  SpinLock& operator=(const SpinLock&) = delete;

  bool held = false;
  std::deque<unsigned> waiting;  // CPUs; kept by the Runtime
};

// local_bh_disable: soft interrupts and other tasks of this CPU stay out. With a lock, spin_lock_bh: other CPUs too.
class BottomHalfGuard {
 public:
  explicit BottomHalfGuard(Runtime& runtime) : runtime_(runtime) { runtime_.preempt_disable(); }
  BottomHalfGuard(Runtime& runtime, SpinLock& lock) : runtime_(runtime), lock_(&lock) {
    runtime_.preempt_disable();
    runtime_.lock(lock);
  }
  ~BottomHalfGuard() noexcept(false) {
    if (lock_ != nullptr) runtime_.unlock(*lock_);
    runtime_.preempt_enable();
  }
  BottomHalfGuard(const BottomHalfGuard&) = delete;
  BottomHalfGuard& operator=(const BottomHalfGuard&) = delete;

 private:
  Runtime& runtime_;
  SpinLock* lock_ = nullptr;
};

// local_irq_save: nothing runs between on this CPU.
class IrqGuard {
 public:
  explicit IrqGuard(Runtime& runtime) : runtime_(runtime) { runtime_.irq_disable(); }
  ~IrqGuard() noexcept(false) { runtime_.irq_enable(); }
  IrqGuard(const IrqGuard&) = delete;
  IrqGuard& operator=(const IrqGuard&) = delete;

 private:
  Runtime& runtime_;
};

}  // namespace nicosim
