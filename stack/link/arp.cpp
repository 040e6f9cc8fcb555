#include "stack/link/arp.hpp"

#include "stack/link/neighbour.hpp"

namespace nicosim {

Result<ArpMessage, DropReason> parse_arp(Bytes packet) {
  if (packet.size() < ArpMessage::kBytes) return DropReason::ARP_IGNORED;
  const bool ethernet_ipv4 = load_be16(packet, 0) == 1 && load_be16(packet, 2) == kEtherIpv4 &&  //
                             load8(packet, 4) == 6 && load8(packet, 5) == 4;
  const std::uint16_t operation = load_be16(packet, 6);
  if (!ethernet_ipv4 || (operation != ArpMessage::kRequest && operation != ArpMessage::kReply))
    return DropReason::ARP_IGNORED;
  return ArpMessage{operation,
                    MacAddress::from(packet.subspan(8)),
                    {load_be32(packet, 14)},
                    MacAddress::from(packet.subspan(18)),
                    {load_be32(packet, 24)}};
}

FramePtr make_arp(FramePool& pool, const ArpMessage& message, const MacAddress& from, const MacAddress& to) {
  FramePtr frame = pool.make(ArpMessage::kBytes);
  const auto body = frame->put(ArpMessage::kBytes);
  store_be16(body, 0, 1);
  store_be16(body, 2, kEtherIpv4);
  store8(body, 4, 6);
  store8(body, 5, 4);
  store_be16(body, 6, message.operation);
  message.sender_mac.store(body.subspan(8));
  store_be32(body, 14, message.sender_ip.value);
  message.target_mac.store(body.subspan(18));
  store_be32(body, 24, message.target_ip.value);
  push_ethernet(*frame, to, from, kEtherArp);
  return frame;
}

void Arp::receive(FramePtr frame, Interface& in, LinkClass link_class) {
  net_.runtime.charge(Cost::arp_receive);
  const auto parsed = parse_arp(frame->bytes());
  if (!parsed) return net_.drop(std::move(frame), Station::link, parsed.error());
  const ArpMessage& arp = *parsed;
  if (arp.target_ip.is_multicast() || arp.target_ip.is_loopback())
    return net_.drop(std::move(frame), Station::link, DropReason::ARP_IGNORED);

  if (asks_for_us(arp)) {
    // Who asks will send to us next, so we learn the asker, too (neigh_event_ns). A probe from 0.0.0.0 (RFC 5227,
    // duplicate address detection) has no address to learn.
    if (!arp.sender_ip.is_any() && !neighbours_.learn(in, arp.sender_ip, arp.sender_mac))
      return net_.drop(std::move(frame), Station::link, DropReason::NEIGH_CREATEFAIL);
    reply(arp, *frame, in);
    return net_.finish(std::move(frame), Fate::answered, Station::link);
  }

  // A reply proves that the neighbour is there only when it was sent to us alone.
  const bool proof = arp.operation == ArpMessage::kReply && link_class == LinkClass::host;
  const bool gratuitous = arp.sender_ip == arp.target_ip;
  if (neighbours_.heard(in, arp.sender_ip, arp.sender_mac, proof, gratuitous))
    return net_.finish(std::move(frame), Fate::consumed, Station::link);
  net_.drop(std::move(frame), Station::link, DropReason::ARP_IGNORED);  // arp_accept=0: strangers are not learned
}

bool Arp::asks_for_us(const ArpMessage& arp) const {
  return arp.operation == ArpMessage::kRequest && routes_.kind_of(arp.target_ip) == AddressKind::local &&
         (arp.sender_ip.is_any() || routes_.plausible_source(arp.sender_ip));
}

void Arp::reply(const ArpMessage& request, const Frame& frame, Interface& out) {
  net_.runtime.charge(Cost::skb_alloc);
  const ArpMessage answer{ArpMessage::kReply, out.device.address(), request.target_ip, request.sender_mac,
                          request.sender_ip};
  FramePtr tx = make_arp(net_.pool, answer, out.device.address(), request.sender_mac);
  tx->ids.push_back(net_.ledger.open_from_host(out.device.port(), frame.ids, net_.now()));
  out.queue.enqueue({std::move(tx), nullptr});
}

}  // namespace nicosim
