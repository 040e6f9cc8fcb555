// Addresses and routes: what an address is to us, and where a packet for it goes (net/ipv4/fib_*.c, devinet.c).
#pragma once

#include "common/bytes.hpp"
#include "stack/core/interface.hpp"
#include "stack/core/net.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace nicosim {

enum class AddressKind : std::uint8_t { unicast, local, broadcast, multicast };  // RTN_*

struct Route {
  Interface* out = nullptr;
  Ipv4Address next_hop;  // the destination itself when it is on the link
  Ipv4Address source;    // preferred source address
  AddressKind kind = AddressKind::unicast;
  std::size_t mtu = 0;  // of the path: the card's, or less when a router said so
};

class Routes {
 public:
  Routes(Net& net, std::vector<Interface*>& interfaces) : net_(net), interfaces_(interfaces) {}

  void add_address(Interface& on, Ipv4Address address, unsigned prefix_length);  // and the route to its network
  void add_route(Ipv4Address network, unsigned prefix_length, Ipv4Address gateway, Interface& out);

  AddressKind kind_of(Ipv4Address address) const;  // inet_addr_type; every address is ours on every interface
  // Not multicast, broadcast, loopback, 0/8, or one of our own: whoever claims such a source lies (martian).
  bool plausible_source(Ipv4Address source) const;
  // ip_route_output: `source` any picks the preferred one. nullopt: ENETUNREACH. Own addresses have no route, as there
  // is no loopback device.
  std::optional<Route> output(Ipv4Address destination, Ipv4Address source = Ipv4Address::any()) const;
  // __ip_rt_update_pmtu: a router on the way there takes no more than this (fragmentation needed). Kept for
  // net.ipv4.route.mtu_expires; less than min_pmtu is not believed.
  void learn_mtu(Ipv4Address destination, std::uint32_t mtu);

 private:
  struct Entry {
    InterfaceAddress prefix;
    Ipv4Address gateway;
    Interface* out;
  };
  struct Exception {  // fib_nh_exception
    std::size_t mtu;
    SimTime expires;
  };
  std::size_t path_mtu(Ipv4Address destination, const Interface& out) const;
  const Entry* longest_match(Ipv4Address destination) const;
  Interface* owner(Ipv4Address own) const;

  Net& net_;
  std::vector<Interface*>& interfaces_;
  std::vector<Entry> entries_;  // longest prefix first, older first within a length
  std::map<Ipv4Address, Exception> exceptions_;
};

}  // namespace nicosim
