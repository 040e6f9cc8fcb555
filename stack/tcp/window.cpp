// The receive window: how much is offered, when it may grow, and the buffer behind it (RFC 9293, 3.8.6; RFC 7323, 2).
#include "stack/tcp/window.hpp"

#include "stack/tcp/sequence.hpp"
#include "stack/tcp/tcp_sock.hpp"

#include <algorithm>
#include <bit>

namespace nicosim {
namespace {

constexpr std::uint32_t kMaxWindow16 = 65535;
constexpr std::uint32_t kInitWindowSegments = 10;  // TCP_INIT_CWND

std::uint32_t round_down(std::size_t value, std::size_t step) {
  return static_cast<std::uint32_t>(value / step * step);
}
std::uint32_t round_up(std::size_t value, std::size_t step) { return round_down(value + step - 1, step); }

}  // namespace

std::size_t TcpSock::space() const {
  return win_from_space(static_cast<std::int64_t>(rcvbuf) - static_cast<std::int64_t>(queue.rmem_alloc()) -
                        static_cast<std::int64_t>(backlog_bytes));
}

std::uint32_t TcpSock::receive_window() const {
  const std::uint32_t edge = rcv_wup + rcv_wnd;
  return after(edge, rcv_nxt) ? edge - rcv_nxt : 0;
}

InitialWindow select_initial_window(const Sysctl& sysctl, std::size_t rcvbuf, std::uint32_t clamp, std::size_t mss) {
  const std::size_t limit = clamp != 0 ? clamp : std::size_t{kMaxWindow16} << TcpOptions::kMostScale;
  std::size_t room = std::min(limit, win_from_space(static_cast<std::int64_t>(rcvbuf)));
  if (room > mss) room = round_down(room, mss);
  InitialWindow window;
  window.rcv_wnd = static_cast<std::uint32_t>(std::min<std::size_t>(room, kMaxWindow16));
  if (sysctl.tcp_window_scaling != 0) {
    const std::size_t most = std::min(std::max<std::size_t>({room, sysctl.tcp_rmem_max, sysctl.rmem_max}), limit);
    const int log = static_cast<int>(std::bit_width(most)) - 1;
    window.rcv_wscale = static_cast<std::uint8_t>(std::clamp(log - 15, 0, int{TcpOptions::kMostScale}));
  }
  window.window_clamp =
      static_cast<std::uint32_t>(std::min<std::size_t>(std::size_t{kMaxWindow16} << window.rcv_wscale, limit));
  return window;
}

void TcpSock::take_initial_window(std::size_t mss) {
  const InitialWindow window = select_initial_window(net.sysctl, rcvbuf, window_clamp, mss);
  rcv_wnd = window.rcv_wnd;
  rcv_wscale = window.rcv_wscale;
  window_clamp = window.window_clamp;
}

// tcp_init_buffer_space: the connection is made, and its buffers get their first real sizes.
void TcpSock::init_buffer_space() {
  sndbuf_expand();
  rcvq.space = std::min({rcv_wnd, kInitWindowSegments * std::uint32_t{advmss}, 0x7fff'ffffU});
  rcvq.time = net.now();
  rcvq.seq = copied_seq;
  const auto most = static_cast<std::uint32_t>(full_space());
  if (window_clamp >= most) window_clamp = most;
  rcv_ssthresh = std::min(rcv_ssthresh, window_clamp);
}

// tcp_select_window: what the next segment says. A window once offered is never taken back (RFC 9293, 3.8.6.2.1).
std::uint32_t TcpSock::select_window() {
  const std::uint32_t old = rcv_wnd, current = receive_window();
  std::uint32_t fresh = offered_window();
  if (fresh < current) {
    if (fresh == 0) ++net.mib.TcpExtTCPWantZeroWindowAdv;
    fresh = round_up(current, std::size_t{1} << rcv_wscale);
  }
  rcv_wnd = fresh;
  rcv_wup = rcv_nxt;
  const std::uint32_t field = std::min(fresh, kMaxWindow16 << rcv_wscale) >> rcv_wscale;
  if (field == 0 && old != 0) ++net.mib.TcpExtTCPToZeroWindowAdv;
  if (field != 0 && old == 0) ++net.mib.TcpExtTCPFromZeroWindowAdv;
  return field;
}

// __tcp_select_window, with silly-window avoidance (RFC 1122, 4.2.3.3): under a sixteenth of the buffer or one segment
// nothing is offered, and without scaling only whole segments.
std::uint32_t TcpSock::offered_window() {
  std::size_t free = space();
  const std::size_t allowed = full_space();
  const std::size_t full = std::min<std::size_t>(window_clamp, allowed);
  const std::size_t mss = std::min<std::size_t>(rcv_mss, full);
  if (mss == 0) return 0;
  if (free < full / 2) {
    ack_state.quick = 0;
    free = round_down(free, std::size_t{1} << rcv_wscale);
    if (free < allowed >> 4U || free < mss) return 0;
  }
  free = std::min<std::size_t>(free, rcv_ssthresh);
  if (rcv_wscale != 0) return round_up(free, std::size_t{1} << rcv_wscale);
  const std::uint32_t window = rcv_wnd;
  if (window + mss <= free || window > free) return round_down(free, mss);
  if (mss == full && free > window + full / 2) return static_cast<std::uint32_t>(free);
  return window;
}

// tcp_grow_window: the window follows what arrives, as far as payload and overhead allow.
void TcpSock::grow_window(const TcpSegment& segment) {
  const auto room =
      static_cast<std::int64_t>(std::min<std::size_t>(window_clamp, space())) - static_cast<std::int64_t>(rcv_ssthresh);
  if (room <= 0) return;
  const std::size_t bytes = segment.header.payload_bytes;
  std::int64_t step = 0;
  if (win_from_space(static_cast<std::int64_t>(segment.truesize)) <= bytes) {
    step = 2 * std::int64_t{advmss};
  } else {  // __tcp_grow_window: small segments cost more, so the window stops earlier
    std::size_t weight = win_from_space(static_cast<std::int64_t>(segment.truesize)) / 2;
    std::size_t limit = win_from_space(net.sysctl.tcp_rmem_max) / 2;
    while (step == 0 && rcv_ssthresh <= limit) {
      if (weight <= bytes) step = 2 * std::int64_t{rcv_mss};
      weight /= 2;
      limit /= 2;
    }
  }
  if (step == 0) return;
  step = std::max<std::int64_t>(step, 2 * static_cast<std::int64_t>(bytes));
  rcv_ssthresh += static_cast<std::uint32_t>(std::min(room, step));
  ack_state.quick |= 1U;
}

// tcp_clamp_window: the buffer is full in spite of the window.
void TcpSock::clamp_window() {
  ack_state.quick = 0;
  const std::size_t most = net.sysctl.tcp_rmem_max;
  if (rcvbuf < most && !rcvbuf_locked) rcvbuf = std::min(queue.rmem_alloc(), most);
  if (queue.rmem_alloc() > rcvbuf) rcv_ssthresh = std::min(window_clamp, std::uint32_t{2} * advmss);
}

void TcpSock::prune_queue() {  // tcp_prune_queue
  ++net.mib.TcpExtPruneCalled;
  if (queue.rmem_alloc() >= rcvbuf) clamp_window();
  if (queue.rmem_alloc() <= rcvbuf) return;
  queue.collapse();
  if (queue.rmem_alloc() <= rcvbuf) return;
  if (queue.prune_out_of_order(rcvbuf)) sacks.clear();  // what was reported is gone: SACK only advises (RFC 2018, 8)
  if (queue.rmem_alloc() <= rcvbuf) return;
  ++net.mib.TcpExtRcvPruned;
}

bool TcpSock::try_rmem_schedule() {
  if (queue.rmem_alloc() <= rcvbuf) return true;
  prune_queue();
  return queue.rmem_alloc() <= rcvbuf;
}

// tcp_rcv_space_adjust: what the process takes per round trip says how large the buffer should be.
void TcpSock::rcv_space_adjust() {
  const SimTime passed = net.now() - rcvq.time;
  if (passed < rcv_rtt.rtt || rcv_rtt.rtt == SimTime::zero()) return;
  const std::uint32_t copied = copied_seq - rcvq.seq;
  if (copied > rcvq.space) {
    if (net.sysctl.tcp_moderate_rcvbuf != 0 && !rcvbuf_locked) {
      // Twice what was copied, so that the sender may double, and 16 segments against reordering.
      std::uint64_t window = (std::uint64_t{copied} << 1U) + 16U * advmss;
      const std::uint64_t grow = window * (copied - rcvq.space) / std::max(rcvq.space, 1U);
      window += grow << 1U;
      const std::uint64_t per_segment = std::uint64_t{advmss} + 320 + 320 + 256;
      std::uint64_t weight = per_segment;
      while (win_from_space(static_cast<std::int64_t>(weight)) < advmss) weight += 128;
      const std::uint64_t wanted =
          std::min<std::uint64_t>(window / std::max<std::uint64_t>(advmss, 1) * weight, net.sysctl.tcp_rmem_max);
      if (wanted > rcvbuf) {
        rcvbuf = wanted;
        window_clamp = static_cast<std::uint32_t>(win_from_space(static_cast<std::int64_t>(wanted)));
      }
    }
    rcvq.space = copied;
  }
  rcvq.seq = copied_seq;
  rcvq.time = net.now();
}

void TcpSock::rcv_rtt_update(SimTime sample, bool win_dep) {
  sample = std::max(sample, SimTime::us(1));
  if (rcv_rtt.rtt == SimTime::zero()) {
    rcv_rtt.rtt = sample;
  } else if (win_dep) {  // an upper bound, so only the least counts
    rcv_rtt.rtt = std::min(rcv_rtt.rtt, sample);
  } else {
    rcv_rtt.rtt = SimTime::ps((rcv_rtt.rtt.in_ps() * 7 + sample.in_ps()) / 8);
  }
}

void TcpSock::rcv_rtt_measure() {  // without timestamps: a window's worth takes a round trip
  if (rcv_rtt.time != SimTime::zero()) {
    if (before(rcv_nxt, rcv_rtt.seq)) return;
    rcv_rtt_update(net.now() - rcv_rtt.time, true);
  }
  rcv_rtt.seq = rcv_nxt + rcv_wnd;
  rcv_rtt.time = net.now();
}

void TcpSock::rcv_rtt_measure_ts(std::size_t bytes) {
  if (!rx_opt.saw_tstamp || rx_opt.tsecr == rcv_rtt.last_tsecr) return;
  rcv_rtt.last_tsecr = rx_opt.tsecr;
  if (bytes < rcv_mss) return;
  const auto delta = static_cast<std::int32_t>(timestamp() - rx_opt.tsecr);
  if (delta < 0) return;
  rcv_rtt_update(SimTime::ms(std::max(delta, 1)), false);
}

void TcpSock::initialize_rcv_mss() {
  std::uint32_t hint = std::min<std::uint32_t>(advmss, mss_cache);
  hint = std::min(hint, rcv_wnd / 2);
  hint = std::min<std::uint32_t>(hint, kTcpMssDefault);
  rcv_mss = static_cast<std::uint16_t>(std::max<std::uint32_t>(hint, kTcpMinMss));
}

// tcp_measure_rcv_mss: the largest segment seen is what the peer sends; for smaller ones it takes two alike.
void TcpSock::measure_rcv_mss(const TcpSegment& segment) {
  const std::size_t bytes = segment.frame->gso ? segment.frame->gso.size : segment.header.payload_bytes;
  const std::uint16_t last = ack_state.last_seg_size;
  ack_state.last_seg_size = 0;
  if (bytes >= rcv_mss) {
    rcv_mss = static_cast<std::uint16_t>(std::min<std::size_t>(bytes, advmss));
    if (segment.has(TcpHeader::kPsh)) ack_state.pushed = true;
    return;
  }
  const std::size_t whole = segment.header.header_bytes + bytes;
  if (whole >= kTcpMssDefault + TcpHeader::kBytes ||
      (whole >= kTcpMinMss + TcpHeader::kBytes && !segment.has(TcpHeader::kFin) && !segment.has(TcpHeader::kPsh))) {
    ack_state.last_seg_size = static_cast<std::uint16_t>(whole - header_bytes());
    if (ack_state.last_seg_size == last) {
      rcv_mss = last;
      return;
    }
  }
  if (ack_state.pushed) ack_state.pushed2 = true;
  ack_state.pushed = true;
}

}  // namespace nicosim
