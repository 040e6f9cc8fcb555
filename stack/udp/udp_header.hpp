// The UDP header (RFC 768), checked once.
#pragma once

#include "common/bytes.hpp"
#include "common/drop_reason.hpp"
#include "common/result.hpp"

#include <cstddef>
#include <cstdint>

namespace nicosim {

struct UdpHeader {
  static constexpr std::size_t kBytes = 8;
  static constexpr std::size_t kChecksum = 6;  // its field
  static constexpr std::size_t kMaxPayload = 65535 - 20 - kBytes;

  std::uint16_t source_port = 0, destination_port = 0;
  std::size_t length = 0;  // header and payload; what lies behind is padding
};

// Addresses of the IP header, for the pseudo header.
struct PseudoHeader {
  Ipv4Address source, destination;
  bool checksum_known_good = false;  // the card has checked it (CHECKSUM_UNNECESSARY)
};

// PKT_TOO_SMALL: cut short, or a length below 8 or beyond the packet. UDP_CSUM: wrong; 0 means that there is none.
Result<UdpHeader, DropReason> parse_udp(Bytes datagram, const PseudoHeader& pseudo);
// Fills in the 8 bytes at the front of `datagram`, checksum included; with `leave_checksum` only the pseudo header's
// sum is there (CHECKSUM_PARTIAL).
void write_udp(std::span<std::byte> datagram, std::uint16_t source_port, std::uint16_t destination_port,
               const PseudoHeader& pseudo, bool leave_checksum = false);

}  // namespace nicosim
