// A segment for a connection, checked in the order of RFC 9293, 3.10.7.4 (net/ipv4/tcp_input.c).
#include "stack/tcp/sequence.hpp"
#include "stack/tcp/tcp_sock.hpp"

#include <algorithm>
#include <cerrno>

namespace nicosim {
namespace {

constexpr SimTime kPawsOutdated = SimTime::s(24 * 24 * 3600);  // TCP_PAWS_24DAYS: our memory of TS.Recent
constexpr std::int32_t kPawsWindow = 1;                        // TCP_PAWS_WINDOW: replays within one tick pass

}  // namespace

// tcp_sequence: does the segment touch the window? (RFC 9293, table 6, with the left edge at what was acknowledged.)
bool TcpSock::sequence_ok(const TcpSegment& segment) const {
  return !before(segment.end_seq(), rcv_wup) && !after(segment.seq(), rcv_nxt + receive_window());
}

bool TcpSock::paws_reject(bool rst) const {
  if (ts_recent_stamp == kNoTime) return false;
  if (static_cast<std::int32_t>(ts_recent - rx_opt.tsval) <= kPawsWindow) return false;
  if (net.now() - ts_recent_stamp >= kPawsOutdated) return false;
  // A reset may come from a host that has restarted its clock.
  return !(rst && net.now() - ts_recent_stamp >= SimTime::s(1));
}

// tcp_paws_discard: but a duplicate ACK that was overtaken is not harmful (tcp_disordered_ack).
bool TcpSock::paws_discard(const TcpSegment& segment) const {
  const bool too_old = ts_recent_stamp != kNoTime &&
                       static_cast<std::int32_t>(ts_recent - rx_opt.tsval) > kPawsWindow &&
                       net.now() - ts_recent_stamp < kPawsOutdated;
  if (!too_old) return false;
  const std::uint32_t window = std::uint32_t{segment.header.window} << snd_wscale;
  const bool disordered = segment.has(TcpHeader::kAck) && segment.seq() == segment.end_seq() &&
                          segment.seq() == rcv_nxt && segment.ack_seq() == snd_una &&
                          !may_update_window(segment.ack_seq(), segment.seq(), window) &&
                          static_cast<std::int32_t>(ts_recent - rx_opt.tsval) <= rto.in_ps() / 1'000'000'000;
  return !disordered;
}

// A reset whose number lies just before a FIN that was acknowledged already (draft behaviour of some peers).
bool TcpSock::reset_check(const TcpSegment& segment) const {
  return segment.seq() == rcv_nxt - 1 && in({TcpState::CLOSE_WAIT, TcpState::LAST_ACK, TcpState::CLOSING});
}

// __tcp_oow_rate_limited: answers to segments without data are limited, so that two confused ends do not loop.
bool TcpSock::oow_rate_limited(const TcpSegment& segment, std::uint64_t& counter) {
  if (segment.header.payload_bytes != 0 && !segment.has(TcpHeader::kSyn)) return false;
  if (last_oow_ack != kNoTime && net.now() - last_oow_ack < SimTime::ms(net.sysctl.tcp_invalid_ratelimit)) {
    ++counter;
    return true;
  }
  last_oow_ack = net.now();
  return false;
}

void TcpSock::send_dupack(const TcpSegment& segment) {
  if (segment.end_seq() != segment.seq() && before(segment.seq(), rcv_nxt)) {
    ++net.mib.TcpExtDelayedACKLost;
    enter_quickack_mode();
    dsack_set(segment.seq(), earlier_of(segment.end_seq(), rcv_nxt));
  }
  send_ack();
}

void TcpSock::send_challenge_ack() {  // RFC 5961
  if (last_oow_ack != kNoTime && net.now() - last_oow_ack < SimTime::ms(net.sysctl.tcp_invalid_ratelimit)) {
    ++net.mib.TcpExtTCPACKSkippedChallenge;
    return;
  }
  last_oow_ack = net.now();
  ++net.mib.TcpExtTCPChallengeACK;
  send_ack();
}

// tcp_validate_incoming: PAWS, sequence number, RST, SYN.
bool TcpSock::validate_incoming(TcpSegment& segment) {
  const bool rst = segment.has(TcpHeader::kRst);
  if (rx_opt.saw_tstamp && paws_discard(segment) && !rst) {
    ++net.mib.TcpExtPAWSEstab;
    if (!oow_rate_limited(segment, net.mib.TcpExtTCPACKSkippedPAWS)) send_dupack(segment);
    layer.drop(std::move(segment), DropReason::TCP_RFC7323_PAWS);
    return false;
  }
  const auto challenge_syn = [&] {
    ++net.mib.TcpExtTCPSYNChallenge;
    send_challenge_ack();
    layer.drop(std::move(segment), DropReason::TCP_INVALID_SYN);
    return false;
  };
  if (!sequence_ok(segment)) {
    if (rst && reset_check(segment)) {
      reset_by_peer(std::move(segment));
      return false;
    }
    if (!rst && segment.has(TcpHeader::kSyn)) return challenge_syn();
    if (!rst && !oow_rate_limited(segment, net.mib.TcpExtTCPACKSkippedSeq)) send_dupack(segment);
    layer.drop(std::move(segment), DropReason::TCP_INVALID_SEQUENCE);
    return false;
  }
  if (rst) {
    // Only the exact next number is believed, or the end of what SACK has told the peer (RFC 5961, 3.2).
    const bool exact = segment.seq() == rcv_nxt || reset_check(segment) ||
                       (sack_ok && !sacks.empty() && segment.seq() == sacks.highest());
    if (exact) {
      reset_by_peer(std::move(segment));
      return false;
    }
    send_challenge_ack();
    layer.drop(std::move(segment), DropReason::TCP_RESET);
    return false;
  }
  if (segment.has(TcpHeader::kSyn)) return challenge_syn();
  return true;
}

void TcpSock::reset_by_peer(TcpSegment segment) {  // tcp_reset
  layer.drop(std::move(segment), DropReason::TCP_RESET);
  error_soft = 0;
  switch (state) {
    case TcpState::SYN_SENT:
      return abort(ECONNREFUSED);
    case TcpState::CLOSE_WAIT:
      return abort(EPIPE);
    case TcpState::CLOSE:
      return;
    default:
      return abort(ECONNRESET);
  }
}

void TcpSock::rcv_established(TcpSegment segment) {
  segs_in += segment.segs();
  rx_opt = segment.options;
  if (!tstamp_ok) rx_opt.saw_tstamp = false;
  if (!segment.has(TcpHeader::kAck) && !segment.has(TcpHeader::kRst) && !segment.has(TcpHeader::kSyn))
    return layer.drop(std::move(segment), DropReason::TCP_FLAGS);
  if (!validate_incoming(segment)) return;
  AckFlags flags;
  flags.update_ts_recent = true;
  const int acceptable = ack(segment, flags);
  if (acceptable < 0) return layer.drop(std::move(segment), static_cast<DropReason>(-acceptable));
  if (acceptable == 0 && segment.seq() == segment.end_seq()) {
    layer.drop(std::move(segment), DropReason::TCP_OLD_ACK);
  } else {
    if (segment.header.payload_bytes != 0) data_segs_in += segment.segs();
    rcv_rtt_measure_ts(segment.header.payload_bytes);
    data_queue(std::move(segment));
  }
  if (state == TcpState::CLOSE) return;
  data_snd_check();
  ack_snd_check();
}

void TcpSock::rcv_state_process(TcpSegment segment) {
  if (state == TcpState::CLOSE || state == TcpState::LISTEN)  // closed while the segment waited in the backlog
    return layer.reset(std::move(segment), DropReason::TCP_CLOSE);
  segs_in += segment.segs();
  rx_opt = segment.options;
  if (state == TcpState::SYN_SENT) return rcv_synsent(std::move(segment));
  if (!tstamp_ok) rx_opt.saw_tstamp = false;
  if (!segment.has(TcpHeader::kAck) && !segment.has(TcpHeader::kRst) && !segment.has(TcpHeader::kSyn))
    return layer.drop(std::move(segment), DropReason::TCP_FLAGS);
  if (!validate_incoming(segment)) return;

  AckFlags flags;
  flags.update_ts_recent = flags.no_challenge = true;
  const int acceptable = ack(segment, flags);
  if (acceptable <= 0) {
    if (state == TcpState::SYN_RECV) return layer.reset(std::move(segment), DropReason::TCP_ACK_UNSENT_DATA);
    send_challenge_ack();
    const DropReason reason = acceptable == 0 ? DropReason::TCP_OLD_ACK : static_cast<DropReason>(-acceptable);
    return layer.drop(std::move(segment), reason);
  }
  switch (state) {
    case TcpState::SYN_RECV:
      copied_seq = rcv_nxt;
      set_state(TcpState::ESTABLISHED);
      init_transfer();
      state_change();
      snd_una = segment.ack_seq();
      snd_wnd = std::uint32_t{segment.header.window} << snd_wscale;
      snd_wl1 = segment.seq();
      max_window = std::max(max_window, snd_wnd);
      if (tstamp_ok) advmss = static_cast<std::uint16_t>(advmss - TcpOptions::kTimestampBytes);
      sync_mss();
      lsndtime = net.now();
      initialize_rcv_mss();
      break;
    case TcpState::FIN_WAIT1: {
      if (snd_una != write_seq) break;
      set_state(TcpState::FIN_WAIT2);
      shutdown_mask |= kSendShutdown;
      if (!dead) {
        state_change();
        break;
      }
      const bool late_data = segment.end_seq() != segment.seq() && after(segment.data_end(), rcv_nxt);
      if (linger2_s < 0 || late_data) {
        ++net.mib.TcpExtTCPAbortOnData;
        finish();
        return layer.reset(std::move(segment), DropReason::TCP_CLOSE);
      }
      const SimTime lasts = fin_time();
      if (lasts > SimTime::s(60)) {
        keepalive_timer.arm(net.now() + lasts - SimTime::s(60));
      } else if (segment.has(TcpHeader::kFin)) {
        keepalive_timer.arm(net.now() + lasts);
      } else {
        layer.consume(std::move(segment));
        return time_wait(true, lasts);
      }
      break;
    }
    case TcpState::CLOSING:
      if (snd_una != write_seq) break;
      layer.consume(std::move(segment));
      return time_wait(false, SimTime::s(60));
    case TcpState::LAST_ACK:
      if (snd_una != write_seq) break;
      layer.consume(std::move(segment));
      return finish();
    default:
      break;
  }

  bool queued = false;
  switch (state) {
    case TcpState::CLOSE_WAIT:
    case TcpState::CLOSING:
    case TcpState::LAST_ACK:
      if (!before(segment.seq(), rcv_nxt)) break;  // nothing can follow a FIN
      [[fallthrough]];
    case TcpState::FIN_WAIT1:
    case TcpState::FIN_WAIT2:
      // Data for nobody (RFC 1122, 4.2.2.13): the peer must learn that they are lost.
      if ((shutdown_mask & kRcvShutdown) != 0 && segment.end_seq() != segment.seq() &&
          after(segment.data_end(), rcv_nxt)) {
        ++net.mib.TcpExtTCPAbortOnData;
        layer.reset(std::move(segment), DropReason::TCP_CLOSE);
        error_soft = 0;
        return abort(ECONNRESET);
      }
      [[fallthrough]];
    case TcpState::ESTABLISHED:
      if (segment.header.payload_bytes != 0) data_segs_in += segment.segs();
      data_queue(std::move(segment));
      queued = true;
      break;
    default:
      break;
  }
  if (state != TcpState::CLOSE) {
    data_snd_check();
    ack_snd_check();
  }
  if (!queued) layer.consume(std::move(segment));
}

}  // namespace nicosim
