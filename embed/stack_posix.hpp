// The calls of a thread on a stack alone: straight into the kernel, entry and exit cost nothing.
#pragma once

#include "programs/posix.hpp"
#include "stack/syscalls.hpp"

#include <cerrno>

namespace nicosim {

class StackPosix final : public Posix {
 public:
  StackPosix(Runtime& runtime, Syscalls& calls, Task& task) : runtime_(runtime), calls_(calls), task_(task) {}

  int socket(int domain, int type, int protocol) override { return calls_.socket(task_, domain, type, protocol); }
  int bind(int fd, const sockaddr_in& address) override { return calls_.bind(task_, fd, address); }
  int connect(int fd, const sockaddr_in& address) override { return calls_.connect(task_, fd, address); }
  int listen(int fd, int backlog) override { return calls_.listen(task_, fd, backlog); }
  int accept4(int fd, sockaddr_in* peer, int flags) override { return calls_.accept4(task_, fd, peer, flags); }
  int shutdown(int fd, int how) override { return calls_.shutdown(task_, fd, how); }
  int getpeername(int fd, sockaddr_in& address) override { return calls_.getpeername(task_, fd, address); }
  int getsockname(int fd, sockaddr_in& address) override { return calls_.getsockname(task_, fd, address); }
  int setsockopt(int fd, int level, int option, std::span<const std::byte> value) override {
    return calls_.setsockopt(task_, fd, level, option, value);
  }
  int getsockopt(int fd, int level, int option, std::span<std::byte> value) override {
    return calls_.getsockopt(task_, fd, level, option, value);
  }
  long recvfrom(int fd, std::span<std::byte> buffer, int flags, sockaddr_in* from) override {
    return calls_.recvfrom(task_, fd, buffer, flags, from);
  }
  long sendto(int fd, std::span<const std::byte> data, int flags, const sockaddr_in* to) override {
    return calls_.sendto(task_, fd, data, flags, to);
  }
  long recvmsg(int fd, msghdr& message, int flags) override { return calls_.recvmsg(task_, fd, message, flags); }
  long sendmsg(int fd, const msghdr& message, int flags) override { return calls_.sendmsg(task_, fd, message, flags); }
  long read(int fd, std::span<std::byte> buffer) override { return calls_.read(task_, fd, buffer); }
  long write(int fd, std::span<const std::byte> data) override { return calls_.write(task_, fd, data); }
  int dup(int fd) override { return calls_.dup(task_, fd); }
  int dup3(int fd, int as, int flags) override { return calls_.dup3(task_, fd, as, flags); }
  int set_nonblocking(int fd, bool on) override { return calls_.set_nonblocking(task_, fd, on); }
  int fcntl(int fd, int command, int argument) override { return calls_.fcntl(task_, fd, command, argument); }
  int ioctl(int fd, unsigned long request, int& value) override { return calls_.ioctl(task_, fd, request, value); }
  int poll(std::span<pollfd> files, int timeout_ms) override { return calls_.poll(task_, files, timeout_ms); }
  int select(int nfds, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout) override {
    return calls_.select(task_, nfds, readable, writable, exceptional, timeout);
  }
  int epoll_create1(int flags) override { return calls_.epoll_create1(task_, flags); }
  int epoll_ctl(int epfd, int op, int fd, epoll_event* event) override {
    return calls_.epoll_ctl(task_, epfd, op, fd, event);
  }
  int epoll_wait(int epfd, std::span<epoll_event> events, int timeout_ms) override {
    return calls_.epoll_wait(task_, epfd, events, timeout_ms);
  }
  int close(int fd) override { return calls_.close(task_, fd); }

  SimTime clock() const override { return runtime_.now(); }
  int nanosleep(SimTime duration, SimTime* /*remaining*/) override {
    const SimTime until = runtime_.now() + duration;
    runtime_.prepare_to_sleep();
    return runtime_.sleep(until, true) == Woken::signal ? -EINTR : 0;
  }
  void work(SimTime) override {}  // work takes no time here

 private:
  Runtime& runtime_;
  Syscalls& calls_;
  Task& task_;
};

}  // namespace nicosim
