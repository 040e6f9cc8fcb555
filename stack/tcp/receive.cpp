// Data that arrives: in order, out of order, not at all; and when to say so (RFC 9293, 3.10.7.4, seventh step; RFC
// 5681, 4.2).
#include "stack/io/wake_up.hpp"
#include "stack/tcp/sequence.hpp"
#include "stack/tcp/tcp_sock.hpp"

#include <algorithm>
#include <csignal>

namespace nicosim {

void TcpSock::dsack_set(std::uint32_t start, std::uint32_t end) {
  if (!sack_ok || net.sysctl.tcp_dsack == 0) return;
  ++(before(start, rcv_nxt) ? net.mib.TcpExtTCPDSACKOldSent : net.mib.TcpExtTCPDSACKOfoSent);
  sacks.set_duplicate(start, end);
}

void TcpSock::data_queue(TcpSegment segment) {  // tcp_data_queue
  if (segment.seq() == segment.end_seq()) return layer.consume(std::move(segment));
  sacks.clear_duplicate();
  const std::uint32_t seq = segment.seq(), end_seq = segment.end_seq();
  const auto refuse = [&](DropReason reason) {  // tell the peer at once where we are
    enter_quickack_mode();
    ack_state.scheduled = true;
    layer.drop(std::move(segment), reason);
  };
  if (!after(end_seq, rcv_nxt)) {  // a retransmission of what is here: its ACK was lost
    ++net.mib.TcpExtDelayedACKLost;
    dsack_set(seq, end_seq);
    return refuse(DropReason::TCP_OLD_DATA);
  }
  if (seq != rcv_nxt && !before(seq, rcv_nxt + receive_window())) return refuse(DropReason::TCP_OVERWINDOW);
  if (after(seq, rcv_nxt)) return data_queue_ofo(std::move(segment));
  if (before(seq, rcv_nxt)) dsack_set(seq, rcv_nxt);
  if (receive_window() == 0) {
    ++net.mib.TcpExtTCPZeroWindowDrop;
    return refuse(DropReason::TCP_ZEROWINDOW);
  }
  if (!queue.empty() && !try_rmem_schedule()) {  // an empty queue always takes one
    ++net.mib.TcpExtTCPRcvQDrop;
    sock_def_readable(*this);
    return layer.drop(std::move(segment), DropReason::PROTO_MEM);
  }
  const bool fin = segment.has(TcpHeader::kFin), data = segment.header.payload_bytes != 0;
  bytes_received += segment.data_end() - rcv_nxt;
  if (data) event_data_recv(segment);
  const FewIds ids(segment.frame->ids.begin(), segment.frame->ids.end());
  if (segment.data_end() != rcv_nxt) {
    RxSegment received = ReceiveQueue::segment_of(std::move(segment));
    rcv_nxt = received.end_seq;
    queue.append(std::move(received));
  } else {
    layer.consume(std::move(segment));  // a FIN, with nothing before it that is new
  }
  bool more_fin = fin;
  if (!fin && !queue.out_of_order_empty()) {
    const std::uint32_t before_this = rcv_nxt;
    more_fin = queue.take_in_order(rcv_nxt, [&](ReceiveQueue::Duplicate d) { dsack_set(d.start, d.end); });
    bytes_received += rcv_nxt - before_this;
    if (queue.out_of_order_empty()) ack_state.now = ack_state.scheduled = true;  // the hole is filled: say so
  }
  if (more_fin) fin_received();
  sacks.remove_until(rcv_nxt);
  if (queue.out_of_order_empty()) sacks.clear();
  if (dead) return;
  if (data_ready() > 0 && data)
    for (const FrameId id : ids) net.ledger.at(id, Station::wake, net.now());
}

void TcpSock::data_queue_ofo(TcpSegment segment) {  // tcp_data_queue_ofo
  const std::uint32_t seq = segment.seq(), end_seq = segment.end_seq();
  if (!try_rmem_schedule()) {
    ++net.mib.TcpExtTCPOFODrop;
    sock_def_readable(*this);
    return layer.drop(std::move(segment), DropReason::TCP_OFO_DROP);
  }
  ack_state.scheduled = true;
  ++net.mib.TcpExtTCPOFOQueue;
  if (segment.header.payload_bytes >= 128) grow_window(segment);
  queue.insert_out_of_order(ReceiveQueue::segment_of(std::move(segment)), [&](ReceiveQueue::Duplicate d) {
    if (sacks.has_duplicate())
      sacks.extend_duplicate(d.start, d.end);
    else
      dsack_set(d.start, d.end);
  });
  if (sack_ok) sacks.add(seq, end_seq);
}

void TcpSock::incr_quickack(unsigned most) {
  unsigned quick = rcv_wnd / (2U * rcv_mss);
  if (quick == 0) quick = 2;
  ack_state.quick = std::max(ack_state.quick, std::min(quick, most));
}

void TcpSock::enter_quickack_mode() {
  incr_quickack(kTcpMaxQuickacks);
  ack_state.pingpong = false;
  ack_state.ato = kTcpAtoMin;
}

// tcp_event_data_recv: the delay of ACKs follows the time between segments.
void TcpSock::event_data_recv(const TcpSegment& segment) {
  ack_state.scheduled = true;
  measure_rcv_mss(segment);
  rcv_rtt_measure();
  if (ack_state.ato == SimTime::zero()) {  // the first data: the peer is in slow start
    incr_quickack(kTcpMaxQuickacks);
    ack_state.ato = kTcpAtoMin;
  } else {
    const SimTime gap = net.now() - ack_state.lrcvtime;
    if (gap <= SimTime::ms(20))
      ack_state.ato = SimTime::ps(ack_state.ato.in_ps() / 2) + SimTime::ms(20);
    else if (gap < ack_state.ato)
      ack_state.ato = std::min(SimTime::ps(ack_state.ato.in_ps() / 2) + gap, rto);
    else if (gap > rto)
      incr_quickack(kTcpMaxQuickacks);  // the peer has restarted from its first window
  }
  ack_state.lrcvtime = net.now();
  if (segment.header.payload_bytes >= 128) grow_window(segment);
}

void TcpSock::ack_snd_check() {  // __tcp_ack_snd_check
  if (!ack_state.scheduled) return;
  const bool second_segment =
      rcv_nxt - rcv_wup > rcv_mss && (rcv_nxt - copied_seq < rcvlowat || offered_window() >= rcv_wnd);
  if (second_segment || in_quickack_mode() || ack_state.now || !queue.out_of_order_empty()) return send_ack();
  send_delayed_ack();
}

// tcp_cleanup_rbuf: after a read, does the peer want to know that there is room?
void TcpSock::cleanup_rbuf(std::size_t copied) {
  bool now = false;
  if (ack_state.scheduled) {
    const bool emptied =
        copied > 0 && queue.rmem_alloc() == 0 && (ack_state.pushed2 || (ack_state.pushed && !ack_state.pingpong));
    now = rcv_nxt - rcv_wup > rcv_mss || emptied;
  }
  if (copied > 0 && !now && (shutdown_mask & kRcvShutdown) == 0) {
    const std::uint32_t window = receive_window();
    if (2 * window <= window_clamp) {
      const std::uint32_t fresh = offered_window();
      now = fresh != 0 && fresh >= 2 * window;
    }
  }
  if (now) send_ack();
}

void TcpSock::fin_received() {  // tcp_fin
  ack_state.scheduled = true;
  shutdown_mask |= kRcvShutdown;
  done = true;
  ++rcv_nxt;
  bool to_time_wait = false;
  switch (state) {
    case TcpState::SYN_RECV:
    case TcpState::ESTABLISHED:
      set_state(TcpState::CLOSE_WAIT);
      ack_state.pingpong = true;
      break;
    case TcpState::FIN_WAIT1:  // both close at once
      send_ack();
      set_state(TcpState::CLOSING);
      break;
    case TcpState::FIN_WAIT2:
      send_ack();
      to_time_wait = true;
      break;
    default:
      break;
  }
  queue.purge_out_of_order(DropReason::TCP_OFO_QUEUE_PRUNE);
  sacks.clear();
  if (to_time_wait) return time_wait(false, SimTime::s(60));
  if (dead) return;
  state_change();
  const bool both = shutdown_mask == (kRcvShutdown | kSendShutdown) || state == TcpState::CLOSE;
  sk_wake_async(*this, AsyncWake::wait_data, both ? POLL_HUP : POLL_IN);
}

}  // namespace nicosim
