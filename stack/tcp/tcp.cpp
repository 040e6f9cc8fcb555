#include "stack/tcp/tcp.hpp"

namespace nicosim {

void Tcp::receive(IpPacket packet) {
  net_.runtime.charge(Cost::tcp_receive);
  if (packet.link_class != LinkClass::host)  // no connection was ever made by broadcast
    return net_.drop(std::move(packet.frame), Station::transport, DropReason::NOT_SPECIFIED);
  ++net_.mib.TcpInSegs;
  const bool known_good = packet.frame->rx_checksum == RxChecksum::unnecessary;
  if (!known_good) net_.runtime.charge(Cost::checksum_per_byte, packet.frame->size());
  const auto segment = parse_tcp(packet.frame->bytes(), {packet.ip.source, packet.ip.destination, known_good});
  if (!segment) {
    if (segment.error() == DropReason::TCP_CSUM) ++net_.mib.TcpInCsumErrors;
    ++net_.mib.TcpInErrs;
    return net_.drop(std::move(packet.frame), Station::transport, segment.error());
  }
  if (send_reset(packet, *segment)) return net_.finish(std::move(packet.frame), Fate::answered, Station::transport);
  net_.drop(std::move(packet.frame), Station::transport, DropReason::NO_SOCKET);
}

bool Tcp::send_reset(const IpPacket& packet, const TcpHeader& segment) {
  if (segment.has(TcpHeader::kRst)) return false;
  if (packet.destination_kind != AddressKind::local) return false;
  const auto route = routes_.output(packet.ip.source, packet.ip.destination);
  if (!route) {
    ++net_.mib.IpOutNoRoutes;
    return false;
  }
  net_.runtime.charge(Cost::skb_alloc);
  FramePtr reset = net_.pool.make(TcpHeader::kBytes);
  write_tcp(reset->put(TcpHeader::kBytes), reset_for(segment), {packet.ip.destination, packet.ip.source});
  ++net_.mib.TcpOutSegs;
  ++net_.mib.TcpOutRsts;
  reset->ids = output_.open(*route, reset->size(), packet.frame->ids);
  net_.at(*reset, Station::tx_transport);
  IpOutput::Fields fields;
  fields.source = packet.ip.destination;
  fields.destination = packet.ip.source;
  fields.protocol = kIpTcp;
  fields.tos = static_cast<std::uint8_t>(packet.ip.tos & ~3U);  // without its ECN bits
  fields.ttl = static_cast<std::uint8_t>(net_.sysctl.ip_default_ttl);
  fields.dont_fragment = fields.zero_id = true;
  output_.send(std::move(reset), *route, fields);
  return true;
}

}  // namespace nicosim
