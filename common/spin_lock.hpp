// Scoped exclusion built on Runtime's two pairs: against soft interrupts and other tasks, or against everything.
//
// Letting go takes simulated time, in which a run may end: the thread then unwinds through the destructor.
#pragma once

#include "common/runtime.hpp"

namespace nicosim {

// spin_lock_bh: soft interrupts and other tasks of this CPU stay out.
class BottomHalfGuard {
 public:
  explicit BottomHalfGuard(Runtime& runtime) : runtime_(runtime) { runtime_.preempt_disable(); }
  ~BottomHalfGuard() noexcept(false) { runtime_.preempt_enable(); }
  BottomHalfGuard(const BottomHalfGuard&) = delete;
  BottomHalfGuard& operator=(const BottomHalfGuard&) = delete;

 private:
  Runtime& runtime_;
};

// local_irq_save: nothing runs between.
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
