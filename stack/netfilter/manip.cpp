#include "stack/netfilter/manip.hpp"

#include "stack/ip/ipv4.hpp"

namespace nicosim {
namespace {

constexpr std::size_t kIpSum = 10, kTcpSum = 16, kUdpSum = 6, kIcmpSum = 2, kIcmpId = 4;

// Where the checksum lies that covers ports and addresses; nullopt: there is none, or it was cut off.
std::optional<std::size_t> transport_sum(const NfPacket& packet) {
  const Bytes transport = packet.transport();
  if (packet.protocol() == kIpTcp && transport.size() >= kTcpSum + 2) return kTcpSum;
  if (packet.protocol() == kIpUdp && transport.size() >= kUdpSum + 2 &&
      (packet.checksum_left() || load_be16(transport, kUdpSum) != 0))
    return kUdpSum;
  return std::nullopt;
}

// A sum that is not complemented yet: that of a pseudo header in which an address changes.
void replace_in_sum(std::span<std::byte> header, std::size_t offset, std::uint32_t from, std::uint32_t to) {
  std::uint32_t sum = load_be16(header, offset);
  sum += static_cast<std::uint16_t>(~(from >> 16U)) + static_cast<std::uint16_t>(~from);
  sum += (to >> 16U) + (to & 0xffffU);
  while (sum > 0xffffU) sum = (sum & 0xffffU) + (sum >> 16U);
  store_be16(header, offset, static_cast<std::uint16_t>(sum));
}

}  // namespace

// RFC 1624, equation 3: HC' = ~(~HC + ~m + m').
void replace16(std::span<std::byte> header, std::size_t offset, std::uint16_t from, std::uint16_t to) {
  std::uint32_t sum = static_cast<std::uint16_t>(~load_be16(header, offset));
  sum += static_cast<std::uint16_t>(~from);
  sum += to;
  sum = (sum & 0xffffU) + (sum >> 16U);
  sum = (sum & 0xffffU) + (sum >> 16U);
  store_be16(header, offset, static_cast<std::uint16_t>(~sum));
}

void replace32(std::span<std::byte> header, std::size_t offset, std::uint32_t from, std::uint32_t to) {
  replace16(header, offset, static_cast<std::uint16_t>(from >> 16U), static_cast<std::uint16_t>(to >> 16U));
  replace16(header, offset, static_cast<std::uint16_t>(from), static_cast<std::uint16_t>(to));
}

void manip_packet(const NfPacket& packet, const NfTuple& target, NfManip manip) {
  const bool source = manip == NfManip::source;
  const auto header = packet.bytes();
  const auto transport = packet.transport();
  const std::size_t at = source ? 12 : 16;
  const std::uint32_t from = load_be32(header, at);
  const std::uint32_t to = source ? target.source.value : target.destination.value;
  auto sum = transport_sum(packet);
  if (sum && packet.checksum_left()) {  // the ports are not in it
    replace_in_sum(transport, *sum, from, to);
    sum.reset();
  }
  if (sum) replace32(transport, *sum, from, to);
  store_be32(header, at, to);
  replace32(header, kIpSum, from, to);

  if (packet.has_ports()) {
    const std::size_t port_at = source ? 0 : 2;
    const std::uint16_t old_port = load_be16(transport, port_at);
    const std::uint16_t new_port = source ? target.source_port : target.destination_port;
    store_be16(transport, port_at, new_port);
    if (sum) replace16(transport, *sum, old_port, new_port);
    // A UDP checksum of 0 would say that there is none (RFC 768).
    if (sum && packet.protocol() == kIpUdp && load_be16(transport, *sum) == 0) store_be16(transport, *sum, 0xffff);
  } else if (packet.protocol() == kIpIcmp && transport.size() >= kIcmpId + 2 && icmp_answer(load8(transport, 0))) {
    const std::uint16_t old_id = load_be16(transport, kIcmpId);
    store_be16(transport, kIcmpId, target.source_port);
    replace16(transport, kIcmpSum, old_id, target.source_port);
  }
}

}  // namespace nicosim
