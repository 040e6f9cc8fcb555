// RACK: lost is what was sent before something that has arrived, and long enough ago (RFC 8985;
// net/ipv4/tcp_recovery.c).
#include "stack/tcp/sequence.hpp"
#include "stack/tcp/tcp_sock.hpp"

#include <algorithm>

namespace nicosim {
namespace {

// Sent at the same time the higher number was sent later.
bool sent_after(SimTime a, SimTime b, std::uint32_t a_seq, std::uint32_t b_seq) {
  return a > b || (a == b && after(a_seq, b_seq));
}

}  // namespace

void TcpSock::rack_advance(const TxSegment& segment) {
  const SimTime sample = net.now() - segment.sent;
  // Faster than any round trip: it was the original that arrived, not the retransmission.
  if (segment.ever_retrans && rtt.has_min() && sample < rtt.min_rtt()) return;
  rack.advanced = true;
  rack.rtt = sample;
  if (!sent_after(segment.sent, rack.mstamp, segment.end_seq, rack.end_seq)) return;
  rack.mstamp = segment.sent;
  rack.end_seq = segment.end_seq;
}

SimTime TcpSock::rack_reo_wnd() const {
  if (reord_seen == 0) {
    if (ca_state >= CaState::Recovery) return SimTime::zero();
    if (write_queue.sacked_out >= reordering) return SimTime::zero();  // the third duplicate
  }
  const SimTime quarter = SimTime::ps(rtt.min_rtt().in_ps() / 4);
  return std::min(quarter, rtt.srtt());
}

// tcp_rack_detect_loss: marks what is due; returns how long until the next one is, zero when there is none.
SimTime TcpSock::rack_detect_loss() {
  const SimTime reo_wnd = rack_reo_wnd();
  SimTime wait = SimTime::zero();
  for (TxSegment& s : write_queue.sent()) {
    if (s.sacked || (s.lost && !s.retrans)) continue;
    if (!sent_after(rack.mstamp, s.sent, rack.end_seq, s.end_seq)) continue;
    const SimTime remaining = s.sent + rack.rtt + reo_wnd - net.now();
    if (remaining <= SimTime::zero())
      mark_lost(s);
    else
      wait = std::max(wait, remaining);
  }
  return wait;
}

bool TcpSock::rack_mark_lost() {
  if (!rack.advanced) return false;
  rack.advanced = false;
  const SimTime wait = rack_detect_loss();
  if (wait == SimTime::zero()) return false;
  reset_xmit_timer(Pending::reo_timeout, wait + kTcpTimeoutMin);
  return true;
}

void TcpSock::rack_reo_timeout() {
  const std::uint32_t prior = write_queue.in_flight();
  rack_detect_loss();
  if (prior != write_queue.in_flight()) {
    if (ca_state != CaState::Recovery) {
      enter_recovery();
      cwnd_reduction(1, 0, {});
    }
    xmit_retransmit_queue();
  }
  if (pending != Pending::retrans) rearm_rto();
}

// tcp_process_tlp_ack: was there a loss that the probe repaired?
void TcpSock::process_tlp_ack(std::uint32_t ack_seq, const AckFlags& flags) {
  if (before(ack_seq, tlp_high_seq)) return;
  if (!tlp_retrans || flags.dsack_tlp) {
    tlp_armed = false;
  } else if (after(ack_seq, tlp_high_seq)) {
    init_cwnd_reduction();
    ca_state = CaState::CWR;
    end_cwnd_reduction();
    try_keep_open();
    ++net.mib.TcpExtTCPLossProbeRecovery;
  } else if (!flags.snd_una_advanced && !flags.not_dup() && !flags.data_sacked) {
    tlp_armed = false;  // both the original and the probe have arrived
  }
}

}  // namespace nicosim
