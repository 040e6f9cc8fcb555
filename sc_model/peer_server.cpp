#include "sc_model/peer_server.hpp"

#include <cassert>
#include <cerrno>
#include <span>
#include <utility>

namespace nicosim {

PeerServer::PeerServer(PeerServerConfig config, Syscalls& calls, unsigned pid)
    : PeerProgram(calls, pid), config_(std::move(config)) {}

void PeerServer::start(SimTime wire_start) {
  PeerProgram::start(wire_start);
  listening_ = listen_on(config_.port, config_.backlog);
  assert(listening_ >= 0 && "servers of one peer have ports of their own");
}

void PeerServer::ready(int fd) {
  if (fd != listening_) {
    if (const auto client = clients_.find(fd); client != clients_.end()) go_on(fd, *client->second);
    return;
  }
  for (int client = accept_from(listening_); client >= 0; client = accept_from(listening_)) {
    ++config_.stats->connections;
    const auto here = clients_.emplace(client, config_.converse(*config_.stats)).first;
    go_on(client, *here->second);
  }
}

void PeerServer::go_on(int fd, Conversation& conversation) {
  while (say(fd, conversation)) {
    buffer_.resize(conversation.reads_at());
    const long n = calls().recvfrom(task(), fd, buffer_, 0, nullptr);
    if (n == -EAGAIN) return;
    if (n < 0) ++config_.stats->errors;
    if (n <= 0) return end(fd);
    config_.stats->bytes_in += static_cast<std::uint64_t>(n);
    conversation.hear(std::span{buffer_}.first(static_cast<std::size_t>(n)));
  }
}

bool PeerServer::say(int fd, Conversation& conversation) {
  for (auto next = conversation.to_say(); !next.empty(); next = conversation.to_say()) {
    const long n = calls().sendto(task(), fd, next, MSG_NOSIGNAL, nullptr);
    if (n == -EAGAIN) return false;
    if (n < 0) {
      ++config_.stats->errors;
      end(fd);
      return false;
    }
    conversation.said(static_cast<std::size_t>(n));
    config_.stats->bytes_out += static_cast<std::uint64_t>(n);
  }
  if (!conversation.over()) return true;
  end(fd);
  return false;
}

void PeerServer::end(int fd) {
  calls().close(task(), fd);
  clients_.erase(fd);
}

}  // namespace nicosim
