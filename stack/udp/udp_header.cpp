#include "stack/udp/udp_header.hpp"

#include "stack/ip/checksum.hpp"
#include "stack/ip/ipv4.hpp"

namespace nicosim {

Result<UdpHeader, DropReason> parse_udp(Bytes datagram, const PseudoHeader& pseudo) {
  if (datagram.size() < UdpHeader::kBytes) return DropReason::PKT_TOO_SMALL;
  const UdpHeader header{load_be16(datagram, 0), load_be16(datagram, 2), load_be16(datagram, 4)};
  if (header.length < UdpHeader::kBytes || header.length > datagram.size()) return DropReason::PKT_TOO_SMALL;
  if (load_be16(datagram, 6) != 0 && !pseudo.checksum_known_good) {
    Checksum sum{pseudo.source, pseudo.destination, kIpUdp, header.length};
    sum.add(datagram.first(header.length));
    if (sum.value() != 0) return DropReason::UDP_CSUM;
  }
  return header;
}

void write_udp(std::span<std::byte> datagram, std::uint16_t source_port, std::uint16_t destination_port,
               const PseudoHeader& pseudo, bool leave_checksum) {
  store_be16(datagram, 0, source_port);
  store_be16(datagram, 2, destination_port);
  store_be16(datagram, 4, static_cast<std::uint16_t>(datagram.size()));
  store_be16(datagram, 6, 0);
  Checksum sum{pseudo.source, pseudo.destination, kIpUdp, datagram.size()};
  if (leave_checksum) return store_be16(datagram, UdpHeader::kChecksum, sum.sum());
  sum.add(datagram);
  store_be16(datagram, 6, sum.value() != 0 ? sum.value() : 0xffff);  // 0 would say "no checksum"
}

}  // namespace nicosim
