#include "stack/tcp/tcp_table.hpp"

#include "stack/core/siphash.hpp"
#include "stack/tcp/request_sock.hpp"
#include "stack/tcp/tcp_sock.hpp"
#include "stack/tcp/time_wait.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace nicosim {

TcpTable::TcpTable(Net& net) : net_(net) {}
TcpTable::~TcpTable() = default;

int TcpTable::bind(TcpSock& sock, std::uint16_t port) {
  if (port == 0) {
    constexpr unsigned kPorts = kLastEphemeral - kFirstEphemeral + 1;
    const std::uint64_t draw = net_.runtime.random();
    for (unsigned i = 0; i < kPorts && port == 0; ++i) {
      const auto candidate = static_cast<std::uint16_t>(kFirstEphemeral + (draw + i) % kPorts);
      if (!conflict(sock, candidate)) port = candidate;
    }
    if (port == 0) return -EADDRINUSE;
  } else if (conflict(sock, port)) {
    return -EADDRINUSE;
  }
  sock.num = port;
  ports_[port].push_back({&sock, sock.rcv_saddr, sock.reuse, sock.reuseport, &sock});
  return 0;
}

void TcpTable::unbind(TcpSock& sock) {
  const auto found = ports_.find(sock.num);
  if (found == ports_.end()) return;
  std::erase_if(found->second, [&](const Bound& bound) { return bound.owner == &sock; });
  if (found->second.empty()) ports_.erase(found);
}

void TcpTable::inherit_port(TcpSock& child) {
  ports_[child.num].push_back({&child, child.rcv_saddr, child.reuse, child.reuseport, &child});
}

// Two may share a port on different addresses, when both said SO_REUSEADDR and neither listens, or when both said
// SO_REUSEPORT.
bool TcpTable::conflict(const TcpSock& sock, std::uint16_t port) const {
  const auto found = ports_.find(port);
  if (found == ports_.end()) return false;
  return std::ranges::any_of(found->second, [&](const Bound& other) {
    if (other.owner == &sock) return false;
    const bool same = other.rcv_saddr == sock.rcv_saddr || other.rcv_saddr.is_any() || sock.rcv_saddr.is_any();
    if (!same) return false;
    const bool listens = other.sock != nullptr && other.sock->state == TcpState::LISTEN;
    const bool reuse = other.sock != nullptr ? other.sock->reuse : other.reuse;
    if (sock.reuse && reuse && !listens && sock.state != TcpState::LISTEN) return false;
    return !(sock.reuseport && (other.sock != nullptr ? other.sock->reuseport : other.reuseport));
  });
}

int TcpTable::bind_for_connect(TcpSock& sock) {
  if (sock.num != 0) return known(sock.tuple()) ? -EADDRNOTAVAIL : 0;
  constexpr unsigned kPorts = kLastEphemeral - kFirstEphemeral + 1;
  const std::uint64_t draw = net_.runtime.random();
  for (unsigned i = 0; i < kPorts; ++i) {
    const auto port = static_cast<std::uint16_t>(kFirstEphemeral + (draw + i) % kPorts);
    // Ports that somebody bound are left alone; those of other connections may be used for another peer.
    const auto bound = ports_.find(port);
    if (bound != ports_.end() && std::ranges::any_of(bound->second, [](const Bound& other) {
          return other.sock != nullptr && other.sock->port_locked;
        }))
      continue;
    if (known({sock.daddr, sock.rcv_saddr, sock.dport, port})) continue;
    sock.num = port;
    ports_[port].push_back({&sock, sock.rcv_saddr, sock.reuse, sock.reuseport, &sock});
    return 0;
  }
  return -EADDRNOTAVAIL;
}

void TcpTable::insert(std::shared_ptr<TcpSock> sock) {
  sock->hashed = true;
  const FourTuple tuple = sock->tuple();
  established_[tuple] = std::move(sock);
}

void TcpTable::insert(std::shared_ptr<RequestSock> request) {
  const FourTuple tuple = request->tuple;
  requests_[tuple] = std::move(request);
}

void TcpTable::insert(std::shared_ptr<TimeWaitSock> time_wait) {
  const TimeWaitSock::From& from = time_wait->from();
  ports_[from.tuple.num].push_back({time_wait.get(), from.rcv_saddr, from.reuse, from.reuseport, nullptr});
  time_waits_[from.tuple] = std::move(time_wait);
}

void TcpTable::remove(const TcpSock& sock) {
  const auto found = established_.find(sock.tuple());
  if (found != established_.end() && found->second.get() == &sock) established_.erase(found);
}

void TcpTable::remove(const RequestSock& request) {
  const auto found = requests_.find(request.tuple);
  if (found != requests_.end() && found->second.get() == &request) requests_.erase(found);
}

void TcpTable::remove(const TimeWaitSock& time_wait) {
  const auto port = ports_.find(time_wait.tuple().num);
  if (port != ports_.end()) {
    std::erase_if(port->second, [&](const Bound& bound) { return bound.owner == &time_wait; });
    if (port->second.empty()) ports_.erase(port);
  }
  const auto found = time_waits_.find(time_wait.tuple());
  if (found != time_waits_.end() && found->second.get() == &time_wait) time_waits_.erase(found);
}

namespace {

template <class Map>
auto find_in(const Map& map, const FourTuple& tuple) {
  const auto found = map.find(tuple);
  return found == map.end() ? nullptr : found->second;
}

}  // namespace

std::shared_ptr<TcpSock> TcpTable::established(const FourTuple& tuple) const { return find_in(established_, tuple); }
std::shared_ptr<RequestSock> TcpTable::request(const FourTuple& tuple) const { return find_in(requests_, tuple); }
std::shared_ptr<TimeWaitSock> TcpTable::time_wait(const FourTuple& tuple) const { return find_in(time_waits_, tuple); }

bool TcpTable::known(const FourTuple& tuple) const {
  return established_.contains(tuple) || requests_.contains(tuple) || time_waits_.contains(tuple);
}

void TcpTable::listen(std::shared_ptr<TcpSock> sock) {
  const std::uint16_t port = sock->num;
  listeners_[port].push_back(std::move(sock));
}

void TcpTable::unlisten(const TcpSock& sock) {
  const auto found = listeners_.find(sock.num);
  if (found == listeners_.end()) return;
  std::erase_if(found->second, [&](const std::shared_ptr<TcpSock>& one) { return one.get() == &sock; });
  if (found->second.empty()) listeners_.erase(found);
}

std::shared_ptr<TcpSock> TcpTable::listener(const FourTuple& tuple) const {
  const auto found = listeners_.find(tuple.num);
  if (found == listeners_.end()) return nullptr;
  for (const Ipv4Address bound : {tuple.saddr, Ipv4Address::any()}) {
    std::vector<std::shared_ptr<TcpSock>> group;
    for (const auto& sock : found->second)
      if (sock->rcv_saddr == bound) group.push_back(sock);
    if (group.empty()) continue;
    if (group.size() == 1 || !group.front()->reuseport) return group.front();
    // reuseport_select_sock: one connection always meets the same listener.
    const std::array<std::uint64_t, 2> words{std::uint64_t{tuple.daddr.value} << 32U | tuple.saddr.value,
                                             std::uint64_t{tuple.dport} << 16U | tuple.num};
    return group[static_cast<std::uint32_t>(siphash(words, {0, 0})) % group.size()];
  }
  return nullptr;
}

void TcpTable::for_each(const std::function<void(TcpSock&)>& visit) const {
  for (const auto& [tuple, sock] : established_) visit(*sock);
  for (const auto& [port, socks] : listeners_)
    for (const auto& sock : socks) visit(*sock);
}

void TcpTable::for_each_time_wait(const std::function<void(const TimeWaitSock&)>& visit) const {
  for (const auto& [tuple, time_wait] : time_waits_) visit(*time_wait);
}

void TcpTable::for_each_request(const std::function<void(const RequestSock&)>& visit) const {
  for (const auto& [tuple, request] : requests_) visit(*request);
}

void TcpTable::clear() {
  established_.clear();
  requests_.clear();
  time_waits_.clear();
  listeners_.clear();
  ports_.clear();
}

}  // namespace nicosim
