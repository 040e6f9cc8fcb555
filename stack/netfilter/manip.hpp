// Rewriting addresses and ports inside a packet, checksums brought along by their difference (RFC 1624).
#pragma once

#include "stack/netfilter/tuple.hpp"

namespace nicosim {

enum class NfManip : std::uint8_t { source, destination };  // NF_NAT_MANIP_SRC, NF_NAT_MANIP_DST
constexpr NfManip other(NfManip manip) { return manip == NfManip::source ? NfManip::destination : NfManip::source; }

// nf_nat_ipv4_manip_pkt: gives the packet one end of `target`; the other end stays. Works on the quote in an ICMP error
// as well, whose transport header may be cut short.
void manip_packet(const NfPacket& packet, const NfTuple& target, NfManip manip);
// A 16-bit checksum at `offset` of `header` after a 16- or 32-bit field in its range has changed.
void replace16(std::span<std::byte> header, std::size_t offset, std::uint16_t from, std::uint16_t to);
void replace32(std::span<std::byte> header, std::size_t offset, std::uint32_t from, std::uint32_t to);

}  // namespace nicosim
