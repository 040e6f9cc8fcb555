#include "stack/netfilter/conntrack.hpp"

#include "stack/icmp/icmp.hpp"
#include "stack/ip/checksum.hpp"
#include "stack/ip/ipv4.hpp"
#include "stack/tcp/tcp_header.hpp"
#include "stack/udp/udp_header.hpp"

#include <array>
#include <cassert>

namespace nicosim {
namespace {

constexpr SimTime kStreamAfter = SimTime::s(2);

std::uint8_t packed(NfCtInfo info) {
  return static_cast<std::uint8_t>(static_cast<unsigned>(info.state) | (info.direction == NfDirection::reply ? 8U : 0));
}

void assign(Frame& frame, std::shared_ptr<NfConn> conn, NfCtInfo info) {
  frame.nfct = std::move(conn);
  frame.nfctinfo = packed(info);
}

std::uint8_t tcp_flags(const NfPacket& packet) { return load8(packet.transport(), 13); }

}  // namespace

NfCtInfo ct_info(const Frame& frame) {
  const NfCtInfo none;
  if (!frame.nfct && (frame.nfctinfo & 7U) != static_cast<unsigned>(NfState::untracked)) return none;
  return {static_cast<NfState>(frame.nfctinfo & 7U),
          (frame.nfctinfo & 8U) != 0 ? NfDirection::reply : NfDirection::original};
}

// It travels against the packet that caused it.
void nf_ct_attach(Frame& reply, const Frame& original) {
  if (!original.nfct) return;
  assign(reply, original.nfct, {NfState::related, other(ct_info(original).direction)});
}

void Conntrack::notrack(Frame& frame) { assign(frame, nullptr, {NfState::untracked, NfDirection::original}); }

bool Conntrack::in(Frame& frame, NfHook hook) {
  if (frame.nfct || ct_info(frame).state == NfState::untracked) return true;  // attached, or told not to
  net_.runtime.charge(Cost::nf_conntrack);
  const NfPacket packet{frame.bytes(), frame.checksum_left()};
  const auto tuple = tuple_of(packet);
  if (!tuple || !checked(frame, packet, hook == NfHook::pre_routing)) {
    ++stat_.invalid;
    return true;
  }
  if (packet.protocol() == kIpIcmp && IcmpHeader::is_error(load8(packet.transport(), 0))) {
    if (!related(frame, packet)) ++stat_.invalid;
    return true;
  }
  for (;;) {
    std::shared_ptr<NfConn> conn;
    NfDirection direction = NfDirection::original;
    if (const Entry* const found = find(*tuple)) {
      conn = found->conn;
      direction = found->direction;
    } else {
      bool full = false;
      conn = create(*tuple, packet, full);
      if (full) return false;
      if (!conn) {
        ++stat_.invalid;
        return true;
      }
    }
    switch (advance(*conn, direction, packet)) {
      case Outcome::repeat:
        continue;
      case Outcome::invalid:
        ++stat_.invalid;
        return true;
      case Outcome::accept:
        break;
    }
    NfCtInfo info{NfState::new_, direction};
    if (direction == NfDirection::reply) conn->seen_reply = true;
    if (conn->seen_reply) info.state = NfState::established;
    const auto way = static_cast<std::size_t>(direction);
    ++conn->packets[way];
    conn->bytes[way] += frame.size();
    assign(frame, std::move(conn), info);
    return true;
  }
}

// tcp_error, udp_error, icmp_error: what no end point would take is nobody's packet.
bool Conntrack::checked(Frame& frame, const NfPacket& packet, bool verify) {
  const Bytes transport = packet.transport();
  std::size_t covered = transport.size();
  bool sum_there = true;
  switch (packet.protocol()) {
    case kIpTcp: {
      if (transport.size() < TcpHeader::kBytes) return false;
      const std::size_t header = (load8(transport, 12) >> 4U) * std::size_t{4};
      if (header < TcpHeader::kBytes || header > transport.size()) return false;
      if (!valid_tcp_flags(tcp_flags(packet))) return false;
      break;
    }
    case kIpUdp:
      covered = load_be16(transport, 4);
      if (covered < UdpHeader::kBytes || covered > transport.size()) return false;
      sum_there = load_be16(transport, 6) != 0;
      break;
    case kIpIcmp:
      if (load8(transport, 0) > kHighestIcmpType) return false;
      break;
    default:
      return true;
  }
  if (!verify || !sum_there || frame.rx_checksum == RxChecksum::unnecessary) return true;
  net_.runtime.charge(Cost::checksum_per_byte, covered);
  Checksum sum;
  if (packet.protocol() != kIpIcmp) sum = Checksum{packet.source(), packet.destination(), packet.protocol(), covered};
  sum.add(transport.first(covered));
  if (sum.value() != 0) {
    ++stat_.error;
    return false;
  }
  frame.rx_checksum = RxChecksum::unnecessary;
  return true;
}

// nf_conntrack_inet_error: the quote tells which connection has the trouble. It must come back to whom it was sent by.
bool Conntrack::related(Frame& frame, const NfPacket& packet) {
  const auto quote = packet.transport().subspan(IcmpHeader::kBytes);
  if (quote.size() < Ipv4Header::kBytes) return false;
  const NfPacket inner{quote};
  if (inner.header_bytes() < Ipv4Header::kBytes || quote.size() < inner.header_bytes() + 8) return false;
  const auto tuple = tuple_of(inner);
  if (!tuple) return false;
  const Entry* const found = find(tuple->inverted());
  if (found == nullptr) return false;
  if (found->conn->tuple(found->direction).destination != packet.destination()) return false;
  assign(frame, found->conn, {NfState::related, found->direction});
  return true;
}

// init_conntrack; nullptr: no packet that a connection may begin with.
std::shared_ptr<NfConn> Conntrack::create(const NfTuple& tuple, const NfPacket& packet, bool& full) {
  if (tuple.protocol == kIpTcp) {
    const NfTcpState next = next_tcp_state(NfTcpState::NONE, tcp_flags(packet), false);
    if (next == NfTcpState::invalid || next == NfTcpState::ignore) return nullptr;
    if (next != NfTcpState::SYN_SENT && net_.sysctl.nf_conntrack_tcp_loose == 0) return nullptr;
  }
  if (tuple.protocol == kIpIcmp && !is_icmp_query(static_cast<std::uint8_t>(tuple.destination_port >> 8U)))
    return nullptr;
  collect();
  if (deadlines_.size() >= net_.sysctl.nf_conntrack_max && !early_drop()) {
    ++stat_.drop;  // "nf_conntrack: table full, dropping packet"
    full = true;
    return nullptr;
  }
  auto conn = std::make_shared<NfConn>();
  conn->tuple(NfDirection::original) = tuple;
  conn->tuple(NfDirection::reply) = tuple.inverted();
  conn->number = next_number_++;
  conn->stream_from = net_.now() + kStreamAfter;
  return conn;
}

// The oldest connection that nobody has confirmed by an answer makes room.
bool Conntrack::early_drop() {
  if (unassured_.empty()) return false;
  remove(*unassured_.begin()->second);
  ++stat_.early_drop;
  return true;
}

Conntrack::Outcome Conntrack::advance(NfConn& conn, NfDirection direction, const NfPacket& packet) {
  const Sysctl& knobs = net_.sysctl;
  const auto in = [&](std::uint32_t seconds) { return net_.now() + SimTime::s(seconds); };
  switch (packet.protocol()) {
    case kIpTcp:
      return advance_tcp(conn, direction, packet);
    case kIpUdp: {
      const bool answered = conn.seen_reply;
      const bool stream = answered && net_.now() > conn.stream_from;
      refresh(conn, in(stream ? knobs.nf_conntrack_udp_timeout_stream : knobs.nf_conntrack_udp_timeout));
      if (stream && !conn.assured) {
        conn.assured = true;
        unassured_.erase(conn.number);
      }
      return Outcome::accept;
    }
    case kIpIcmp:
      refresh(conn, in(knobs.nf_conntrack_icmp_timeout));
      return Outcome::accept;
    default:
      refresh(conn, in(knobs.nf_conntrack_generic_timeout));
      return Outcome::accept;
  }
}

// nf_conntrack_tcp_packet, without the window.
Conntrack::Outcome Conntrack::advance_tcp(NfConn& conn, NfDirection direction, const NfPacket& packet) {
  using enum NfTcpState;
  const Sysctl& knobs = net_.sysctl;
  const std::array<std::uint32_t, kNfTcpStates> timeouts{
      knobs.nf_conntrack_tcp_timeout_syn_sent, knobs.nf_conntrack_tcp_timeout_syn_sent,
      knobs.nf_conntrack_tcp_timeout_syn_recv, knobs.nf_conntrack_tcp_timeout_established,
      knobs.nf_conntrack_tcp_timeout_fin_wait, knobs.nf_conntrack_tcp_timeout_close_wait,
      knobs.nf_conntrack_tcp_timeout_last_ack, knobs.nf_conntrack_tcp_timeout_time_wait,
      knobs.nf_conntrack_tcp_timeout_close,    knobs.nf_conntrack_tcp_timeout_syn_sent};
  const std::uint8_t flags = tcp_flags(packet);
  const bool reply = direction == NfDirection::reply;
  const NfTcpState old = conn.tcp;
  const NfTcpState next = next_tcp_state(old, flags, reply);
  if (next == invalid) return Outcome::invalid;
  if (next == ignore) return Outcome::accept;
  if (next == SYN_SENT && (old == TIME_WAIT || old == CLOSE)) {  // the same ports again: another connection
    remove(conn);
    return Outcome::repeat;
  }
  conn.tcp = next;
  const bool reset = (flags & TcpHeader::kRst) != 0;
  if (reset && reply && !conn.seen_reply) {  // refused: it never was one
    remove(conn);
    return Outcome::accept;
  }
  std::uint32_t seconds = timeouts.at(static_cast<std::size_t>(next));
  if (reset) seconds = knobs.nf_conntrack_tcp_timeout_close;
  // Picked up in its middle and not answered yet: five days would be too long.
  if (next == ESTABLISHED && !conn.seen_reply && !reply)
    seconds = std::min(seconds, knobs.nf_conntrack_tcp_timeout_unacknowledged);
  if (!conn.assured && conn.seen_reply && (old == SYN_RECV || old == ESTABLISHED) && next == ESTABLISHED) {
    conn.assured = true;
    unassured_.erase(conn.number);
  }
  refresh(conn, net_.now() + SimTime::s(seconds));
  return Outcome::accept;
}

bool Conntrack::confirm(Frame& frame) {
  if (!frame.nfct) return true;
  NfConn& conn = *frame.nfct;
  // An error or a RST about a packet that never got through does not make its connection one.
  if (conn.confirmed || conn.dying || ct_info(frame).direction != NfDirection::original) return true;
  const NfTuple& original = conn.tuple(NfDirection::original);
  const NfTuple& reply = conn.tuple(NfDirection::reply);
  const Entry* winner = find(original);
  if (winner == nullptr) winner = find(reply);
  if (winner != nullptr) {  // a packet on another CPU was faster
    if (resolve_clash(frame, *winner)) return true;
    ++stat_.insert_failed;
    ++stat_.drop;
    return false;
  }
  table_.emplace(original, Entry{frame.nfct, NfDirection::original});
  table_.emplace(reply, Entry{frame.nfct, NfDirection::reply});
  conn.confirmed = true;
  deadlines_.emplace(Deadline{conn.deadline, conn.number}, &conn);
  if (!conn.assured) unassured_.emplace(conn.number, &conn);
  ++stat_.insert;
  return true;
}

// nf_ct_resolve_clash: two CPUs sent first datagrams of one flow. The slower one joins the other's connection, unless
// the two were translated differently. A TCP connection cannot begin twice.
bool Conntrack::resolve_clash(Frame& frame, const Entry& winner) {
  const NfConn& loser = *frame.nfct;
  const std::shared_ptr<NfConn> conn = winner.conn;
  if (loser.tuple(NfDirection::original).protocol != kIpUdp) return false;
  const bool translatable = conn->source_nat_done || conn->destination_nat_done;
  if (translatable && conn->tuples != loser.tuples) return false;
  const auto way = static_cast<std::size_t>(ct_info(frame).direction);
  conn->packets[way] += loser.packets[way];
  conn->bytes[way] += loser.bytes[way];
  frame.nfct = conn;
  ++stat_.clash_resolve;
  return true;
}

const Conntrack::Entry* Conntrack::find(const NfTuple& tuple) {
  const auto place = table_.find(tuple);
  if (place == table_.end()) return nullptr;
  NfConn& conn = *place->second.conn;
  if (conn.deadline <= net_.now()) {
    remove(conn);
    return nullptr;
  }
  return &place->second;
}

bool Conntrack::taken(const NfTuple& reply, const NfConn& except) {
  const auto place = table_.find(reply);
  if (place == table_.end() || place->second.conn.get() == &except) return false;
  NfConn& conn = *place->second.conn;
  if (conn.deadline <= net_.now()) {
    remove(conn);
    return false;
  }
  ++stat_.found;
  return true;
}

void Conntrack::refresh(NfConn& conn, SimTime deadline) {
  if (conn.confirmed && !conn.dying) {
    auto node = deadlines_.extract(Deadline{conn.deadline, conn.number});
    assert(!node.empty() && "a confirmed connection has a deadline");
    node.key() = Deadline{deadline, conn.number};
    deadlines_.insert(std::move(node));
  }
  conn.deadline = deadline;
}

void Conntrack::remove(NfConn& conn) {
  conn.dying = true;
  if (!conn.confirmed) return;
  unassured_.erase(conn.number);
  deadlines_.erase(Deadline{conn.deadline, conn.number});
  const NfTuple original = conn.tuple(NfDirection::original);
  const NfTuple reply = conn.tuple(NfDirection::reply);
  table_.erase(original);
  table_.erase(reply);  // the connection may be gone from here on
}

void Conntrack::collect() {
  while (!deadlines_.empty() && deadlines_.begin()->first.first <= net_.now()) remove(*deadlines_.begin()->second);
}

std::size_t Conntrack::count() {
  collect();
  return deadlines_.size();
}

}  // namespace nicosim
