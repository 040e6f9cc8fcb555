// The system-call door of one simulated process: in, work in the kernel, out.
//
// Entry and exit cost time and are visible in the event log (stations `syscall` and `sysret`), so that one sees who is
// in the kernel, when, and for how long. Without the stack behind it nothing here has an effect.
#pragma once

#include "common/ledger.hpp"
#include "programs/posix.hpp"
#include "sc_model/host/cpu.hpp"
#include "stack/syscalls.hpp"

#include <cstdint>
#include <string_view>

namespace nicosim {

class UserProcess final : public Posix {
 public:
  // `calls` and `task` must outlive it. Used on the task's own thread only.
  UserProcess(HostCpu& cpu, Syscalls& calls, Ledger& ledger, Task& task)
      : cpu_(cpu), calls_(calls), ledger_(ledger), task_(task) {}

  int socket(int domain, int type, int protocol) override;
  int bind(int fd, const sockaddr_in& address) override;
  int connect(int fd, const sockaddr_in& address) override;
  int listen(int fd, int backlog) override;
  int accept4(int fd, sockaddr_in* peer, int flags) override;
  int shutdown(int fd, int how) override;
  int getpeername(int fd, sockaddr_in& address) override;
  int getsockname(int fd, sockaddr_in& address) override;
  int setsockopt(int fd, int level, int option, std::span<const std::byte> value) override;
  int getsockopt(int fd, int level, int option, std::span<std::byte> value) override;
  long recvfrom(int fd, std::span<std::byte> buffer, int flags, sockaddr_in* from) override;
  long sendto(int fd, std::span<const std::byte> data, int flags, const sockaddr_in* to) override;
  long recvmsg(int fd, msghdr& message, int flags) override;
  long sendmsg(int fd, const msghdr& message, int flags) override;
  int set_nonblocking(int fd, bool on) override;
  int fcntl(int fd, int command, int argument) override;
  int ioctl(int fd, unsigned long request, int& value) override;
  int poll(std::span<pollfd> files, int timeout_ms) override;
  int select(int nfds, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout) override;
  int epoll_create1(int flags) override;
  int epoll_ctl(int epfd, int op, int fd, epoll_event* event) override;
  int epoll_wait(int epfd, std::span<epoll_event> events, int timeout_ms) override;
  int close(int fd) override;
  SimTime clock() const override { return cpu_.now(); }
  void nanosleep(SimTime duration) override;
  void work(SimTime duration) override;

  void exit();  // closes what is open
  std::uint64_t syscalls() const { return count_; }

 private:
  template <class Call>
  auto kernel(std::string_view name, Call call);
  template <class Call>
  long reads(std::string_view name, Call call);  // whose copies bring data

  HostCpu& cpu_;
  Syscalls& calls_;
  Ledger& ledger_;
  Task& task_;
  std::uint64_t count_ = 0;
};

}  // namespace nicosim
