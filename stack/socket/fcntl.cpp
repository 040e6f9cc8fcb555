// Calls on descriptors of any file: read, write, dup, fcntl (fs/read_write.c, file.c, fcntl.c).
#include "stack/socket/socket_calls.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <fcntl.h>

namespace nicosim {
namespace {

// An entry on the list of a file that signals its owner. The descriptor is the one by which O_ASYNC was set.
class SigioEntry final : public FasyncEntry {
 public:
  SigioEntry(ProcessTable& processes, const File& file, FasyncList& list, int fd)
      : processes_(processes), file_(file), list_(list), fd_(fd) {
    list_.add(*this);
  }
  ~SigioEntry() override { list_.remove(*this); }
  void signal(int code) override {
    const FileOwner owner = file_.owner;  // the file may go while they are told
    send_sigio(processes_, owner, fd_, code);
  }

 private:
  ProcessTable& processes_;
  const File& file_;
  FasyncList& list_;
  int fd_;
};

}  // namespace

long SocketCalls::read(Task& task, int fd, std::span<std::byte> buffer) {
  return with_file(task, fd, [&](File& f) -> long {
    if (!f.readable()) return -EBADF;
    if (f.ops) return f.ops->read(task, f, buffer);
    if (!f.is_socket()) return -EINVAL;
    return buffer.empty() ? 0 : f.socket.ops->recvmsg(task, f.socket, buffer, 0, nullptr);
  });
}

long SocketCalls::write(Task& task, int fd, std::span<const std::byte> data) {
  return with_file(task, fd, [&](File& f) -> long {
    if (!f.writable()) return -EBADF;
    if (f.ops) return sent(task, f, 0, f.ops->write(task, f, data));
    if (!f.is_socket()) return -EINVAL;
    return sent(task, f, 0, f.socket.ops->sendmsg(task, f.socket, data, 0, nullptr));
  });
}

int SocketCalls::dup(Task& task, int fd) {
  auto f = file(task, fd);
  return f ? files(task).install(std::move(f), false) : -EBADF;
}

int SocketCalls::dup3(Task& task, int fd, int as, int flags) {
  if ((flags & ~O_CLOEXEC) != 0 || fd == as) return -EINVAL;
  if (as < 0 || as >= files(task).limit) return -EBADF;
  auto f = file(task, fd);
  if (!f) return -EBADF;
  aio_.closing(task, as);
  if (auto before = files(task).put_at(as, std::move(f), (flags & O_CLOEXEC) != 0)) close(task, std::move(before));
  return as;
}

int SocketCalls::set_nonblocking(Task& task, int fd, bool on) {
  return with_file(task, fd, [&](File& f) {
    f.nonblocking = on;
    return 0;
  });
}

int SocketCalls::set_async(File& file, int fd, bool on) {
  FasyncList* const list = file.fasync_list();
  if (list == nullptr || on == static_cast<bool>(file.async)) return 0;
  file.async = on ? std::make_unique<SigioEntry>(processes_.table(), file, *list, fd) : nullptr;
  return 0;
}

int SocketCalls::set_owner(File& file, int who) {
  if (who == INT_MIN) return -EINVAL;
  if (who != 0) {
    bool found = false;
    ProcessTable& table = processes_.table();
    for (const unsigned pid : table.pids())
      found = found ||
              (who > 0 ? pid == static_cast<unsigned>(who) : table.find(pid)->group == static_cast<unsigned>(-who));
    if (!found) return -ESRCH;
  }
  file.owner.pid = who;
  return 0;
}

int SocketCalls::fcntl(Task& task, int fd, int command, int argument) {
  auto f = file(task, fd);
  if (!f) return -EBADF;
  FileTable& table = files(task);
  switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
      if (argument < 0 || argument >= table.limit) return -EINVAL;
      return table.install(std::move(f), command == F_DUPFD_CLOEXEC, std::max(argument, FileTable::kFirst));
    case F_GETFL:
      return f->access_mode | (f->nonblocking ? O_NONBLOCK : 0) | (f->async ? O_ASYNC : 0);
    case F_SETFL:
      if ((argument & O_DIRECT) != 0) return -EINVAL;  // no such thing on a socket
      f->nonblocking = (argument & O_NONBLOCK) != 0;
      return set_async(*f, fd, (argument & O_ASYNC) != 0);
    case F_GETFD:
      return table.find(fd)->close_on_exec ? FD_CLOEXEC : 0;
    case F_SETFD:
      table.find(fd)->close_on_exec = (argument & FD_CLOEXEC) != 0;
      return 0;
    case F_GETOWN:
      return f->owner.pid;
    case F_SETOWN:
      return set_owner(*f, argument);
    case F_GETSIG:
      return f->owner.signum;
    case F_SETSIG:
      if (argument < 0 || argument > kSignals) return -EINVAL;
      f->owner.signum = argument;
      return 0;
    default:
      return -EINVAL;
  }
}

}  // namespace nicosim
