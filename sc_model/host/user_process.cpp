#include "sc_model/host/user_process_kernel.hpp"

namespace nicosim {

int UserProcess::socket(int domain, int type, int protocol) {
  return kernel("socket", [&] { return calls_.socket(task_, domain, type, protocol); });
}
int UserProcess::bind(int fd, const sockaddr_in& address) {
  return kernel("bind", [&] { return calls_.bind(task_, fd, address); });
}
int UserProcess::connect(int fd, const sockaddr_in& address) {
  return kernel("connect", [&] { return calls_.connect(task_, fd, address); });
}
int UserProcess::listen(int fd, int backlog) {
  return kernel("listen", [&] { return calls_.listen(task_, fd, backlog); });
}
int UserProcess::accept4(int fd, sockaddr_in* peer, int flags) {
  return kernel("accept4", [&] { return calls_.accept4(task_, fd, peer, flags); });
}
int UserProcess::shutdown(int fd, int how) {
  return kernel("shutdown", [&] { return calls_.shutdown(task_, fd, how); });
}
int UserProcess::getpeername(int fd, sockaddr_in& address) {
  return kernel("getpeername", [&] { return calls_.getpeername(task_, fd, address); });
}
int UserProcess::getsockname(int fd, sockaddr_in& address) {
  return kernel("getsockname", [&] { return calls_.getsockname(task_, fd, address); });
}
int UserProcess::setsockopt(int fd, int level, int option, std::span<const std::byte> value) {
  return kernel("setsockopt", [&] { return calls_.setsockopt(task_, fd, level, option, value); });
}
int UserProcess::getsockopt(int fd, int level, int option, std::span<std::byte> value) {
  return kernel("getsockopt", [&] { return calls_.getsockopt(task_, fd, level, option, value); });
}
long UserProcess::recvfrom(int fd, std::span<std::byte> buffer, int flags, sockaddr_in* from) {
  return reads("recvfrom", [&] { return calls_.recvfrom(task_, fd, buffer, flags, from); });
}
long UserProcess::sendto(int fd, std::span<const std::byte> data, int flags, const sockaddr_in* to) {
  return kernel("sendto", [&] { return calls_.sendto(task_, fd, data, flags, to); });
}
long UserProcess::recvmsg(int fd, msghdr& message, int flags) {
  return reads("recvmsg", [&] { return calls_.recvmsg(task_, fd, message, flags); });
}
long UserProcess::sendmsg(int fd, const msghdr& message, int flags) {
  return kernel("sendmsg", [&] { return calls_.sendmsg(task_, fd, message, flags); });
}
int UserProcess::fcntl(int fd, int command, int argument) {
  return kernel("fcntl", [&] { return calls_.fcntl(task_, fd, command, argument); });
}
int UserProcess::ioctl(int fd, unsigned long request, int& value) {
  return kernel("ioctl", [&] { return calls_.ioctl(task_, fd, request, value); });
}
int UserProcess::poll(std::span<pollfd> files, int timeout_ms) {
  return kernel("poll", [&] { return calls_.poll(task_, files, timeout_ms); });
}
int UserProcess::select(int nfds, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout) {
  return kernel("select", [&] { return calls_.select(task_, nfds, readable, writable, exceptional, timeout); });
}
int UserProcess::epoll_create1(int flags) {
  return kernel("epoll_create1", [&] { return calls_.epoll_create1(task_, flags); });
}
int UserProcess::epoll_ctl(int epfd, int op, int fd, epoll_event* event) {
  return kernel("epoll_ctl", [&] { return calls_.epoll_ctl(task_, epfd, op, fd, event); });
}
int UserProcess::epoll_wait(int epfd, std::span<epoll_event> events, int timeout_ms) {
  return kernel("epoll_wait", [&] { return calls_.epoll_wait(task_, epfd, events, timeout_ms); });
}
long UserProcess::read(int fd, std::span<std::byte> buffer) {
  return reads("read", [&] { return calls_.read(task_, fd, buffer); });
}
long UserProcess::write(int fd, std::span<const std::byte> data) {
  return kernel("write", [&] { return calls_.write(task_, fd, data); });
}
int UserProcess::dup(int fd) {
  return kernel("dup", [&] { return calls_.dup(task_, fd); });
}
int UserProcess::dup3(int fd, int as, int flags) {
  return kernel("dup3", [&] { return calls_.dup3(task_, fd, as, flags); });
}
int UserProcess::pipe2(std::array<int, 2>& fds, int flags) {
  return kernel("pipe2", [&] { return calls_.pipe2(task_, fds, flags); });
}
int UserProcess::eventfd(unsigned count, int flags) {
  return kernel("eventfd2", [&] { return calls_.eventfd2(task_, count, flags); });
}
int UserProcess::timerfd_create(int clock, int flags) {
  return kernel("timerfd_create", [&] { return calls_.timerfd_create(task_, clock, flags); });
}
int UserProcess::timerfd_settime(int fd, int flags, const IntervalTime& time, IntervalTime* old) {
  return kernel("timerfd_settime", [&] { return calls_.timerfd_settime(task_, fd, flags, time, old); });
}
int UserProcess::timerfd_gettime(int fd, IntervalTime& left) {
  return kernel("timerfd_gettime", [&] { return calls_.timerfd_gettime(task_, fd, left); });
}
int UserProcess::signalfd(int fd, SignalSet mask, int flags) {
  return kernel("signalfd4", [&] { return calls_.signalfd4(task_, fd, mask, flags); });
}
int UserProcess::socketpair(int domain, int type, int protocol, std::array<int, 2>& fds) {
  return kernel("socketpair", [&] { return calls_.socketpair(task_, domain, type, protocol, fds); });
}
int UserProcess::ppoll(std::span<pollfd> files, SimTime timeout, const SignalSet* mask) {
  return kernel("ppoll", [&] { return calls_.ppoll(task_, files, timeout, mask); });
}
int UserProcess::pselect(int nfds, fd_set* readable, fd_set* writable, fd_set* exceptional, SimTime timeout,
                         const SignalSet* mask) {
  return kernel("pselect6",
                [&] { return calls_.pselect(task_, nfds, readable, writable, exceptional, timeout, mask); });
}
int UserProcess::epoll_pwait(int epfd, std::span<epoll_event> events, int timeout_ms, const SignalSet* mask) {
  return kernel("epoll_pwait", [&] { return calls_.epoll_pwait(task_, epfd, events, timeout_ms, mask); });
}
int UserProcess::set_nonblocking(int fd, bool on) {
  return kernel("fcntl", [&] { return calls_.set_nonblocking(task_, fd, on); });
}
int UserProcess::close(int fd) {
  return kernel("close", [&] { return calls_.close(task_, fd); });
}

}  // namespace nicosim
