#include "stack/link/ethernet.hpp"

namespace nicosim {

Result<EthernetHeader, DropReason> parse_ethernet(Bytes frame) {
  if (frame.size() < EthernetHeader::kBytes) return DropReason::HDR_TRUNC;
  return EthernetHeader{MacAddress::from(frame), MacAddress::from(frame.subspan(6)), load_be16(frame, 12)};
}

LinkClass link_class(const EthernetHeader& header, const MacAddress& own) {
  if (header.destination.is_broadcast()) return LinkClass::broadcast;
  if (header.destination.is_multicast()) return LinkClass::multicast;
  return header.destination == own ? LinkClass::host : LinkClass::otherhost;
}

void push_ethernet(Frame& frame, const MacAddress& destination, const MacAddress& source, std::uint16_t type) {
  const auto header = frame.push(EthernetHeader::kBytes);
  destination.store(header);
  source.store(header.subspan(6));
  store_be16(header, 12, type);
}

MacAddress multicast_mac(Ipv4Address group) {
  const std::uint32_t low = group.value & 0x7f'ffffU;
  return {{0x01, 0x00, 0x5e, static_cast<std::uint8_t>(low >> 16U), static_cast<std::uint8_t>(low >> 8U),
           static_cast<std::uint8_t>(low)}};
}

}  // namespace nicosim
