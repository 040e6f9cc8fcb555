#include "stack/netfilter/reject.hpp"

#include "stack/icmp/icmp.hpp"
#include "stack/netfilter/conntrack.hpp"
#include "stack/tcp/tcp_header.hpp"

namespace nicosim {

bool nf_send_reset(Net& net, const Routes& routes, IpOutput& output, const IpPacket& about) {
  if (about.ip.protocol != kIpTcp || about.ip.offset != 0 || about.link_class != LinkClass::host) return false;
  const Frame& original = *about.frame;
  const bool known_good = original.rx_checksum == RxChecksum::unnecessary;
  const auto header = parse_tcp(original.bytes(), {about.ip.source, about.ip.destination, known_good});
  if (!header || header->has(TcpHeader::kRst)) return false;
  const auto route = routes.output(about.ip.source, about.ip.destination);
  if (!route || route->kind != AddressKind::unicast) return false;

  net.runtime.charge(Cost::skb_alloc);
  FramePtr frame = net.pool.make(TcpHeader::kBytes);
  write_tcp(frame->put(TcpHeader::kBytes), reset_for(*header), {about.ip.destination, about.ip.source});
  frame->ids = output.open(*route, frame->size(), original.ids);
  nf_ct_attach(*frame, original);
  net.at(*frame, Station::tx_transport);
  IpOutput::Fields fields;
  fields.source = about.ip.destination;
  fields.destination = about.ip.source;
  fields.protocol = kIpTcp;
  fields.ttl = static_cast<std::uint8_t>(net.sysctl.ip_default_ttl);
  fields.dont_fragment = fields.zero_id = true;
  output.send(std::move(frame), *route, fields);
  return true;
}

void RefusedPackets::add(Bytes packet, std::uint8_t code) {
  constexpr std::size_t kQuoted = 8;  // behind the IP header, as in a message (RFC 792)
  const std::size_t header_bytes = (load8(packet, 0) & 0xfU) * std::size_t{4};
  if (packet.size() < header_bytes + kQuoted) return;
  waiting_.push_back({{packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(header_bytes + kQuoted)}, code});
  timer_.arm(net_.now());
}

void RefusedPackets::tell() {
  const std::vector<Refused> all = std::exchange(waiting_, {});
  for (const Refused& refused : all) {
    const Bytes quoted{refused.packet};
    TransportProtocol* const protocol = protocols_[load8(quoted, 9)];
    if (protocol == nullptr) continue;
    const std::size_t header_bytes = (load8(quoted, 0) & 0xfU) * std::size_t{4};
    protocol->error({kUnreachable,
                     refused.code,
                     {load_be32(quoted, 12)},
                     {load_be32(quoted, 16)},
                     quoted.subspan(header_bytes),
                     0});
  }
}

}  // namespace nicosim
