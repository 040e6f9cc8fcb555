#include "common/napi.hpp"

#include <cassert>

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

bool Napi::complete_done(NapiScheduler& scheduler) {
  assert(scheduled_ && "completes a poll that was never scheduled");
  if (missed_) {
    missed_ = false;
    scheduler.enqueue(*this);
    return false;
  }
  scheduled_ = false;
  return true;
}

}  // namespace nicosim
