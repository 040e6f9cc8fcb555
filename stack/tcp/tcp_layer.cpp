#include "stack/tcp/tcp_layer.hpp"

namespace nicosim {

bool TcpLayer::send(const Reply& reply, TcpHeader header, const TcpOptions& options) {
  const auto route = routes.output(reply.to, reply.from);
  if (!route) {
    ++net.mib.IpOutNoRoutes;
    return false;
  }
  net.runtime.charge(Cost::skb_alloc);
  header.header_bytes = TcpHeader::kBytes + options.bytes();
  FramePtr frame = net.pool.make(header.header_bytes);
  const bool leave_checksum = route->out->device.features().tx_checksum;
  write_tcp(frame->put(header.header_bytes), header, {reply.from, reply.to}, options, leave_checksum);
  if (leave_checksum) frame->leave_checksum(0, TcpHeader::kChecksum);
  ++net.mib.TcpOutSegs;
  frame->ids = output.open(*route, frame->size(), reply.parents);
  net.at(*frame, Station::tx_transport);
  IpOutput::Fields fields;
  fields.source = reply.from;
  fields.destination = reply.to;
  fields.protocol = kIpTcp;
  fields.tos = reply.tos;
  fields.ttl = reply.ttl != 0 ? reply.ttl : static_cast<std::uint8_t>(net.sysctl.ip_default_ttl);
  fields.dont_fragment = fields.zero_id = true;
  output.send(std::move(frame), *route, fields);
  return true;
}

bool TcpLayer::send_reset(const TcpSegment& segment) {
  if (segment.has(TcpHeader::kRst)) return false;
  if (routes.kind_of(segment.destination) != AddressKind::local) return false;
  const Reply reply{segment.destination, segment.source, static_cast<std::uint8_t>(segment.tos & ~3U), 0,
                    segment.frame->ids};  // without the ECN bits
  if (!send(reply, reset_for(segment.header), {})) return false;
  ++net.mib.TcpOutRsts;
  return true;
}

void TcpLayer::reset(TcpSegment&& segment, DropReason reason) {
  if (send_reset(segment)) return net.finish(std::move(segment.frame), Fate::answered, Station::transport);
  drop(std::move(segment), reason);
}

}  // namespace nicosim
