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
constexpr std::size_t kLongestDatagram = 65'507;

// Flags of the client's first word, and of the upper half of its ninth.
constexpr std::uint32_t kVersion1 = 0x8000'0000, kRunNow = 0x0000'0001;
constexpr std::uint32_t kReverse = 0x0400U << 16U;

// A UDP datagram begins with its number and the time at which it was sent; the report stands behind these 16 bytes.
constexpr std::size_t kNumber = 0, kSeconds = 4, kMicroseconds = 8, kReport = 16, kReportWords = 10;
// The answer has these places empty, and as many bytes as iperf's own, whose last ones we have nothing to say about.
constexpr std::size_t kReportBytes = 128;

std::uint32_t word(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return ntohl(value);
}

void put_word(std::span<std::byte> bytes, std::size_t at, std::uint32_t value) {
  value = htonl(value);
  std::memcpy(bytes.data() + at, &value, sizeof value);
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

// What has come of one client's test.
struct UdpTest {
  sockaddr_in from{};
  std::uint64_t bytes = 0;
  std::uint32_t highest = 0, received = 0, out_of_order = 0;
  SimTime began, last;
  std::int64_t transit_us = 0, jitter_16us = 0;
  bool timed = false, ended = false;

  void take(std::span<const std::byte> datagram, std::uint32_t number, SimTime now) {
    if (received++ == 0) began = now;
    last = now;
    bytes += datagram.size();
    if (number < highest) ++out_of_order;
    highest = std::max(highest, number);
    const std::int64_t sent_us = std::int64_t{word(datagram, kSeconds)} * 1'000'000 + word(datagram, kMicroseconds);
    const std::int64_t transit = now.in_ns() / 1000 - sent_us;
    // RFC 3550, 6.4.1: J += (|D| - J) / 16, kept in sixteenths.
    if (timed) jitter_16us += std::abs(transit - transit_us) - (jitter_16us + 8) / 16;
    transit_us = transit;
    timed = true;
  }
  std::uint32_t lost() const { return highest > received ? highest - received : 0; }  // numbers count from 1
  void write(std::span<std::byte> report) const {
    const std::int64_t us = (last - began).in_ns() / 1000;
    const std::int64_t jitter_us = jitter_16us / 16;
    const std::array<std::uint32_t, kReportWords> words{kVersion1,
                                                        static_cast<std::uint32_t>(bytes >> 32U),
                                                        static_cast<std::uint32_t>(bytes),
                                                        static_cast<std::uint32_t>(us / 1'000'000),
                                                        static_cast<std::uint32_t>(us % 1'000'000),
                                                        lost(),
                                                        out_of_order,
                                                        highest,
                                                        static_cast<std::uint32_t>(jitter_us / 1'000'000),
                                                        static_cast<std::uint32_t>(jitter_us % 1'000'000)};
    for (std::size_t i = 0; i < words.size(); ++i) put_word(report, 4 * i, words.at(i));
  }
};

bool same(const sockaddr_in& a, const sockaddr_in& b) {
  return a.sin_addr.s_addr == b.sin_addr.s_addr && a.sin_port == b.sin_port;
}

}  // namespace

std::optional<IperfRequest> parse_iperf_request(std::span<const std::byte> first) {
  if (first.size() < kIperfRequestBytes) return std::nullopt;
  IperfRequest request;
  const std::uint32_t flags = word(first, 0);
  request.reverse = (word(first, 32) & kReverse) != 0;
  request.tradeoff = (flags & kVersion1) != 0 && (flags & kRunNow) == 0;
  request.port = static_cast<std::uint16_t>(word(first, 8));
  const auto amount = static_cast<std::int32_t>(word(first, 20));  // below zero: hundredths of a second
  if (amount < 0)
    request.duration = SimTime::ms(std::int64_t{10} * -std::int64_t{amount});
  else
    request.bytes = static_cast<std::uint64_t>(amount);
  return request;
}

int serve_iperf(Posix& os, int fd, TcpServerStats& stats) {
  std::vector<std::byte> buffer(kBuffer);
  std::vector<std::byte> first;  // until the request is there
  std::optional<IperfRequest> request;
  for (;;) {
    const long n = os.recvfrom(fd, buffer, 0, nullptr);
    if (n == -EINTR) continue;
    if (n < 0) return static_cast<int>(n);
    if (n == 0) break;
    stats.bytes_in += static_cast<std::uint64_t>(n);
    if (request) continue;
    first.insert(first.end(), buffer.begin(), buffer.begin() + n);
    request = parse_iperf_request(first);
    if (!request) continue;
    ++stats.requests;
    if (request->reverse) return send_stream(os, fd, *request, stats);
  }
  return request && request->tradeoff ? connect_back(os, fd, *request, stats) : 0;
}

int run_iperf_udp(Posix& os, std::uint16_t port, DatagramStats& stats) {
  const int fd = os.socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) return fd;
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(port);
  here.sin_addr.s_addr = htonl(INADDR_ANY);
  if (const int error = os.bind(fd, here); error < 0) return error;

  UdpTest test;
  std::vector<std::byte> buffer(kLongestDatagram);
  for (;;) {
    sockaddr_in from{};
    const long n = os.recvfrom(fd, buffer, 0, &from);
    if (n == -EINTR) continue;
    if (n < 0) {
      ++stats.errors;
      return static_cast<int>(n);
    }
    const auto datagram = std::span{buffer}.first(static_cast<std::size_t>(n));
    ++stats.datagrams;
    stats.bytes += datagram.size();
    if (datagram.size() < kReport) continue;
    if (!same(from, test.from)) {
      test = UdpTest{};
      test.from = from;
    }
    const auto number = static_cast<std::int32_t>(word(datagram, kNumber));
    if (!test.ended) test.take(datagram, static_cast<std::uint32_t>(std::abs(number)), os.clock());
    if (number >= 0) continue;
    test.ended = true;  // the last one, sent again until it is answered
    std::vector<std::byte> report(kReportBytes);
    test.write(std::span{report}.subspan(kReport));
    if (os.sendto(fd, report, 0, &from) < 0) ++stats.errors;
  }
}

}  // namespace nicosim
