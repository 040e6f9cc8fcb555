#include "stack/netfilter/nat.hpp"

#include "stack/icmp/icmp.hpp"
#include "stack/ip/checksum.hpp"
#include "stack/ip/ipv4.hpp"

#include <algorithm>

namespace nicosim {
namespace {

constexpr unsigned kMostAttempts = 128;  // before ports count as used up (NF_NAT_MAX_ATTEMPTS)

bool has_port(std::uint8_t protocol) { return protocol == kIpTcp || protocol == kIpUdp || protocol == kIpIcmp; }

Ipv4Address& end_of(NfTuple& tuple, NfManip manip) {
  return manip == NfManip::source ? tuple.source : tuple.destination;
}
// ICMP has one identifier, whichever end is rewritten.
std::uint16_t& port_of(NfTuple& tuple, NfManip manip) {
  if (tuple.protocol == kIpIcmp || manip == NfManip::source) return tuple.source_port;
  return tuple.destination_port;
}

// find_best_ips_proto: clients spread over a range of addresses, each always to the same one.
Ipv4Address pick(const NfRange& range, const NfTuple& tuple) {
  const std::uint64_t choices = std::uint64_t{range.last.value} - range.first.value + 1;
  std::uint32_t hash = tuple.source.value * 0x9e37'79b1U;
  hash ^= hash >> 15U;
  hash *= 0x85eb'ca6bU;
  hash ^= hash >> 13U;
  return {range.first.value + static_cast<std::uint32_t>((hash * choices) >> 32U)};
}

// The ports to look in when the rule names none: those below 1024 stay among themselves, as servers may trust them.
NfPorts ports_beside(std::uint16_t port, std::uint8_t protocol) {
  if (protocol == kIpIcmp) return {0, 65535};
  if (port < 512) return {1, 511};
  if (port < 1024) return {600, 1023};
  return {1024, 65535};
}

// The mapping of a direction: what its packets' end becomes, and whether it does.
bool applies(const NfConn& conn, NfDirection direction, NfManip manip) {
  const bool source = (manip == NfManip::source) == (direction == NfDirection::original);
  return source ? conn.source_nat : conn.destination_nat;
}

// nf_nat_icmp_reply_translation: the quoted packet travelled the other way, so its other end is rewritten.
void translate_error(const NfPacket& packet, const NfConn& conn, NfDirection direction, NfManip manip) {
  const auto message = packet.transport();
  const NfPacket quote{message.subspan(IcmpHeader::kBytes)};
  const NfTuple& opposite = conn.tuple(other(direction));
  manip_packet(quote, opposite, other(manip));
  store_be16(message, 2, 0);
  Checksum sum;
  sum.add(message);
  store_be16(message, 2, sum.value());
  NfTuple outer = opposite.inverted();
  manip_packet(packet, outer, manip);
}

}  // namespace

void Nat::setup(NfConn& conn, const NfRange* range, NfManip manip) {
  const NfTuple current = conn.tuple(NfDirection::reply).inverted();
  NfTuple wanted = current;
  NfRange keep;
  keep.first = keep.last = end_of(wanted, manip);
  choose(wanted, conn, range != nullptr ? *range : keep, manip);
  if (wanted != current) {
    conn.tuple(NfDirection::reply) = wanted.inverted();
    (manip == NfManip::source ? conn.source_nat : conn.destination_nat) = true;
  }
  (manip == NfManip::source ? conn.source_nat_done : conn.destination_nat_done) = true;
}

// get_unique_tuple, nf_nat_l4proto_unique_tuple
void Nat::choose(NfTuple& tuple, const NfConn& conn, const NfRange& range, NfManip manip) {
  Ipv4Address& end = end_of(tuple, manip);
  const bool fits = end >= range.first && end <= range.last;
  if (manip != NfManip::source || !fits) end = pick(range, conn.tuple(NfDirection::original));
  if (!has_port(tuple.protocol)) return;
  std::uint16_t& port = port_of(tuple, manip);
  if (range.ports) {
    const bool one = range.ports->first == range.ports->last;
    if (range.ports->contains(port) && (one || !used(tuple, conn))) return;
  } else {
    if (!used(tuple, conn)) return;
    if (manip == NfManip::destination && tuple.protocol != kIpIcmp) return;  // the port is the service, it stays
  }
  const NfPorts ports = range.ports.value_or(ports_beside(port, tuple.protocol));
  const std::uint32_t size = std::uint32_t{ports.last} - ports.first + 1;
  std::uint32_t offset = 0;
  if (manip == NfManip::source && size > 1) {
    const std::uint64_t draw = net_.runtime.random();
    offset = static_cast<std::uint32_t>(draw % size);
  }
  const unsigned attempts = std::min(size, kMostAttempts);
  for (unsigned i = 0; i < attempts; ++i) {
    port = static_cast<std::uint16_t>(ports.first + (offset + i) % size);
    if (!used(tuple, conn)) return;
  }
}

void Nat::translate(Frame& frame, NfManip manip) {
  const NfConn& conn = *frame.nfct;
  const NfCtInfo info = ct_info(frame);
  if (!applies(conn, info.direction, manip)) return;
  const NfPacket packet{frame.bytes(), frame.checksum_left()};
  if (info.state == NfState::related && packet.protocol() == kIpIcmp)
    return translate_error(packet, conn, info.direction, manip);
  manip_packet(packet, conn.tuple(other(info.direction)).inverted(), manip);
}

}  // namespace nicosim
