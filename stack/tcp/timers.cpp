// The timers of a connection (net/ipv4/tcp_timer.c, RFC 6298, RFC 1122 section 4.2.3.6).
#include "stack/io/wake_up.hpp"
#include "stack/tcp/tcp_sock.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <utility>

namespace nicosim {

void TcpSock::reset_xmit_timer(Pending what, SimTime after) {
  pending = what;
  pending_since = net.now();
  write_timer.arm(net.now() + std::min(after, kTcpRtoMax));
}

void TcpSock::clear_xmit_timer() {
  pending = Pending::none;
  write_timer.cancel();
}

void TcpSock::clear_xmit_timers() {
  clear_xmit_timer();
  delack_timer.cancel();
  keepalive_timer.cancel();
  tsq_timer.cancel();
  ack_state.scheduled = ack_state.timer = ack_state.now = false;
}

void TcpSock::set_rto() { rto = rtt.rto(); }

// tcp_rearm_rto: the first segment's time begins again, unless it was another timer that was running.
void TcpSock::rearm_rto() {
  if (write_queue.packets_out() == 0) return clear_xmit_timer();
  SimTime after = rto;
  if (pending == Pending::reo_timeout || pending == Pending::loss_probe)
    after = std::max(write_queue.sent().front().sent + rto - net.now(), SimTime::us(1));
  reset_xmit_timer(Pending::retrans, after);
}

void TcpSock::write_timer_handler() {
  if (in({TcpState::CLOSE, TcpState::LISTEN})) return;
  switch (std::exchange(pending, Pending::none)) {
    case Pending::none:
      return;
    case Pending::reo_timeout:
      return rack_reo_timeout();
    case Pending::loss_probe:
      pending = Pending::loss_probe;
      return send_loss_probe();
    case Pending::retrans:
      return retransmit_timer();
    case Pending::probe0:
      return probe_timer();
  }
}

void TcpSock::retransmit_timer() {
  if (write_queue.packets_out() == 0) return;
  tlp_armed = false;
  if (snd_wnd == 0 && !dead && !in({TcpState::SYN_SENT, TcpState::SYN_RECV})) {
    // The receiver shrank its window to nothing behind what we sent: keep trying, the connection lives.
    if (net.now() - rcv_tstamp > kTcpRtoMax) {
      ++net.mib.TcpExtTCPAbortOnTimeout;
      return abort(ETIMEDOUT);
    }
    enter_loss();
    retransmit(0);
  } else {
    if (write_timeout()) return;
    ++net.mib.TcpExtTCPTimeouts;
    enter_loss();
    ++retransmits;
    if (retransmit(0) != 0) {  // our own queue is full: try again soon
      reset_xmit_timer(Pending::retrans, std::min(rto, kTcpResourceProbeInterval));
      return;
    }
    ++backoff;
  }
  rto = std::min(rto * 2, kTcpRtoMax);
  SimTime after = rto;
  if (user_timeout != SimTime::zero() && retrans_stamp != kNoTime) {  // tcp_clamp_rto_to_user_timeout
    const SimTime left = user_timeout - (net.now() - retrans_stamp);
    after = std::min(after, std::max(left, SimTime::ms(4)));
  }
  reset_xmit_timer(Pending::retrans, after);
}

// retransmits_timed_out: have we been at it for as long as `boundary` retransmissions with back-off would take?
bool TcpSock::retransmits_timed_out(unsigned boundary, SimTime timeout) const {
  if (retransmits == 0) return false;
  const SimTime start = retrans_stamp != kNoTime ? retrans_stamp : write_queue.sent().front().sent;
  if (timeout == SimTime::zero()) {  // tcp_model_timeout
    const SimTime base = in({TcpState::SYN_SENT, TcpState::SYN_RECV}) ? kTcpTimeoutInit : kTcpRtoMin;
    const auto ratio = static_cast<std::uint64_t>(kTcpRtoMax.in_ps() / base.in_ps());
    const auto doubling = static_cast<unsigned>(std::bit_width(ratio) - 1);
    const std::int64_t steps = (std::int64_t{2} << std::min(boundary, doubling)) - 1;
    timeout = base * steps;
    if (boundary > doubling) timeout += kTcpRtoMax * static_cast<std::int64_t>(boundary - doubling);
  }
  return net.now() - start >= timeout;
}

unsigned TcpSock::orphan_retries(bool alive) const {
  unsigned retries = net.sysctl.tcp_orphan_retries;
  if (error_soft != 0 && !alive) retries = 0;
  if (retries == 0 && alive) retries = 8;
  return retries;
}

// tcp_write_timeout: true when we have given up.
bool TcpSock::write_timeout() {
  bool expired = false;
  if (in({TcpState::SYN_SENT, TcpState::SYN_RECV})) {
    const unsigned most = syn_retries != 0 ? syn_retries : net.sysctl.tcp_syn_retries;
    expired = retransmits >= most;
    if (!expired && user_timeout != SimTime::zero()) expired = retransmits_timed_out(0, user_timeout);
  } else {
    unsigned most = net.sysctl.tcp_retries2;
    if (dead) most = orphan_retries(rto < kTcpRtoMax);
    expired = retransmits_timed_out(most, user_timeout);
  }
  if (!expired) return false;
  ++net.mib.TcpExtTCPAbortOnTimeout;
  abort(ETIMEDOUT);
  return true;
}

// ---- zero window (RFC 9293, 3.8.6.1)

SimTime TcpSock::probe0_when() const {
  SimTime when = probe0_base();
  for (unsigned i = 0; i < backoff && when < kTcpRtoMax; ++i) when = when * 2;
  return std::min(when, kTcpRtoMax);
}

void TcpSock::check_probe_timer() {
  if (write_queue.packets_out() == 0 && pending == Pending::none) reset_xmit_timer(Pending::probe0, probe0_base());
}

void TcpSock::probe_timer() {
  if (write_queue.packets_out() != 0 || write_queue.unsent().empty()) {
    probes_out = 0;
    probes_tstamp = kNoTime;
    return;
  }
  unsigned most = net.sysctl.tcp_retries2;
  bool expired = false;
  if (probes_tstamp == kNoTime)
    probes_tstamp = net.now();
  else if (user_timeout != SimTime::zero())
    expired = net.now() - probes_tstamp >= user_timeout;
  if (dead) {
    const bool alive = probe0_when() < kTcpRtoMax;
    most = orphan_retries(alive);
    if (!alive && backoff >= most) expired = true;
  }
  if (expired || probes_out >= most) {
    ++net.mib.TcpExtTCPAbortOnTimeout;
    return abort(ETIMEDOUT);
  }
  send_probe0();
}

void TcpSock::send_probe0() {
  const int result = write_wakeup(net.mib.TcpExtTCPWinProbe);
  if (write_queue.packets_out() != 0 || write_queue.unsent().empty()) {
    probes_out = backoff = 0;
    probes_tstamp = kNoTime;
    return;
  }
  ++probes_out;
  SimTime after = kTcpResourceProbeInterval;
  if (result == 0) {
    if (backoff < net.sysctl.tcp_retries2) ++backoff;
    after = probe0_when();
  }
  if (user_timeout != SimTime::zero() && probes_tstamp != kNoTime)  // tcp_clamp_probe0_to_user_timeout
    after = std::min(after, std::max(user_timeout - (net.now() - probes_tstamp), kTcpTimeoutMin));
  reset_xmit_timer(Pending::probe0, after);
}

// ---- delayed ACK

void TcpSock::delack_timer_handler() {
  if (in({TcpState::CLOSE, TcpState::LISTEN}) || !ack_state.timer) return;
  if (ack_state.timeout > net.now()) return delack_timer.arm(ack_state.timeout);
  ack_state.timer = false;
  if (!ack_state.scheduled) return;
  if (!ack_state.pingpong) {  // nothing to send it along with: wait longer next time
    ack_state.ato = std::min(ack_state.ato * 2, rto);
  } else {
    ack_state.pingpong = false;
    ack_state.ato = kTcpAtoMin;
  }
  send_ack();
  ++net.mib.TcpExtDelayedACKs;
}

// ---- keepalive, and FIN_WAIT_2 of an orphan, which shares the timer

SimTime TcpSock::keepalive_time_when() const {
  return SimTime::s(keepalive_time_s != 0 ? keepalive_time_s : net.sysctl.tcp_keepalive_time);
}

SimTime TcpSock::fin_time() const {
  const SimTime time = SimTime::s(linger2_s > 0 ? linger2_s : static_cast<std::int64_t>(net.sysctl.tcp_fin_timeout));
  return std::max(time, SimTime::ps(rto.in_ps() * 7 / 2));
}

void TcpSock::set_keepalive(bool on) {
  if (on && !keepopen && !in({TcpState::CLOSE, TcpState::LISTEN, TcpState::SYN_SENT}))
    keepalive_timer.arm(net.now() + keepalive_time_when());
  else if (!on)
    keepalive_timer.cancel();
  keepopen = on;
}

void TcpSock::keepalive_timer_handler() {
  const auto keep = self();
  if (owned) return keepalive_timer.arm(net.now() + SimTime::ms(50));
  owned = true;
  keepalive_expired();
  release();
}

void TcpSock::keepalive_expired() {
  if (state == TcpState::LISTEN) return;
  if (state == TcpState::FIN_WAIT2 && dead) {
    if (linger2_s >= 0) {
      const SimTime left = fin_time() - SimTime::s(60);
      if (left > SimTime::zero()) return time_wait(true, left);
    }
    send_active_reset();
    return finish();
  }
  if (!keepopen || in({TcpState::CLOSE, TcpState::SYN_SENT})) return;
  SimTime after = keepalive_time_when();
  if (write_queue.empty()) {  // unacknowledged data keep watch themselves
    const SimTime silent = net.now() - std::max(rcv_tstamp, ack_state.lrcvtime);
    if (silent >= keepalive_time_when()) {
      const unsigned most = keepalive_probes_n != 0 ? keepalive_probes_n : net.sysctl.tcp_keepalive_probes;
      const bool timed = user_timeout != SimTime::zero();
      if (timed ? silent >= user_timeout && probes_out > 0 : probes_out >= most) {
        send_active_reset();
        ++net.mib.TcpExtTCPAbortOnTimeout;
        return abort(ETIMEDOUT);
      }
      if (write_wakeup(net.mib.TcpExtTCPKeepAlive) == 0) {
        ++probes_out;
        after = SimTime::s(keepalive_intvl_s != 0 ? keepalive_intvl_s : net.sysctl.tcp_keepalive_intvl);
      } else {
        after = kTcpResourceProbeInterval;
      }
    } else {
      after = keepalive_time_when() - silent;
    }
  }
  keepalive_timer.arm(net.now() + after);
}

}  // namespace nicosim
