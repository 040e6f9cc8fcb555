#include "programs/iperf_server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace nicosim {
namespace {

constexpr std::size_t kBuffer = 128 * 1024;  // iperf's own

// Flags of the client's first word, and of the upper half of its ninth.
constexpr std::uint32_t kVersion1 = 0x8000'0000, kRunNow = 0x0000'0001;
constexpr std::uint32_t kReverse = 0x0400U << 16U, kFullDuplex = 0x0800U << 16U;
constexpr std::size_t kFlags = 0, kPort = 8, kAmount = 20, kMoreFlags = 32, kRate = 48;

std::uint32_t word(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return ntohl(value);
}

// Until the amount or the time is reached, or nobody listens any more.
int send_stream(Posix& os, int fd, const IperfRequest& request, TcpServerStats& stats) {
  const std::vector<std::byte> block(kBuffer);
  const SimTime end = os.clock() + request.duration;
  for (std::uint64_t left = request.bytes; request.bytes != 0 ? left > 0 : os.clock() < end;) {
    const std::size_t n = request.bytes != 0 ? std::min<std::uint64_t>(left, block.size()) : block.size();
    if (const int error = send_all(os, fd, std::span{block}.first(n), stats); error != 0) return error;
    left -= std::min<std::uint64_t>(left, n);
  }
  return 0;
}

int connect_back(Posix& os, int fd, const IperfRequest& request, TcpServerStats& stats) {
  sockaddr_in client{};
  if (const int error = os.getpeername(fd, client); error < 0) return error;
  client.sin_port = htons(request.port);
  const int back = os.socket(AF_INET, SOCK_STREAM, 0);
  if (back < 0) return back;
  int error = os.connect(back, client);
  if (error == 0) error = send_stream(os, back, request, stats);
  os.close(back);
  return error;
}

// What goes back while the client's data comes needs a process of its own: the pid, or -errno; 0: nothing does.
int send_beside(Posix& os, int fd, const IperfRequest& request, TcpServerStats& stats) {
  if (request.full_duplex)
    return os.fork("iperf", [&, fd](Posix& child) {
      const int error = send_stream(child, fd, request, stats);
      child.shutdown(fd, SHUT_WR);
      return -error;
    });
  if (request.dual) return os.fork("iperf", [&, fd](Posix& child) { return -connect_back(child, fd, request, stats); });
  return 0;
}

}  // namespace

std::optional<IperfRequest> parse_iperf_request(std::span<const std::byte> first) {
  if (first.size() < kIperfRequestBytes) return std::nullopt;
  IperfRequest request;
  const std::uint32_t flags = word(first, kFlags);
  request.reverse = (word(first, kMoreFlags) & kReverse) != 0;
  request.full_duplex = (word(first, kMoreFlags) & kFullDuplex) != 0;
  request.tradeoff = (flags & kVersion1) != 0 && (flags & kRunNow) == 0;
  request.dual = (flags & kVersion1) != 0 && (flags & kRunNow) != 0;
  request.port = static_cast<std::uint16_t>(word(first, kPort));
  if (first.size() >= kRate + 4) request.bits_per_second = word(first, kRate);
  const auto amount = static_cast<std::int32_t>(word(first, kAmount));  // below zero: hundredths of a second
  if (amount < 0)
    request.duration = SimTime::ms(std::int64_t{10} * -std::int64_t{amount});
  else
    request.bytes = static_cast<std::uint64_t>(amount);
  return request;
}

int serve_iperf(Posix& os, int fd, TcpServerStats& stats) {
  int sender = 0;
  std::vector<std::byte> buffer(kBuffer);
  std::vector<std::byte> first;  // until the request is there
  std::optional<IperfRequest> request;
  for (;;) {
    const long n = os.recvfrom(fd, buffer, 0, nullptr);
    if (n == -EINTR) continue;
    if (n <= 0) {
      if (sender > 0) os.waitpid(sender, nullptr, 0);
      if (n < 0) return static_cast<int>(n);
      break;
    }
    stats.bytes_in += static_cast<std::uint64_t>(n);
    if (request) continue;
    first.insert(first.end(), buffer.begin(), buffer.begin() + n);
    request = parse_iperf_request(first);
    if (!request) continue;
    ++stats.requests;
    if (request->reverse) return send_stream(os, fd, *request, stats);
    sender = send_beside(os, fd, *request, stats);
    if (sender < 0) return sender;
  }
  return request && request->tradeoff ? connect_back(os, fd, *request, stats) : 0;
}

}  // namespace nicosim
