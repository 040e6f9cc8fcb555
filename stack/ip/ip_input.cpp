#include "stack/ip/ip_input.hpp"

#include "stack/core/offload.hpp"
#include "stack/icmp/icmp.hpp"
#include "stack/ip/ip_output.hpp"
#include "stack/netfilter/netfilter.hpp"
#include "stack/netfilter/reject.hpp"

namespace nicosim {
namespace {

constexpr Ipv4Address kAllHosts{0xe000'0001};  // 224.0.0.1: every host is a member (RFC 1112, 4)

}  // namespace

IpInput::IpInput(Net& net, Routes& routes, Netfilter& netfilter, IpOutput& output, Icmp& icmp, Protocols& protocols)
    : net_(net),
      routes_(routes),
      netfilter_(netfilter),
      output_(output),
      icmp_(icmp),
      protocols_(protocols),
      reassembly_(net, [this](const IpPacket& first) {
        if (first.destination_kind == AddressKind::local)  // a router only passes on, the end point complains
          icmp_.send_error(first, IcmpType::kTimeExceeded, kExceededReassembly);
      }) {}

void IpInput::receive(FramePtr frame, Interface& in, LinkClass link_class) {
  net_.runtime.charge(Cost::ip_receive);
  net_.at(*frame, Station::ip);
  ++net_.mib.IpInReceives;
  net_.mib.IpExtInOctets += frame->size();
  const auto header = parse_ipv4(frame->bytes());
  if (!header) {
    const DropReason reason = header.error();
    if (reason == DropReason::IP_CSUM) ++net_.mib.IpExtInCsumErrors;
    ++(reason == DropReason::PKT_TOO_SMALL ? net_.mib.IpExtInTruncatedPkts : net_.mib.IpInHdrErrors);
    return net_.drop(std::move(frame), Station::ip, reason);
  }
  frame->trim(header->total_bytes);  // Ethernet padding
  frame->pull(header->header_bytes);
  IpPacket packet{std::move(frame), *header, &in, link_class, AddressKind::local};
  if (netfilter_.active(NfHook::pre_routing) && !pre_routing(packet)) return;
  if (!route(packet) || !options(packet)) return;
  if (packet.destination_kind == AddressKind::unicast) return forward(std::move(packet));
  deliver(std::move(packet));
}

bool IpInput::pre_routing(IpPacket& packet) {
  if (netfilter_.tracks() && packet.ip.is_fragment()) {  // nf_defrag_ipv4
    packet.destination_kind = routes_.kind_of(packet.ip.destination);
    auto whole = reassembly_.add(std::move(packet));
    if (!whole) return false;
    packet = std::move(*whole);
  }
  return hook(NfHook::pre_routing, packet, nullptr);
}

bool IpInput::hook(NfHook hook, IpPacket& packet, const Interface* out) {
  Frame& frame = *packet.frame;
  frame.push(packet.ip.header_bytes);
  const NfVerdict verdict = netfilter_.run(hook, frame, packet.in, out);
  packet.ip.source = {load_be32(frame.bytes(), 12)};
  packet.ip.destination = {load_be32(frame.bytes(), 16)};
  frame.pull(packet.ip.header_bytes);
  if (verdict.accepted()) return true;
  refuse(std::move(packet), verdict);
  return false;
}

// DROP is silent. REJECT answers, and only when no answer may be sent does the packet count as dropped.
void IpInput::refuse(IpPacket packet, const NfVerdict& verdict) {
  if (verdict.what == NfVerdict::What::drop)
    return net_.drop(std::move(packet.frame), Station::ip, DropReason::NETFILTER_DROP);
  if (verdict.with != NfRejectWith::tcp_reset)
    return reject(std::move(packet), Station::ip, DropReason::NETFILTER_DROP, IcmpType::kUnreachable,
                  icmp_code(verdict.with));
  if (nf_send_reset(net_, routes_, output_, packet))
    return net_.finish(std::move(packet.frame), Fate::answered, Station::ip);
  net_.drop(std::move(packet.frame), Station::ip, DropReason::NETFILTER_DROP);
}

bool IpInput::route(IpPacket& packet) {
  const Ipv4Address from = packet.ip.source, to = packet.ip.destination;
  packet.destination_kind = routes_.kind_of(to);
  // A host without an address yet may broadcast (RFC 1122, 3.2.1.3); any other bad source is a martian.
  const bool nameless_broadcast = from.is_any() && packet.destination_kind == AddressKind::broadcast;
  if (!nameless_broadcast && !routes_.plausible_source(from)) {
    ++net_.mib.TcpExtIPReversePathFilter;
    net_.drop(std::move(packet.frame), Station::ip, DropReason::IP_RPFILTER);
    return false;
  }
  switch (packet.destination_kind) {
    case AddressKind::local:
      return true;
    case AddressKind::broadcast:
      ++net_.mib.IpExtInBcastPkts;
      return true;
    case AddressKind::multicast:
      ++net_.mib.IpExtInMcastPkts;
      if (to == kAllHosts || packet.in->groups.contains(to)) return true;
      break;  // ip_check_mc: the card's filter is coarser than the list of groups
    case AddressKind::unicast:
      if ((to.value >> 24U) == 0 || to.is_loopback()) break;  // martian destination
      if (net_.sysctl.ip_forward) return true;
      ++net_.mib.IpInAddrErrors;  // ip_error: EHOSTUNREACH without forwarding, and no ICMP
      break;
  }
  net_.drop(std::move(packet.frame), Station::ip, DropReason::IP_INADDRERRORS);
  return false;
}

bool IpInput::options(IpPacket& packet) {
  const std::size_t header_bytes = packet.ip.header_bytes;
  if (header_bytes == Ipv4Header::kBytes) return true;
  const OptionsVerdict verdict = check_options(packet.frame->push(header_bytes));
  packet.frame->pull(header_bytes);
  if (verdict.wrong_at) {
    ++net_.mib.IpInHdrErrors;
    reject(std::move(packet), Station::ip, DropReason::IP_INHDR, IcmpType::kParameterProblem, 0,
           std::uint32_t{*verdict.wrong_at} << 24U);
    return false;
  }
  if (verdict.source_route) {  // accept_source_route=0: dropped without a word
    net_.drop(std::move(packet.frame), Station::ip, DropReason::IP_INHDR);
    return false;
  }
  return true;
}

void IpInput::deliver(IpPacket packet) {
  if (packet.ip.is_fragment()) {
    auto whole = reassembly_.add(std::move(packet));
    if (!whole) return;
    packet = std::move(*whole);
  }
  if (netfilter_.active(NfHook::local_in) && !hook(NfHook::local_in, packet, nullptr)) return;
  net_.at(*packet.frame, Station::transport);
  TransportProtocol* const protocol = protocols_[packet.ip.protocol];
  if (protocol == nullptr) {
    ++net_.mib.IpInUnknownProtos;
    return reject(std::move(packet), Station::transport, DropReason::IP_NOPROTO, IcmpType::kUnreachable,
                  kUnreachableProtocol);
  }
  ++net_.mib.IpInDelivers;
  protocol->receive(std::move(packet));
}

void IpInput::forward(IpPacket packet) {
  if (packet.link_class != LinkClass::host)  // never forward what was not sent to us alone (RFC 1122, 3.3.6)
    return net_.drop(std::move(packet.frame), Station::ip, DropReason::UNICAST_IN_L2_MULTICAST);
  auto route = routes_.output(packet.ip.destination);
  if (!route) {
    ++net_.mib.IpOutNoRoutes;
    return reject(std::move(packet), Station::ip, DropReason::IP_INNOROUTES, IcmpType::kUnreachable,
                  kUnreachableNetwork);
  }
  if (packet.ip.ttl <= 1) {
    ++net_.mib.IpInHdrErrors;
    return reject(std::move(packet), Station::ip, DropReason::IP_INHDR, IcmpType::kTimeExceeded, kExceededTtl);
  }
  const unsigned mtu = route->out->device.mtu();
  route->mtu = mtu;  // ip_forward_use_pmtu = 0: what routers told this host about its own packets is not passed on
  Frame& frame = *packet.frame;
  frame.push(packet.ip.header_bytes);
  const std::size_t longest = frame.gso ? gso_network_seglen(frame, 0) : packet.ip.total_bytes;
  if (longest > mtu && packet.ip.dont_fragment) {
    frame.pull(packet.ip.header_bytes);
    ++net_.mib.IpFragFails;
    return reject(std::move(packet), Station::ip, DropReason::PKT_TOO_BIG, IcmpType::kUnreachable,
                  kUnreachableFragmentation, mtu);
  }
  decrease_ttl(frame.bytes());
  if (netfilter_.active(NfHook::forward)) {
    frame.pull(packet.ip.header_bytes);
    if (!hook(NfHook::forward, packet, route->out)) return;
    frame.push(packet.ip.header_bytes);
  }
  ++net_.mib.IpForwDatagrams;
  if (!frame.gso || longest <= mtu) return hand_on(std::move(packet.frame), *route);
  // What GRO has joined does not fit: each packet is fragmented on its own (ip_finish_output_gso)
  for (FramePtr& piece : gso_segment(net_, std::move(packet.frame), 0, false)) hand_on(std::move(piece), *route);
}

// Its life as an arrival ends here; on the way out it is one or more frames of the other card.
void IpInput::hand_on(FramePtr frame, const Route& route) {
  const std::size_t header_bytes = (load8(frame->bytes(), 0) & 0xfU) * std::size_t{4};
  auto ids = output_.open(route, frame->size() - header_bytes, frame->ids, header_bytes, static_cast<bool>(frame->gso));
  frame->close(net_.ledger, Fate::forwarded, Station::ip, net_.now(), DropReason::none);
  frame->ids = std::move(ids);
  output_.output(std::move(frame), route, nullptr);
}

void IpInput::reject(IpPacket packet, Station at, DropReason reason, std::uint8_t type, std::uint8_t code,
                     std::uint32_t info) {
  if (icmp_.send_error(packet, type, code, info)) return net_.finish(std::move(packet.frame), Fate::answered, at);
  net_.drop(std::move(packet.frame), at, reason);
}

}  // namespace nicosim
