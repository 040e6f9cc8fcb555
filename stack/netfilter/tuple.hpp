// One direction of a connection, as conntrack names it (struct nf_conntrack_tuple), and where its fields lie.
#pragma once

#include "common/bytes.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace nicosim {

// An IPv4 packet from its header on, checked by parse_ipv4; fields are read when asked for, as targets rewrite them.
class NfPacket {
 public:
  // `checksum_left`: where the transport checksum will be there is only the sum of the pseudo header
  // (CHECKSUM_PARTIAL).
  explicit NfPacket(std::span<std::byte> bytes, bool checksum_left = false)
      : bytes_(bytes), checksum_left_(checksum_left) {}

  std::span<std::byte> bytes() const { return bytes_; }
  std::size_t header_bytes() const { return (load8(bytes_, 0) & 0xfU) * std::size_t{4}; }
  Ipv4Address source() const { return {load_be32(bytes_, 12)}; }
  Ipv4Address destination() const { return {load_be32(bytes_, 16)}; }
  std::uint8_t protocol() const { return load8(bytes_, 9); }
  bool checksum_left() const { return checksum_left_; }
  bool later_fragment() const { return (load_be16(bytes_, 6) & 0x1fffU) != 0; }
  std::span<std::byte> transport() const { return bytes_.subspan(header_bytes()); }
  bool has_ports() const;  // TCP or UDP with its first 4 bytes here
  std::uint16_t source_port() const { return load_be16(transport(), 0); }
  std::uint16_t destination_port() const { return load_be16(transport(), 2); }

 private:
  std::span<std::byte> bytes_;
  bool checksum_left_;
};

struct NfTuple {
  Ipv4Address source, destination;
  std::uint16_t source_port = 0;       // ICMP: the identifier
  std::uint16_t destination_port = 0;  // ICMP: type and code
  std::uint8_t protocol = 0;

  auto operator<=>(const NfTuple&) const = default;
  // nf_ct_invert_tuple: what an answer would have. An ICMP type without an answer stays what it is.
  NfTuple inverted() const;
};

// nf_ct_get_tuple. nullopt: a later fragment, or the transport header is cut short.
std::optional<NfTuple> tuple_of(const NfPacket& packet);

// The answer to an ICMP query type, and the other way round; nullopt: neither.
std::optional<std::uint8_t> icmp_answer(std::uint8_t type);
bool is_icmp_query(std::uint8_t type);  // may begin a connection

}  // namespace nicosim
