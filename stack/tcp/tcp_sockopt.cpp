// Options of a TCP socket (do_tcp_setsockopt, do_tcp_getsockopt, and what sk_setsockopt does for streams).
#include "stack/socket/options.hpp"
#include "stack/tcp/sock_lock.hpp"
#include "stack/tcp/tcp.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <linux/tcp.h>
#include <string>

namespace nicosim {
namespace {

constexpr int kMaxKeepidle = 32767, kMaxKeepintvl = 32767, kMaxKeepcnt = 127, kMaxSyncnt = 127;
constexpr int kMaxLinger2 = 120;  // TCP_FIN_TIMEOUT_MAX, seconds

std::uint32_t us(SimTime t) { return static_cast<std::uint32_t>(t.in_ps() / 1'000'000); }
std::uint32_t ms(SimTime t) { return static_cast<std::uint32_t>(t.in_ps() / 1'000'000'000); }

int set_linger(TcpSock& sock, std::span<const std::byte> value) {
  const auto asked = option_value<linger>(value);
  if (!asked) return -EINVAL;
  sock.linger = asked->l_onoff != 0;
  if (sock.linger) sock.lingertime = SimTime::s(asked->l_linger);
  return 0;
}

}  // namespace

int Tcp::setsockopt(Socket& socket, int level, int option, std::span<const std::byte> value) {
  TcpSock& sock = tcp_sk(*socket.sock);
  const SockLock lock{sock};
  if (level == IPPROTO_TCP) return set_tcp_option(sock, option, value);
  if (level == SOL_SOCKET) {
    if (option == SO_LINGER) return set_linger(sock, value);
    const auto number = option_value<int>(value);
    switch (option) {
      case SO_KEEPALIVE:
        if (!number) return -EINVAL;
        sock.set_keepalive(*number != 0);
        return 0;
      case SO_RCVLOWAT:
        if (!number) return -EINVAL;
        sock.rcvlowat = *number < 0 ? 0x7fff'ffffU : std::max<std::size_t>(static_cast<std::size_t>(*number), 1);
        sock.data_ready();
        return 0;
      case SO_RCVBUF:
        sock.rcvbuf_locked = true;
        break;
      case SO_SNDBUF:
        sock.sndbuf_locked = true;
        break;
      default:
        break;
    }
    return sock_setsockopt(layer_.net.sysctl, socket, option, value);
  }
  if (level != IPPROTO_IP) return -ENOPROTOOPT;
  const auto number = option_value<int>(value);
  if (!number) return -EINVAL;
  switch (option) {
    case IP_TTL:
      if (*number != -1 && (*number < 1 || *number > 255)) return -EINVAL;
      sock.ttl = static_cast<std::uint8_t>(*number == -1 ? 0 : *number);
      return 0;
    case IP_TOS:
      sock.tos = static_cast<std::uint8_t>(*number & ~3);
      return 0;
    case IP_MTU_DISCOVER:
      if (*number < IP_PMTUDISC_DONT || *number > IP_PMTUDISC_DO) return -EINVAL;
      sock.pmtudisc = static_cast<PathMtuDiscovery>(*number);
      return 0;
    default:
      return -ENOPROTOOPT;
  }
}

int Tcp::set_tcp_option(TcpSock& sock, int option, std::span<const std::byte> value) {
  if (option == TCP_CONGESTION) {
    std::string name{reinterpret_cast<const char*>(value.data()), value.size()};
    name.resize(std::strlen(name.c_str()));
    auto chosen = make_congestion_control(name);
    if (!chosen) return -ENOENT;
    sock.congestion = std::move(chosen);
    return 0;
  }
  const auto number = option_value<int>(value);
  if (!number) return -EINVAL;
  const int n = *number;
  switch (option) {
    case TCP_MAXSEG:
      if (n != 0 && (n < int{kTcpMinMss} || n > 32767)) return -EINVAL;
      sock.user_mss = static_cast<std::uint16_t>(n);
      return 0;
    case TCP_NODELAY:
      sock.nonagle &= ~kNagleOff;
      if (n == 0) return 0;
      sock.nonagle |= kNagleOff | kNaglePush;
      sock.push_pending_frames(sock.nonagle);
      return 0;
    case TCP_CORK:
      if (n != 0) {
        sock.nonagle |= kNagleCork;
        return 0;
      }
      sock.nonagle &= ~kNagleCork;
      if ((sock.nonagle & kNagleOff) != 0) sock.nonagle |= kNaglePush;
      sock.push_pending_frames(sock.nonagle);
      return 0;
    case TCP_KEEPIDLE:
      if (n < 1 || n > kMaxKeepidle) return -EINVAL;
      sock.keepalive_time_s = static_cast<unsigned>(n);
      if (sock.keepopen && !sock.in({TcpState::CLOSE, TcpState::LISTEN})) {
        const SimTime silent = layer_.net.now() - std::max(sock.rcv_tstamp, sock.ack_state.lrcvtime);
        sock.keepalive_timer.arm(layer_.net.now() + std::max(sock.keepalive_time_when() - silent, SimTime::zero()));
      }
      return 0;
    case TCP_KEEPINTVL:
      if (n < 1 || n > kMaxKeepintvl) return -EINVAL;
      sock.keepalive_intvl_s = static_cast<unsigned>(n);
      return 0;
    case TCP_KEEPCNT:
      if (n < 1 || n > kMaxKeepcnt) return -EINVAL;
      sock.keepalive_probes_n = static_cast<unsigned>(n);
      return 0;
    case TCP_SYNCNT:
      if (n < 1 || n > kMaxSyncnt) return -EINVAL;
      sock.syn_retries = static_cast<unsigned>(n);
      return 0;
    case TCP_LINGER2:
      sock.linger2_s = n < 0 ? -1 : std::min(n, kMaxLinger2);
      return 0;
    case TCP_USER_TIMEOUT:
      if (n < 0) return -EINVAL;
      sock.user_timeout = SimTime::ms(n);
      return 0;
    case TCP_WINDOW_CLAMP:
      if (n == 0 && sock.state != TcpState::CLOSE) return -EINVAL;
      sock.user_window_clamp = n == 0 ? 0 : static_cast<std::uint32_t>(std::max(n, 2304 / 2));
      sock.window_clamp = sock.user_window_clamp;
      sock.rcv_ssthresh = std::min(sock.rcv_wnd, sock.window_clamp);
      return 0;
    case TCP_QUICKACK:
      if (n == 0) {
        sock.ack_state.pingpong = true;
        return 0;
      }
      sock.ack_state.pingpong = false;
      if (sock.in({TcpState::ESTABLISHED, TcpState::CLOSE_WAIT}) && sock.ack_state.scheduled) {
        sock.ack_state.pushed = true;
        sock.cleanup_rbuf(1);
        if ((n & 1) == 0) sock.ack_state.pingpong = true;
      }
      return 0;
    case TCP_NOTSENT_LOWAT:
      sock.notsent_lowat = static_cast<std::uint32_t>(n);
      return 0;
    default:
      return -ENOPROTOOPT;
  }
}

int Tcp::getsockopt(Socket& socket, int level, int option, std::span<std::byte> value) {
  TcpSock& sock = tcp_sk(*socket.sock);
  if (level == IPPROTO_TCP) return get_tcp_option(sock, option, value);
  if (level == SOL_SOCKET) {
    switch (option) {
      case SO_LINGER:
        return give_option(value,
                           ::linger{sock.linger ? 1 : 0, static_cast<int>(sock.lingertime.in_ns() / 1'000'000'000)});
      case SO_KEEPALIVE:
        return give_option(value, int{sock.keepopen});
      case SO_RCVLOWAT:
        return give_option(value, static_cast<int>(sock.rcvlowat));
      case SO_ACCEPTCONN:
        return give_option(value, int{sock.state == TcpState::LISTEN});
      case SO_ERROR: {
        int error = -sock.take_error();
        if (error == 0) error = std::exchange(sock.error_soft, 0);
        return give_option(value, error);
      }
      default:
        return sock_getsockopt(socket, option, value);
    }
  }
  if (level != IPPROTO_IP) return -ENOPROTOOPT;
  switch (option) {
    case IP_TTL:
      return give_option(value, static_cast<int>(sock.ttl != 0 ? sock.ttl : layer_.net.sysctl.ip_default_ttl));
    case IP_TOS:
      return give_option(value, int{sock.tos});
    case IP_MTU_DISCOVER:
      return give_option(value, static_cast<int>(sock.pmtudisc));
    case IP_MTU:
      if (sock.dport == 0) return -ENOTCONN;
      return give_option(value, int{sock.pmtu});
    default:
      return -ENOPROTOOPT;
  }
}

namespace {

tcp_info info_of(const TcpSock& s) {  // tcp_get_info
  tcp_info info{};
  info.tcpi_state = static_cast<__u8>(s.state);
  info.tcpi_rcv_mss = s.rcv_mss;
  info.tcpi_last_data_recv = ms(s.net.now() - s.ack_state.lrcvtime);
  info.tcpi_snd_cwnd = s.cwnd.cwnd;
  info.tcpi_snd_ssthresh = s.cwnd.ssthresh;
  info.tcpi_reordering = s.reordering;
  if (s.state == TcpState::LISTEN) {  // these two stand for the accept queue
    info.tcpi_unacked = static_cast<__u32>(s.accept_queue.accepted.size());
    info.tcpi_sacked = s.accept_queue.max_ack_backlog;
    return info;
  }
  info.tcpi_ca_state = static_cast<__u8>(s.ca_state);
  info.tcpi_retransmits = static_cast<__u8>(s.retransmits);
  info.tcpi_probes = static_cast<__u8>(s.probes_out);
  info.tcpi_backoff = static_cast<__u8>(s.backoff);
  if (s.tstamp_ok) info.tcpi_options |= TCPI_OPT_TIMESTAMPS;
  if (s.sack_ok) info.tcpi_options |= TCPI_OPT_SACK;
  if (s.wscale_ok) {
    info.tcpi_options |= TCPI_OPT_WSCALE;
    info.tcpi_snd_wscale = s.snd_wscale & 0xfU;
    info.tcpi_rcv_wscale = s.rcv_wscale & 0xfU;
  }
  info.tcpi_rto = us(s.rto);
  info.tcpi_ato = us(s.ack_state.ato);
  info.tcpi_snd_mss = s.mss_cache;
  info.tcpi_unacked = s.write_queue.packets_out();
  info.tcpi_sacked = s.write_queue.sacked_out;
  info.tcpi_lost = s.write_queue.lost_out();
  info.tcpi_retrans = s.write_queue.retrans_out();
  info.tcpi_last_data_sent = ms(s.net.now() - s.lsndtime);
  info.tcpi_last_ack_recv = ms(s.net.now() - s.rcv_tstamp);
  info.tcpi_pmtu = s.pmtu;
  info.tcpi_rcv_ssthresh = s.rcv_ssthresh;
  info.tcpi_rtt = static_cast<__u32>(s.rtt.srtt_us());
  info.tcpi_rttvar = static_cast<__u32>(s.rtt.mdev_us());
  info.tcpi_advmss = s.advmss;
  info.tcpi_rcv_rtt = us(s.rcv_rtt.rtt);
  info.tcpi_rcv_space = s.rcvq.space;
  info.tcpi_total_retrans = s.total_retrans;
  info.tcpi_bytes_acked = s.bytes_acked;
  info.tcpi_bytes_received = s.bytes_received;
  info.tcpi_segs_out = static_cast<__u32>(s.segs_out);
  info.tcpi_segs_in = static_cast<__u32>(s.segs_in);
  info.tcpi_notsent_bytes = s.write_seq - s.snd_nxt;
  info.tcpi_min_rtt = us(s.rtt.min_rtt());
  info.tcpi_data_segs_in = static_cast<__u32>(s.data_segs_in);
  info.tcpi_data_segs_out = static_cast<__u32>(s.data_segs_out);
  info.tcpi_delivered = s.delivered;
  info.tcpi_bytes_sent = s.bytes_sent;
  info.tcpi_bytes_retrans = s.bytes_retrans;
  info.tcpi_reord_seen = s.reord_seen;
  info.tcpi_snd_wnd = s.snd_wnd;
  return info;
}

}  // namespace

int Tcp::get_tcp_option(const TcpSock& sock, int option, std::span<std::byte> value) {
  const Sysctl& sysctl = layer_.net.sysctl;
  const auto give = [&](std::uint64_t n) { return give_option(value, static_cast<int>(n)); };
  switch (option) {
    case TCP_MAXSEG:
      return give(sock.mss_cache);
    case TCP_NODELAY:
      return give((sock.nonagle & kNagleOff) != 0 ? 1 : 0);
    case TCP_CORK:
      return give((sock.nonagle & kNagleCork) != 0 ? 1 : 0);
    case TCP_KEEPIDLE:
      return give(sock.keepalive_time_s != 0 ? sock.keepalive_time_s : sysctl.tcp_keepalive_time);
    case TCP_KEEPINTVL:
      return give(sock.keepalive_intvl_s != 0 ? sock.keepalive_intvl_s : sysctl.tcp_keepalive_intvl);
    case TCP_KEEPCNT:
      return give(sock.keepalive_probes_n != 0 ? sock.keepalive_probes_n : sysctl.tcp_keepalive_probes);
    case TCP_SYNCNT:
      return give(sock.syn_retries != 0 ? sock.syn_retries : sysctl.tcp_syn_retries);
    case TCP_LINGER2:
      return give_option(value, sock.linger2_s == 0 ? static_cast<int>(sysctl.tcp_fin_timeout) : sock.linger2_s);
    case TCP_USER_TIMEOUT:
      return give(ms(sock.user_timeout));
    case TCP_WINDOW_CLAMP:
      return give(sock.window_clamp);
    case TCP_QUICKACK:
      return give(sock.ack_state.pingpong ? 0 : 1);
    case TCP_NOTSENT_LOWAT:
      return give(sock.notsent_lowat);
    case TCP_CONGESTION: {
      const std::string_view name = sock.congestion->name();
      std::ranges::fill(value, std::byte{0});
      std::memcpy(value.data(), name.data(), std::min(value.size(), name.size()));
      return 0;
    }
    case TCP_INFO:
      return give_option(value, info_of(sock));
    default:
      return -ENOPROTOOPT;
  }
}

}  // namespace nicosim
