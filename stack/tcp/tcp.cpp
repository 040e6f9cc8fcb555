#include "stack/tcp/tcp.hpp"

#include "stack/icmp/icmp.hpp"
#include "stack/socket/truesize.hpp"
#include "stack/tcp/sequence.hpp"
#include "stack/tcp/time_wait.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace nicosim {

Tcp::~Tcp() {
  // Listeners and the children that nobody accepted hold each other.
  layer_.table.for_each([](TcpSock& sock) {
    sock.parent.reset();
    sock.accept_queue.accepted.clear();
  });
  layer_.table.clear();
}

void Tcp::receive(IpPacket packet) {
  Net& net = layer_.net;
  net.runtime.charge(Cost::tcp_receive);
  if (packet.link_class != LinkClass::host)  // no connection was ever made by broadcast
    return net.drop(std::move(packet.frame), Station::transport, DropReason::NOT_SPECIFIED);
  ++net.mib.TcpInSegs;
  const bool known_good = packet.frame->rx_checksum == RxChecksum::unnecessary;
  if (!known_good) net.runtime.charge(Cost::checksum_per_byte, packet.frame->size());
  auto header = parse_tcp(packet.frame->bytes(), {packet.ip.source, packet.ip.destination, known_good});
  if (!header) {
    if (header.error() == DropReason::TCP_CSUM) ++net.mib.TcpInCsumErrors;
    ++net.mib.TcpInErrs;
    return net.drop(std::move(packet.frame), Station::transport, header.error());
  }
  TcpSegment segment;
  segment.header = *header;
  segment.source = packet.ip.source;
  segment.destination = packet.ip.destination;
  segment.tos = packet.ip.tos;
  const Gso gso = packet.frame->gso;  // joined by GRO: it weighs what its packets did
  const std::size_t one = gso ? header->header_bytes + gso.size : packet.frame->size();
  segment.truesize = truesize(packet.ip.header_bytes + one) * (gso ? gso.segs : 1);
  const Bytes bytes = std::as_const(*packet.frame).bytes();
  segment.options = parse_tcp_options(bytes.subspan(TcpHeader::kBytes, header->header_bytes - TcpHeader::kBytes),
                                      header->has(TcpHeader::kSyn));
  segment.frame = std::move(packet.frame);
  segment.frame->pull(header->header_bytes);

  const FourTuple tuple{segment.source, segment.destination, header->source_port, header->destination_port};
  if (const auto sock = layer_.table.established(tuple)) return sock->receive(std::move(segment));
  if (const auto request = layer_.table.request(tuple)) return listener_.receive(request, std::move(segment));
  if (const auto old = layer_.table.time_wait(tuple)) {
    auto syn = old->receive(std::move(segment));
    if (!syn) return;
    if (const auto listener = layer_.table.listener(tuple))
      return listener_.receive(listener, std::move(syn->segment), syn->isn);
    return layer_.reset(std::move(syn->segment), DropReason::NO_SOCKET);
  }
  if (packet.destination_kind != AddressKind::local) return layer_.drop(std::move(segment), DropReason::NO_SOCKET);
  if (const auto listener = layer_.table.listener(tuple)) return listener_.receive(listener, std::move(segment));
  layer_.reset(std::move(segment), DropReason::NO_SOCKET);
}

void Tcp::close_queued(SimTime now) {
  const auto end = [&](TcpSock& sock) {
    sock.queue.close_queued(now);
    for (TcpSegment& segment : sock.backlog)
      segment.frame->close(layer_.net.ledger, Fate::queued, Station::transport, now, DropReason::none);
    sock.backlog.clear();
    sock.clear_xmit_timers();
    for (const auto& child : sock.accept_queue.accepted) child->queue.close_queued(now);
  };
  layer_.table.for_each(end);
  for (const auto& weak : socks_)
    if (const auto sock = weak.lock()) end(*sock);
}

// ---- ICMP errors (RFC 1122, 4.2.3.9; RFC 5927)

void Tcp::error(const IcmpReport& report) {
  Net& net = layer_.net;
  const std::uint16_t own_port = load_be16(report.transport, 0), peer_port = load_be16(report.transport, 2);
  const FourTuple tuple{report.destination, report.source, peer_port, own_port};
  const std::uint32_t seq = load_be32(report.transport, 4);
  if (const auto request = layer_.table.request(tuple)) {
    // Only a SYN-ACK of ours can be meant; a hard error ends it.
    if (report.type == kUnreachable && report.code != kUnreachableFragmentation && seq == request->snt_isn) {
      ++net.mib.TcpExtListenDrops;
      Listener::forget(*request);
    }
    return;
  }
  if (const auto sock = layer_.table.established(tuple)) {
    const bool in_flight = !before(seq, sock->snd_una) && !after(seq, sock->snd_nxt);
    if (in_flight) sock->icmp_error(report);
    return;
  }
  if (!layer_.table.time_wait(tuple)) ++net.mib.IcmpInErrors;
}

void TcpSock::icmp_error(const IcmpReport& report) {
  if (report.type == kUnreachable && report.code == kUnreachableFragmentation) {
    if (pmtudisc == PathMtuDiscovery::dont || report.info >= pmtu || report.info < 68) return;
    layer.routes.learn_mtu(daddr, report.info & 0xffffU);
    pmtu_learned = static_cast<std::uint16_t>(std::max(report.info, 552U));  // net.ipv4.route.min_pmtu
    return run_or_defer(kDeferMtu);
  }
  int error_number = 0;
  if (report.type == kParameterProblem) error_number = EPROTO;
  if (report.type == kTimeExceeded) error_number = EHOSTUNREACH;
  if (report.type == kUnreachable) {
    constexpr std::array<int, 16> kErrors{
        ENETUNREACH, EHOSTUNREACH, ENOPROTOOPT,  ECONNREFUSED, EMSGSIZE,     EOPNOTSUPP,   ENETUNREACH,  EHOSTDOWN,
        ENONET,      ENETUNREACH,  EHOSTUNREACH, ENETUNREACH,  EHOSTUNREACH, EHOSTUNREACH, EHOSTUNREACH, EHOSTUNREACH};
    if (report.code < kErrors.size()) error_number = kErrors.at(report.code);
  }
  if (error_number == 0) return;
  unreachable(error_number);
}

// The kernel tells itself by ICMP (ipv4_link_failure).
void TcpSock::link_failure() {
  const auto keep = self();
  unreachable(EHOSTUNREACH);
}

// An attempt to connect fails; a connection that works remembers the error and goes on.
void TcpSock::unreachable(int error_number) {
  if (!in({TcpState::SYN_SENT, TcpState::SYN_RECV}) || owned) {
    error_soft = error_number;
    return;
  }
  const auto keep = self();
  owned = true;
  abort(error_number);
  release();
}

void TcpSock::mtu_reduced() {
  if (in({TcpState::CLOSE, TcpState::LISTEN})) return;
  const std::size_t old = mss_cache;
  sync_mss();
  if (mss_cache < old) simple_retransmit();
}

}  // namespace nicosim
