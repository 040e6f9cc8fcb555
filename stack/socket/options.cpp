#include "stack/socket/options.hpp"

#include "stack/socket/sock.hpp"

#include <algorithm>
#include <cerrno>
#include <linux/tcp.h>
#include <sys/time.h>

namespace nicosim {
namespace {

constexpr std::uint32_t kMinReceiveBuffer = 2304;  // SOCK_MIN_RCVBUF
constexpr std::uint32_t kMinSendBuffer = 4608;     // SOCK_MIN_SNDBUF

// What a process asks for counts payload; the kernel keeps twice that for its own overhead. Negative values come out
// as the largest (min_t(u32)).
std::size_t doubled(int asked, std::uint32_t most, std::uint32_t least) {
  const std::uint32_t value = std::min(static_cast<std::uint32_t>(asked), most);
  return std::max<std::uint64_t>(std::uint64_t{value} * 2, least);
}

// sock_set_timeout: zero means for ever, a negative time means not at all.
int set_timeout(SimTime& timeout, std::span<const std::byte> value) {
  const auto tv = option_value<timeval>(value);
  if (!tv) return -EINVAL;
  if (tv->tv_usec < 0 || tv->tv_usec >= 1'000'000) return -EDOM;
  if (tv->tv_sec < 0)
    timeout = SimTime::zero();
  else if (tv->tv_sec == 0 && tv->tv_usec == 0)
    timeout = SimTime::never();
  else
    timeout = SimTime::s(tv->tv_sec) + SimTime::us(tv->tv_usec);
  return 0;
}

int get_timeout(SimTime timeout, std::span<std::byte> value) {
  timeval tv{};
  if (!timeout.is_never()) {
    const std::int64_t us = timeout.in_ps() / 1'000'000;
    tv.tv_sec = us / 1'000'000;
    tv.tv_usec = us % 1'000'000;
  }
  return give_option(value, tv);
}

}  // namespace

int sock_setsockopt(const Sysctl& sysctl, Socket& socket, int option, std::span<const std::byte> value) {
  Sock& sock = *socket.sock;
  if (option == SO_RCVTIMEO) return set_timeout(sock.rcvtimeo, value);
  if (option == SO_SNDTIMEO) return set_timeout(sock.sndtimeo, value);
  const auto number = option_value<int>(value);
  if (!number) return -EINVAL;
  switch (option) {
    case SO_REUSEADDR:
      sock.reuse = *number != 0;
      return 0;
    case SO_REUSEPORT:
      sock.reuseport = *number != 0;
      return 0;
    case SO_BROADCAST:
      sock.broadcast = *number != 0;
      return 0;
    case SO_RCVBUF:
      sock.rcvbuf = doubled(*number, sysctl.rmem_max, kMinReceiveBuffer);
      return 0;
    case SO_SNDBUF:
      sock.sndbuf = doubled(*number, sysctl.wmem_max, kMinSendBuffer);
      return 0;
    case SO_BUSY_POLL:
      if (*number < 0) return -EINVAL;
      sock.ll_usec = static_cast<std::uint32_t>(*number);
      return 0;
    case SO_PREFER_BUSY_POLL:
      sock.prefer_busy_poll = *number != 0;
      return 0;
    case SO_BUSY_POLL_BUDGET:
      if (*number < 0 || *number > 0xffff) return -EINVAL;
      sock.busy_poll_budget = static_cast<unsigned>(*number);
      return 0;
    default:
      return -ENOPROTOOPT;
  }
}

int sock_getsockopt(Socket& socket, int option, std::span<std::byte> value) {
  Sock& sock = *socket.sock;
  switch (option) {
    case SO_REUSEADDR:
      return give_option(value, int{sock.reuse});
    case SO_REUSEPORT:
      return give_option(value, int{sock.reuseport});
    case SO_BROADCAST:
      return give_option(value, int{sock.broadcast});
    case SO_RCVBUF:
      return give_option(value, static_cast<int>(sock.rcvbuf));
    case SO_SNDBUF:
      return give_option(value, static_cast<int>(sock.sndbuf));
    case SO_BUSY_POLL:
      return give_option(value, static_cast<int>(sock.ll_usec));
    case SO_PREFER_BUSY_POLL:
      return give_option(value, int{sock.prefer_busy_poll});
    case SO_INCOMING_NAPI_ID:
      return give_option(value, static_cast<int>(sock.napi_id));
    case SO_RCVTIMEO:
      return get_timeout(sock.rcvtimeo, value);
    case SO_SNDTIMEO:
      return get_timeout(sock.sndtimeo, value);
    case SO_ERROR:
      return give_option(value, -sock.take_error());
    case SO_TYPE:
      return give_option(value, socket.type);
    case SO_DOMAIN:
      return give_option(value, AF_INET);
    case SO_PROTOCOL:
      return give_option(value, socket.type == SOCK_STREAM ? int{IPPROTO_TCP} : int{IPPROTO_UDP});
    case SO_ACCEPTCONN:
      return give_option(value, 0);
    default:
      return -ENOPROTOOPT;
  }
}

std::size_t option_bytes(int level, int option) {
  if (level == SOL_SOCKET && (option == SO_RCVTIMEO || option == SO_SNDTIMEO)) return sizeof(timeval);
  if (level == SOL_SOCKET && option == SO_LINGER) return sizeof(linger);
  if (level == IPPROTO_TCP && option == TCP_INFO) return sizeof(tcp_info);
  if (level == IPPROTO_TCP && option == TCP_CONGESTION) return 16;  // TCP_CA_NAME_MAX
  return sizeof(int);
}

}  // namespace nicosim
