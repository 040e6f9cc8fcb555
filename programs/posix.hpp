// What a program inside the simulated host may do: POSIX-shaped calls, nothing else.
//
// Implemented by sc_model/host, which charges entry and exit and forwards to the stack. Calls return what Linux
// would: a result, or -errno (no errno variable: it would be shared between simulated processes).
#pragma once

#include "common/sig_info.hpp"
#include "common/sim_time.hpp"

#include <aio.h>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <fcntl.h>
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
#include <utility>

namespace nicosim {

// Thrown through a program that ends itself or is ended by a signal, so that its stack unwinds. Not to be caught.
struct ProcessExit {
  int wait_status = 0;  // as waitpid() tells it
};

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
  virtual long read(int, std::span<std::byte>) { return -ENOSYS; }
  virtual long write(int, std::span<const std::byte>) { return -ENOSYS; }
  virtual int dup(int) { return -ENOSYS; }
  virtual int dup3(int /*fd*/, int /*as*/, int /*flags*/) { return -ENOSYS; }
  int dup2(int fd, int as) { return fd == as ? fcntl(fd, F_GETFD, 0) < 0 ? -EBADF : as : dup3(fd, as, 0); }
  virtual int pipe2(std::array<int, 2>& /*read, write*/, int /*flags*/) { return -ENOSYS; }
  virtual int eventfd(unsigned /*count*/, int /*flags*/) { return -ENOSYS; }
  virtual int timerfd_create(int /*clock*/, int /*flags*/) { return -ENOSYS; }
  virtual int timerfd_settime(int /*fd*/, int /*flags*/, const IntervalTime&, IntervalTime* /*old*/ = nullptr) {
    return -ENOSYS;
  }
  virtual int timerfd_gettime(int /*fd*/, IntervalTime&) { return -ENOSYS; }
  virtual int signalfd(int /*fd, -1: a new one*/, SignalSet /*mask*/, int /*flags*/) { return -ENOSYS; }
  virtual int socketpair(int /*domain*/, int /*type*/, int /*protocol*/, std::array<int, 2>&) { return -ENOSYS; }
  virtual int set_nonblocking(int fd, bool on) = 0;
  virtual int fcntl(int fd, int command, int argument) = 0;
  virtual int ioctl(int fd, unsigned long request, int& value) = 0;
  virtual int poll(std::span<pollfd> files, int timeout_ms) = 0;
  virtual int select(int nfds, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout) = 0;
  virtual int epoll_create1(int flags) = 0;
  virtual int epoll_ctl(int epfd, int op, int fd, epoll_event* event) = 0;
  virtual int epoll_wait(int epfd, std::span<epoll_event> events, int timeout_ms) = 0;
  // With a mask (may be null) for as long as they wait. SimTime::never(): for ever.
  virtual int ppoll(std::span<pollfd>, SimTime /*timeout*/, const SignalSet*) { return -ENOSYS; }
  virtual int pselect(int /*nfds*/, fd_set*, fd_set*, fd_set*, SimTime /*timeout*/, const SignalSet*) {
    return -ENOSYS;
  }
  virtual int epoll_pwait(int /*epfd*/, std::span<epoll_event>, int /*timeout_ms*/, const SignalSet*) {
    return -ENOSYS;
  }
  virtual int close(int fd) = 0;

  // ---- Files on disk and asynchronous I/O (docs/files.md). An embedding has none: -ENOSYS.
  virtual int open(std::string_view /*path*/, int /*flags*/) { return -ENOSYS; }  // O_CREAT, O_EXCL, O_TRUNC, O_APPEND
  virtual long pwrite(int, std::span<const std::byte>, std::int64_t /*offset*/) { return -ENOSYS; }
  virtual int ftruncate(int, std::int64_t /*length*/) { return -ENOSYS; }
  virtual int fsync(int) { return -ENOSYS; }
  virtual int fdatasync(int) { return -ENOSYS; }
  virtual long pread(int, std::span<std::byte>, std::int64_t /*offset*/) { return -ENOSYS; }
  virtual long lseek(int, std::int64_t /*offset*/, int /*whence*/) { return -ENOSYS; }
  virtual int fstat(int, struct stat&) { return -ENOSYS; }
  // From a file to a socket; `offset` may be null: from the file's position.
  virtual long sendfile(int /*out*/, int /*in*/, std::int64_t* /*offset*/, std::size_t) { return -ENOSYS; }

  // Control block and buffer belong to the kernel until aio_return(). With SIGEV_THREAD `on_completion` is called on a
  // helper thread of the process with the calls of that thread; sigev_notify_function is not looked at.
  using SigevThread = std::function<void(Posix&, sigval)>;
  virtual int aio_read(aiocb&, SigevThread /*on_completion*/ = {}) { return -ENOSYS; }
  virtual int aio_write(aiocb&, SigevThread /*on_completion*/ = {}) { return -ENOSYS; }
  virtual int aio_fsync(int /*O_SYNC, O_DSYNC*/, aiocb&, SigevThread = {}) { return -ENOSYS; }
  // LIO_WAIT, LIO_NOWAIT; each aio_lio_opcode says what to do. The event, which may be null, is for all of them
  // together.
  virtual int lio_listio(int /*mode*/, std::span<aiocb* const>, const sigevent*, SigevThread = {}) { return -ENOSYS; }
  virtual int aio_error(const aiocb&) { return -ENOSYS; }    // 0, EINPROGRESS, ECANCELED, another errno; no system call
  virtual long aio_return(const aiocb&) { return -ENOSYS; }  // bytes or -errno, once
  // Until one of them is complete; -EAGAIN: none was within `timeout`, -EINTR: a signal.
  virtual int aio_suspend(std::span<const aiocb* const>, SimTime /*timeout*/ = SimTime::never()) { return -ENOSYS; }
  virtual int aio_cancel(int /*fd*/, const aiocb* /*null: all of it*/) { return -ENOSYS; }  // AIO_CANCELED, ...

  // ---- Processes and signals (docs/processes.md). An embedding has none: -ENOSYS.
  // A new process that runs `child`, whose result is its exit status; it starts with a copy of the caller's
  // descriptors, handlers and mask. The pid, or -errno. What `child` refers to must outlive it.
  virtual int fork(std::string_view /*name*/, std::function<int(Posix&)> /*child*/) { return -ENOSYS; }
  virtual int getpid() { return -ENOSYS; }
  virtual int getppid() { return -ENOSYS; }
  virtual int waitpid(int /*pid*/, int* /*status*/, int /*options*/) { return -ENOSYS; }
  [[noreturn]] void exit(int status) { throw ProcessExit{(status & 0xff) << 8}; }

  virtual int kill(int /*pid*/, int /*sig*/) { return -ENOSYS; }
  virtual int raise(int /*sig*/) { return -ENOSYS; }
  virtual int sigqueue(int /*pid*/, int /*sig*/, std::intptr_t /*value*/) { return -ENOSYS; }
  virtual int rt_sigaction(int /*sig*/, const SigAction*, SigAction* /*old*/) { return -ENOSYS; }
  int sigaction(int sig, const SigAction& action) { return rt_sigaction(sig, &action, nullptr); }
  // A handler runs on the caller's own stack whenever a call returns or work() is interrupted, and may make calls.
  int sigaction(int sig, SigHandler handler, int flags = 0) {
    return sigaction(sig, SigAction::call(std::move(handler), flags));
  }
  virtual int sigprocmask(int /*how*/, const SignalSet* /*set*/, SignalSet* /*old*/ = nullptr) { return -ENOSYS; }
  virtual int sigpending(SignalSet&) { return -ENOSYS; }
  virtual int sigsuspend(SignalSet /*mask*/) { return -ENOSYS; }
  virtual int pause() { return -ENOSYS; }
  // The signal that came, -EAGAIN after `timeout`, -EINTR for another one. `info` may be null.
  virtual int sigtimedwait(SignalSet, SigInfo* /*info*/, SimTime /*timeout*/) { return -ENOSYS; }
  int sigwaitinfo(SignalSet set, SigInfo* info) { return sigtimedwait(set, info, SimTime::never()); }
  virtual int setrlimit(int /*resource*/, std::uint64_t /*limit*/) { return -ENOSYS; }  // RLIMIT_SIGPENDING

  virtual int setitimer(int /*which*/, const IntervalTime&, IntervalTime* /*old*/ = nullptr) { return -ENOSYS; }
  virtual unsigned alarm(unsigned /*seconds*/) { return 0; }

  virtual SimTime clock() const = 0;  // CLOCK_MONOTONIC: simulated time
  // Sleeps, does not burn CPU. -EINTR when a signal ends it; `remaining` is then what was left.
  virtual int nanosleep(SimTime duration, SimTime* remaining = nullptr) = 0;
  virtual void work(SimTime duration) = 0;  // user-mode computation
};

}  // namespace nicosim
