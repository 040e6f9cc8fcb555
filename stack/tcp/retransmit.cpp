// Sending again: one segment, all that are lost, or the last one as a probe (net/ipv4/tcp_output.c).
#include "stack/tcp/sequence.hpp"
#include "stack/tcp/tcp_sock.hpp"

#include <algorithm>
#include <cerrno>

namespace nicosim {

// __tcp_retransmit_skb, without the scoreboard: at most `segs` packets of it, the rest becomes a segment of its own. 0,
// or an error when it was not sent.
int TcpSock::retransmit_bare(std::size_t index, std::uint32_t segs) {
  if (before(write_queue.sent()[index].seq, snd_una)) write_queue.trim_head(snd_una);
  const std::size_t mss = current_mss();
  const TxSegment& segment = write_queue.sent()[index];
  // A window that was shrunk: beyond it only the first segment goes, as a probe.
  if (!before(segment.seq, wnd_end()) && segment.seq != snd_una) return -EAGAIN;
  const std::size_t window = before(segment.seq, wnd_end()) ? wnd_end() - segment.seq : mss;
  std::size_t most = mss * segs;
  if (most > window) most = window < mss ? window : window / mss * mss;
  const std::uint32_t packets = write_queue.packets_out();
  if (segment.size() > most)
    write_queue.split_sent(index, most, mss);
  else
    write_queue.resegment_sent(index, mss);
  // Fewer packets than when it was sent: as many duplicates stand for none any more (tcp_adjust_pcount).
  if (is_reno() && write_queue.packets_out() < packets)
    write_queue.sacked_out -= std::min(write_queue.sacked_out, packets - write_queue.packets_out());
  TxSegment& head = write_queue.sent()[index];
  const bool syn = (head.flags & TcpHeader::kSyn) != 0;
  net.mib.TcpRetransSegs += head.segs;
  if (syn) ++net.mib.TcpExtTCPSynRetrans;
  total_retrans += head.segs;
  bytes_retrans += head.size();
  const std::vector<FrameId> parents = head.ids;
  const std::uint8_t ack = syn && state == TcpState::SYN_SENT ? 0 : std::uint8_t{TcpHeader::kAck};
  return transmit(&head, head.flags | ack, head.seq, parents);
}

// tcp_retransmit_skb
int TcpSock::retransmit(std::size_t index, std::uint32_t segs) {
  if (const int result = retransmit_bare(index, segs); result != 0) return result;
  TxSegment& segment = write_queue.sent()[index];
  write_queue.mark_retransmitted(segment, net.now());
  if (retrans_stamp == kNoTime) retrans_stamp = net.now();
  if (undo_retrans < 0) undo_retrans = 0;
  undo_retrans += static_cast<std::int32_t>(segment.segs);
  return 0;
}

// tcp_xmit_retransmit_queue: what is marked lost, from the front, as far as the congestion window allows.
void TcpSock::xmit_retransmit_queue() {
  bool rearm = false;
  const std::uint32_t max_segs = tso_segs(current_mss());
  for (std::size_t i = 0; i < write_queue.sent().size(); ++i) {
    if (write_queue.in_flight() >= cwnd.cwnd) break;
    const std::uint32_t segs = std::min(cwnd.cwnd - write_queue.in_flight(), max_segs);
    if (write_queue.retrans_out() >= write_queue.lost_out()) break;
    const TxSegment& segment = write_queue.sent()[i];
    if (!segment.lost || segment.sacked || segment.retrans) continue;
    if (small_queue_check()) break;
    if (retransmit(i, segs) != 0) break;
    const std::uint32_t sent = write_queue.sent()[i].segs;
    (ca_state == CaState::Loss ? net.mib.TcpExtTCPSlowStartRetrans : net.mib.TcpExtTCPFastRetrans) += sent;
    if (in_cwnd_reduction()) prr_out += sent;
    if (i == 0 && pending != Pending::reo_timeout) rearm = true;
  }
  if (rearm) reset_xmit_timer(Pending::retrans, rto);
}

// tcp_simple_retransmit: segments that turn out to be too big for the path are lost, but nothing is congested.
void TcpSock::simple_retransmit() {
  const std::size_t mss = current_mss();
  const std::uint32_t before_this = write_queue.lost_out();
  for (TxSegment& segment : write_queue.sent())
    if (segment.seglen() > mss) mark_lost(segment);
  if (write_queue.lost_out() == before_this) return;
  if (is_reno()) limit_reno_sacked();
  if (ca_state != CaState::Loss) {
    high_seq = snd_nxt;
    cwnd.ssthresh = current_ssthresh();
    prior_ssthresh = 0;
    undo_armed = false;
    ca_state = CaState::Loss;
  }
  xmit_retransmit_queue();
}

// ---- tail loss probe (RFC 8985, 7)

bool TcpSock::schedule_loss_probe(bool advancing_rto) {
  const std::uint32_t knob = net.sysctl.tcp_early_retrans;
  if ((knob != 3 && knob != 4) || write_queue.packets_out() == 0 || !sack_ok ||
      (ca_state != CaState::Open && ca_state != CaState::CWR))
    return false;
  SimTime timeout = kTcpTimeoutInit;
  if (rtt.measured()) {
    timeout = rtt.srtt() * 2;
    timeout += write_queue.packets_out() == 1 ? kTcpRtoMin : kTcpTimeoutMin;  // the peer may delay its ACK
  }
  const SimTime left = advancing_rto ? rto : write_queue.sent().front().sent + rto - net.now();
  if (left > SimTime::zero()) timeout = std::min(timeout, left);
  reset_xmit_timer(Pending::loss_probe, timeout);
  return true;
}

// The last packet of the last segment alone.
int TcpSock::retransmit_last(std::size_t mss) {
  const TxSegment& last = write_queue.sent().back();
  const std::size_t index = write_queue.sent().size() - 1;
  const std::size_t before_it = (last.segs - 1) * mss;
  if (last.segs == 1 || last.size() <= before_it) return retransmit_bare(index);
  write_queue.split_sent(index, before_it, mss);
  return retransmit_bare(index + 1);
}

void TcpSock::send_loss_probe() {
  const std::size_t mss = current_mss();
  bool sent = false;
  if (!tlp_armed) {  // at most one at a time
    tlp_retrans = false;
    const auto& unsent = write_queue.unsent();
    if (!unsent.empty() && snd_wnd_test(unsent.front(), mss)) {
      const std::uint32_t prior = write_queue.packets_out();
      write_xmit(kNagleOff, 2);
      sent = write_queue.packets_out() > prior;
    } else if (write_queue.sent().empty()) {
      pending = Pending::none;
      return;
    } else if (!small_queue_check() && retransmit_last(mss) == 0) {
      write_queue.sent().back().sent = net.now();
      write_queue.sent().back().ever_retrans = true;
      tlp_retrans = sent = true;
    }
  }
  if (sent) {
    tlp_armed = true;
    tlp_high_seq = snd_nxt;
    ++net.mib.TcpExtTCPLossProbes;
    pending = Pending::none;
  }
  rearm_rto();
}

}  // namespace nicosim
