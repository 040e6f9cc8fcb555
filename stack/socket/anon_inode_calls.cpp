// Calls that make files without a name, and those of timerfd (fs/pipe.c, eventfd.c, timerfd.c).
#include "stack/io/eventfd.hpp"
#include "stack/io/pipe.hpp"
#include "stack/io/timerfd.hpp"
#include "stack/socket/socket_calls.hpp"

#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

namespace nicosim {
namespace {

static_assert(O_NONBLOCK == SOCK_NONBLOCK && O_CLOEXEC == SOCK_CLOEXEC && EFD_NONBLOCK == O_NONBLOCK &&
              EFD_CLOEXEC == O_CLOEXEC && TFD_NONBLOCK == O_NONBLOCK && TFD_CLOEXEC == O_CLOEXEC);
constexpr int kCommonFlags = O_NONBLOCK | O_CLOEXEC;

}  // namespace

int SocketCalls::pipe2(Task& task, std::array<int, 2>& fds, int flags) {
  if ((flags & ~kCommonFlags) != 0) return -EINVAL;
  auto [reader, writer] = make_pipe(runtime_);
  const int from = install(task, std::move(reader), flags);
  if (from < 0) return from;
  const int to = install(task, std::move(writer), flags);
  if (to < 0) {
    close(task, from);
    return to;
  }
  fds = {from, to};
  return 0;
}

int SocketCalls::eventfd2(Task& task, unsigned count, int flags) {
  if ((flags & ~(kCommonFlags | EFD_SEMAPHORE)) != 0) return -EINVAL;
  auto ops = std::make_unique<EventFd>(runtime_, count, (flags & EFD_SEMAPHORE) != 0);
  return install(task, std::make_shared<File>(std::move(ops)), flags & kCommonFlags);
}

int SocketCalls::timerfd_create(Task& task, int clock, int flags) {
  if ((flags & ~kCommonFlags) != 0 || (clock != CLOCK_MONOTONIC && clock != CLOCK_REALTIME)) return -EINVAL;
  auto ops = std::make_unique<TimerFd>(runtime_, processes_.table().timers());
  return install(task, std::make_shared<File>(std::move(ops)), flags);
}

int SocketCalls::timerfd_settime(Task& task, int fd, int flags, const IntervalTime& time, IntervalTime* old) {
  if ((flags & ~TFD_TIMER_ABSTIME) != 0 || time.value < SimTime::zero() || time.interval < SimTime::zero())
    return -EINVAL;
  return with_file(task, fd, [&](File& f) {
    auto* const timer = dynamic_cast<TimerFd*>(f.ops.get());
    if (timer == nullptr) return -EINVAL;
    if (old != nullptr) *old = timer->left();
    timer->set(time, (flags & TFD_TIMER_ABSTIME) != 0);
    return 0;
  });
}

int SocketCalls::timerfd_gettime(Task& task, int fd, IntervalTime& left) {
  return with_file(task, fd, [&](File& f) {
    auto* const timer = dynamic_cast<TimerFd*>(f.ops.get());
    if (timer == nullptr) return -EINVAL;
    left = timer->left();
    return 0;
  });
}

}  // namespace nicosim
