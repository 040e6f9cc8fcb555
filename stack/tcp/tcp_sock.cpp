// A connection's life as a whole: ownership, state, the end (net/core/sock.c, net/ipv4/tcp.c).
#include "stack/tcp/tcp_sock.hpp"

#include "stack/core/busy_poll.hpp"
#include "stack/io/poll_mask.hpp"
#include "stack/io/wake_up.hpp"
#include "stack/socket/socket.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <csignal>
#include <utility>

namespace nicosim {

std::string_view name_of(TcpState state) {
  switch (state) {
    case TcpState::ESTABLISHED:
      return "ESTAB";
    case TcpState::SYN_SENT:
      return "SYN-SENT";
    case TcpState::SYN_RECV:
      return "SYN-RECV";
    case TcpState::FIN_WAIT1:
      return "FIN-WAIT-1";
    case TcpState::FIN_WAIT2:
      return "FIN-WAIT-2";
    case TcpState::TIME_WAIT:
      return "TIME-WAIT";
    case TcpState::CLOSE:
      return "UNCONN";
    case TcpState::CLOSE_WAIT:
      return "CLOSE-WAIT";
    case TcpState::LAST_ACK:
      return "LAST-ACK";
    case TcpState::LISTEN:
      return "LISTEN";
    case TcpState::CLOSING:
      return "CLOSING";
  }
  return "";
}

TcpSock::TcpSock(TcpLayer& tcp_layer)  // tcp_init_sock
    : Sock(tcp_layer.net),
      layer(tcp_layer),
      write_timer(net.timers, [this] { run_or_defer(kDeferWriteTimer); }),
      delack_timer(net.timers, [this] { run_or_defer(kDeferDelack); }),
      keepalive_timer(net.timers, [this] { keepalive_timer_handler(); }),
      tsq_timer(net.timers, [this] { run_or_defer(kDeferTsq); }),
      congestion(make_congestion_control(net.sysctl.tcp_cubic ? "cubic" : "reno")),
      reordering(net.sysctl.tcp_reordering),
      queue(net) {
  rcvbuf = net.sysctl.tcp_rmem_default;
  sndbuf = net.sysctl.tcp_wmem_default;
  ack_state.ato = SimTime::zero();
}

void TcpSock::inherit_options(const TcpSock& from) {
  rcvbuf = from.rcvbuf;
  sndbuf = from.sndbuf;
  rcvbuf_locked = from.rcvbuf_locked;
  sndbuf_locked = from.sndbuf_locked;
  rcvtimeo = from.rcvtimeo;
  sndtimeo = from.sndtimeo;
  reuse = from.reuse;
  reuseport = from.reuseport;
  broadcast = from.broadcast;
  ttl = from.ttl;
  tos = from.tos;
  pmtudisc = from.pmtudisc;
  user_mss = from.user_mss;
  nonagle = from.nonagle;
  linger = from.linger;
  lingertime = from.lingertime;
  keepopen = from.keepopen;
  keepalive_time_s = from.keepalive_time_s;
  keepalive_intvl_s = from.keepalive_intvl_s;
  keepalive_probes_n = from.keepalive_probes_n;
  syn_retries = from.syn_retries;
  linger2_s = from.linger2_s;
  user_timeout = from.user_timeout;
  rcvlowat = from.rcvlowat;
  notsent_lowat = from.notsent_lowat;
  window_clamp = from.user_window_clamp;
  user_window_clamp = from.user_window_clamp;
  congestion = make_congestion_control(from.congestion->name());
}

bool TcpSock::in(std::initializer_list<TcpState> states) const {
  return std::ranges::find(states, state) != states.end();
}

// ---- ownership

bool TcpSock::has_data() const {
  return queue.unread(copied_seq) > 0 || error != 0 || state == TcpState::CLOSE ||
         (shutdown_mask & kRcvShutdown) != 0 || !backlog.empty();
}

void TcpSock::receive(TcpSegment segment) {
  net.runtime.catch_up();  // who owns the socket on another CPU has come this far
  net.busy_poll->mark(*this, *segment.frame);
  if (owned) {  // tcp_add_backlog
    if (backlog_bytes + queue.rmem_alloc() > rcvbuf + sndbuf + 64 * 1024) {
      ++net.mib.TcpExtTCPBacklogDrop;
      ++drops;
      return layer.drop(std::move(segment), DropReason::SOCKET_BACKLOG);
    }
    backlog_bytes += segment.truesize;
    backlog.push_back(std::move(segment));
    return;
  }
  const auto keep = self();
  owned = true;
  do_rcv(std::move(segment));
  release();
}

void TcpSock::run_or_defer(unsigned what) {
  const auto keep = self();
  deferred |= what;
  if (owned) return;
  owned = true;
  release();
}

void TcpSock::release() {
  const auto keep = weak_from_this().lock();
  if (!net.over) {
    while (!backlog.empty()) {
      TcpSegment segment = std::move(backlog.front());
      backlog.pop_front();
      backlog_bytes -= segment.truesize;
      do_rcv(std::move(segment));
    }
    const unsigned work = std::exchange(deferred, 0U);  // tcp_release_cb
    if ((work & kDeferTsq) != 0 &&
        in({TcpState::ESTABLISHED, TcpState::FIN_WAIT1, TcpState::CLOSE_WAIT, TcpState::CLOSING, TcpState::LAST_ACK})) {
      if (write_queue.lost_out() > write_queue.retrans_out() && cwnd.cwnd > write_queue.in_flight())
        xmit_retransmit_queue();
      data_snd_check();
    }
    if ((work & kDeferWriteTimer) != 0) write_timer_handler();
    if ((work & kDeferDelack) != 0) delack_timer_handler();
    if ((work & kDeferMtu) != 0) mtu_reduced();
  }
  owned = false;
  if (!net.over && lock_wait.has_sleepers()) lock_wait.wake_up(~PollMask{0}, 1);
}

void TcpSock::do_rcv(TcpSegment segment) {
  const std::vector<FrameId> ids = segment.frame->ids;
  cause = ids;
  if (state == TcpState::ESTABLISHED)
    rcv_established(std::move(segment));
  else
    rcv_state_process(std::move(segment));
  cause = {};
}

// ---- state

void TcpSock::set_state(TcpState next) {
  const TcpState old = state;
  if (next == TcpState::ESTABLISHED && old != TcpState::ESTABLISHED) ++net.mib.TcpCurrEstab;
  if (next != TcpState::ESTABLISHED && old == TcpState::ESTABLISHED) --net.mib.TcpCurrEstab;
  if (next == TcpState::CLOSE && (old == TcpState::ESTABLISHED || old == TcpState::CLOSE_WAIT))
    ++net.mib.TcpEstabResets;
  if (next == TcpState::CLOSE) {
    const auto keep = weak_from_this().lock();
    if (old == TcpState::LISTEN) layer.table.unlisten(*this);
    if (hashed) layer.table.remove(*this);
    hashed = false;
    if (num != 0 && !port_locked) {
      layer.table.unbind(*this);
      num = 0;
    }
    state = next;
    return;
  }
  state = next;
}

void TcpSock::finish() {  // tcp_done
  const auto keep = self();
  if (in({TcpState::SYN_SENT, TcpState::SYN_RECV})) ++net.mib.TcpAttemptFails;
  set_state(TcpState::CLOSE);
  clear_xmit_timers();
  shutdown_mask = kRcvShutdown | kSendShutdown;
  if (dead)
    destroy();
  else
    state_change();
}

void TcpSock::destroy() {  // inet_csk_destroy_sock
  write_queue.purge();
  queue.purge(Station::socket, DropReason::SOCKET_CLOSED);
  clear_xmit_timers();
  if (num != 0) layer.table.unbind(*this);
  num = 0;
}

void TcpSock::abort(int errno_value) {
  error = error_soft != 0 && errno_value == ETIMEDOUT ? error_soft : errno_value;
  if (!dead) sock_def_error_report(*this);
  write_queue.purge();
  finish();
}

// ---- waking

void TcpSock::state_change() {
  if (!dead) sock_def_wakeup(*this);
}

unsigned TcpSock::data_ready() {
  const std::size_t waiting = queue.unread(copied_seq);
  if (waiting < rcvlowat && !done) return 0;
  return sock_def_readable(*this);
}

// sk_stream_write_space: a third of the buffer must be free before a writer is told.
void TcpSock::check_space() {
  if (socket == nullptr || (socket->wq.flags & kAsyncNoSpace) == 0) return;
  sndbuf_expand();
  const std::size_t queued = write_queue.wmem_queued();
  if (queued >= sndbuf || sndbuf - queued < queued / 2) return;
  sk_stream_write_space(*this);
}

bool TcpSock::stream_memory_free() const {
  return write_queue.wmem_queued() < sndbuf && write_seq - snd_nxt < notsent_lowat;
}

// sock_wfree: with what is on its way to the card shrunk, more may follow (tcp_tsq_handler).
void TcpSock::write_space() {
  if (tsq_throttled && !tsq_timer.pending()) tsq_timer.arm(net.now());
}

}  // namespace nicosim
