#include "stack/udp/udp_table.hpp"

#include "stack/socket/sock.hpp"

#include <algorithm>
#include <cerrno>

namespace nicosim {
namespace {

// compute_score: -1 no match, else the more of the tuple is fixed the better.
int score(const Sock& sock, Ipv4Address source, std::uint16_t source_port) {
  int points = 2;  // PF_INET
  if (!sock.daddr.is_any()) {
    if (sock.daddr != source) return -1;
    points += 4;
  }
  if (sock.dport != 0) {
    if (sock.dport != source_port) return -1;
    points += 4;
  }
  return points;
}

}  // namespace

int UdpTable::insert(Sock& sock, std::uint16_t port, Runtime& runtime) {
  if (port == 0) {
    constexpr unsigned kPorts = kLastEphemeral - kFirstEphemeral + 1;
    const std::uint64_t draw = runtime.random();
    for (unsigned i = 0; i < kPorts && port == 0; ++i) {
      const auto candidate = static_cast<std::uint16_t>(kFirstEphemeral + (draw + i) % kPorts);
      if (!conflict(sock, candidate)) port = candidate;
    }
    if (port == 0) return -EADDRINUSE;
  } else if (conflict(sock, port)) {
    return -EADDRINUSE;
  }
  sock.num = port;
  auto& sockets = ports_[port];
  sockets.insert(sockets.begin(), &sock);
  return 0;
}

void UdpTable::remove(Sock& sock) {
  const auto found = ports_.find(sock.num);
  if (found == ports_.end()) return;
  std::erase(found->second, &sock);
  if (found->second.empty()) ports_.erase(found);
}

std::shared_ptr<Sock> UdpTable::lookup(Ipv4Address source, std::uint16_t source_port, Ipv4Address destination,
                                       std::uint16_t destination_port) const {
  const auto found = ports_.find(destination_port);
  if (found == ports_.end()) return nullptr;
  // Sockets bound to the address go before wildcards, whatever the score (the two passes over hash2).
  for (const Ipv4Address bound : {destination, Ipv4Address::any()}) {
    Sock* best = nullptr;
    int most = 0;
    for (Sock* const sock : found->second) {
      if (sock->rcv_saddr != bound) continue;
      const int points = score(*sock, source, source_port);
      if (points > most) {
        best = sock;
        most = points;
      }
    }
    if (best != nullptr) return best->shared_from_this();
  }
  return nullptr;
}

std::vector<std::shared_ptr<Sock>> UdpTable::lookup_all(Ipv4Address source, std::uint16_t source_port,
                                                        Ipv4Address destination, std::uint16_t destination_port) const {
  std::vector<std::shared_ptr<Sock>> all;
  const auto found = ports_.find(destination_port);
  if (found == ports_.end()) return all;
  for (Sock* const sock : found->second) {
    const bool here = sock->rcv_saddr.is_any() || sock->rcv_saddr == destination;
    if (here && score(*sock, source, source_port) > 0) all.push_back(sock->shared_from_this());
  }
  return all;
}

// inet_rcv_saddr_equal with wildcards: two sockets may share a port only on different addresses, or when both agreed.
bool UdpTable::conflict(const Sock& sock, std::uint16_t port) const {
  const auto found = ports_.find(port);
  if (found == ports_.end()) return false;
  return std::ranges::any_of(found->second, [&](const Sock* other) {
    if (other->reuse && sock.reuse) return false;
    return other->rcv_saddr == sock.rcv_saddr || other->rcv_saddr.is_any() || sock.rcv_saddr.is_any();
  });
}

}  // namespace nicosim
