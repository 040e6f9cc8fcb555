// timerfd: a timer that is read like a file; how often it has expired since the last time (fs/timerfd.c).
#pragma once

#include "common/runtime.hpp"
#include "common/sig_info.hpp"
#include "common/wait_queue.hpp"
#include "stack/core/timer.hpp"
#include "stack/io/file_ops.hpp"

#include <cstdint>

namespace nicosim {

class TimerFd final : public FileOps {
 public:
  TimerFd(Runtime& runtime, TimerList& timers) : runtime_(runtime), timer_(timers, [this] { expire(); }) {}

  long read(Task&, const File&, std::span<std::byte>) override;  // 8 bytes; sleeps until it has expired
  PollMask poll() override;
  WaitQueue& wait_queue() override { return wqh_; }

  // `absolute`: value is a time of the clock, one that is over expires at once; else from now on. Zero stops it.
  void set(const IntervalTime& time, bool absolute);
  IntervalTime left();  // until the next expiry

 private:
  void expire();
  std::uint64_t forward();  // hrtimer_forward_now: how many intervals are over; armed for the next

  Runtime& runtime_;
  WaitQueue wqh_;
  Timer timer_;
  SimTime expires_, interval_;
  std::uint64_t ticks_ = 0;
  bool expired_ = false;  // since the last read, and therefore not armed
};

}  // namespace nicosim
