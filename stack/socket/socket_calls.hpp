// The system calls: descriptors to files, files to socket operations (net/socket.c, fs/file.c).
#pragma once

#include "stack/fs/file_system.hpp"
#include "stack/io/aio.hpp"
#include "stack/process/process_calls.hpp"
#include "stack/socket/file_table.hpp"
#include "stack/socket/socket.hpp"
#include "stack/socket/ss.hpp"
#include "stack/syscalls.hpp"

#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace nicosim {

class SocketCalls final : public Syscalls {
 public:
  // inet_create: fills in sock and ops of a new socket; 0 or -errno.
  using Create = std::function<int(Socket& socket, int type, int protocol)>;
  using Pair = std::function<void(Socket& a, Socket& b, int type)>;  // the same for two that are connected

  // `rlimit_nofile`: descriptors are below it (RLIMIT_NOFILE).
  SocketCalls(Runtime& runtime, Ledger& ledger, TimerList& timers, Create create, Pair pair, int rlimit_nofile = 1024)
      : runtime_(runtime),
        create_(std::move(create)),
        pair_(std::move(pair)),
        processes_(runtime, timers),
        rlimit_nofile_(rlimit_nofile),
        file_system_(runtime, ledger),
        aio_(runtime, ledger, processes_.table()) {}

  int socket(Task&, int domain, int type, int protocol) override;
  int bind(Task&, int fd, const sockaddr_in& address) override;
  int connect(Task&, int fd, const sockaddr_in& address) override;
  int listen(Task&, int fd, int backlog) override;
  int accept4(Task&, int fd, sockaddr_in* peer, int flags) override;
  int shutdown(Task&, int fd, int how) override;
  int getpeername(Task&, int fd, sockaddr_in& address) override;
  int getsockname(Task&, int fd, sockaddr_in& address) override;
  int setsockopt(Task&, int fd, int level, int option, std::span<const std::byte> value) override;
  int getsockopt(Task&, int fd, int level, int option, std::span<std::byte> value) override;
  long recvfrom(Task&, int fd, std::span<std::byte> buffer, int flags, sockaddr_in* from) override;
  long sendto(Task&, int fd, std::span<const std::byte> data, int flags, const sockaddr_in* to) override;
  long recvmsg(Task&, int fd, msghdr& message, int flags) override;
  long sendmsg(Task&, int fd, const msghdr& message, int flags) override;
  long read(Task&, int fd, std::span<std::byte> buffer) override;
  long write(Task&, int fd, std::span<const std::byte> data) override;
  int dup(Task&, int fd) override;
  int dup3(Task&, int fd, int as, int flags) override;
  int pipe2(Task&, std::array<int, 2>& fds, int flags) override;
  int eventfd2(Task&, unsigned count, int flags) override;
  int timerfd_create(Task&, int clock, int flags) override;
  int timerfd_settime(Task&, int fd, int flags, const IntervalTime& time, IntervalTime* old) override;
  int timerfd_gettime(Task&, int fd, IntervalTime& left) override;
  int signalfd4(Task&, int fd, SignalSet mask, int flags) override;
  int socketpair(Task&, int domain, int type, int protocol, std::array<int, 2>& fds) override;
  int set_nonblocking(Task&, int fd, bool on) override;
  int fcntl(Task&, int fd, int command, int argument) override;
  int ioctl(Task&, int fd, unsigned long request, int& value) override;
  int poll(Task&, std::span<pollfd> files, int timeout_ms) override;
  int select(Task&, int nfds, fd_set* readable, fd_set* writable, fd_set* exceptional, timeval* timeout) override;
  int epoll_create1(Task&, int flags) override;
  int epoll_ctl(Task&, int epfd, int op, int fd, epoll_event*) override;
  int epoll_wait(Task&, int epfd, std::span<epoll_event> events, int timeout_ms) override;
  int ppoll(Task&, std::span<pollfd> files, SimTime timeout, const SignalSet* mask) override;
  int pselect(Task&, int nfds, fd_set* readable, fd_set* writable, fd_set* exceptional, SimTime timeout,
              const SignalSet* mask) override;
  int epoll_pwait(Task&, int epfd, std::span<epoll_event> events, int timeout_ms, const SignalSet* mask) override;
  int close(Task&, int fd) override;
  int open(Task&, std::string_view path, int flags) override;
  long pread(Task&, int fd, std::span<std::byte> buffer, std::int64_t offset) override;
  long pwrite(Task&, int fd, std::span<const std::byte> data, std::int64_t offset) override;
  int ftruncate(Task&, int fd, std::int64_t length) override;
  int fsync(Task&, int fd) override;
  long lseek(Task&, int fd, std::int64_t offset, int whence) override;
  int fstat(Task&, int fd, struct stat& to) override;
  long sendfile(Task&, int out_fd, int in_fd, std::int64_t* offset, std::size_t count) override;
  int aio_submit(Task&, aiocb& control, int opcode, AioCallback on_thread) override;
  int lio_listio(Task&, int mode, std::span<aiocb* const> list, const sigevent*, AioCallback on_thread) override;
  int aio_cancel(Task&, int fd, const aiocb* control) override;
  Aio& aio() override { return aio_; }
  FileSystem& file_system() { return file_system_; }
  void fork_files(const Task& parent, const Task& child) override;
  void exit(Task&) override;
  ProcessCalls& processes() override { return processes_; }

  // The file behind a descriptor, nullptr: EBADF.
  std::shared_ptr<File> file(const Task& task, int fd) const;
  std::vector<SsRow> rows() const;  // of the bound ones: UDP, then TCP, listeners first

 private:
  // fdget, the call, fput; -EBADF without a file, -ENOTSOCK when it is none of a socket.
  template <class Call>
  auto with(Task& task, int fd, Call call) -> decltype(call(std::declval<File&>())) {
    auto f = file(task, fd);
    if (!f) return -EBADF;
    if (!f->is_socket()) return -ENOTSOCK;
    const auto result = call(*f);
    put(std::move(f));
    return result;
  }
  // The same for a call on any file.
  template <class Call>
  auto with_file(Task& task, int fd, Call call) -> decltype(call(std::declval<File&>())) {
    auto f = file(task, fd);
    if (!f) return -EBADF;
    const auto result = call(*f);
    put(std::move(f));
    return result;
  }
  static void put(std::shared_ptr<File> file);
  void close(Task& task, std::shared_ptr<File> file);  // filp_close: of a descriptor that is gone already
  // Two files that belong together, or none of them.
  int install_both(Task& task, std::shared_ptr<File> first, std::shared_ptr<File> second, int type_flags,
                   std::array<int, 2>& fds);
  SimTime until(int timeout_ms) const;                              // poll_select_set_timeout
  long sent(Task& task, const File& file, int flags, long result);  // SIGPIPE, if there is nobody to read

  int install(Task& task, std::shared_ptr<File> file, int type_flags);  // with SOCK_NONBLOCK and SOCK_CLOEXEC
  FileTable& files(const Task& task);
  int set_async(File& file, int fd, bool on);  // setfl, O_ASYNC
  int set_owner(File& file, int who);          // f_setown

  Runtime& runtime_;
  Create create_;
  Pair pair_;
  ProcessCalls processes_;
  int rlimit_nofile_;
  FileSystem file_system_;
  std::map<unsigned, FileTable> tasks_;  // by Task::tgid()
  Aio aio_;                              // its requests hold files
};

}  // namespace nicosim
