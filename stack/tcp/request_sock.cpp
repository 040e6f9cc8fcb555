#include "stack/tcp/request_sock.hpp"

#include "stack/tcp/listener.hpp"
#include "stack/tcp/rtt.hpp"

#include <algorithm>

namespace nicosim {

bool RequestSock::hashed() const { return layer.table.request(tuple).get() == this; }

SimTime RequestSock::timeout() const {  // reqsk_timeout
  SimTime t = kTcpTimeoutInit;
  for (unsigned i = 0; i < num_timeout && t < kTcpRtoMax; ++i) t = t * 2;
  return std::min(t, kTcpRtoMax);
}

bool RequestSock::send_synack(std::span<const FrameId> parents) {
  TcpHeader header;
  header.source_port = tuple.num;
  header.destination_port = tuple.dport;
  header.sequence = snt_isn;
  header.acknowledgement = rcv_isn + 1;
  header.flags = TcpHeader::kSyn | TcpHeader::kAck;
  header.window = static_cast<std::uint16_t>(std::min<std::uint32_t>(rsk_rcv_wnd, 65535));
  TcpOptions options;
  options.mss = advmss;
  options.sack_permitted = sack_ok;
  if (wscale_ok) options.window_scale = rcv_wscale;
  if (tstamp_ok) {
    options.saw_tstamp = true;
    options.tsval = cookie_ts ? *cookie_ts + ts_off : timestamp();
    options.tsecr = ts_recent;
  }
  sent = layer.net.now();
  return layer.send({tuple.saddr, tuple.daddr, tos, listener->ttl, parents}, header, options);
}

void RequestSock::send_ack(const TcpSegment& segment) {
  TcpHeader header;
  header.source_port = tuple.num;
  header.destination_port = tuple.dport;
  header.sequence = snt_isn + 1;
  header.acknowledgement = rcv_isn + 1;
  header.flags = TcpHeader::kAck;
  header.window = static_cast<std::uint16_t>(std::min<std::uint32_t>(rsk_rcv_wnd >> rcv_wscale, 65535));
  TcpOptions options;
  if (tstamp_ok) {
    options.saw_tstamp = true;
    options.tsval = timestamp();
    options.tsecr = ts_recent;
  }
  layer.send({tuple.saddr, tuple.daddr, tos, listener->ttl, segment.frame->ids}, header, options);
}

// reqsk_timer_handler: a queue that is more than half full of old requests gives up on them sooner.
void RequestSock::expired() {
  const auto keep = shared_from_this();
  const TcpSock::AcceptQueue& queue = listener->accept_queue;
  const Sysctl& sysctl = layer.net.sysctl;
  const unsigned most = listener->syn_retries != 0 ? listener->syn_retries : sysctl.tcp_synack_retries;
  unsigned threshold = most;
  if (queue.qlen * 2 > std::max(8U, queue.max_ack_backlog)) {
    unsigned young = queue.young * 2;
    while (threshold > 2 && queue.qlen >= young) {
      --threshold;
      young *= 2;
    }
  }
  if (num_timeout >= threshold && (!acked || num_timeout >= most)) return Listener::forget(*this);
  ++layer.net.mib.TcpRetransSegs;
  ++layer.net.mib.TcpExtTCPSynRetrans;
  send_synack({});
  if (!hashed()) return;  // meanwhile another CPU has seen the ACK
  if (num_timeout++ == 0) --listener->accept_queue.young;
  timer.arm(layer.net.now() + timeout());
}

}  // namespace nicosim
