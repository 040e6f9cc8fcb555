// Calls that make files without a name, and those of timerfd (fs/pipe.c, eventfd.c, timerfd.c, signalfd.c).
// socketpair() is here as pipe2() is (net/socket.c).
#include "stack/io/eventfd.hpp"
#include "stack/io/pipe.hpp"
#include "stack/io/signalfd.hpp"
#include "stack/io/timerfd.hpp"
#include "stack/socket/socket_calls.hpp"

#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

namespace nicosim {
namespace {

static_assert(O_NONBLOCK == SOCK_NONBLOCK && O_CLOEXEC == SOCK_CLOEXEC && EFD_NONBLOCK == O_NONBLOCK &&
              EFD_CLOEXEC == O_CLOEXEC && TFD_NONBLOCK == O_NONBLOCK && TFD_CLOEXEC == O_CLOEXEC &&
              SFD_NONBLOCK == O_NONBLOCK && SFD_CLOEXEC == O_CLOEXEC);
constexpr int kCommonFlags = O_NONBLOCK | O_CLOEXEC;

}  // namespace

int SocketCalls::pipe2(Task& task, std::array<int, 2>& fds, int flags) {
  if ((flags & ~kCommonFlags) != 0) return -EINVAL;
  auto [reader, writer] = make_pipe(runtime_);
  return install_both(task, std::move(reader), std::move(writer), flags, fds);
}

int SocketCalls::install_both(Task& task, std::shared_ptr<File> first, std::shared_ptr<File> second, int type_flags,
                              std::array<int, 2>& fds) {
  const int one = install(task, std::move(first), type_flags);
  if (one < 0) return one;
  const int other = install(task, std::move(second), type_flags);
  if (other < 0) {
    close(task, one);
    return other;
  }
  fds = {one, other};
  return 0;
}

int SocketCalls::socketpair(Task& task, int domain, int type, int protocol, std::array<int, 2>& fds) {
  const int kind = type & 0xf;
  if ((type & ~(0xf | SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0) return -EINVAL;
  if (domain != AF_UNIX) return domain == AF_INET ? -EOPNOTSUPP : -EAFNOSUPPORT;
  if (protocol != 0 && protocol != PF_UNIX) return -EPROTONOSUPPORT;
  if (kind != SOCK_STREAM && kind != SOCK_DGRAM) return -ESOCKTNOSUPPORT;
  auto first = std::make_shared<File>(), second = std::make_shared<File>();
  for (File* const file : {first.get(), second.get()}) {
    file->socket.type = kind;
    file->socket.state = SocketState::connected;
  }
  pair_(first->socket, second->socket, kind);
  return install_both(task, std::move(first), std::move(second), type, fds);
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

int SocketCalls::signalfd4(Task& task, int fd, SignalSet mask, int flags) {
  if ((flags & ~kCommonFlags) != 0) return -EINVAL;
  if (fd == -1) {
    auto ops = std::make_unique<SignalFd>(runtime_, processes_, mask);
    return install(task, std::make_shared<File>(std::move(ops), O_RDONLY), flags);
  }
  return with_file(task, fd, [&](File& f) {
    auto* const signals = dynamic_cast<SignalFd*>(f.ops.get());
    if (signals == nullptr) return -EINVAL;
    signals->set_mask(mask);
    return fd;
  });
}

}  // namespace nicosim
