// Sending: what leaves when (net/ipv4/tcp_output.c).
#include "stack/socket/truesize.hpp"
#include "stack/tcp/sequence.hpp"
#include "stack/tcp/tcp_sock.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cerrno>
#include <utility>

namespace nicosim {
namespace {

constexpr std::size_t kLimitOutputBytes = 1048576;  // net.ipv4.tcp_limit_output_bytes
constexpr std::size_t kGsoMaxSize = 65536;          // GSO_LEGACY_MAX_SIZE: of a frame
constexpr std::size_t kMaxHeaders = 320;            // MAX_TCP_HEADER
constexpr std::size_t kSharedInfo = 320, kSkBuff = 256;

}  // namespace

// ---- sizes

std::size_t TcpSock::mtu_to_mss(std::size_t mtu) const {
  const std::size_t headers = Ipv4Header::kBytes + TcpHeader::kBytes;
  std::size_t mss = mtu > headers ? mtu - headers : 0;
  mss = std::min<std::size_t>(mss, mss_clamp);
  mss = std::max<std::size_t>(mss, 48);  // tcp_min_snd_mss
  return mss - (header_bytes() - TcpHeader::kBytes);
}

// tcp_bound_to_half_wnd. A peer with a tiny window gets segments of half of it, or it would never see a full one (RFC
// 1122, 4.2.3.4).
std::size_t TcpSock::bound_to_half_wnd(std::size_t bytes) const {
  const std::size_t half = max_window > kTcpMssDefault ? max_window / 2 : max_window;
  return half != 0 && bytes > half ? std::max<std::size_t>(half, 68 - header_bytes()) : bytes;
}

// tcp_sync_mss and sk_setup_caps
void TcpSock::sync_mss() {
  const auto route = layer.routes.output(daddr, rcv_saddr);
  const std::size_t path = route ? route->mtu : pmtu;
  pmtu = static_cast<std::uint16_t>(std::min<std::size_t>({path, pmtu_learned, 0xffff}));
  mss_cache = static_cast<std::uint16_t>(bound_to_half_wnd(mtu_to_mss(pmtu)));
  const Features features = route ? route->out->device.features() : Features{};
  gso_max_size = features.tso || features.gso ? kGsoMaxSize - 1 - kMaxHeaders : 0;
}

std::size_t TcpSock::current_mss() const {
  std::size_t mss = mss_cache;
  if (sack_ok && sacks.count() > 0) {
    const std::size_t most = tstamp_ok ? 3 : 4;
    mss -= TcpOptions::kSackBaseBytes + TcpOptions::kSackPerBlockBytes * std::min(sacks.count(), most);
  }
  return mss;
}

// tcp_xmit_size_goal: full packets as many as one frame may stand for; tso_segs() may cut it down again.
std::size_t TcpSock::size_goal(std::size_t mss) const {
  return std::max(bound_to_half_wnd(gso_max_size) / mss * mss, mss);
}

// tcp_sndbuf_expand: room for two windows of full segments with their overhead.
void TcpSock::sndbuf_expand() {
  if (sndbuf_locked) return;
  std::size_t per = std::max<std::size_t>(mss_clamp, mss_cache) + kMaxHeaders + kSharedInfo;
  per = std::bit_ceil(per) + kSkBuff;
  const std::size_t segments = std::max<std::size_t>({10, cwnd.cwnd, reordering + 1});
  const std::size_t wanted = 2 * segments * per;
  if (sndbuf < wanted) sndbuf = std::min<std::size_t>(wanted, net.sysctl.tcp_wmem_max);
}

// ---- one segment

// tcp_transmit_skb: builds and sends what `queued` holds, or a segment without data when it is nullptr. 0 or -errno;
// after an error the segment has not been sent.
int TcpSock::transmit(TxSegment* queued, std::uint8_t flags, std::uint32_t seq, std::span<const FrameId> parents) {
  auto route = layer.routes.output(daddr, rcv_saddr);
  if (!route) {
    ++net.mib.IpOutNoRoutes;
    return -EHOSTUNREACH;
  }
  // Segments have been cut by now; when another connection has learned of a narrower path since, a router will tell us.
  route->mtu = route->out->device.mtu();
  const bool syn = (flags & TcpHeader::kSyn) != 0;
  TcpHeader header;
  header.source_port = num;
  header.destination_port = dport;
  header.sequence = seq;
  header.acknowledgement = (flags & TcpHeader::kAck) != 0 ? rcv_nxt : 0;
  header.flags = flags;
  TcpOptions options;
  if (syn) {
    const bool answer = (flags & TcpHeader::kAck) != 0;  // a SYN-ACK offers what the SYN did
    options.mss = advmss;
    options.saw_tstamp = answer ? tstamp_ok : net.sysctl.tcp_timestamps != 0;
    options.sack_permitted = answer ? sack_ok : net.sysctl.tcp_sack != 0;
    if (answer ? wscale_ok : net.sysctl.tcp_window_scaling != 0) options.window_scale = rcv_wscale;
  } else {
    options.saw_tstamp = tstamp_ok;
    if (sack_ok && (flags & TcpHeader::kRst) == 0) sacks.write(options, tstamp_ok ? 3 : 4);
  }
  if (options.saw_tstamp) {
    options.tsval = timestamp();
    options.tsecr = ts_recent;
  }
  header.header_bytes = TcpHeader::kBytes + options.bytes();
  // The window of a SYN is never scaled (RFC 7323, 2.2).
  if ((flags & TcpHeader::kRst) == 0)
    header.window = static_cast<std::uint16_t>(syn ? std::min(rcv_wnd, 65535U) : select_window());

  const std::span<const std::byte> data = queued != nullptr ? queued->data : std::span<const std::byte>{};
  const std::size_t bytes = header.header_bytes + data.size();
  net.runtime.charge(Cost::skb_alloc);
  net.runtime.charge(Cost::tcp_transmit);
  const bool several = queued != nullptr && queued->segs > 1;
  const bool leave_checksum = several || route->out->device.features().tx_checksum;
  if (!leave_checksum) net.runtime.charge(Cost::checksum_per_byte, bytes);
  FramePtr frame = net.pool.make(bytes);
  const auto segment = frame->put(bytes);
  copy_bytes(data, segment.subspan(header.header_bytes));
  write_tcp(segment, header, {rcv_saddr, daddr}, options, leave_checksum);
  if (leave_checksum) frame->leave_checksum(0, TcpHeader::kChecksum);
  if (several) frame->gso = {static_cast<std::uint16_t>(queued->mss), static_cast<std::uint16_t>(queued->segs)};
  frame->ids = layer.output.open(*route, bytes, parents, Ipv4Header::kBytes, several);
  if (queued != nullptr) queued->ids = frame->ids;
  if (!data.empty())
    for (const FrameId id : frame->ids) net.ledger.written(id, queued->written(), net.now());
  net.at(*frame, Station::tx_transport);

  if ((flags & TcpHeader::kAck) != 0) {  // tcp_event_ack_sent
    ack_state.quick -= std::min(ack_state.quick, 1U);
    if (ack_state.quick == 0 && ack_state.ato > kTcpAtoMin) ack_state.ato = kTcpAtoMin;
    ack_state.scheduled = ack_state.now = ack_state.pushed = ack_state.pushed2 = ack_state.timer = false;
    delack_timer.cancel();
    sacks.clear_duplicate();
  }
  if (!data.empty()) {  // tcp_event_data_sent
    lsndtime = net.now();
    if (net.now() - ack_state.lrcvtime < ack_state.ato) ack_state.pingpong = true;
    data_segs_out += queued->segs;
    bytes_sent += data.size();
  }
  const std::uint32_t segs = queued != nullptr ? queued->segs : 1;
  segs_out += segs;
  net.mib.TcpOutSegs += segs;
  IpOutput::Fields fields;
  fields.source = rcv_saddr;
  fields.destination = daddr;
  fields.protocol = kIpTcp;
  fields.tos = tos;
  fields.ttl = ttl != 0 ? ttl : static_cast<std::uint8_t>(net.sysctl.ip_default_ttl);
  fields.dont_fragment = pmtudisc != PathMtuDiscovery::dont;
  fields.segs = segs;
  const int result = layer.output.send(std::move(frame), *route, fields, data.empty() && !syn ? nullptr : this);
  if (result != 0 && result != -EPERM) enter_cwr();  // our own queue is congested; netfilter's no is not congestion
  return result;
}

void TcpSock::send_ack() {
  if (state == TcpState::CLOSE) return;
  transmit(nullptr, TcpHeader::kAck, snd_nxt, cause);
}

void TcpSock::send_active_reset() {
  ++net.mib.TcpOutRsts;
  // tcp_acceptable_seq: a number inside what the peer accepts, whatever its window is by now.
  const bool inside = !before(wnd_end(), snd_nxt) || (wscale_ok && snd_nxt - wnd_end() < (1U << rcv_wscale));
  const std::uint32_t seq = inside ? snd_nxt : wnd_end();
  transmit(nullptr, TcpHeader::kRst | TcpHeader::kAck, seq, cause);
}

// A segment that makes the peer answer: it lies just before its window (RFC 9293, 3.8.4), or right at it (`urgent`).
int TcpSock::xmit_probe(bool urgent) { return transmit(nullptr, TcpHeader::kAck, urgent ? snd_una : snd_una - 1, {}); }

// tcp_write_wakeup: as much of the next segment as the window takes, else a probe without data.
int TcpSock::write_wakeup(std::uint64_t& counter) {
  if (state == TcpState::CLOSE) return -1;
  if (!write_queue.unsent().empty() && before(write_queue.unsent().front().seq, wnd_end())) {
    const std::size_t window = wnd_end() - write_queue.unsent().front().seq;
    const std::size_t most = std::min(window, current_mss());
    write_queue.unsent().front().set_segs(current_mss());
    if (write_queue.unsent().front().size() > most) write_queue.split_unsent(most, current_mss());
    TxSegment& head = write_queue.unsent().front();
    head.flags |= TcpHeader::kPsh;
    const std::uint32_t prior = write_queue.packets_out();
    const int result = transmit(&head, head.flags | TcpHeader::kAck, head.seq, {});
    if (result == 0) event_new_data_sent(write_queue.advance(net.now()), prior);
    return result;
  }
  ++counter;
  return xmit_probe(false);
}

// ---- the queue

// tcp_nagle_test: a short segment waits while one is unacknowledged (RFC 9293, 3.7.4), with Minshall's change: only
// while a short one is.
bool TcpSock::nagle_test(const TxSegment& segment, std::size_t mss, unsigned nagle) const {
  if ((nagle & kNaglePush) != 0 || (segment.flags & TcpHeader::kFin) != 0) return true;
  return !nagle_check(segment.size() < mss, nagle);
}

// tcp_nagle_check: true when a `partial` packet has to wait.
bool TcpSock::nagle_check(bool partial, unsigned nagle) const {
  if (!partial) return false;
  if ((nagle & kNagleCork) != 0) return true;
  const bool short_one_out = after(snd_sml, snd_una) && !after(snd_sml, snd_nxt);
  return nagle == 0 && write_queue.packets_out() != 0 && short_one_out;
}

bool TcpSock::snd_wnd_test(const TxSegment& segment, std::size_t mss) const {
  std::uint32_t end = segment.end_seq;
  if (segment.size() > mss) end = segment.seq + static_cast<std::uint32_t>(mss);
  return !after(end, wnd_end());
}

// tcp_small_queue_check: what waits in our own queues helps nobody and delays all.
bool TcpSock::small_queue_check() {
  tsq_throttled = wmem_alloc > kLimitOutputBytes;
  return tsq_throttled;
}

// push_one: 0 all, 1 one segment, 2 one segment as a loss probe, whatever the congestion window.
bool TcpSock::write_xmit(unsigned nagle, unsigned push_one) {
  const std::size_t mss = current_mss();
  const std::uint32_t max_segs = tso_segs(mss);
  std::uint32_t sent = 0;
  bool limited = false;
  while (!write_queue.unsent().empty()) {
    const std::uint32_t quota = cwnd_quota(push_one);
    if (quota == 0) {
      limited = true;
      break;
    }
    TxSegment& next = write_queue.unsent().front();
    next.set_segs(mss);
    if (!snd_wnd_test(next, mss)) break;
    const bool last = write_queue.unsent().size() == 1;
    std::size_t limit = mss;
    if (next.segs == 1) {
      if (!nagle_test(next, mss, last ? nagle : kNaglePush)) break;
    } else if (gso_max_size != 0) {
      if (push_one == 0 && tso_should_defer(next, limited, max_segs)) break;
      limit = mss_split_point(next, mss, std::min(quota, max_segs), nagle);
    } else if (!nagle_test(next, mss, last ? nagle : kNaglePush)) {
      break;
    }
    if (next.size() > limit) write_queue.split_unsent(limit, mss);
    if (small_queue_check()) break;
    TxSegment& head = write_queue.unsent().front();
    const std::uint32_t prior = write_queue.packets_out();
    if (transmit(&head, head.flags | TcpHeader::kAck, head.seq, {}) != 0) break;
    if (head.size() < head.segs * mss) snd_sml = head.end_seq;  // tcp_minshall_update
    sent += head.segs;
    event_new_data_sent(write_queue.advance(net.now()), prior);
    if (push_one != 0) break;
  }
  if (sent == 0) return write_queue.packets_out() == 0 && !write_queue.unsent().empty();
  if (in_cwnd_reduction()) prr_out += sent;
  if (push_one != 2) schedule_loss_probe(false);
  cwnd_validate(limited || write_queue.in_flight() >= cwnd.cwnd);
  return false;
}

void TcpSock::event_new_data_sent(TxSegment& segment, std::uint32_t prior_packets) {
  snd_nxt = segment.end_seq;
  if (prior_packets == 0 || pending == Pending::loss_probe) rearm_rto();
}

void TcpSock::push_pending_frames(unsigned nagle) {
  if (state == TcpState::CLOSE || write_queue.unsent().empty()) return;
  if (write_xmit(nagle, 0)) check_probe_timer();
}

void TcpSock::data_snd_check() {
  push_pending_frames(nonagle);
  check_space();
}

// tcp_cwnd_validate: a window that was not used must not grow (RFC 7661 in spirit).
void TcpSock::cwnd_validate(bool limited) {
  if (!before(snd_una, cwnd_usage_seq) || limited ||
      (!is_cwnd_limited && write_queue.packets_out() > max_packets_out)) {
    is_cwnd_limited = limited;
    max_packets_out = write_queue.packets_out();
    cwnd_usage_seq = snd_nxt;
  }
}

// tcp_slow_start_after_idle_check (RFC 5681, 4.1): half for each RTO without sending, down to the first window.
void TcpSock::slow_start_after_idle_check() {
  if (net.sysctl.tcp_slow_start_after_idle == 0 || write_queue.packets_out() != 0) return;
  SimTime idle = net.now() - lsndtime;
  if (idle <= rto) return;
  congestion->restart(idle);
  cwnd.ssthresh = current_ssthresh();
  const std::uint32_t least = std::min(10U, cwnd.cwnd);
  while ((idle -= rto) > SimTime::zero() && cwnd.cwnd > least) cwnd.cwnd /= 2;
  cwnd.cwnd = std::max(cwnd.cwnd, least);
  cwnd_usage_seq = snd_nxt;
}

// tcp_send_fin: on the last segment that has not been sent yet, or as one of its own.
void TcpSock::send_fin() {
  if (!write_queue.unsent().empty()) {
    TxSegment& last = write_queue.unsent().back();
    last.flags |= TcpHeader::kFin;
    ++last.end_seq;
    ++write_seq;
  } else {
    TxSegment fin;
    fin.seq = write_seq;
    fin.end_seq = ++write_seq;
    fin.flags = TcpHeader::kFin;
    fin.truesize = truesize(2 * TcpHeader::kBytes);
    write_queue.append(std::move(fin));
  }
  push_pending_frames(kNagleOff);
}

// tcp_send_delayed_ack (RFC 1122, 4.2.3.2): at most 500 ms, in practice 40 ms to 200 ms.
void TcpSock::send_delayed_ack() {
  SimTime ato = ack_state.ato;
  if (ato > kTcpDelackMin) {
    SimTime most = ack_state.pingpong || ack_state.pushed ? kTcpDelackMax : SimTime::ms(500);
    if (rtt.measured()) most = std::min(most, std::max(rtt.srtt(), kTcpDelackMin));
    ato = std::min(ato, most);
  }
  ato = std::min(ato, kTcpDelackMax);
  SimTime timeout = net.now() + ato;
  if (ack_state.timer) {
    const SimTime soon = net.now() + SimTime::ps(ato.in_ps() / 4);
    if (ack_state.timeout <= soon) return send_ack();
    timeout = std::min(timeout, ack_state.timeout);
  }
  ack_state.scheduled = ack_state.timer = true;
  ack_state.timeout = timeout;
  delack_timer.arm(timeout);
}

// ---- opening

void TcpSock::connect_init() {  // tcp_connect_init
  tstamp_ok = net.sysctl.tcp_timestamps != 0;
  mss_clamp = 0xffff;
  if (user_mss != 0) mss_clamp = user_mss;
  max_window = 0;
  sync_mss();
  const std::size_t link = pmtu - Ipv4Header::kBytes - TcpHeader::kBytes;
  advmss = static_cast<std::uint16_t>(std::max<std::size_t>(link, 256));
  if (user_mss != 0) advmss = std::min(advmss, user_mss);
  tstamp_ok = false;  // until the peer says so, too
  take_initial_window(advmss);
  rcv_ssthresh = rcv_wnd;
  snd_wnd = 0;
  snd_una = snd_nxt = snd_sml = write_seq;
  rcv_nxt = rcv_wup = copied_seq = 0;
  rto = kTcpTimeoutInit;
  retransmits = 0;
}

int TcpSock::connect_syn() {
  connect_init();
  TxSegment syn;
  syn.seq = write_seq;
  syn.end_seq = ++write_seq;
  syn.flags = TcpHeader::kSyn;
  syn.truesize = truesize(2 * TcpHeader::kBytes);
  write_queue.append(std::move(syn));
  retrans_stamp = net.now();
  TxSegment& head = write_queue.unsent().front();
  const int result = transmit(&head, TcpHeader::kSyn, head.seq, {});
  if (result == -EHOSTUNREACH) return result;
  write_queue.advance(net.now());
  snd_nxt = write_seq;
  ++net.mib.TcpActiveOpens;
  reset_xmit_timer(Pending::retrans, rto);
  return 0;
}

// tcp_send_synack: SYN has crossed SYN (RFC 9293, 3.5, figure 7).
void TcpSock::send_synack() {
  TxSegment& syn = write_queue.sent().front();
  syn.flags |= TcpHeader::kAck;
  transmit(&syn, syn.flags, syn.seq, cause);
}

}  // namespace nicosim
