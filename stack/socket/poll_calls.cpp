// Waiting for many files at once: the doors to stack/io (fs/select.c, fs/eventpoll.c).
#include "stack/io/eventpoll.hpp"
#include "stack/io/poll.hpp"
#include "stack/io/signal.hpp"
#include "stack/socket/socket_calls.hpp"

#include <cerrno>

namespace nicosim {
namespace {

constexpr std::size_t kMaxEvents = 0x7fff'ffff / sizeof(epoll_event);  // EP_MAX_EVENTS

}  // namespace

SimTime SocketCalls::until(int timeout_ms) const {
  return timeout_ms < 0 ? SimTime::never() : runtime_.now() + SimTime::ms(timeout_ms);
}

int SocketCalls::poll(Task& task, std::span<pollfd> files, int timeout_ms) {
  if (files.size() > static_cast<std::size_t>(rlimit_nofile_)) return -EINVAL;
  return do_poll(
      runtime_, task, [&](int fd) { return file(task, fd); }, files, until(timeout_ms));
}

int SocketCalls::select(Task& task, int nfds, fd_set* readable, fd_set* writable, fd_set* exceptional,
                        timeval* timeout) {
  SimTime end = SimTime::never();
  if (timeout != nullptr) {
    if (timeout->tv_sec < 0 || timeout->tv_usec < 0 || timeout->tv_usec >= 1'000'000) return -EINVAL;
    constexpr time_t kLongest = 9'000'000;  // seconds; about all that simulated time has
    end = timeout->tv_sec > kLongest ? SimTime::never()
                                     : runtime_.now() + SimTime::s(timeout->tv_sec) + SimTime::us(timeout->tv_usec);
  }
  const int result = do_select(
      runtime_, task, [&](int fd) { return file(task, fd); }, nfds, {readable, writable, exceptional}, end);
  if (timeout != nullptr && !end.is_never()) {  // poll_select_finish
    const SimTime left = std::max(end - runtime_.now(), SimTime::zero());
    timeout->tv_sec = left.in_ps() / SimTime::s(1).in_ps();
    timeout->tv_usec = left.in_ps() % SimTime::s(1).in_ps() / SimTime::us(1).in_ps();
  }
  return result;
}

int SocketCalls::epoll_create1(Task& task, int flags) {
  if ((flags & ~EPOLL_CLOEXEC) != 0) return -EINVAL;
  auto file = std::make_shared<File>();
  file->eventpoll = std::make_unique<EventPoll>(runtime_, *file);
  return install(task, std::move(file), (flags & EPOLL_CLOEXEC) != 0 ? SOCK_CLOEXEC : 0);
}

int SocketCalls::epoll_ctl(Task& task, int epfd, int op, int fd, epoll_event* event) {
  auto epoll = file(task, epfd);
  auto target = file(task, fd);
  if (op != EPOLL_CTL_DEL && event == nullptr) return -EFAULT;
  if (!epoll || !target) return -EBADF;
  const int result = epoll->eventpoll ? epoll->eventpoll->ctl(op, fd, *target, event) : -EINVAL;
  put(std::move(target));
  put(std::move(epoll));
  return result;
}

int SocketCalls::epoll_wait(Task& task, int epfd, std::span<epoll_event> events, int timeout_ms) {
  if (events.empty() || events.size() > kMaxEvents) return -EINVAL;
  auto epoll = file(task, epfd);
  if (!epoll) return -EBADF;
  const int result = epoll->eventpoll ? epoll->eventpoll->wait(task, events, until(timeout_ms)) : -EINVAL;
  put(std::move(epoll));
  return result;
}

// ---- with a mask (set_user_sigmask, restore_saved_sigmask_unless)

int SocketCalls::ppoll(Task& task, std::span<pollfd> files, SimTime timeout, const SignalSet* mask) {
  if (timeout < SimTime::zero() || files.size() > static_cast<std::size_t>(rlimit_nofile_)) return -EINVAL;
  const SimTime end = runtime_.now() + timeout;
  processes_.set_user_sigmask(task, mask);
  const int result = do_poll(
      runtime_, task, [&](int fd) { return file(task, fd); }, files, end);
  if (mask != nullptr && result != -kERESTARTNOHAND) processes_.restore_sigmask(task);
  return result;
}

int SocketCalls::pselect(Task& task, int nfds, fd_set* readable, fd_set* writable, fd_set* exceptional, SimTime timeout,
                         const SignalSet* mask) {
  if (timeout < SimTime::zero()) return -EINVAL;
  const SimTime end = runtime_.now() + timeout;
  processes_.set_user_sigmask(task, mask);
  const int result = do_select(
      runtime_, task, [&](int fd) { return file(task, fd); }, nfds, {readable, writable, exceptional}, end);
  if (mask != nullptr && result != -kERESTARTNOHAND) processes_.restore_sigmask(task);
  return result;
}

int SocketCalls::epoll_pwait(Task& task, int epfd, std::span<epoll_event> events, int timeout_ms,
                             const SignalSet* mask) {
  processes_.set_user_sigmask(task, mask);
  const int result = epoll_wait(task, epfd, events, timeout_ms);
  if (mask != nullptr && result != -EINTR) processes_.restore_sigmask(task);
  return result;
}

}  // namespace nicosim
