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

constexpr std::size_t kLongestDatagram = 65'507;

// A datagram begins with its number and the time at which it was sent; behind these 16 bytes stands the client's
// request in its first one, the server's report in the answer to its last.
constexpr std::size_t kNumber = 0, kSeconds = 4, kMicroseconds = 8, kNumberAbove = 12, kBehind = 16, kReportWords = 10;
constexpr std::uint32_t kVersion1 = 0x8000'0000;
// The answer has these places empty, and as many bytes as iperf's own, whose last ones we have nothing to say about.
constexpr std::size_t kReportBytes = 128;

constexpr std::uint32_t kUsualRate = 1 << 20U;  // bits per second, where the client names none
constexpr int kLastOnes = 10, kAnswerMs = 250;  // how often the last datagram is sent, and what its answer has time for

std::uint32_t word(std::span<const std::byte> bytes, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return ntohl(value);
}

void put_word(std::span<std::byte> bytes, std::size_t at, std::uint32_t value) {
  value = htonl(value);
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

std::int64_t microseconds_of(SimTime time) { return time.in_ns() / 1000; }

// When a datagram was sent, by its sender's clock.
std::int64_t sent_us(std::span<const std::byte> datagram) {
  return std::int64_t{word(datagram, kSeconds)} * 1'000'000 + word(datagram, kMicroseconds);
}

// A test in the other direction: datagrams as long as the client's own, evenly at its rate; the number of the last one
// is negative.
class UdpSender {
 public:
  UdpSender(Posix& os, int fd, const sockaddr_in& to, const IperfRequest& request, std::size_t bytes,
            std::int64_t ahead_us, DatagramStats& stats)
      : os_(os),
        fd_(fd),
        to_(to),
        request_(request),
        datagram_(std::max(bytes, kBehind)),
        ahead_us_(ahead_us),
        stats_(stats) {}

  // `answered`: the client reports on the last one, which is sent again until then.
  int run(bool answered) {
    const std::uint64_t rate = request_.bits_per_second != 0 ? request_.bits_per_second : kUsualRate;
    const std::uint64_t distance_ps = datagram_.size() * 8 * 1'000'000'000'000 / rate;
    const SimTime begin = os_.clock();
    const std::uint64_t in_all = (request_.bytes + datagram_.size() - 1) / datagram_.size();
    std::uint32_t number = 0;
    for (SimTime due = begin; request_.bytes != 0 ? number < in_all : due < begin + request_.duration;
         due += SimTime::ps(static_cast<std::int64_t>(distance_ps))) {
      while (os_.clock() < due) os_.nanosleep(due - os_.clock());
      if (const int error = send(++number); error != 0) return error;
    }
    const std::uint32_t last = ~number;  // -(number + 1)
    for (int i = 0; i < (answered ? kLastOnes : 1); ++i) {
      if (const int error = send(last); error != 0) return error;
      std::array<pollfd, 1> files{pollfd{fd_, POLLIN, 0}};
      if (answered && os_.poll(files, kAnswerMs) > 0) break;
    }
    return 0;
  }

 private:
  int send(std::uint32_t number) {
    const std::int64_t us = microseconds_of(os_.clock()) + ahead_us_;
    put_word(datagram_, kNumber, number);
    put_word(datagram_, kNumberAbove, static_cast<std::int32_t>(number) < 0 ? ~0U : 0U);  // of 64 bits
    put_word(datagram_, kSeconds, static_cast<std::uint32_t>(us / 1'000'000));
    put_word(datagram_, kMicroseconds, static_cast<std::uint32_t>(us % 1'000'000));
    const long n = os_.sendto(fd_, datagram_, 0, &to_);
    if (n < 0) ++stats_.errors;
    return n < 0 ? static_cast<int>(-n) : 0;
  }

  Posix& os_;
  int fd_;
  sockaddr_in to_;
  IperfRequest request_;
  std::vector<std::byte> datagram_;
  std::int64_t ahead_us_;
  DatagramStats& stats_;
};

// What has come of one client's test.
struct UdpTest {
  sockaddr_in from{};
  IperfRequest request;       // what its first datagram says
  std::size_t length = 0;     // of that one
  std::int64_t ahead_us = 0;  // the client's clock of ours; its jitter begins with the difference
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
    const std::int64_t transit = microseconds_of(now) - sent_us(datagram);
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

// -R sends from the port that was asked; -d and -r, at once and afterwards, to the one where the client listens.
void send_back(Posix& os, int fd, const UdpTest& test, DatagramStats& stats) {
  const auto child = [fd, test, &stats](Posix& own) {
    if (test.request.reverse || test.request.full_duplex)
      return UdpSender{own, fd, test.from, test.request, test.length, test.ahead_us, stats}.run(false);
    const int back = own.socket(AF_INET, SOCK_DGRAM, 0);
    if (back < 0) return -back;
    sockaddr_in to = test.from;
    to.sin_port = htons(test.request.port);
    return UdpSender{own, back, to, test.request, test.length, test.ahead_us, stats}.run(true);
  };
  if (os.fork("iperf", child) < 0) ++stats.errors;
}

}  // namespace

int run_iperf_udp(Posix& os, std::uint16_t port, DatagramStats& stats) {
  const int fd = os.socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) return fd;
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(port);
  here.sin_addr.s_addr = htonl(INADDR_ANY);
  if (const int error = os.bind(fd, here); error < 0) return error;

  os.sigaction(SIGCHLD, SigAction::ignore());  // nobody waits for those that send
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
    if (datagram.size() < kBehind) continue;
    if (!same(from, test.from)) {
      test = UdpTest{};
      test.from = from;
      test.length = datagram.size();
      test.ahead_us = sent_us(datagram) - microseconds_of(os.clock());
      test.request = parse_iperf_request(datagram.subspan(kBehind)).value_or(IperfRequest{});
      if (test.request.reverse || test.request.full_duplex || test.request.dual) send_back(os, fd, test, stats);
    }
    const auto number = static_cast<std::int32_t>(word(datagram, kNumber));
    if (!test.ended) test.take(datagram, static_cast<std::uint32_t>(std::abs(number)), os.clock());
    if (number >= 0) continue;
    if (!test.ended && test.request.tradeoff) send_back(os, fd, test, stats);
    test.ended = true;  // the last one, sent again until it is answered
    std::vector<std::byte> report(kReportBytes);
    test.write(std::span{report}.subspan(kBehind));
    if (os.sendto(fd, report, 0, &from) < 0) ++stats.errors;
  }
}

}  // namespace nicosim
