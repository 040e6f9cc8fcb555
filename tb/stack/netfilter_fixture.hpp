// A host with two cards that forwards, and rules of netfilter in between.
//
//   client 10.77.0.1 ---- eth0 10.77.0.2 | host | 10.99.0.2 eth1 ---- server 10.99.0.9
#pragma once

#include "stack/netfilter/rule.hpp"
#include "tb/stack/stack_fixture.hpp"

#include <initializer_list>
#include <string>
#include <vector>

namespace nicosim {

struct NetfilterFixture : StackFixture {
  static constexpr Ipv4Address kClient = packets::kPeerIp, kInside = packets::kOurIp;
  static constexpr Ipv4Address kOutside{0x0a63'0002}, kServer{0x0a63'0009};
  static inline const MacAddress kServerMac{{2, 0, 0, 0, 9, 9}};

  ~NetfilterFixture() override { stack.reset(); }

  void with(std::initializer_list<NfRule> rules) {
    config.netfilter.rules.assign(rules);
    start();
  }
  void start() {
    config.sysctl.ip_forward = true;
    rebuild(config);
    stack->attach(far);
    stack->add_address(far, kOutside, 24);
    stack->set_neighbour(far, kServer, kServerMac);
    know_peer();
  }
  void policy(NfHook chain) { config.netfilter.drop_policy[{NfTable::filter, chain}] = true; }

  // From the client into eth0, from the server into eth1. `ip` as built by packets::ipv4().
  void from_client(const Packet& ip) { receive(packets::ethernet(ip)); }
  void from_server(const Packet& ip) {
    FramePtr frame = frame_of(packets::ethernet(ip, {.to = far.address(), .from = kServerMac}));
    stack->receive(far, std::move(frame));
    run_softirqs();
  }

  static Packet udp_packet(Ipv4Address from, std::uint16_t sport, Ipv4Address to, std::uint16_t dport,
                           const Packet& payload = packets::text("hello")) {
    return packets::ipv4(packets::udp(payload, {.from = sport, .to = dport, .ip_from = from, .ip_to = to}),
                         {.from = from, .to = to});
  }
  static Packet tcp_packet(Ipv4Address from, std::uint16_t sport, Ipv4Address to, std::uint16_t dport,
                           std::uint8_t flags, std::uint32_t seq = 1000, std::uint32_t ack = 0) {
    Packet segment = packets::tcp({.from = sport, .to = dport, .seq = seq, .ack = ack, .flags = flags});
    store_be16(segment, 16, 0);
    store_be16(segment, 16, packets::transport_checksum(from, to, 6, segment));
    return packets::ipv4(segment, {.from = from, .to = to, .protocol = 6});
  }

  // A sent frame, all of its checksums looked at.
  struct Seen {
    MacAddress mac_to;
    Ipv4Address from, to;
    std::uint8_t protocol = 0, ttl = 0;
    Packet body;  // behind the IP header
    std::uint16_t sport() const { return load_be16(body, 0); }
    std::uint16_t dport() const { return load_be16(body, 2); }
  };
  static Seen look(const Packet& frame) {
    const Bytes ip = Bytes{frame}.subspan(14);
    const std::size_t header = (load8(ip, 0) & 0xfU) * std::size_t{4};
    EXPECT_EQ(packets::naive_checksum(ip.first(header)), 0U) << "IP header checksum";
    const Bytes body = ip.subspan(header, load_be16(ip, 2) - header);
    Seen seen{MacAddress::from(frame),         {load_be32(ip, 12)}, {load_be32(ip, 16)}, load8(ip, 9), load8(ip, 8),
              Packet(body.begin(), body.end())};
    const bool piece = (load_be16(ip, 6) & 0x3fffU) != 0;
    if (piece) return seen;
    const bool none = seen.protocol == 17 && load_be16(body, 6) == 0;
    if (seen.protocol == 1) {
      EXPECT_EQ(packets::naive_checksum(body), 0U) << "ICMP checksum";
    } else if (!none) {
      EXPECT_EQ(packets::transport_checksum(seen.from, seen.to, seen.protocol, body), 0U) << "transport checksum";
    }
    return seen;
  }
  Seen to_server(std::size_t i) const { return look(far.sent.at(i)); }
  Seen to_client(std::size_t i) const { return look(card.sent.at(i)); }

  std::uint64_t counter(const std::string& name) const {
    for (const auto& [key, value] : stack->netfilter_counters())
      if (key == name) return value;
    ADD_FAILURE() << "no counter " << name;
    return 0;
  }
  std::uint64_t conntrack(const std::string& name) {
    for (const auto& [key, value] : stack->conntrack_counters())
      if (key == name) return value;
    ADD_FAILURE() << "no counter " << name;
    return 0;
  }

  StackConfig config;
  FakeDevice far{ledger, runtime, 1};
};

// Rules as one would write them.
namespace rules {

inline NfRule on(NfHook chain, NfTarget target) { return {.chain = chain, .target = target}; }
inline NfRule dnat(Ipv4Address to, std::optional<NfPorts> ports = {}) {
  NfRule rule{.table = NfTable::nat, .chain = NfHook::pre_routing, .target = NfTarget::dnat};
  rule.to = {to, to, ports};
  return rule;
}
inline NfRule snat(Ipv4Address to, std::optional<NfPorts> ports = {}) {
  NfRule rule{.table = NfTable::nat, .chain = NfHook::post_routing, .target = NfTarget::snat};
  rule.to = {to, to, ports};
  return rule;
}
inline NfRule masquerade(const std::string& out) {
  NfRule rule{.table = NfTable::nat, .chain = NfHook::post_routing, .target = NfTarget::masquerade};
  rule.out = NfMatch<std::string>{out};
  return rule;
}
inline NfMatch<std::uint8_t> states(std::initializer_list<NfState> all) {
  NfMatch<std::uint8_t> match;
  for (const NfState state : all) match.value |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(state));
  return match;
}
template <class T>
NfMatch<T> is(const T& value) {
  return {value};
}
template <class T>
NfMatch<T> isnt(const T& value) {
  return {value, true};
}

}  // namespace rules
}  // namespace nicosim
