// The system calls as the kernel side sees them: (task, POSIX arguments) -> result or -errno.
//
// Linux's constants and structures (<sys/socket.h>, <netinet/in.h>, <errno.h>). Called in process context; a call
// that blocks really puts the task to sleep through Runtime. Entry and exit costs are charged by the caller
// (sc_model/host), the work by the stack.
#pragma once

#include "common/runtime.hpp"
#include "common/sig_info.hpp"

#include <aio.h>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <netinet/in.h>
#include <poll.h>
#include <span>
#include <string_view>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

namespace nicosim {

class Aio;
class ProcessCalls;

// What SIGEV_THREAD calls, on a helper thread of the process, which is the Task.
using AioCallback = std::function<void(Task& thread, sigval value)>;

inline constexpr int kAioFsync = 3;  // beside LIO_READ, LIO_WRITE and LIO_NOP
static_assert(LIO_READ < kAioFsync && LIO_WRITE < kAioFsync && LIO_NOP < kAioFsync);

class Syscalls {
 public:
  virtual ~Syscalls() = default;

  virtual int socket(Task&, int domain, int type, int protocol) = 0;
  virtual int bind(Task&, int fd, const sockaddr_in& address) = 0;
  virtual int connect(Task&, int fd, const sockaddr_in& address) = 0;
  virtual int listen(Task&, int fd, int backlog) = 0;
  // A new descriptor, or -errno. `peer` may be null; flags: SOCK_NONBLOCK, SOCK_CLOEXEC.
  virtual int accept4(Task&, int fd, sockaddr_in* peer, int flags) = 0;
  virtual int shutdown(Task&, int fd, int how) = 0;
  virtual int getpeername(Task&, int fd, sockaddr_in& address) = 0;
  virtual int getsockname(Task&, int fd, sockaddr_in& address) = 0;
  virtual int setsockopt(Task&, int fd, int level, int option, std::span<const std::byte> value) = 0;
  virtual int getsockopt(Task&, int fd, int level, int option, std::span<std::byte> value) = 0;
  // Bytes received, or -errno. `from` may be null. MSG_DONTWAIT, MSG_PEEK and MSG_TRUNC are understood.
  virtual long recvfrom(Task&, int fd, std::span<std::byte> buffer, int flags, sockaddr_in* from) = 0;
  // Bytes sent, or -errno. `to` may be null on a connected socket.
  virtual long sendto(Task&, int fd, std::span<const std::byte> data, int flags, const sockaddr_in* to) = 0;
  virtual long recvmsg(Task&, int fd, msghdr& message, int flags) = 0;  // no control messages
  virtual long sendmsg(Task&, int fd, const msghdr& message, int flags) = 0;
  // Any file but epoll's. On a socket: recvfrom() and sendto() without flags and address; nothing into nothing is 0.
  virtual long read(Task&, int fd, std::span<std::byte> buffer) = 0;
  virtual long write(Task&, int fd, std::span<const std::byte> data) = 0;
  virtual int dup(Task&, int fd) = 0;                      // another descriptor of the same file
  virtual int dup3(Task&, int fd, int as, int flags) = 0;  // at this number; flags: O_CLOEXEC
  // New descriptors without a name; flags O_NONBLOCK, O_CLOEXEC. fds: to read from, to write to.
  virtual int pipe2(Task&, std::array<int, 2>& fds, int flags) = 0;
  virtual int eventfd2(Task&, unsigned count, int flags) = 0;   // and EFD_SEMAPHORE
  virtual int timerfd_create(Task&, int clock, int flags) = 0;  // CLOCK_MONOTONIC, CLOCK_REALTIME: the same here
  virtual int timerfd_settime(Task&, int fd, int flags, const IntervalTime& time, IntervalTime* old) = 0;
  virtual int timerfd_gettime(Task&, int fd, IntervalTime& left) = 0;
  virtual int signalfd4(Task&, int fd, SignalSet mask, int flags) = 0;  // fd -1: a new one; else its mask is changed
  // AF_UNIX, SOCK_STREAM or SOCK_DGRAM: two sockets that are each other's peer.
  virtual int socketpair(Task&, int domain, int type, int protocol, std::array<int, 2>& fds) = 0;
  virtual int set_nonblocking(Task&, int fd, bool on) = 0;  // fcntl(F_SETFL, O_NONBLOCK)
  // F_GETFL, F_SETFL (O_NONBLOCK and O_ASYNC are kept, O_APPEND and O_NOATIME ignored), F_GETFD, F_SETFD, F_DUPFD,
  // F_DUPFD_CLOEXEC, F_GETOWN, F_SETOWN, F_GETSIG, F_SETSIG.
  virtual int fcntl(Task&, int fd, int command, int argument) = 0;
  // FIONBIO, FIOASYNC, FIONREAD (SIOCINQ), SIOCOUTQ, SIOCOUTQNSD.
  virtual int ioctl(Task&, int fd, unsigned long request, int& value) = 0;

  // How many entries have revents; a negative time means for ever.
  virtual int poll(Task&, std::span<pollfd> files, int timeout_ms) = 0;
  // How many bits are left in the three sets; each may be null. nullptr as time-out means for ever; else it is
  // overwritten by the time that was left, as Linux does.
  virtual int select(Task&, int nfds, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout) = 0;
  virtual int epoll_create1(Task&, int flags) = 0;                           // a new descriptor
  virtual int epoll_ctl(Task&, int epfd, int op, int fd, epoll_event*) = 0;  // the event may be null for DEL
  virtual int epoll_wait(Task&, int epfd, std::span<epoll_event> events, int timeout_ms) = 0;  // how many were given
  // The same with a mask for as long as they wait, which may be null; a signal that it lets through ends them with
  // EINTR behind its handler, also one that came before. A timeout of never() means for ever, a negative one EINVAL.
  virtual int ppoll(Task&, std::span<pollfd> files, SimTime timeout, const SignalSet* mask) = 0;
  virtual int pselect(Task&, int nfds, fd_set* readable, fd_set* writable, fd_set* exceptional, SimTime timeout,
                      const SignalSet* mask) = 0;
  virtual int epoll_pwait(Task&, int epfd, std::span<epoll_event> events, int timeout_ms, const SignalSet* mask) = 0;
  virtual int close(Task&, int fd) = 0;  // cancels the asynchronous I/O by this descriptor

  // Regular files (docs/files.md). read() and write() above begin at the file's position, with O_APPEND at its end.
  // O_CREAT, O_EXCL, O_TRUNC.
  virtual int open(Task&, std::string_view path, int flags) = 0;
  virtual long pread(Task&, int fd, std::span<std::byte> buffer, std::int64_t offset) = 0;
  virtual long pwrite(Task&, int fd, std::span<const std::byte> data, std::int64_t offset) = 0;
  virtual int ftruncate(Task&, int fd, std::int64_t length) = 0;
  virtual int fsync(Task&, int fd) = 0;  // and fdatasync: there is nothing but data
  virtual long lseek(Task&, int fd, std::int64_t offset, int whence) = 0;
  virtual int fstat(Task&, int fd, struct stat&) = 0;
  // From a regular file to a socket without a copy; bytes sent. Without `offset` the file's position is used and moves.
  virtual long sendfile(Task&, int out_fd, int in_fd, std::int64_t* offset, std::size_t count) = 0;
  // aio_read, aio_write and aio_fsync: LIO_READ, LIO_WRITE, kAioFsync. `on_thread` is what SIGEV_THREAD calls. The
  // rest: aio().
  virtual int aio_submit(Task&, aiocb&, int opcode, AioCallback on_thread) = 0;
  virtual int lio_listio(Task&, int mode, std::span<aiocb* const> list, const sigevent*, AioCallback on_thread) = 0;
  virtual int aio_cancel(Task&, int fd, const aiocb* control) = 0;  // nullptr: all of the descriptor
  virtual Aio& aio() = 0;
  // The child starts with a copy of the parent's descriptors; the files behind them are the same.
  virtual void fork_files(const Task& parent, const Task& child) = 0;
  virtual void exit(Task&) = 0;  // closes what is still open
  virtual ProcessCalls& processes() = 0;
};

}  // namespace nicosim
