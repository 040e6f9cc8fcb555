// Ethernet II headers and the address class of a frame (net/ethernet/eth.c: eth_type_trans).
#pragma once

#include "common/bytes.hpp"
#include "common/drop_reason.hpp"
#include "common/frame.hpp"
#include "common/result.hpp"

#include <cstdint>

namespace nicosim {

enum EtherType : std::uint16_t { kEtherIpv4 = 0x0800, kEtherArp = 0x0806, kEtherVlan = 0x8100 };

// PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST, PACKET_OTHERHOST
enum class LinkClass : std::uint8_t { host, broadcast, multicast, otherhost };

struct EthernetHeader {
  static constexpr std::size_t kBytes = 14;
  MacAddress destination, source;
  std::uint16_t type = 0;  // values below 0x0600 are an IEEE 802.3 length

  bool is_length() const { return type < 0x0600; }
};

Result<EthernetHeader, DropReason> parse_ethernet(Bytes frame);
LinkClass link_class(const EthernetHeader& header, const MacAddress& own);
// eth_header: puts one in front; needs 14 bytes of headroom.
void push_ethernet(Frame& frame, const MacAddress& destination, const MacAddress& source, std::uint16_t type);
// 01:00:5e and the low 23 bits of the group (RFC 1112, 6.4).
MacAddress multicast_mac(Ipv4Address group);

}  // namespace nicosim
