// SYN-SENT: the answer to our SYN, or a SYN that has crossed it (RFC 9293, 3.10.7.3).
#include "stack/io/wake_up.hpp"
#include "stack/tcp/sequence.hpp"
#include "stack/tcp/tcp_sock.hpp"

#include <algorithm>
#include <csignal>

namespace nicosim {

void TcpSock::rcv_synsent(TcpSegment segment) {
  // Our own SYN's offers decide what the peer's options may mean.
  if (net.sysctl.tcp_timestamps == 0) rx_opt.saw_tstamp = false;
  const auto take_options = [&] {
    tstamp_ok = rx_opt.saw_tstamp;
    sack_ok = rx_opt.sack_permitted && net.sysctl.tcp_sack != 0;
    wscale_ok = rx_opt.window_scale.has_value() && net.sysctl.tcp_window_scaling != 0;
    snd_wscale = wscale_ok ? *rx_opt.window_scale : 0;
    if (!wscale_ok) {
      rcv_wscale = 0;
      window_clamp = std::min(window_clamp, 65535U);
    }
    mss_clamp = rx_opt.mss.value_or(kTcpMssDefault);
    if (user_mss != 0) mss_clamp = std::min(mss_clamp, user_mss);
    if (tstamp_ok) {
      ts_recent = rx_opt.tsval;
      ts_recent_stamp = net.now();
    }
    rcv_nxt = rcv_wup = copied_seq = segment.seq() + 1;
    snd_wnd = segment.header.window;  // never scaled on a SYN
    snd_wl1 = segment.seq();
    max_window = std::max(max_window, snd_wnd);
  };

  if (segment.has(TcpHeader::kAck)) {
    if (!after(segment.ack_seq(), snd_una) || after(segment.ack_seq(), snd_nxt)) {
      // Somebody still lives in an old connection; our reset ends it, and our SYN goes again at once.
      if (retransmits == 0) reset_xmit_timer(Pending::retrans, kTcpTimeoutMin);
      return layer.reset(std::move(segment), DropReason::TCP_RESET);
    }
    const std::uint32_t first = static_cast<std::uint32_t>(retrans_stamp.in_ps() / 1'000'000'000) + ts_off;
    if (rx_opt.saw_tstamp && rx_opt.tsecr != 0 && !between(rx_opt.tsecr, first, timestamp())) {
      ++net.mib.TcpExtPAWSActive;
      return layer.reset(std::move(segment), DropReason::TCP_RFC7323_PAWS);
    }
    if (segment.has(TcpHeader::kRst)) return reset_by_peer(std::move(segment));
    if (!segment.has(TcpHeader::kSyn)) return layer.drop(std::move(segment), DropReason::TCP_FLAGS);
    ack(segment, {});
    take_options();
    if (tstamp_ok) advmss = static_cast<std::uint16_t>(advmss - TcpOptions::kTimestampBytes);
    sync_mss();
    initialize_rcv_mss();
    finish_connect();
    layer.consume(std::move(segment));
    if (write_pending != 0 || ack_state.pingpong) {
      // The writer's first segment will carry the ACK.
      ack_state.scheduled = ack_state.timer = true;
      enter_quickack_mode();
      ack_state.timeout = net.now() + kTcpDelackMax;
      delack_timer.arm(ack_state.timeout);
      return;
    }
    send_ack();
    return data_snd_check();
  }
  if (segment.has(TcpHeader::kRst)) return layer.drop(std::move(segment), DropReason::TCP_RESET);
  if (!segment.has(TcpHeader::kSyn)) return layer.drop(std::move(segment), DropReason::TCP_FLAGS);
  set_state(TcpState::SYN_RECV);
  take_options();
  sync_mss();
  initialize_rcv_mss();
  send_synack();
  layer.consume(std::move(segment));
}

void TcpSock::finish_connect() {  // tcp_finish_connect
  set_state(TcpState::ESTABLISHED);
  lsndtime = net.now();
  init_transfer();
  if (keepopen) keepalive_timer.arm(net.now() + keepalive_time_when());
  if (dead) return;
  state_change();
  sk_wake_async(*this, AsyncWake::io, POLL_OUT);
}

// tcp_init_transfer: the first window, smaller when the SYN had to be sent again (RFC 5681, 3.1).
void TcpSock::init_transfer() {
  cwnd.cwnd = total_retrans > 1 ? 1 : 10;
  high_seq = snd_nxt;
  init_buffer_space();
  backoff = retransmits = 0;
  set_rto();
  update_pacing_rate();
}

}  // namespace nicosim
