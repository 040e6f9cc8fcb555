// The system-call door of one simulated process: in, work in the kernel, out.
//
// Entry and exit cost time and are visible in the event log (stations `syscall` and `sysret`), so that one sees who is
// in the kernel, when, and for how long. Without the stack behind it nothing here has an effect.
//
// On the way out signals are delivered: handlers run on the process's own stack, each ends with rt_sigreturn, and an
// interrupted call is made again or returns -EINTR, by Linux's rules (arch/x86/kernel/signal.c).
#pragma once

#include "common/ledger.hpp"
#include "programs/posix.hpp"
#include "sc_model/host/cpu.hpp"
#include "stack/process/process_calls.hpp"
#include "stack/syscalls.hpp"

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace nicosim {

class UserSpace;

class UserProcess final : public Posix {
 public:
  // All must outlive it. Used on the task's own thread only. Without `space` it cannot fork. `helper`: the door of a
  // thread beside the process's first one, which is not let out again once the process exits.
  UserProcess(HostCpu& cpu, Syscalls& calls, Ledger& ledger, Task& task, UserSpace* space = nullptr,
              bool helper = false)
      : cpu_(cpu), calls_(calls), ledger_(ledger), task_(task), space_(space), helper_(helper) {}

  // The whole life of a process: its program, then exit().
  void run(const std::function<int(Posix&)>& main);

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
  long read(int fd, std::span<std::byte> buffer) override;
  long write(int fd, std::span<const std::byte> data) override;
  int dup(int fd) override;
  int dup3(int fd, int as, int flags) override;
  int pipe2(std::array<int, 2>& fds, int flags) override;
  int eventfd(unsigned count, int flags) override;
  int timerfd_create(int clock, int flags) override;
  int timerfd_settime(int fd, int flags, const IntervalTime& time, IntervalTime* old) override;
  int timerfd_gettime(int fd, IntervalTime& left) override;
  int signalfd(int fd, SignalSet mask, int flags) override;
  int socketpair(int domain, int type, int protocol, std::array<int, 2>& fds) override;
  int set_nonblocking(int fd, bool on) override;
  int fcntl(int fd, int command, int argument) override;
  int ioctl(int fd, unsigned long request, int& value) override;
  int poll(std::span<pollfd> files, int timeout_ms) override;
  int select(int nfds, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout) override;
  int epoll_create1(int flags) override;
  int epoll_ctl(int epfd, int op, int fd, epoll_event* event) override;
  int epoll_wait(int epfd, std::span<epoll_event> events, int timeout_ms) override;
  int ppoll(std::span<pollfd> files, SimTime timeout, const SignalSet* mask) override;
  int pselect(int nfds, fd_set* readable, fd_set* writable, fd_set* exceptional, SimTime timeout,
              const SignalSet* mask) override;
  int epoll_pwait(int epfd, std::span<epoll_event> events, int timeout_ms, const SignalSet* mask) override;
  int close(int fd) override;

  // user_process_files.cpp
  int open(std::string_view path, int flags) override;
  long pread(int fd, std::span<std::byte> buffer, std::int64_t offset) override;
  long pwrite(int fd, std::span<const std::byte> data, std::int64_t offset) override;
  int ftruncate(int fd, std::int64_t length) override;
  int fsync(int fd) override;
  int fdatasync(int fd) override;
  long lseek(int fd, std::int64_t offset, int whence) override;
  int fstat(int fd, struct stat& to) override;
  long sendfile(int out, int in, std::int64_t* offset, std::size_t count) override;
  int aio_read(aiocb& control, SigevThread on_completion) override;
  int aio_write(aiocb& control, SigevThread on_completion) override;
  int aio_fsync(int op, aiocb& control, SigevThread on_completion) override;
  int lio_listio(int mode, std::span<aiocb* const> list, const sigevent* event, SigevThread on_completion) override;
  int aio_error(const aiocb& control) override;
  long aio_return(const aiocb& control) override;
  int aio_suspend(std::span<const aiocb* const> list, SimTime timeout) override;
  int aio_cancel(int fd, const aiocb* control) override;

  // user_process_signals.cpp
  int fork(std::string_view name, std::function<int(Posix&)> child) override;
  int getpid() override;
  int getppid() override;
  int waitpid(int pid, int* status, int options) override;
  int kill(int pid, int sig) override;
  int raise(int sig) override;
  int sigqueue(int pid, int sig, std::intptr_t value) override;
  int rt_sigaction(int sig, const SigAction* action, SigAction* old) override;
  int sigprocmask(int how, const SignalSet* set, SignalSet* old) override;
  int sigpending(SignalSet& pending) override;
  int sigsuspend(SignalSet mask) override;
  int pause() override;
  int sigtimedwait(SignalSet these, SigInfo* info, SimTime timeout) override;
  int setrlimit(int resource, std::uint64_t limit) override;
  int setitimer(int which, const IntervalTime& timer, IntervalTime* old) override;
  unsigned alarm(unsigned seconds) override;
  SimTime clock() const override { return cpu_.now(); }
  int nanosleep(SimTime duration, SimTime* remaining) override;
  void work(SimTime duration) override;

  std::uint64_t syscalls() const { return count_; }

 private:
  // What happens between a call's end and the program: the signals whose handlers run, in order of delivery.
  struct Exit {
    bool again = false;  // the call is made again behind the handlers
    std::vector<SignalDelivery> frames;
  };

  template <class Call>
  auto kernel(std::string_view name, Call call);
  template <class Call>
  long reads(std::string_view name, Call call);  // whose copies bring data
  Exit prepare_exit(long result);
  void run_handlers(std::vector<SignalDelivery>&& frames);
  void interrupted();       // in user mode
  void end_with_process();  // of a helper
  AioCallback thread_call(SigevThread on_completion);
  void exit(int wait_status);
  ProcessCalls& processes() { return calls_.processes(); }

  HostCpu& cpu_;
  Syscalls& calls_;
  Ledger& ledger_;
  Task& task_;
  UserSpace* space_;
  bool helper_;
  std::uint64_t count_ = 0;
};

}  // namespace nicosim
