#include "sc_model/tcp_load.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace nicosim {

TcpLoad::TcpLoad(TcpLoadConfig config, Syscalls& calls, unsigned pid)
    : PeerProgram(calls, pid), config_(std::move(config)) {}

void TcpLoad::start(SimTime wire_start) {
  PeerProgram::start(wire_start);
  next_open_ = config_.connections > 0 ? wire_start + config_.at : SimTime::never();
  config_.ask_from += wire_start;
  config_.measure_from += wire_start;
}

SimTime TcpLoad::next_deadline() const {
  return thinking_.empty() ? next_open_ : std::min(next_open_, thinking_.begin()->first);
}

void TcpLoad::due() {
  open_due();
  ask_due();
}

void TcpLoad::ready(int fd) {
  if (const auto found = connections_.find(fd); found != connections_.end()) step(found->second);
}

void TcpLoad::open_due() {
  while (next_open_ <= now()) {
    Connection connection;
    connection.number = opened_;
    if (config_.active) {
      const std::uint64_t active = std::min(*config_.active, config_.connections);
      connection.asks = (opened_ + 1) * active / config_.connections > opened_ * active / config_.connections;
    }
    connection.fd = connect_to(config_.server, config_.port);
    if (connection.fd < 0)
      ++stats_.failed;
    else
      connections_.emplace(connection.fd, std::move(connection));
    next_open_ = ++opened_ < config_.connections ? next_open_ + config_.every : SimTime::never();
  }
}

void TcpLoad::ask_due() {
  while (!thinking_.empty() && thinking_.begin()->first <= now()) {
    Connection& connection = connections_.at(thinking_.begin()->second);
    thinking_.erase(thinking_.begin());
    connection.may_ask = true;
    say(connection);
  }
}

void TcpLoad::finish(Connection& c, std::uint64_t& counter) {
  ++counter;
  std::erase_if(thinking_, [&](const auto& entry) { return entry.second == c.fd; });
  calls().close(task(), c.fd);
  connections_.erase(c.fd);
}

// As much of the next request as there is room for.
bool TcpLoad::say(Connection& c) {
  if (!c.may_ask) return true;
  const std::string& request = is_last(c) ? config_.request : config_.earlier_request;
  if (c.sent == 0) c.asked_at = now();
  while (c.sent < request.size()) {
    const auto rest = std::as_bytes(std::span{request}).subspan(c.sent);
    const long n = calls().sendto(task(), c.fd, rest, MSG_NOSIGNAL, nullptr);
    if (n == -EAGAIN) return true;
    if (n < 0) {
      finish(c, stats_.failed);
      return false;
    }
    c.sent += static_cast<std::size_t>(n);
    stats_.bytes_sent += static_cast<std::uint64_t>(n);
  }
  if (is_last(c) && config_.half_close) calls().shutdown(task(), c.fd, SHUT_WR);
  c.may_ask = false;
  c.sent = 0;
  ++c.asked;
  return true;
}

// Clients that all took the same time would ask in step for ever.
void TcpLoad::think(const Connection& c, SimTime from) {
  const auto mean = static_cast<std::uint64_t>(config_.think.in_ps());
  const std::uint64_t more = think_rng_.below(mean + 1);
  thinking_.emplace(from + SimTime::ps(static_cast<std::int64_t>(mean / 2 + more)), c.fd);
}

// It thinks about the answer, then asks again; after the last one it waits for the end.
void TcpLoad::answered(Connection& c) {
  ++stats_.answers;
  if (c.asked_at >= config_.measure_from) stats_.response_times.push_back(now() - c.asked_at);
  if (c.asked == config_.requests) return;
  think(c, now());
}

void TcpLoad::step(Connection& c) {
  if (!c.counted) {  // this is about the handshake
    if (error_of(c.fd) != 0) return finish(c, stats_.failed);
    c.counted = true;
    ++stats_.connected;
    if (c.asks && config_.ask_from > now())
      think(c, config_.ask_from);
    else
      c.may_ask = c.asks;
  }
  if (!say(c)) return;
  std::array<std::byte, 4096> buffer;
  for (;;) {
    const long n = calls().recvfrom(task(), c.fd, buffer, 0, nullptr);
    if (n == -EAGAIN) break;
    if (n < 0) return finish(c, stats_.failed);
    if (n == 0) return finish(c, stats_.finished);
    stats_.bytes_received += static_cast<std::uint64_t>(n);
    const Bytes data = Bytes{buffer}.first(static_cast<std::size_t>(n));
    if (config_.received) config_.received(c.number, data);
    if (config_.requests == 1) continue;
    for (std::uint64_t whole = c.answers.hear(data); whole > 0; --whole) answered(c);
  }
  ask_due();  // who does not think asks at once
}

}  // namespace nicosim
