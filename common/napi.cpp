#include "common/napi.hpp"

#include <cassert>
#include <utility>

namespace nicosim {

bool Napi::schedule_prep() {
  if (disabled_) return false;
  if (scheduled_) {
    missed_ = true;
    return false;
  }
  scheduled_ = true;
  return true;
}

bool Napi::schedule(NapiScheduler& scheduler) {
  if (!schedule_prep()) return false;
  scheduler.enqueue(*this);
  return true;
}

bool Napi::complete_done(NapiScheduler& scheduler, int work) {
  assert(scheduled_ && "completes a poll that was never scheduled");
  const bool held = scheduler.gro_holds(*this);
  if (in_busy_poll_) {  // its owner polls on
    if (held) scheduler.gro_flush(*this, false);
    return false;
  }
  SimTime timeout = SimTime::zero();
  bool unmask = true;
  if (work > 0) {
    if (held) timeout = flush_timeout_;
    deferrals_left_ = defer_hard_irqs_;
  }
  if (deferrals_left_ > 0) {
    --deferrals_left_;
    timeout = flush_timeout_;
    unmask = timeout == SimTime::zero();
  }
  if (held) scheduler.gro_flush(*this, timeout != SimTime::zero());
  prefer_busy_poll_ = false;
  if (missed_) {
    missed_ = false;
    scheduler.enqueue(*this);
    return false;
  }
  scheduled_ = false;
  if (timeout != SimTime::zero()) scheduler.start_watchdog(*this, timeout);
  return unmask;
}

void Napi::defer(unsigned hard_irqs, SimTime flush_timeout) {
  defer_hard_irqs_ = hard_irqs;
  flush_timeout_ = flush_timeout;
}

void Napi::watchdog(NapiScheduler& scheduler) {
  if (disabled_ || scheduled_) return;
  scheduled_ = true;
  prefer_busy_poll_ = false;
  scheduler.enqueue(*this);
}

bool Napi::begin_busy_poll(bool prefer) {
  if (disabled_ || scheduled_) {
    if (prefer && scheduled_) prefer_busy_poll_ = true;
    return false;
  }
  scheduled_ = in_busy_poll_ = true;
  return true;
}

bool Napi::end_busy_poll(NapiScheduler& scheduler, bool prefer) {
  assert(in_busy_poll_ && "ends a busy poll that nobody has begun");
  missed_ = in_busy_poll_ = false;
  if (!prefer || defer_hard_irqs_ == 0 || flush_timeout_ == SimTime::zero()) return false;
  deferrals_left_ = defer_hard_irqs_;
  scheduler.start_watchdog(*this, flush_timeout_);
  return true;
}

bool Napi::take_by_thread() { return std::exchange(threaded_due_, false); }

}  // namespace nicosim
