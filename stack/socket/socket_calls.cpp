#include "stack/socket/socket_calls.hpp"

#include "stack/socket/sock.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fmt/format.h>
#include <string>

namespace nicosim {

void SocketCalls::put(std::shared_ptr<File> file) {
  if (file.use_count() == 1) file->release();
}

int SocketCalls::socket(Task& task, int domain, int type, int protocol) {
  if (domain != AF_INET) return -EAFNOSUPPORT;
  const int kind = type & 0xf;
  if ((type & ~(0xf | SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0) return -EINVAL;
  auto file = std::make_shared<File>();
  if (const int error = create_(file->socket, kind, protocol); error != 0) return error;
  file->socket.type = kind;
  file->socket.state = SocketState::unconnected;
  return install(task, std::move(file), type);
}

FileTable& SocketCalls::files(const Task& task) {
  FileTable& table = tasks_[task.tgid()];
  if (table.task_name.empty()) {
    table.task_name = task.task_name();
    table.limit = rlimit_nofile_;
  }
  return table;
}

int SocketCalls::install(Task& task, std::shared_ptr<File> file, int type_flags) {
  file->nonblocking = (type_flags & SOCK_NONBLOCK) != 0;
  return files(task).install(std::move(file), (type_flags & SOCK_CLOEXEC) != 0);
}

int SocketCalls::bind(Task& task, int fd, const sockaddr_in& address) {
  return with(task, fd, [&](File& f) { return f.socket.ops->bind(f.socket, address); });
}

int SocketCalls::connect(Task& task, int fd, const sockaddr_in& address) {
  return with(task, fd, [&](File& f) { return f.socket.ops->connect(task, f.socket, address); });
}

int SocketCalls::listen(Task& task, int fd, int backlog) {
  return with(task, fd, [&](File& f) { return f.socket.ops->listen(f.socket, backlog); });
}

int SocketCalls::accept4(Task& task, int fd, sockaddr_in* peer, int flags) {
  if ((flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) != 0) return -EINVAL;
  return with(task, fd, [&](File& f) {
    auto fresh = std::make_shared<File>();
    fresh->socket.type = f.socket.type;
    if (const int error = f.socket.ops->accept(task, f.socket, fresh->socket); error != 0) return error;
    // Gone already: the descriptor is handed out all the same, and says ENOTCONN later; accept() itself must not fail.
    if (peer != nullptr) fresh->socket.ops->getpeername(fresh->socket, *peer);
    const int number = install(task, fresh, flags);
    put(std::move(fresh));
    return number;
  });
}

int SocketCalls::shutdown(Task& task, int fd, int how) {
  return with(task, fd, [&](File& f) { return f.socket.ops->shutdown(f.socket, how); });
}

int SocketCalls::getpeername(Task& task, int fd, sockaddr_in& address) {
  return with(task, fd, [&](File& f) { return f.socket.ops->getpeername(f.socket, address); });
}

int SocketCalls::getsockname(Task& task, int fd, sockaddr_in& address) {
  return with(task, fd, [&](File& f) { return f.socket.ops->getname(f.socket, address); });
}

int SocketCalls::setsockopt(Task& task, int fd, int level, int option, std::span<const std::byte> value) {
  return with(task, fd, [&](File& f) { return f.socket.ops->setsockopt(f.socket, level, option, value); });
}

int SocketCalls::getsockopt(Task& task, int fd, int level, int option, std::span<std::byte> value) {
  return with(task, fd, [&](File& f) { return f.socket.ops->getsockopt(f.socket, level, option, value); });
}

long SocketCalls::recvfrom(Task& task, int fd, std::span<std::byte> buffer, int flags, sockaddr_in* from) {
  return with(task, fd, [&](File& f) { return f.socket.ops->recvmsg(task, f.socket, buffer, flags, from); });
}

// sk_stream_error and pipe_write: whoever writes where nobody reads any more gets a signal with its error.
long SocketCalls::sent(Task& task, const File& file, int flags, long result) {
  const bool stream = !file.is_socket() || file.socket.type == SOCK_STREAM;
  if (result == -EPIPE && stream && (flags & MSG_NOSIGNAL) == 0) {
    SigInfo info;
    info.signo = SIGPIPE;
    info.code = SI_USER;
    info.pid = task.tgid();
    processes_.table().send(task.tgid(), info);
  }
  return result;
}

long SocketCalls::sendto(Task& task, int fd, std::span<const std::byte> data, int flags, const sockaddr_in* to) {
  return with(task, fd, [&, flags = flags & ~kMsgSplicePages](File& f) {
    return sent(task, f, flags, f.socket.ops->sendmsg(task, f.socket, data, flags, to));
  });
}

int SocketCalls::close(Task& task, int fd) {
  FileTable& open = files(task);
  if (open.find(fd) == nullptr) return -EBADF;
  aio_.closing(task, fd);
  if (open.find(fd) == nullptr) return -EBADF;  // another thread was faster: that takes time
  close(task, open.remove(fd));
  return 0;
}

// The last reference, ours or that of a call in progress, releases the socket.
void SocketCalls::close(Task& task, std::shared_ptr<File> file) {
  if (file.use_count() == 1 && file->is_socket()) file->socket.ops->closing(task, file->socket);
  put(std::move(file));
}

void SocketCalls::exit(Task& task) {
  aio_.exit(task);
  const auto found = tasks_.find(task.tgid());
  if (found == tasks_.end()) return;
  FileTable open = std::move(found->second);
  tasks_.erase(found);
  for (auto& [fd, descriptor] : open.descriptors) put(std::move(descriptor.file));  // without lingering
}

void SocketCalls::fork_files(const Task& parent, const Task& child) {
  FileTable& copy = tasks_[child.tgid()];
  copy = files(parent);
  copy.task_name = child.task_name();
}

std::shared_ptr<File> SocketCalls::file(const Task& task, int fd) const {
  const auto open = tasks_.find(task.tgid());
  if (open == tasks_.end()) return nullptr;
  const auto found = open->second.descriptors.find(fd);
  return found == open->second.descriptors.end() ? nullptr : found->second.file;
}

std::vector<SsRow> SocketCalls::rows() const {
  std::vector<std::pair<const File*, std::string>> users;  // of each socket, by process and descriptor
  for (const auto& [pid, table] : tasks_) {
    for (const auto& [fd, descriptor] : table.descriptors) {
      const File& f = *descriptor.file;
      if (!f.is_socket() || f.socket.sock->num == 0) continue;
      auto known = std::ranges::find(users, &f, &std::pair<const File*, std::string>::first);
      if (known == users.end()) known = users.emplace(users.end(), &f, "");
      known->second +=
          fmt::format("{}(\"{}\",pid={},fd={})", known->second.empty() ? "" : ",", table.task_name, pid, fd);
    }
  }
  std::vector<SsRow> rows;
  for (const auto& [f, who] : users) {
    const Sock& sock = *f->socket.sock;
    const SockSummary summary = sock.summary();
    SsRow& row = rows.emplace_back();
    row.netid = summary.netid;
    row.state = summary.state;
    row.recv_q = summary.recv_q;
    row.send_q = summary.send_q;
    row.local = sock.rcv_saddr.text();
    row.local_port = std::to_string(sock.num);
    row.peer = sock.connected() ? sock.daddr.text() : "0.0.0.0";
    row.peer_port = sock.connected() ? std::to_string(sock.dport) : "*";
    row.process = fmt::format(" users:({})", who);
  }
  const auto rank = [](const SsRow& row) { return row.netid == "udp" ? 0 : row.state == "LISTEN" ? 1 : 2; };
  std::ranges::stable_sort(rows, {}, rank);
  return rows;
}

}  // namespace nicosim
