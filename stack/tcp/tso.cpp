// Frames that stand for several packets: how many, and when it is worth waiting for more (net/ipv4/tcp_output.c).
#include "stack/tcp/tcp_sock.hpp"

#include <algorithm>

namespace nicosim {
namespace {

constexpr std::uint32_t kGsoMaxSegs = 65535;  // GSO_MAX_SEGS
constexpr unsigned kPacingShift = 10;         // sk_pacing_shift: about a millisecond's worth of bytes

}  // namespace

// tcp_update_pacing_rate: cwnd * mss / srtt, and twice that in slow start so that the pipe can fill.
void TcpSock::update_pacing_rate() {
  const bool slow_start = cwnd.cwnd < cwnd.ssthresh / 2;
  std::uint64_t rate = std::uint64_t{mss_cache} * (1'000'000 / 100 * 8);
  rate *= slow_start ? net.sysctl.tcp_pacing_ss_ratio : net.sysctl.tcp_pacing_ca_ratio;
  rate *= std::max(cwnd.cwnd, write_queue.packets_out());
  if (rtt.measured()) rate /= static_cast<std::uint64_t>(rtt.srtt_us_8());
  pacing_rate = rate;
}

// tcp_tso_autosize: what a millisecond takes at the present rate, and more the nearer the peer is.
std::uint32_t TcpSock::tso_segs(std::size_t mss) const {
  if (gso_max_size == 0) return 1;
  std::uint64_t bytes = pacing_rate >> kPacingShift;
  if (rtt.has_min() && net.sysctl.tcp_tso_rtt_log < 64) {
    const auto min_us = static_cast<std::uint64_t>(rtt.min_rtt().in_ps() / 1'000'000);
    const std::uint64_t distance = min_us >> net.sysctl.tcp_tso_rtt_log;
    if (distance < 32) bytes += gso_max_size >> distance;
  }
  bytes = std::min<std::uint64_t>(bytes, gso_max_size);
  const auto segs = static_cast<std::uint32_t>(bytes / mss);
  return std::min(std::max(segs, net.sysctl.tcp_min_tso_segs), kGsoMaxSegs);
}

// tcp_cwnd_test: how many packets may leave now. Never more than half of the window in one frame, so that at least two
// are under way. A loss probe (push_one 2) may always send one.
std::uint32_t TcpSock::cwnd_quota(unsigned push_one) const {
  const std::uint32_t in_flight = write_queue.in_flight();
  if (in_flight >= cwnd.cwnd) return push_one == 2 ? 1 : 0;
  return std::min(std::max(cwnd.cwnd >> 1U, 1U), cwnd.cwnd - in_flight);
}

// tcp_tso_should_defer: an ACK that is about to come will let a larger frame go.
bool TcpSock::tso_should_defer(const TxSegment& next, bool& cwnd_limited, std::uint32_t max_segs) const {
  if (ca_state >= CaState::Recovery) return false;
  if (net.now() - lsndtime > SimTime::ms(1)) return false;  // the last write was too long ago to be part of a burst
  const std::uint64_t send_win = wnd_end() - next.seq;
  const std::uint64_t cong_win =
      cwnd.cwnd > write_queue.in_flight() ? std::uint64_t{cwnd.cwnd - write_queue.in_flight()} * mss_cache : 0;
  const std::uint64_t limit = std::min(send_win, cong_win);
  if (limit >= std::uint64_t{max_segs} * mss_cache) return false;
  const bool tail = write_queue.unsent().size() == 1;
  if (!tail && limit >= next.size()) return false;
  const std::uint64_t chunk =
      std::min<std::uint64_t>(snd_wnd, std::uint64_t{cwnd.cwnd} * mss_cache) / net.sysctl.tcp_tso_win_divisor;
  if (limit >= chunk) return false;
  if (write_queue.sent().empty()) return false;  // nothing is out that an ACK could come for
  const SimTime waited = net.now() - write_queue.sent().front().sent;
  if (waited < SimTime::us(rtt.srtt_us_8() >> 4)) return false;  // the next ACK is more than half a round trip away
  if (cong_win < send_win) {
    if (cong_win <= next.size()) {
      cwnd_limited = true;
      return true;
    }
  } else if (send_win <= next.size()) {
    return true;
  }
  return (next.flags & TcpHeader::kFin) == 0;  // nothing will be added to one with FIN
}

// tcp_mss_split_point: how much of the segment leaves now. A rest that is no full packet stays when Nagle says so.
std::size_t TcpSock::mss_split_point(const TxSegment& next, std::size_t mss, std::uint32_t max_segs,
                                     unsigned nagle) const {
  const std::size_t window = wnd_end() - next.seq;
  const std::size_t most = mss * max_segs;
  const bool tail = write_queue.unsent().size() == 1;
  if (most <= window && !tail) return most;
  const std::size_t needed = std::min(next.size(), window);
  if (most <= needed) return most;
  const std::size_t partial = needed % mss;
  return nagle_check(partial != 0, nagle) ? needed - partial : needed;
}

}  // namespace nicosim
