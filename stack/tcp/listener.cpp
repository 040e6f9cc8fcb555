#include "stack/tcp/listener.hpp"

#include "stack/io/wake_up.hpp"
#include "stack/tcp/sequence.hpp"
#include "stack/tcp/syncookies.hpp"

#include <algorithm>
#include <utility>

namespace nicosim {

// LISTEN (RFC 9293, 3.10.7.2)
void Listener::receive(const std::shared_ptr<TcpSock>& sock, TcpSegment segment, std::optional<std::uint32_t> isn) {
  if (!segment.has(TcpHeader::kSyn) && segment.has(TcpHeader::kAck) && !segment.has(TcpHeader::kRst))
    return check_cookie(sock, std::move(segment));
  if (segment.has(TcpHeader::kAck)) return layer_.reset(std::move(segment), DropReason::NO_SOCKET);
  if (segment.has(TcpHeader::kRst)) return layer_.drop(std::move(segment), DropReason::TCP_RESET);
  if (!segment.has(TcpHeader::kSyn) || segment.has(TcpHeader::kFin))
    return layer_.drop(std::move(segment), DropReason::TCP_FLAGS);
  conn_request(sock, std::move(segment), isn);
}

void Listener::conn_request(const std::shared_ptr<TcpSock>& sock, TcpSegment segment,
                            std::optional<std::uint32_t> isn) {
  Net& net = layer_.net;
  TcpSock::AcceptQueue& queue = sock->accept_queue;
  const auto refuse = [&](DropReason reason) {
    ++net.mib.TcpExtListenDrops;
    ++sock->drops;
    layer_.drop(std::move(segment), reason);
  };
  bool want_cookie = false;
  if ((net.sysctl.tcp_syncookies == 2 || queue.request_full()) && !isn) {  // tcp_syn_flood_action
    want_cookie = net.sysctl.tcp_syncookies != 0;
    ++(want_cookie ? net.mib.TcpExtTCPReqQFullDoCookies : net.mib.TcpExtTCPReqQFullDrop);
    if (!want_cookie) return refuse(DropReason::TCP_LISTEN_OVERFLOW);
  }
  if (queue.full()) {
    ++net.mib.TcpExtListenOverflows;
    return refuse(DropReason::TCP_LISTEN_OVERFLOW);
  }
  auto request = std::make_shared<RequestSock>(layer_, sock);
  request->tuple = {segment.source, segment.destination, segment.header.source_port, segment.header.destination_port};
  const FourTuple& t = request->tuple;
  request->rcv_isn = segment.seq();
  take_options(*request, segment, *sock);
  if (want_cookie && !segment.options.saw_tstamp)
    request->sack_ok = request->wscale_ok = false;  // nowhere to keep them
  const auto route = layer_.routes.output(t.daddr, t.saddr);
  if (!route) return refuse(DropReason::IP_OUTNOROUTES);
  const std::uint32_t most = net.sysctl.tcp_max_syn_backlog;
  if (!want_cookie && !isn && net.sysctl.tcp_syncookies == 0 && most - std::min(most, queue.qlen) < most / 4)
    return refuse(DropReason::TCP_LISTEN_OVERFLOW);  // the last quarter is for peers that are known, and we know none

  request->ts_off = layer_.secrets.timestamp_offset(t.saddr, t.daddr);
  open_window(*request, *sock);
  if (want_cookie) {
    queue.last_overflow = net.now();
    request->snt_isn = cookie_init_sequence(layer_, t, request->rcv_isn, request->peer_mss);
    CookieOptions options{request->sack_ok, {}};
    if (request->wscale_ok) options.window_scale = request->snd_wscale;
    request->cookie_ts = cookie_timestamp(layer_.clock_ms(), options);
    ++net.mib.TcpExtSyncookiesSent;
    request->send_synack(segment.frame->ids);
    return net.finish(std::move(segment.frame), Fate::answered, Station::transport);
  }
  request->snt_isn = isn ? *isn : layer_.secrets.isn(t.saddr, t.num, t.daddr, t.dport);
  layer_.table.insert(request);
  ++queue.qlen;
  ++queue.young;
  request->timer.arm(net.now() + request->timeout());
  request->send_synack(segment.frame->ids);
  layer_.consume(std::move(segment));
}

void Listener::take_options(RequestSock& request, const TcpSegment& syn, const TcpSock& sock) {
  const Sysctl& sysctl = layer_.net.sysctl;
  const TcpOptions& offered = syn.options;
  request.tstamp_ok = offered.saw_tstamp && sysctl.tcp_timestamps != 0;
  request.sack_ok = offered.sack_permitted && sysctl.tcp_sack != 0;
  request.wscale_ok = offered.window_scale.has_value() && sysctl.tcp_window_scaling != 0;
  request.snd_wscale = request.wscale_ok ? *offered.window_scale : 0;
  request.ts_recent = request.tstamp_ok ? offered.tsval : 0;
  request.peer_mss = offered.mss.value_or(kTcpMssDefault);
  if (sock.user_mss != 0) request.peer_mss = std::min(request.peer_mss, sock.user_mss);
}

void Listener::open_window(RequestSock& request, const TcpSock& sock) {
  const auto route = layer_.routes.output(request.tuple.daddr, request.tuple.saddr);
  const std::size_t mtu = route ? route->out->device.mtu() : 576;
  request.advmss = static_cast<std::uint16_t>(std::max<std::size_t>(mtu - Ipv4Header::kBytes - TcpHeader::kBytes, 256));
  if (sock.user_mss != 0) request.advmss = std::min(request.advmss, sock.user_mss);
  const std::size_t mss = request.advmss - (request.tstamp_ok ? TcpOptions::kTimestampBytes : 0);
  const InitialWindow window = select_initial_window(layer_.net.sysctl, sock.rcvbuf, sock.user_window_clamp, mss);
  request.rsk_rcv_wnd = window.rcv_wnd;
  request.rcv_wscale = request.wscale_ok ? window.rcv_wscale : 0;
  request.window_clamp = request.wscale_ok ? window.window_clamp : std::min(window.window_clamp, 65535U);
}

void Listener::receive(const std::shared_ptr<RequestSock>& request, TcpSegment segment) {
  Net& net = layer_.net;
  const auto limited = [&] {
    const bool data = segment.header.payload_bytes != 0 && !segment.has(TcpHeader::kSyn);
    if (data) return false;
    if (request->last_oow_ack >= SimTime::zero() &&
        net.now() - request->last_oow_ack < SimTime::ms(net.sysctl.tcp_invalid_ratelimit)) {
      ++net.mib.TcpExtTCPACKSkippedSynRecv;
      return true;
    }
    request->last_oow_ack = net.now();
    return false;
  };
  const bool stamped = request->tstamp_ok && segment.options.saw_tstamp;
  const bool paws_reject = stamped && static_cast<std::int32_t>(request->ts_recent - segment.options.tsval) > 1;
  const std::uint32_t rcv_nxt = request->rcv_isn + 1;
  const bool rst = segment.has(TcpHeader::kRst);
  bool syn = segment.has(TcpHeader::kSyn);

  if (segment.seq() == request->rcv_isn && syn && !rst && !segment.has(TcpHeader::kAck) && !paws_reject) {
    if (!limited()) {  // our SYN-ACK was lost
      ++net.mib.TcpRetransSegs;
      ++net.mib.TcpExtTCPSynRetrans;
      request->send_synack(segment.frame->ids);
      if (request->hashed()) request->timer.arm(net.now() + request->timeout());
    }
    return layer_.consume(std::move(segment));
  }
  if (segment.has(TcpHeader::kAck) && segment.ack_seq() != request->snt_isn + 1)
    return layer_.reset(std::move(segment), DropReason::TCP_ACK_UNSENT_DATA);
  const std::uint32_t edge = rcv_nxt + request->synack_window();
  const bool in_window = segment.seq() == rcv_nxt ||
                         (after(segment.end_seq(), rcv_nxt) && before(segment.seq(), edge)) ||
                         (segment.seq() == edge && segment.seq() == segment.end_seq());
  if (paws_reject || !in_window) {
    if (paws_reject) ++net.mib.TcpExtPAWSEstab;
    if (!rst && !limited()) request->send_ack(segment);
    return layer_.drop(std::move(segment),
                       paws_reject ? DropReason::TCP_RFC7323_PAWS : DropReason::TCP_INVALID_SEQUENCE);
  }
  if (stamped && !after(segment.seq(), rcv_nxt)) request->ts_recent = segment.options.tsval;
  if (segment.seq() == request->rcv_isn) syn = false;  // before the window: only what follows it counts
  if (rst && segment.seq() != rcv_nxt) {               // RFC 5961, 3.2
    if (!limited()) request->send_ack(segment);
    return layer_.drop(std::move(segment), DropReason::TCP_RESET);
  }
  if (rst || syn) {
    ++net.mib.TcpAttemptFails;
    ++net.mib.TcpExtEmbryonicRsts;
    forget(*request);
    if (rst) return layer_.drop(std::move(segment), DropReason::TCP_RESET);
    return layer_.reset(std::move(segment), DropReason::TCP_INVALID_SYN);
  }
  if (!segment.has(TcpHeader::kAck)) return layer_.drop(std::move(segment), DropReason::TCP_FLAGS);

  const auto child = make_child(*request, segment);
  if (!child) {
    if (net.sysctl.tcp_abort_on_overflow == 0) {  // as if the ACK had been lost: the SYN-ACK goes on
      request->acked = true;
      return layer_.drop(std::move(segment), DropReason::TCP_LISTEN_OVERFLOW);
    }
    ++net.mib.TcpExtEmbryonicRsts;
    forget(*request);
    return layer_.reset(std::move(segment), DropReason::TCP_LISTEN_OVERFLOW);
  }
  forget(*request);
  adopt(child, std::move(segment));
}

void Listener::forget(RequestSock& request) {
  const auto keep = request.shared_from_this();
  request.timer.cancel();
  TcpSock::AcceptQueue& queue = request.listener->accept_queue;
  if (!request.hashed()) return;  // gone already
  --queue.qlen;
  if (request.num_timeout == 0) --queue.young;
  request.layer.table.remove(request);
}

void Listener::check_cookie(const std::shared_ptr<TcpSock>& sock, TcpSegment segment) {
  Net& net = layer_.net;
  TcpSock::AcceptQueue& queue = sock->accept_queue;
  const bool recent = queue.last_overflow != kNoTime && net.now() - queue.last_overflow < kTcpSyncookieValid;
  if (net.sysctl.tcp_syncookies == 0 || !recent) return layer_.reset(std::move(segment), DropReason::NO_SOCKET);
  const FourTuple t{segment.source, segment.destination, segment.header.source_port, segment.header.destination_port};
  const auto mss = cookie_check(layer_, t, segment.seq() - 1, segment.ack_seq() - 1);
  if (!mss) {
    ++net.mib.TcpExtSyncookiesFailed;
    return layer_.reset(std::move(segment), DropReason::NO_SOCKET);
  }
  ++net.mib.TcpExtSyncookiesRecv;
  RequestSock request{layer_, sock};
  request.tuple = t;
  request.rcv_isn = segment.seq() - 1;
  request.snt_isn = segment.ack_seq() - 1;
  request.peer_mss = *mss;
  request.ts_off = layer_.secrets.timestamp_offset(t.saddr, t.daddr);
  if (segment.options.saw_tstamp && net.sysctl.tcp_timestamps != 0) {
    const CookieOptions options = decode_cookie_timestamp(segment.options.tsecr - request.ts_off);
    request.tstamp_ok = true;
    request.ts_recent = segment.options.tsval;
    request.sack_ok = options.sack_ok;
    request.wscale_ok = options.window_scale.has_value();
    request.snd_wscale = options.window_scale.value_or(0);
  }
  open_window(request, *sock);
  request.sent = kNoTime;
  const auto child = make_child(request, segment);
  if (!child) return layer_.drop(std::move(segment), DropReason::TCP_LISTEN_OVERFLOW);
  adopt(child, std::move(segment));
}

std::shared_ptr<TcpSock> Listener::make_child(RequestSock& request, const TcpSegment& segment) {
  Net& net = layer_.net;
  TcpSock& sock = *request.listener;
  if (sock.accept_queue.full()) {
    ++net.mib.TcpExtListenOverflows;
    ++net.mib.TcpExtListenDrops;
    ++sock.drops;
    return nullptr;
  }
  auto child = std::make_shared<TcpSock>(layer_);
  TcpSock& c = *child;
  c.parent = request.listener;
  c.rcv_saddr = c.saddr = request.tuple.saddr;
  c.daddr = request.tuple.daddr;
  c.num = request.tuple.num;
  c.dport = request.tuple.dport;
  c.state = TcpState::SYN_RECV;
  c.inherit_options(sock);
  // tcp_create_openreq_child
  c.rcv_nxt = c.rcv_wup = c.copied_seq = request.rcv_isn + 1;
  c.snd_una = c.snd_nxt = c.snd_sml = c.write_seq = c.pushed_seq = request.snt_isn + 1;
  c.snd_wl1 = request.rcv_isn;
  c.rcv_tstamp = c.lsndtime = net.now();
  c.tstamp_ok = request.tstamp_ok;
  c.sack_ok = request.sack_ok;
  c.wscale_ok = request.wscale_ok;
  c.snd_wscale = request.snd_wscale;
  c.rcv_wscale = request.rcv_wscale;
  c.ts_off = request.ts_off;
  c.ts_recent = request.ts_recent;
  c.ts_recent_stamp = request.tstamp_ok ? net.now() : kNoTime;
  c.mss_clamp = request.peer_mss;
  c.advmss = request.advmss;
  c.window_clamp = request.window_clamp;
  c.rcv_wnd = c.rcv_ssthresh = request.rsk_rcv_wnd;
  c.snd_wnd = std::uint32_t{segment.header.window} << c.snd_wscale;
  c.max_window = c.snd_wnd;
  c.total_retrans = request.num_timeout;
  c.sync_mss();
  if (segment.header.payload_bytes >= kTcpMssDefault) c.ack_state.last_seg_size = kTcpMssDefault;
  c.initialize_rcv_mss();
  if (request.num_timeout == 0 && request.sent != kNoTime) {  // tcp_synack_rtt_meas
    const std::int64_t us = (net.now() - request.sent).in_ps() / 1'000'000;
    c.rtt.update_min(us, net.now());
    c.rtt.sample(us, c.snd_una, c.snd_nxt);
    c.set_rto();
  }
  ++net.mib.TcpPassiveOpens;
  layer_.table.inherit_port(c);
  layer_.table.insert(child);
  if (c.keepopen) c.keepalive_timer.arm(net.now() + c.keepalive_time_when());
  return child;
}

void Listener::adopt(const std::shared_ptr<TcpSock>& child, TcpSegment segment) {
  const auto listener = child->parent;  // whoever accepts the child meanwhile takes that reference away
  listener->accept_queue.accepted.push_back(child);
  child->receive(std::move(segment));
  if (child->state != TcpState::SYN_RECV) sock_def_readable(*listener);
}

void Listener::stop(TcpSock& sock) {
  std::vector<std::shared_ptr<RequestSock>> half_open;
  layer_.table.for_each_request([&](const RequestSock& request) {
    if (request.listener.get() == &sock) half_open.push_back(layer_.table.request(request.tuple));
  });
  for (const auto& request : half_open) forget(*request);
  while (!sock.accept_queue.accepted.empty()) {
    const auto child = std::move(sock.accept_queue.accepted.front());
    sock.accept_queue.accepted.pop_front();
    child->parent.reset();
    child->dead = true;
    if (child->state == TcpState::CLOSE) {
      child->destroy();
      continue;
    }
    child->send_active_reset();  // its peer believes in the connection (inet_child_forget, tcp_disconnect)
    child->finish();
  }
}

}  // namespace nicosim
