#include "stack/ip/routes.hpp"

#include <algorithm>
#include <cassert>

namespace nicosim {
namespace {

constexpr std::size_t kMostExceptions = 2048 * 5;  // FNHE_HASH_SIZE chains of FNHE_RECLAIM_DEPTH

// inet_select_addr: the address on the next hop's network, else the first one.
Ipv4Address select_source(const Interface& out, Ipv4Address next_hop) {
  for (const InterfaceAddress& own : out.addresses)
    if (own.contains(next_hop)) return own.address;
  return out.addresses.empty() ? Ipv4Address::any() : out.addresses.front().address;
}

}  // namespace

void Routes::add_address(Interface& on, Ipv4Address address, unsigned prefix_length) {
  assert(prefix_length <= 32 && "an IPv4 prefix has at most 32 bits");
  on.addresses.push_back({address, prefix_length});
  if (prefix_length < 32) add_route(address, prefix_length, Ipv4Address::any(), on);
}

void Routes::add_route(Ipv4Address network, unsigned prefix_length, Ipv4Address gateway, Interface& out) {
  assert(prefix_length <= 32 && "an IPv4 prefix has at most 32 bits");
  const auto place =
      std::ranges::find_if(entries_, [&](const Entry& entry) { return entry.prefix.prefix_length < prefix_length; });
  entries_.insert(place, Entry{{network, prefix_length}, gateway, &out});
}

AddressKind Routes::kind_of(Ipv4Address address) const {
  if (address.is_multicast()) return AddressKind::multicast;
  if (address == Ipv4Address::broadcast()) return AddressKind::broadcast;
  for (const Interface* interface : interfaces_)
    for (const InterfaceAddress& own : interface->addresses) {
      if (own.address == address) return AddressKind::local;
      if (own.has_broadcast() && own.broadcast() == address) return AddressKind::broadcast;
    }
  return AddressKind::unicast;
}

bool Routes::plausible_source(Ipv4Address source) const {
  const bool zero_net = (source.value >> 24U) == 0;
  return !zero_net && !source.is_loopback() && kind_of(source) == AddressKind::unicast;
}

std::optional<Route> Routes::output(Ipv4Address destination, Ipv4Address source) const {
  const AddressKind kind = kind_of(destination);
  if (kind == AddressKind::local || destination.is_any() || destination.is_loopback()) return std::nullopt;
  // A bound source decides where multicast and limited broadcast leave (ip_route_output_key_hash_rcu).
  if (kind == AddressKind::multicast || destination == Ipv4Address::broadcast())
    if (Interface* const out = owner(source)) return Route{out, destination, source, kind, out->device.mtu()};
  const Entry* const entry = longest_match(destination);
  if (entry == nullptr) return std::nullopt;
  const Ipv4Address next_hop = entry->gateway.is_any() || kind != AddressKind::unicast ? destination : entry->gateway;
  return Route{entry->out, next_hop, source.is_any() ? select_source(*entry->out, next_hop) : source, kind,
               path_mtu(destination, *entry->out)};
}

void Routes::learn_mtu(Ipv4Address destination, std::uint32_t mtu) {
  const auto route = output(destination);
  if (!route || mtu >= route->mtu) return;
  const SimTime now = net_.now();
  if (exceptions_.size() >= kMostExceptions && !exceptions_.contains(destination)) {
    std::erase_if(exceptions_, [&](const auto& item) { return item.second.expires <= now; });
    if (exceptions_.size() >= kMostExceptions) return;
  }
  const std::size_t believed = std::max<std::size_t>(mtu, net_.sysctl.route_min_pmtu);
  exceptions_[destination] = {std::min(believed, route->mtu), now + SimTime::s(net_.sysctl.route_mtu_expires)};
}

std::size_t Routes::path_mtu(Ipv4Address destination, const Interface& out) const {
  const std::size_t mtu = out.device.mtu();
  const auto known = exceptions_.find(destination);
  if (known == exceptions_.end() || known->second.expires <= net_.now()) return mtu;
  return std::min(mtu, known->second.mtu);
}

const Routes::Entry* Routes::longest_match(Ipv4Address destination) const {
  for (const Entry& entry : entries_)
    if (entry.prefix.contains(destination)) return &entry;
  return nullptr;
}

Interface* Routes::owner(Ipv4Address own) const {
  for (Interface* interface : interfaces_)
    for (const InterfaceAddress& address : interface->addresses)
      if (address.address == own) return interface;
  return nullptr;
}

}  // namespace nicosim
