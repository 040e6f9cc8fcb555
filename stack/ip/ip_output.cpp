#include "stack/ip/ip_output.hpp"

#include "common/spin_lock.hpp"
#include "stack/core/offload.hpp"
#include "stack/ip/checksum.hpp"
#include "stack/link/ethernet.hpp"
#include "stack/link/neighbour.hpp"
#include "stack/netfilter/netfilter.hpp"
#include "stack/socket/truesize.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>

namespace nicosim {
namespace {

std::size_t fragment_payload(std::size_t mtu, std::size_t header_bytes) {
  return std::max<std::size_t>((mtu - header_bytes) & ~std::size_t{7}, 8);
}

// ip_options_fragment: options without the copied flag (RFC 791, 3.1) stay in the first fragment only.
void blank_uncopied_options(std::span<std::byte> header) {
  for (std::size_t at = Ipv4Header::kBytes; at < header.size();) {
    const std::uint8_t kind = load8(header, at);
    if (kind == 0) break;
    const std::size_t length = kind == 1 ? 1 : load8(header, at + 1);  // checked when it came in
    if ((kind & 0x80U) == 0) std::fill_n(header.begin() + static_cast<std::ptrdiff_t>(at), length, std::byte{1});
    at += length;
  }
}

}  // namespace

IpOutput::IpOutput(Net& net, Routes& routes, Netfilter& netfilter, NeighbourTable& neighbours)
    : net_(net), routes_(routes), netfilter_(netfilter), neighbours_(neighbours) {
  for (std::uint16_t& id : ids_) {
    const std::uint64_t draw = net.runtime.random();
    id = static_cast<std::uint16_t>(draw >> 48U);
  }
}

std::vector<FrameId> IpOutput::open(const Route& route, std::size_t payload_bytes, std::span<const FrameId> parents,
                                    std::size_t header_bytes, bool whole) {
  const NetDevice& device = route.out->device;
  std::size_t frames = 1;
  if (!whole && header_bytes + payload_bytes > route.mtu) {
    const std::size_t each = fragment_payload(route.mtu, header_bytes);
    frames = (payload_bytes + each - 1) / each;
  }
  std::vector<FrameId> ids;
  for (std::size_t i = 0; i < frames; ++i)
    ids.push_back(net_.ledger.open_from_host(device.port(), parents, net_.now()));
  return ids;
}

int IpOutput::send(FramePtr segment, const Route& route, const Fields& fields, TxAccount* account) {
  net_.runtime.charge(Cost::ip_send);
  Ipv4Header header;
  header.tos = fields.tos;
  header.ttl = fields.ttl;
  header.protocol = fields.protocol;
  header.source = fields.source;
  header.destination = fields.destination;
  header.dont_fragment = fields.dont_fragment;
  header.id = fields.zero_id ? 0 : next_id(fields);
  push_ipv4(*segment, header);
  ++net_.mib.IpOutRequests;
  if (route.kind == AddressKind::multicast) ++net_.mib.IpExtOutMcastPkts;
  if (route.kind == AddressKind::broadcast) ++net_.mib.IpExtOutBcastPkts;
  if (!netfilter_.active(NfHook::local_out)) return output(std::move(segment), route, account);
  Route way = route;
  if (const int error = local_out(segment, way); error != 0) return error;
  return output(std::move(segment), way, account);
}

int IpOutput::local_out(FramePtr& packet, Route& route) {
  const Ipv4Address wanted{load_be32(packet->bytes(), 16)};
  const NfVerdict verdict = netfilter_.run(NfHook::local_out, *packet, nullptr, route.out);
  if (!verdict.accepted()) {
    if (verdict.what == NfVerdict::What::reject && refused_) refused_(packet->bytes(), icmp_code(verdict.with));
    net_.drop(std::move(packet), Station::tx_ip, DropReason::NETFILTER_DROP);
    return -EPERM;
  }
  const Ipv4Address to{load_be32(packet->bytes(), 16)};
  if (to == wanted) return 0;
  // ip_route_me_harder: translated to somewhere else, which may lie behind another card.
  const auto way = routes_.output(to, {load_be32(packet->bytes(), 12)});
  if (!way) {
    ++net_.mib.IpOutNoRoutes;
    net_.drop(std::move(packet), Station::tx_ip, DropReason::IP_OUTNOROUTES);
    return -EHOSTUNREACH;
  }
  if (way->out != route.out || way->mtu != route.mtu) {  // on the other card it is another frame
    const std::size_t header_bytes = (load8(packet->bytes(), 0) & 0xfU) * std::size_t{4};
    auto ids = open(*way, packet->size() - header_bytes, packet->ids, header_bytes, static_cast<bool>(packet->gso));
    packet->close(net_.ledger, Fate::forwarded, Station::tx_ip, net_.now(), DropReason::none);
    packet->ids = std::move(ids);
  }
  route = *way;
  return 0;
}

int IpOutput::output(FramePtr packet, const Route& route, TxAccount* account) {
  const BottomHalfGuard guard{net_.runtime};
  net_.at(*packet, Station::tx_ip);
  net_.mib.IpExtOutOctets += packet->size();
  if (netfilter_.active(NfHook::post_routing) &&
      !netfilter_.run(NfHook::post_routing, *packet, nullptr, route.out).accepted()) {
    net_.drop(std::move(packet), Station::tx_ip, DropReason::NETFILTER_DROP);
    return -EPERM;
  }
  if (packet->gso && gso_network_seglen(*packet, 0) > route.mtu) return cut(std::move(packet), route, account);
  if (!packet->gso && packet->size() > route.mtu) return fragment(std::move(packet), route, account);
  return finish(std::move(packet), route, account) ? 0 : -ENOBUFS;
}

// __ip_select_ident: never twice in a row for one (source, destination, protocol).
std::uint16_t IpOutput::next_id(const Fields& fields) {
  std::uint32_t hash = fields.source.value * 0x9e37'79b1U;
  hash = (hash ^ fields.destination.value) * 0x85eb'ca6bU;
  hash = (hash ^ fields.protocol) * 0xc2b2'ae35U;
  std::uint16_t& next = ids_[hash >> 21U];
  const std::uint16_t first = next;
  next = static_cast<std::uint16_t>(first + fields.segs);
  return first;
}

// ip_finish_output_gso: the path has become narrower than its segments. Each goes on alone, as if it had come so.
int IpOutput::cut(FramePtr packet, const Route& route, TxAccount* account) {
  int result = 0;
  for (FramePtr& piece : gso_segment(net_, std::move(packet), 0, false)) {
    if (piece->size() <= route.mtu) {
      if (!finish(std::move(piece), route, account)) result = -ENOBUFS;
      continue;
    }
    const std::size_t header_bytes = (load8(piece->bytes(), 0) & 0xfU) * std::size_t{4};
    auto ids = open(route, piece->size() - header_bytes, piece->ids, header_bytes);
    piece->close(net_.ledger, Fate::forwarded, Station::tx_ip, net_.now(), DropReason::none);
    piece->ids = std::move(ids);
    if (const int error = fragment(std::move(piece), route, account); error != 0) result = error;
  }
  return result;
}

// ip_do_fragment
int IpOutput::fragment(FramePtr packet, const Route& route, TxAccount* account) {
  if ((load8(packet->bytes(), 6) & 0x40U) != 0) {
    ++net_.mib.IpFragFails;
    net_.drop(std::move(packet), Station::tx_ip, DropReason::PKT_TOO_BIG);
    return -EMSGSIZE;
  }
  if (packet->checksum_left()) checksum_help(net_, *packet);  // it goes over all fragments, no card can add it up
  const std::size_t header_bytes = (load8(packet->bytes(), 0) & 0xfU) * std::size_t{4};
  const Bytes whole = packet->bytes();
  const Bytes payload = whole.subspan(header_bytes);
  const std::size_t each = fragment_payload(route.mtu, header_bytes);
  const std::uint16_t flags = load_be16(whole, 6);  // a fragment may be fragmented again when forwarded
  std::size_t next_id = 0;
  int result = 0;
  for (std::size_t at = 0; at < payload.size(); at += each) {
    const bool last = at + each >= payload.size();
    const Bytes piece = payload.subspan(at, last ? payload.size() - at : each);
    net_.runtime.charge(Cost::skb_alloc);
    FramePtr frame = net_.pool.make(header_bytes + piece.size());
    const auto header = frame->put(header_bytes);
    copy_bytes(whole.first(header_bytes), header);
    if (at > 0) blank_uncopied_options(header);
    copy_bytes(piece, frame->put(piece.size()));
    unsigned field = flags & 0x2000U;
    field |= static_cast<unsigned>((flags & 0x1fffU) + at / 8);
    if (!last) field |= 0x2000U;
    store_be16(header, 2, static_cast<std::uint16_t>(frame->size()));
    store_be16(header, 6, static_cast<std::uint16_t>(field));
    store_be16(header, 10, 0);
    Checksum sum;
    sum.add(header);
    store_be16(header, 10, sum.value());
    assert(next_id < packet->ids.size() && "a fragment without an id");
    frame->ids.push_back(packet->ids[next_id++]);
    ++net_.mib.IpFragCreates;
    if (!finish(std::move(frame), route, account)) result = -ENOBUFS;
  }
  assert(next_id == packet->ids.size() && "more ids than fragments");
  packet->ids.clear();  // each moved on with its fragment
  ++net_.mib.IpFragOKs;
  return result;
}

bool IpOutput::finish(FramePtr packet, const Route& route, TxAccount* account) {
  const std::size_t weight = packet->gso ? paged_truesize(packet->size()) : truesize(packet->size());
  TxFrame tx{std::move(packet), account != nullptr ? account->charge(weight) : nullptr};
  Interface& out = *route.out;
  if (route.kind == AddressKind::unicast) return neighbours_.output(out, route.next_hop, std::move(tx));
  const bool multicast = route.kind == AddressKind::multicast;
  push_ethernet(*tx.frame, multicast ? multicast_mac(route.next_hop) : MacAddress::broadcast(), out.device.address(),
                kEtherIpv4);
  return out.queue.enqueue(std::move(tx));
}

}  // namespace nicosim
