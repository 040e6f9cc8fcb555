#include "stack/netfilter/tuple.hpp"

#include "stack/ip/ipv4.hpp"

#include <array>
#include <utility>

namespace nicosim {
namespace {

// Query and reply types (RFC 792, RFC 950).
constexpr std::array<std::pair<std::uint8_t, std::uint8_t>, 4> kQueries{{{8, 0}, {13, 14}, {15, 16}, {17, 18}}};

}  // namespace

bool NfPacket::has_ports() const {
  const bool ports = protocol() == kIpTcp || protocol() == kIpUdp;
  return ports && !later_fragment() && transport().size() >= 4;
}

std::optional<std::uint8_t> icmp_answer(std::uint8_t type) {
  for (const auto& [query, reply] : kQueries) {
    if (type == query) return reply;
    if (type == reply) return query;
  }
  return std::nullopt;
}

bool is_icmp_query(std::uint8_t type) {
  for (const auto& [query, reply] : kQueries)
    if (type == query) return true;
  return false;
}

NfTuple NfTuple::inverted() const {
  NfTuple other{destination, source, destination_port, source_port, protocol};
  if (protocol == kIpIcmp) {
    const auto type = static_cast<std::uint8_t>(destination_port >> 8U);
    const std::uint8_t answer = icmp_answer(type).value_or(type);
    other.source_port = source_port;
    other.destination_port = static_cast<std::uint16_t>((answer << 8U) | (destination_port & 0xffU));
  }
  return other;
}

std::optional<NfTuple> tuple_of(const NfPacket& packet) {
  if (packet.later_fragment()) return std::nullopt;
  NfTuple tuple;
  tuple.source = packet.source();
  tuple.destination = packet.destination();
  tuple.protocol = packet.protocol();
  const Bytes transport = packet.transport();
  switch (tuple.protocol) {
    case kIpTcp:
    case kIpUdp:
      if (transport.size() < 8) return std::nullopt;
      tuple.source_port = load_be16(transport, 0);
      tuple.destination_port = load_be16(transport, 2);
      return tuple;
    case kIpIcmp:
      if (transport.size() < 8) return std::nullopt;
      tuple.source_port = load_be16(transport, 4);
      tuple.destination_port = load_be16(transport, 0);
      return tuple;
    default:  // nf_conntrack_proto_generic: the addresses alone
      return tuple;
  }
}

}  // namespace nicosim
