// Loss: what is lost, how fast to repair it, and how to take it back when it was not (RFC 6582, 6675, 6937, 8985,
// 5682).
#include "stack/tcp/sequence.hpp"
#include "stack/tcp/tcp_sock.hpp"

#include <algorithm>

namespace nicosim {

void TcpSock::mark_lost(TxSegment& segment) {
  if (segment.sacked || (segment.lost && !segment.retrans)) return;
  if (segment.retrans) ++net.mib.TcpExtTCPLostRetransmit;
  write_queue.mark_lost(segment);
  lost_count += segment.segs;
}

// tcp_fastretrans_alert: Open, Disorder, CWR, Recovery and Loss, and what moves between them.
void TcpSock::fastretrans_alert(AckFlags& flags, std::uint32_t prior_snd_una, bool dupack, Rexmit& rexmit) {
  if (write_queue.packets_out() == 0) write_queue.sacked_out = 0;
  // The receiver has thrown away what it had reported (RFC 2018, 8): everything counts as lost.
  if (flags.snd_una_advanced && !write_queue.sent().empty() && write_queue.sent().front().sacked) {
    reset_xmit_timer(Pending::retrans, std::max(SimTime::us(rtt.srtt_us() / 2), SimTime::ms(10)));
    return;
  }
  if (ca_state == CaState::Open) {
    retrans_stamp = kNoTime;
  } else if (!before(snd_una, high_seq)) {
    if (ca_state == CaState::CWR && snd_una != high_seq) {
      end_cwnd_reduction();
      ca_state = CaState::Open;
    } else if (ca_state == CaState::Recovery) {
      if (is_reno()) write_queue.sacked_out = 0;
      if (try_undo_recovery()) return;
      end_cwnd_reduction();
    }
  }

  switch (ca_state) {
    case CaState::Recovery:
      if (!flags.snd_una_advanced) {
        if (is_reno()) add_reno_sack(dupack);
      } else if (try_undo_partial(prior_snd_una)) {
        return;
      }
      if (try_undo_dsack()) try_to_open();
      identify_packet_loss(flags);
      if (ca_state != CaState::Recovery) {
        if (write_queue.lost_out() == 0) return;
        enter_recovery();
      }
      break;
    case CaState::Loss:
      process_loss(flags, dupack, rexmit);
      identify_packet_loss(flags);
      if (ca_state != CaState::Open && !flags.lost_retrans) return;
      [[fallthrough]];
    default:
      if (is_reno()) {
        if (flags.snd_una_advanced) write_queue.sacked_out = 0;
        add_reno_sack(dupack);
      }
      if (ca_state <= CaState::Disorder) try_undo_dsack();
      identify_packet_loss(flags);
      if (write_queue.lost_out() == 0) return try_to_open();
      enter_recovery();
  }
  rexmit = Rexmit::lost;
}

// tcp_process_loss, with F-RTO (RFC 5682): after a time-out first see whether the original arrives after all.
void TcpSock::process_loss(AckFlags& flags, bool dupack, Rexmit& rexmit) {
  const bool recovered = !before(snd_una, high_seq);
  if (flags.snd_una_advanced && try_undo_loss(false)) return;
  if (frto) {
    if (flags.orig_sack_acked && try_undo_loss(true)) return;
    if (after(snd_nxt, high_seq)) {
      if (flags.data_sacked || dupack) frto = false;  // step 3.a: the loss was real
    } else if (flags.snd_una_advanced && !recovered) {
      high_seq = snd_nxt;
      if (!write_queue.unsent().empty() && after(wnd_end(), snd_nxt)) {  // step 2.b
        rexmit = Rexmit::fresh;
        return;
      }
      frto = false;
    }
  }
  if (recovered) {
    try_undo_recovery();
    return;
  }
  if (is_reno()) {
    if (after(snd_nxt, high_seq) && dupack)
      add_reno_sack(true);
    else if (flags.snd_una_advanced)
      write_queue.sacked_out = 0;
  }
  rexmit = Rexmit::lost;
}

void TcpSock::identify_packet_loss(AckFlags& flags) {
  if (write_queue.sent().empty()) return;
  if (is_reno()) {  // tcp_newreno_mark_lost
    const bool third = ca_state < CaState::Recovery && write_queue.sacked_out >= reordering;
    const bool partial = ca_state == CaState::Recovery && flags.snd_una_advanced;
    if ((!third && !partial) || write_queue.sent().front().lost) return;
    const std::size_t mss = write_queue.sent().front().mss;
    if (write_queue.sent().front().segs > 1) write_queue.split_sent(0, mss, mss);  // one packet of it, no more is known
    mark_lost(write_queue.sent().front());
    return;
  }
  const std::uint32_t prior = write_queue.retrans_out();
  if (rack_mark_lost()) flags.set_xmit_timer = false;
  if (prior > write_queue.retrans_out()) flags.lost_retrans = true;
}

// ---- states

void TcpSock::init_undo() {
  undo_armed = true;
  undo_marker = snd_una;
  undo_retrans = write_queue.retrans_out() != 0 ? static_cast<std::int32_t>(write_queue.retrans_out()) : -1;
}

std::uint32_t TcpSock::current_ssthresh() const {
  return in_cwnd_reduction() ? cwnd.ssthresh : std::max(cwnd.ssthresh, cwnd.cwnd / 2 + cwnd.cwnd / 4);
}

void TcpSock::init_cwnd_reduction() {
  high_seq = snd_nxt;
  tlp_armed = false;
  cwnd.cnt = 0;
  prior_cwnd = cwnd.cwnd;
  prr_delivered = prr_out = 0;
  cwnd.ssthresh = congestion->ssthresh(cwnd);
}

void TcpSock::end_cwnd_reduction() {
  if (cwnd.ssthresh < kInfiniteSsthresh && (ca_state == CaState::CWR || undo_armed)) cwnd.cwnd = cwnd.ssthresh;
}

void TcpSock::enter_cwr() {
  prior_ssthresh = 0;
  if (ca_state >= CaState::CWR || in({TcpState::SYN_SENT, TcpState::SYN_RECV, TcpState::CLOSE})) return;
  undo_armed = false;
  init_cwnd_reduction();
  ca_state = CaState::CWR;
}

void TcpSock::enter_recovery() {
  ++(is_reno() ? net.mib.TcpExtTCPRenoRecovery : net.mib.TcpExtTCPSackRecovery);
  prior_ssthresh = 0;
  init_undo();
  if (!in_cwnd_reduction()) {
    prior_ssthresh = current_ssthresh();
    init_cwnd_reduction();
  }
  ca_state = CaState::Recovery;
}

void TcpSock::enter_loss() {
  const bool fresh = ca_state < CaState::Recovery;
  if (!write_queue.sent().empty()) {  // tcp_timeout_mark_lost
    const bool reneging = write_queue.sent().front().sacked;
    if (reneging) {
      ++net.mib.TcpExtTCPSACKReneging;
      for (TxSegment& s : write_queue.sent()) write_queue.clear_sacked(s);
    } else if (is_reno()) {
      write_queue.sacked_out = 0;
    }
    bool head = true;
    for (TxSegment& s : write_queue.sent()) {
      const bool recent = !head && !reneging && !is_reno() && s.sent + rack.rtt > net.now();
      head = false;
      if (!recent) mark_lost(s);
    }
  }
  // ssthresh once per window only (RFC 5681, 3.1).
  if (ca_state <= CaState::Disorder || !after(high_seq, snd_una) || (ca_state == CaState::Loss && retransmits == 0)) {
    prior_ssthresh = current_ssthresh();
    prior_cwnd = cwnd.cwnd;
    cwnd.ssthresh = congestion->ssthresh(cwnd);
    congestion->reset();
    init_undo();
  }
  cwnd.cwnd = write_queue.in_flight() + 1;
  cwnd.cnt = 0;
  if (ca_state <= CaState::Disorder && write_queue.sacked_out >= net.sysctl.tcp_reordering)
    reordering = std::min(reordering, net.sysctl.tcp_reordering);
  ca_state = CaState::Loss;
  high_seq = snd_nxt;
  frto = net.sysctl.tcp_frto != 0 && (fresh || retransmits != 0);
}

// tcp_cwnd_reduction: proportional rate reduction (RFC 6937) with its conservative bound.
void TcpSock::cwnd_reduction(std::uint32_t newly_acked_sacked, std::uint32_t newly_lost, const AckFlags& flags) {
  if (newly_acked_sacked == 0 || prior_cwnd == 0) return;
  const auto flight = static_cast<std::int64_t>(write_queue.in_flight());
  const std::int64_t delta = std::int64_t{cwnd.ssthresh} - flight;
  prr_delivered += newly_acked_sacked;
  std::int64_t send = 0;
  if (delta < 0) {
    const std::uint64_t share = std::uint64_t{cwnd.ssthresh} * prr_delivered + prior_cwnd - 1;
    send = static_cast<std::int64_t>(share / prior_cwnd) - prr_out;
  } else {
    send = std::max<std::int64_t>(std::int64_t{prr_delivered} - prr_out, newly_acked_sacked);
    if (flags.snd_una_advanced && newly_lost == 0) ++send;
    send = std::min(delta, send);
  }
  send = std::max<std::int64_t>(send, prr_out != 0 ? 0 : 1);  // the first retransmission goes at once
  cwnd.cwnd = static_cast<std::uint32_t>(std::max<std::int64_t>(flight + send, 0));
}

bool TcpSock::any_retrans_done() const {
  if (write_queue.retrans_out() != 0) return true;
  return !write_queue.sent().empty() && write_queue.sent().front().ever_retrans;
}

void TcpSock::try_keep_open() {
  CaState next = CaState::Open;
  if (write_queue.left_out() != 0 || any_retrans_done()) next = CaState::Disorder;
  if (ca_state == next) return;
  ca_state = next;
  high_seq = snd_nxt;
}

void TcpSock::try_to_open() {
  if (!any_retrans_done()) retrans_stamp = kNoTime;
  if (ca_state != CaState::CWR) try_keep_open();
}

void TcpSock::xmit_recovery(Rexmit rexmit) {
  if (rexmit == Rexmit::none || state == TcpState::SYN_SENT) return;
  if (rexmit == Rexmit::fresh) {
    push_pending_frames(kNagleOff);
    if (after(snd_nxt, high_seq)) return;
    frto = false;
  }
  xmit_retransmit_queue();
}

// ---- duplicate ACKs without SACK

// The duplicates cannot stand for what is lost, nor for the first hole.
bool TcpSock::limit_reno_sacked() {
  const std::uint32_t packets = write_queue.packets_out();
  const std::uint32_t holes = std::min(std::max(write_queue.lost_out(), 1U), packets);
  if (write_queue.sacked_out + holes <= packets) return false;
  write_queue.sacked_out = packets - holes;
  return true;
}

// More duplicates than can have been lost: reordering.
void TcpSock::check_reno_reordering(std::uint32_t addend) {
  if (!limit_reno_sacked()) return;
  reordering = std::min(write_queue.packets_out() + addend, net.sysctl.tcp_max_reordering);
  ++reord_seen;
  ++net.mib.TcpExtTCPRenoReorder;
}

void TcpSock::add_reno_sack(bool dupack) {
  if (!dupack) return;
  const std::uint32_t prior = write_queue.sacked_out++;
  check_reno_reordering(0);
  delivered += write_queue.sacked_out > prior ? 1 : 0;
}

void TcpSock::remove_reno_sacks(std::uint32_t acked) {
  if (acked > 0) {
    const std::uint32_t reported = write_queue.sacked_out;
    delivered += acked > reported ? acked - reported : 1;  // one of them filled the hole
    write_queue.sacked_out -= std::min(reported, acked - 1);
  }
  check_reno_reordering(acked);
}

// tcp_check_sack_reordering: how far behind the highest report something arrived that was never retransmitted.
void TcpSock::check_sack_reordering(std::uint32_t low_seq, bool by_timestamp) {
  const std::uint32_t fack = highest_sack();
  if (!before(low_seq, fack)) return;
  const std::uint32_t metric = fack - low_seq;
  if (metric > reordering * mss_cache)
    reordering = std::min((metric + mss_cache - 1) / mss_cache, net.sysctl.tcp_max_reordering);
  ++reord_seen;
  ++(by_timestamp ? net.mib.TcpExtTCPTSReorder : net.mib.TcpExtTCPSACKReorder);
}

// ---- undo

// The ACK was caused by the original, not by the retransmission: it echoes a time before that (Eifel, RFC 3522).
bool TcpSock::packet_delayed() const {
  if (retrans_stamp == kNoTime || !rx_opt.saw_tstamp || rx_opt.tsecr == 0) return false;
  const std::uint32_t then = static_cast<std::uint32_t>(retrans_stamp.in_ps() / 1'000'000'000) + ts_off;
  return static_cast<std::int32_t>(rx_opt.tsecr - then) < 0;
}

void TcpSock::undo_cwnd_reduction(bool unmark_loss) {
  if (unmark_loss)
    for (TxSegment& s : write_queue.sent()) write_queue.clear_lost(s);
  if (prior_ssthresh != 0) {
    cwnd.cwnd = std::max(cwnd.cwnd, prior_cwnd);
    cwnd.ssthresh = std::max(cwnd.ssthresh, prior_ssthresh);
  }
  undo_armed = false;
  rack.advanced = true;  // look again at what is lost
}

bool TcpSock::try_undo_recovery() {
  if (may_undo()) {
    ++(ca_state == CaState::Loss ? net.mib.TcpExtTCPLossUndo : net.mib.TcpExtTCPFullUndo);
    undo_cwnd_reduction(false);
  }
  if (snd_una == high_seq && is_reno()) {
    // Without SACK stay here until something beyond is acknowledged, or old duplicates start it again (RFC 6582, 3.2).
    if (!any_retrans_done()) retrans_stamp = kNoTime;
    return true;
  }
  ca_state = CaState::Open;
  return false;
}

bool TcpSock::try_undo_partial(std::uint32_t prior_snd_una) {
  if (!undo_armed || !packet_delayed()) return false;
  check_sack_reordering(prior_snd_una, true);
  if (write_queue.retrans_out() != 0) return true;
  if (!any_retrans_done()) retrans_stamp = kNoTime;
  ++net.mib.TcpExtTCPPartialUndo;
  undo_cwnd_reduction(true);
  try_keep_open();
  return false;
}

bool TcpSock::try_undo_dsack() {
  if (!undo_armed || undo_retrans != 0) return false;
  ++net.mib.TcpExtTCPDSACKUndo;
  undo_cwnd_reduction(false);
  return true;
}

bool TcpSock::try_undo_loss(bool frto_undo) {
  if (!frto_undo && !may_undo()) return false;
  ++net.mib.TcpExtTCPLossUndo;
  if (frto_undo) ++net.mib.TcpExtTCPSpuriousRTOs;
  undo_cwnd_reduction(true);
  retransmits = 0;
  if (frto_undo || !is_reno()) ca_state = CaState::Open;
  return true;
}

}  // namespace nicosim
