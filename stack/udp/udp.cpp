#include "stack/udp/udp.hpp"

#include "stack/core/busy_poll.hpp"
#include "stack/io/wake_up.hpp"
#include "stack/socket/truesize.hpp"

#include <cerrno>

namespace nicosim {

void Udp::receive(IpPacket packet) {
  net_.runtime.charge(Cost::udp_receive);
  Frame& frame = *packet.frame;
  const bool known_good = frame.rx_checksum == RxChecksum::unnecessary;
  if (!known_good) net_.runtime.charge(Cost::checksum_per_byte, frame.size());
  const auto udp = parse_udp(frame.bytes(), {packet.ip.source, packet.ip.destination, known_good});
  if (!udp) {
    if (udp.error() == DropReason::UDP_CSUM) ++net_.mib.UdpInCsumErrors;
    ++net_.mib.UdpInErrors;
    return net_.drop(std::move(packet.frame), Station::transport, udp.error());
  }
  const std::size_t weight = truesize(packet.ip.header_bytes + frame.size());
  if (packet.destination_kind != AddressKind::local) return deliver_to_all(std::move(packet), *udp, weight);

  const auto sock = table_.lookup(packet.ip.source, udp->source_port, packet.ip.destination, udp->destination_port);
  if (sock) {
    frame.trim(udp->length);
    frame.pull(UdpHeader::kBytes);
    return deliver(*sock, std::move(packet.frame), packet.ip, *udp, weight);
  }
  ++net_.mib.UdpNoPorts;
  if (icmp_.send_error(packet, kUnreachable, kUnreachablePort))
    return net_.finish(std::move(packet.frame), Fate::answered, Station::transport);
  net_.drop(std::move(packet.frame), Station::transport, DropReason::NO_SOCKET);
}

// __udp4_lib_mcast_deliver: everyone gets a copy, the newest socket the frame itself, whose fate is the one that
// counts.
void Udp::deliver_to_all(IpPacket packet, const UdpHeader& udp, std::size_t weight) {
  const auto socks = table_.lookup_all(packet.ip.source, udp.source_port, packet.ip.destination, udp.destination_port);
  if (socks.empty()) {
    ++net_.mib.UdpIgnoredMulti;
    return net_.drop(std::move(packet.frame), Station::transport, DropReason::NO_SOCKET);
  }
  packet.frame->trim(udp.length);
  packet.frame->pull(UdpHeader::kBytes);
  for (std::size_t i = 1; i < socks.size(); ++i) {
    net_.runtime.charge(Cost::skb_alloc);
    deliver(*socks[i], net_.pool.copy(*packet.frame), packet.ip, udp, weight);
  }
  deliver(*socks[0], std::move(packet.frame), packet.ip, udp, weight);
}

// __udp_enqueue_schedule_skb: refused when more is queued than rcvbuf allows before this one, so a packet fits always.
void Udp::deliver(Sock& sock, FramePtr frame, const Ipv4Header& ip, const UdpHeader& udp, std::size_t weight) {
  net_.runtime.catch_up();  // a reader on another CPU may take it from here on, or may have closed the socket
  if (sock.socket == nullptr) return net_.drop(std::move(frame), Station::socket, DropReason::SOCKET_CLOSED);
  if (sock.rmem_alloc > sock.rcvbuf) {
    ++sock.drops;
    ++net_.mib.UdpRcvbufErrors;
    ++net_.mib.UdpInErrors;
    return net_.drop(std::move(frame), Station::socket, DropReason::SOCKET_RCVBUFF);
  }
  net_.at(*frame, Station::socket);
  net_.busy_poll->mark(sock, *frame);
  const FewIds ids(frame->ids.begin(), frame->ids.end());
  sock.rmem_alloc += weight;
  sock.receive_queue.push_back({std::move(frame), ip.source, udp.source_port, weight});
  if (sock_def_readable(sock) == 0) return;
  for (const FrameId id : ids) net_.ledger.at(id, Station::wake, net_.now());
}

void Udp::close_queued(SimTime now) {
  for (Sock* const sock : socks_) {
    for (Datagram& datagram : sock->receive_queue)
      datagram.frame->close(net_.ledger, Fate::queued, Station::socket, now, DropReason::none);
    sock->receive_queue.clear();
    sock->rmem_alloc = 0;
  }
}

// __udp4_lib_err: only a connected socket can be meant, and only errors that will not pass by themselves count.
void Udp::error(const IcmpReport& report) {
  const std::uint16_t own_port = load_be16(report.transport, 0);
  const std::uint16_t peer_port = load_be16(report.transport, 2);
  const auto sock = table_.lookup(report.destination, peer_port, report.source, own_port);
  if (!sock) {
    ++net_.mib.IcmpInErrors;
    return;
  }
  int error = 0;
  const bool too_big = report.type == kUnreachable && report.code == kUnreachableFragmentation;
  if (too_big && sock->pmtudisc != PathMtuDiscovery::dont) {  // ipv4_sk_update_pmtu
    routes_.learn_mtu(report.destination, report.info & 0xffffU);
    error = EMSGSIZE;
  }
  if (report.type == kParameterProblem) error = EPROTO;
  if (report.type == kUnreachable) {  // icmp_err_convert: fatal ones
    switch (report.code) {
      case kUnreachableProtocol:
        error = ENOPROTOOPT;
        break;
      case kUnreachablePort:
        error = ECONNREFUSED;
        break;
      case 6:
        error = ENETUNREACH;
        break;  // network unknown
      case 7:
        error = EHOSTDOWN;
        break;  // host unknown
      case 8:
        error = ENONET;
        break;  // host isolated
      case 9:
        error = ENETUNREACH;
        break;  // network prohibited
      case 10:
        error = EHOSTUNREACH;
        break;  // host prohibited
      case 13:
      case 14:
      case 15:
        error = EHOSTUNREACH;
        break;  // filtered, precedence
      default:
        break;
    }
  }
  if (error == 0 || !sock->connected()) return;
  sock->error = error;
  sock_def_error_report(*sock);
}

}  // namespace nicosim
