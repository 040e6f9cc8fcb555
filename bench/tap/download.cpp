// The client of `./nicosim bench tap`: a socket of this machine's kernel, blocking, and one connection.
#include "bench/tap/download.hpp"

#include "bench/commands.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace nicosim::bench {
namespace {

constexpr std::size_t kPattern = 256;        // after so many bytes the page repeats itself
constexpr std::size_t kBuffer = 1024 * 256;  // of one read(); a multiple of it

[[noreturn]] void fail(const char* what) { throw std::system_error(errno, std::generic_category(), what); }

class Socket {
 public:
  Socket() : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP)) {
    if (descriptor_ < 0) fail("socket");
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(descriptor_); }

  void connect(const char* address, std::uint16_t port) const {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    if (::inet_pton(AF_INET, address, &to.sin_addr) != 1) throw std::invalid_argument("not an address");
    sockaddr plain{};
    std::memcpy(&plain, &to, sizeof plain);
    if (::connect(descriptor_, &plain, sizeof plain) != 0) fail("connect");
  }
  void send(std::string_view text) const {
    if (::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) fail("send");
  }
  // At least one byte; a connection that ends early is an error.
  std::size_t receive(char* into, std::size_t most) const {
    const ssize_t n = ::recv(descriptor_, into, most, 0);
    if (n < 0) fail("recv");
    if (n == 0) throw std::runtime_error("the server closed the connection too early");
    return static_cast<std::size_t>(n);
  }

 private:
  int descriptor_;
};

std::int64_t cpu_us() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto us = [](const timeval& t) { return std::int64_t{t.tv_sec} * 1'000'000 + t.tv_usec; };
  return us(used.ru_utime) + us(used.ru_stime);
}

}  // namespace

int bench_tap_client(std::uint64_t bytes) {
  std::vector<char> expected(kBuffer + kPattern), buffer(kBuffer);
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = static_cast<char>(i);

  const auto began = std::chrono::steady_clock::now();
  const Socket socket;
  socket.connect(kTapServer, kTapPort);
  socket.send(fmt::format("GET /bytes/{} HTTP/1.1\r\nHost: {}\r\n\r\n", bytes, kTapServer));
  std::string head;
  constexpr std::string_view kEnd = "\r\n\r\n";
  while (!head.ends_with(kEnd)) {
    char c = 0;
    socket.receive(&c, 1);
    head += c;
  }
  if (head.find(" 200 ") == std::string::npos) throw std::runtime_error("the server answered\n" + head);
  for (std::uint64_t done = 0; done < bytes;) {
    const std::size_t n = socket.receive(buffer.data(), std::min<std::uint64_t>(buffer.size(), bytes - done));
    if (std::memcmp(buffer.data(), &expected[done % kPattern], n) != 0)
      throw std::runtime_error(fmt::format("wrong bytes between {} and {}", done, done + n));
    done += n;
  }
  const std::chrono::duration<double, std::micro> wall = std::chrono::steady_clock::now() - began;
  fmt::print("bytes={}\nwall_us={:.0f}\ncpu_us={}\n", bytes, wall.count(), cpu_us());
  return kGood;
}

}  // namespace nicosim::bench
