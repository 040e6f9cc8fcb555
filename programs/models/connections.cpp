#include "programs/models/connections.hpp"

#include <algorithm>
#include <cerrno>

namespace nicosim {

int Connections::accept(Posix& os, int listening) {
  for (;;) {
    const int fd = os.accept4(listening, nullptr, SOCK_NONBLOCK);
    if (fd == -EINTR) continue;
    if (fd < 0) {
      if (fd != -EAGAIN) ++server_.stats->errors;
      return fd;
    }
    ++server_.stats->connections;
    if (by_fd_.size() <= static_cast<std::size_t>(fd)) by_fd_.resize(static_cast<std::size_t>(fd) + 1);
    Connection& connection = by_fd_[static_cast<std::size_t>(fd)];
    connection.fd = fd;
    connection.conversation = server_.converse(*server_.stats);
    open_.push_back(fd);
    return fd;
  }
}

Waits Connections::close(Posix& os, int fd) {
  by_fd_[static_cast<std::size_t>(fd)] = {};
  std::erase(open_, fd);
  os.close(fd);
  return Waits::closed;
}

// Everything there is to say, as far as there is room for it. false: it has to wait, or the connection is over.
bool Connections::send(Posix& os, Connection& connection, Waits& waits) {
  Conversation& conversation = *connection.conversation;
  for (auto next = conversation.to_say(); !next.empty(); next = conversation.to_say()) {
    const long n = os.sendto(connection.fd, next, MSG_NOSIGNAL, nullptr);
    if (n == -EINTR) continue;
    if (n == -EAGAIN) {
      waits = Waits::to_write;
      return false;
    }
    if (n < 0) {
      ++server_.stats->errors;
      waits = close(os, connection.fd);
      return false;
    }
    conversation.said(static_cast<std::size_t>(n));
    server_.stats->bytes_out += static_cast<std::uint64_t>(n);
  }
  if (!conversation.over()) return true;
  waits = close(os, connection.fd);
  return false;
}

Waits Connections::go_on(Posix& os, int fd, bool drain) {
  if (fd < 0 || static_cast<std::size_t>(fd) >= by_fd_.size()) return Waits::closed;
  Connection& connection = by_fd_[static_cast<std::size_t>(fd)];
  if (!connection.conversation) return Waits::closed;  // a late signal's
  Waits waits = Waits::to_read;
  if (!send(os, connection, waits)) return waits;
  for (;;) {
    buffer_.resize(connection.conversation->reads_at());
    const long n = os.recvfrom(fd, buffer_, 0, nullptr);
    if (n == -EINTR) continue;
    if (n == -EAGAIN) return Waits::to_read;
    if (n <= 0) {
      if (n < 0) ++server_.stats->errors;
      return close(os, fd);
    }
    server_.stats->bytes_in += static_cast<std::uint64_t>(n);
    connection.conversation->hear(std::span{buffer_}.first(static_cast<std::size_t>(n)));
    if (!send(os, connection, waits)) return waits;
    if (!drain) return Waits::to_read;
  }
}

void Connections::refuse(Posix& os, int fd, const std::string& why) {
  ++server_.stats->refused;
  if (server_.stats->complaint.empty()) server_.stats->complaint = why;
  close(os, fd);
}

void Connections::one_unit_of_other_work(Posix& os) {
  os.work(server_.work_unit);
  ++server_.stats->work_units;
}

}  // namespace nicosim
