#include "stack/link/link_layer.hpp"

#include "stack/link/ethernet.hpp"

namespace nicosim {

void LinkLayer::receive(FramePtr frame, Interface& in) {
  net_.runtime.charge(Cost::netif_receive);
  net_.at(*frame, Station::tap);
  tap_.pass(*frame, in.device, false);

  net_.at(*frame, Station::link);
  auto header = parse_ethernet(frame->bytes());
  if (!header) return net_.drop(std::move(frame), Station::link, header.error());
  // In front of the address check, as on a bridge port: a rule may make another station's frame ours.
  if (netfilter_.bridge_active()) {
    if (!netfilter_.run_bridge(*frame, in))
      return net_.drop(std::move(frame), Station::link, DropReason::NETFILTER_DROP);
    header = parse_ethernet(frame->bytes());
  }
  const LinkClass kind = link_class(*header, in.device.address());
  // Nobody here speaks IEEE 802.3 length frames, VLAN tags or any other type.
  if (header->type != kEtherIpv4 && header->type != kEtherArp) {
    ++in.rx_dropped;
    return net_.drop(std::move(frame), Station::link, DropReason::UNHANDLED_PROTO);
  }
  // The protocol handlers refuse what a promiscuous card lets through (ip_rcv_core, arp_rcv).
  if (kind == LinkClass::otherhost) {
    ++in.rx_otherhost_dropped;
    return net_.drop(std::move(frame), Station::link, DropReason::OTHERHOST);
  }
  frame->pull(EthernetHeader::kBytes);
  if (header->type == kEtherArp) return arp_.receive(std::move(frame), in, kind);
  ip_.receive(std::move(frame), in, kind);
}

}  // namespace nicosim
