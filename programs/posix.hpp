// What a program inside the simulated host may do: POSIX-shaped calls, nothing else.
//
// Implemented by sc_model/host, which charges entry and exit and forwards to the stack. Calls return what Linux
// would: a result, or -errno (no errno variable: it would be shared between simulated processes).
#pragma once

#include "common/sim_time.hpp"

#include <cstddef>
#include <cstdint>
#include <netinet/in.h>
#include <poll.h>
#include <span>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace nicosim {

class Posix {
 public:
  virtual ~Posix() = default;

  virtual int socket(int domain, int type, int protocol) = 0;
  virtual int bind(int fd, const sockaddr_in& address) = 0;
  virtual int connect(int fd, const sockaddr_in& address) = 0;
  virtual int listen(int fd, int backlog) = 0;
  virtual int accept4(int fd, sockaddr_in* peer, int flags) = 0;  // a new descriptor; peer may be null
  virtual int shutdown(int fd, int how) = 0;
  virtual int getpeername(int fd, sockaddr_in& address) = 0;
  virtual int getsockname(int fd, sockaddr_in& address) = 0;
  virtual int setsockopt(int fd, int level, int option, std::span<const std::byte> value) = 0;
  virtual int getsockopt(int fd, int level, int option, std::span<std::byte> value) = 0;
  virtual long recvfrom(int fd, std::span<std::byte> buffer, int flags, sockaddr_in* from) = 0;
  virtual long sendto(int fd, std::span<const std::byte> data, int flags, const sockaddr_in* to) = 0;
  virtual long recvmsg(int fd, msghdr& message, int flags) = 0;
  virtual long sendmsg(int fd, const msghdr& message, int flags) = 0;
  virtual int set_nonblocking(int fd, bool on) = 0;
  virtual int fcntl(int fd, int command, int argument) = 0;
  virtual int ioctl(int fd, unsigned long request, int& value) = 0;
  virtual int poll(std::span<pollfd> files, int timeout_ms) = 0;
  virtual int select(int nfds, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout) = 0;
  virtual int epoll_create1(int flags) = 0;
  virtual int epoll_ctl(int epfd, int op, int fd, epoll_event* event) = 0;
  virtual int epoll_wait(int epfd, std::span<epoll_event> events, int timeout_ms) = 0;
  virtual int close(int fd) = 0;

  virtual SimTime clock() const = 0;             // CLOCK_MONOTONIC: simulated time
  virtual void nanosleep(SimTime duration) = 0;  // sleeps, does not burn CPU
  virtual void work(SimTime duration) = 0;       // user-mode computation
};

}  // namespace nicosim
