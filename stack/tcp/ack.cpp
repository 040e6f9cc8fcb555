// What an acknowledgement does to what was sent (tcp_ack and what it calls; RFC 9293, 3.10.7.4; RFC 2018; RFC 7323).
#include "stack/tcp/sequence.hpp"
#include "stack/tcp/tcp_sock.hpp"

#include <algorithm>

namespace nicosim {
namespace {

std::int64_t in_us(SimTime t) { return t.in_ps() / 1'000'000; }

int refused(DropReason reason) { return -static_cast<int>(reason); }

}  // namespace

int TcpSock::ack(const TcpSegment& segment, AckFlags flags) {
  const std::uint32_t prior_snd_una = snd_una, ack_seq = segment.ack_seq();
  const std::uint32_t prior_delivered = delivered, prior_lost = lost_count;
  const bool prior_packets = write_queue.packets_out() != 0;
  Sacktag sacked;
  sacked.prior_fack = sack_ok ? highest_sack() : snd_una;
  sacked.reord = snd_nxt;
  Rexmit rexmit = Rexmit::none;

  if (before(ack_seq, prior_snd_una)) {
    // Older than the largest window ever: blind injection (RFC 5961, 5.2).
    const auto window = static_cast<std::uint32_t>(std::min<std::uint64_t>(max_window, bytes_acked));
    if (before(ack_seq, prior_snd_una - window)) {
      if (!flags.no_challenge) send_challenge_ack();
      return refused(DropReason::TCP_TOO_OLD_ACK);
    }
    if (sack_ok && rx_opt.num_sacks > 0) {
      sacktag_write_queue(flags, sacked, prior_snd_una, ack_seq);
      fastretrans_alert(flags, prior_snd_una, false, rexmit);
      xmit_recovery(rexmit);
    }
    return 0;
  }
  if (after(ack_seq, snd_nxt)) return refused(DropReason::TCP_ACK_UNSENT_DATA);

  if (after(ack_seq, prior_snd_una)) {
    flags.snd_una_advanced = true;
    retransmits = 0;
  }
  if (flags.update_ts_recent) replace_ts_recent(segment);
  flags.data = segment.end_seq() != segment.seq();
  ack_update_window(flags, segment);
  if (sack_ok && rx_opt.num_sacks > 0) sacktag_write_queue(flags, sacked, prior_snd_una, ack_seq);
  error_soft = 0;
  probes_out = 0;
  rcv_tstamp = net.now();

  if (!prior_packets) {
    if (flags.dsacking) fastretrans_alert(flags, prior_snd_una, false, rexmit);
    ack_probe();
    if (tlp_armed) process_tlp_ack(ack_seq, flags);
    return 1;
  }
  clean_rtx_queue(flags, sacked, ack_seq, prior_snd_una);
  if (tlp_armed) process_tlp_ack(ack_seq, flags);
  if (ack_is_dubious(flags)) {
    const bool dupack = !flags.snd_una_advanced && !flags.not_dup() && !flags.dsacking;
    fastretrans_alert(flags, prior_snd_una, dupack, rexmit);
  }
  if (flags.set_xmit_timer && !schedule_loss_probe(true)) rearm_rto();
  cong_control(flags, delivered - prior_delivered, lost_count - prior_lost);
  xmit_recovery(rexmit);
  return 1;
}

bool TcpSock::may_update_window(std::uint32_t ack_seq, std::uint32_t seq, std::uint32_t window) const {
  return after(ack_seq, snd_una) || after(seq, snd_wl1) || (seq == snd_wl1 && window > snd_wnd);
}

void TcpSock::ack_update_window(AckFlags& flags, const TcpSegment& segment) {
  std::uint32_t window = segment.header.window;
  if (!segment.has(TcpHeader::kSyn)) window <<= snd_wscale;
  if (may_update_window(segment.ack_seq(), segment.seq(), window)) {
    flags.win_update = true;
    snd_wl1 = segment.seq();
    if (snd_wnd != window) {
      snd_wnd = window;
      if (window > max_window) {
        max_window = window;
        sync_mss();
      }
    }
  }
  snd_una_update(segment.ack_seq());
}

void TcpSock::snd_una_update(std::uint32_t ack_seq) {
  bytes_acked += ack_seq - snd_una;
  snd_una = ack_seq;
}

void TcpSock::replace_ts_recent(const TcpSegment& segment) {
  if (!rx_opt.saw_tstamp || after(segment.seq(), rcv_wup)) return;  // RFC 7323, 4.3
  if (static_cast<std::int32_t>(rx_opt.tsval - ts_recent) < 0 && ts_recent_stamp != kNoTime &&
      net.now() - ts_recent_stamp < SimTime::s(24 * 24 * 3600))
    return;
  ts_recent = rx_opt.tsval;
  ts_recent_stamp = net.now();
}

void TcpSock::ack_probe() {  // tcp_ack_probe: does the window take the next segment now?
  if (write_queue.unsent().empty()) return;
  if (!after(write_queue.unsent().front().end_seq, wnd_end())) {
    backoff = 0;
    probes_tstamp = kNoTime;
    if (pending == Pending::probe0) clear_xmit_timer();
  } else if (pending != Pending::retrans) {
    reset_xmit_timer(Pending::probe0, probe0_when());
  }
}

std::uint32_t TcpSock::highest_sack() const {
  if (write_queue.sacked_out == 0) return snd_una;
  for (auto s = write_queue.sent().rbegin(); s != write_queue.sent().rend(); ++s)
    if (s->sacked) return s->end_seq;
  return snd_una;
}

// tcp_sacktag_write_queue: marks what the blocks cover; a first block below the rest is a duplicate (RFC 2883, 4).
void TcpSock::sacktag_write_queue(AckFlags& flags, Sacktag& seen, std::uint32_t prior_snd_una, std::uint32_t ack_seq) {
  const auto blocks = rx_opt.sack_blocks();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const SackBlock& block = blocks[i];
    if (!before(block.start, block.end)) continue;
    const bool inside_next =
        blocks.size() > 1 && i == 0 && !before(block.start, blocks[1].start) && !after(block.end, blocks[1].end);
    if (i == 0 && (before(block.start, ack_seq) || inside_next)) {
      if (after(block.end, snd_nxt) || before(block.start, prior_snd_una - max_window)) continue;  // not credible
      ++net.mib.TcpExtTCPDSACKRecv;
      flags.dsacking = true;
      if (undo_armed && undo_retrans > 0 && after(block.end, undo_marker)) {
        const auto packets = static_cast<std::int32_t>((block.end - block.start + mss_cache - 1) / mss_cache);
        undo_retrans = std::max(undo_retrans - packets, 0);
      }
      if (tlp_armed && tlp_retrans && !before(block.start, tlp_high_seq - mss_cache) && !after(block.end, tlp_high_seq))
        flags.dsack_tlp = true;
      continue;
    }
    if (before(block.start, snd_una) || after(block.end, snd_nxt)) continue;
    for (std::size_t k = 0; k < write_queue.sent().size(); ++k) {
      if (!before(write_queue.sent()[k].seq, block.end)) break;
      split_for_sack(k, block);
      TxSegment& s = write_queue.sent()[k];
      if (before(s.seq, block.start) || s.sacked) continue;
      if (after(s.end_seq, block.end)) break;
      if (!s.ever_retrans) {
        // Never retransmitted, and below what was reported before: it was only late.
        if (before(s.seq, seen.prior_fack)) seen.reord = earlier_of(seen.reord, s.seq);
        if (!after(s.end_seq, high_seq)) flags.orig_sack_acked = true;
        if (seen.first_sackt == kNoTime) seen.first_sackt = s.sent;
        seen.last_sackt = s.sent;
      }
      if (!(s.ever_retrans && rx_opt.saw_tstamp && packet_delayed())) rack_advance(s);
      write_queue.mark_sacked(s);
      flags.data_sacked = true;
      delivered += s.segs;
    }
  }
  if (ca_state != CaState::Loss || undo_armed) check_sack_reordering(seen.reord, false);
}

// tcp_match_skb_to_sack: a segment of several packets of which the block covers some is cut where the block begins or
// ends, at full packets only.
void TcpSock::split_for_sack(std::size_t index, const SackBlock& block) {
  const TxSegment& s = write_queue.sent()[index];
  if (s.segs == 1 || s.sacked || !after(s.end_seq, block.start)) return;
  const bool begins_inside = !after(block.start, s.seq);
  if (begins_inside && !before(block.end, s.end_seq)) return;  // all of it
  const std::size_t mss = s.mss;
  std::size_t size = begins_inside ? block.end - s.seq : block.start - s.seq;
  if (begins_inside) {
    size = size / mss * mss;
  } else {
    size = (size + mss - 1) / mss * mss;
  }
  if (size == 0 || size >= s.size()) return;
  write_queue.split_sent(index, size, mss);
}

// tcp_clean_rtx_queue: what is acknowledged leaves, and says how long it took.
void TcpSock::clean_rtx_queue(AckFlags& flags, Sacktag& seen, std::uint32_t ack_seq, std::uint32_t) {
  SimTime first = kNoTime, last = kNoTime;
  std::uint32_t reord = snd_nxt, acked = 0;
  while (!write_queue.sent().empty()) {
    const TxSegment& head = write_queue.sent().front();
    const bool whole = !after(head.end_seq, ack_seq);
    const std::uint32_t start = head.seq;
    std::uint32_t packets = head.segs;
    if (!whole) {
      packets = after(ack_seq, start) ? write_queue.trim_head(ack_seq) : 0;
      if (packets == 0) break;
    }
    if (head.ever_retrans) {
      flags.retrans_data_acked = true;
    } else if (!head.sacked) {
      last = head.sent;
      if (first == kNoTime) first = last;
      reord = earlier_of(reord, start);
      if (!after(head.end_seq, high_seq)) flags.orig_sack_acked = true;
    }
    if (!head.sacked && sack_ok) {
      delivered += packets;
      if (!(head.ever_retrans && packet_delayed())) rack_advance(head);
    }
    if ((head.flags & TcpHeader::kSyn) != 0) {
      flags.syn_acked = true;
      retrans_stamp = kNoTime;
    } else {
      flags.data_acked = true;
    }
    acked += packets;
    if (!whole) break;
    write_queue.pop_acked();
  }

  std::int64_t seq_rtt = -1, ca_rtt = -1, sack_rtt = -1;
  if (first != kNoTime && !flags.retrans_data_acked) {
    seq_rtt = in_us(net.now() - first);
    ca_rtt = in_us(net.now() - last);
  }
  if (seen.first_sackt != kNoTime) {
    sack_rtt = in_us(net.now() - seen.first_sackt);
    ca_rtt = in_us(net.now() - seen.last_sackt);
  }
  const bool measured = ack_update_rtt(flags, seq_rtt, sack_rtt, ca_rtt);
  if (flags.acked()) {
    flags.set_xmit_timer = true;
    if (is_reno()) {
      remove_reno_sacks(acked);
      if (flags.retrans_data_acked) flags.orig_sack_acked = false;
    } else if (before(reord, seen.prior_fack)) {
      check_sack_reordering(reord, false);
    }
  } else if (!write_queue.sent().empty() && measured && sack_rtt >= 0 &&
             sack_rtt > in_us(net.now() - write_queue.sent().front().sent)) {
    // Measured on something sent before the head was sent again: the head's own time must not begin anew.
    flags.set_xmit_timer = true;
  }
  if (write_queue.packets_out() == 0 && !flags.set_xmit_timer) rearm_rto();
}

// tcp_ack_update_rtt. A segment that was retransmitted gives no sample of its own (Karn), but the echoed timestamp
// tells the two apart (RFC 7323, 4.1).
bool TcpSock::ack_update_rtt(const AckFlags& flags, std::int64_t seq_rtt_us, std::int64_t sack_rtt_us,
                             std::int64_t ca_rtt_us) {
  if (seq_rtt_us < 0) seq_rtt_us = sack_rtt_us;
  if (seq_rtt_us < 0 && rx_opt.saw_tstamp && rx_opt.tsecr != 0 && flags.acked()) {
    const auto delta = static_cast<std::int32_t>(timestamp() - rx_opt.tsecr);
    if (delta >= 0 && delta < 0x7fff'ffff / 1000) seq_rtt_us = ca_rtt_us = std::int64_t{std::max(delta, 1)} * 1000;
  }
  if (seq_rtt_us < 0) return false;
  rtt.update_min(ca_rtt_us < 0 ? seq_rtt_us : ca_rtt_us, net.now());
  rtt.sample(seq_rtt_us, snd_una, snd_nxt);
  set_rto();
  backoff = 0;
  return true;
}

void TcpSock::cong_control(const AckFlags& flags, std::uint32_t acked, std::uint32_t newly_lost) {
  if (in_cwnd_reduction()) {
    cwnd_reduction(acked, newly_lost, flags);
    return update_pacing_rate();
  }
  // tcp_may_raise_cwnd: with much reordering every arrival counts, else only acknowledged data.
  const bool raise = reordering > net.sysctl.tcp_reordering ? flags.forward_progress() : flags.data_acked;
  if (!raise) return update_pacing_rate();
  // tcp_is_cwnd_limited
  const bool limited = is_cwnd_limited || (cwnd.in_slow_start() && cwnd.cwnd < 2 * max_packets_out);
  if (limited && acked > 0) congestion->cong_avoid(cwnd, acked, net.now(), rtt.min_rtt());
  update_pacing_rate();
}

}  // namespace nicosim
