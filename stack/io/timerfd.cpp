#include "stack/io/timerfd.hpp"

#include "stack/io/poll_mask.hpp"
#include "stack/io/wait_event.hpp"
#include "stack/socket/socket.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace nicosim {

void TimerFd::expire() {  // timerfd_tmrproc; an interval goes on when somebody has read
  expired_ = true;
  ++ticks_;
  wqh_.wake_up(kPollIn);
}

std::uint64_t TimerFd::forward() {
  const std::int64_t over = (runtime_.now() - expires_).in_ps() / interval_.in_ps() + 1;
  expires_ += interval_ * over;
  timer_.arm(expires_);
  return static_cast<std::uint64_t>(over);
}

long TimerFd::read(Task& task, const File& file, std::span<std::byte> buffer) {
  std::uint64_t ticks = 0;
  if (buffer.size() < sizeof ticks) return -EINVAL;
  const auto ready = [this] { return ticks_ != 0; };
  if (!ready() && file.nonblocking) return -EAGAIN;
  if (!wait_event_interruptible(runtime_, wqh_, task, false, ready)) return -kERESTARTSYS;
  ticks = ticks_;
  if (expired_ && interval_ != SimTime::zero()) ticks += forward() - 1;
  expired_ = false;
  ticks_ = 0;
  std::memcpy(buffer.data(), &ticks, sizeof ticks);
  return sizeof ticks;
}

PollMask TimerFd::poll() { return ticks_ != 0 ? kPollIn : 0; }

void TimerFd::set(const IntervalTime& time, bool absolute) {
  timer_.cancel();
  expired_ = false;
  ticks_ = 0;
  interval_ = time.interval;
  if (time.value == SimTime::zero()) return;
  expires_ = absolute ? time.value : runtime_.now() + time.value;
  timer_.arm(std::max(expires_, runtime_.now()));
}

IntervalTime TimerFd::left() {
  if (expired_ && interval_ != SimTime::zero()) {
    expired_ = false;
    ticks_ += forward() - 1;
  }
  return {timer_.pending() ? std::max(expires_ - runtime_.now(), SimTime::ns(1)) : SimTime::zero(), interval_};
}

}  // namespace nicosim
