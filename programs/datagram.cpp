#include "programs/datagram.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <vector>

namespace nicosim {
namespace {

constexpr std::size_t kLongestDatagram = 65'507;

}  // namespace

int run_datagram_program(Posix& os, const DatagramProgram& program) {
  DatagramStats ignored;
  DatagramStats& stats = program.stats != nullptr ? *program.stats : ignored;

  const int fd = os.socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) return fd;
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(program.port);
  here.sin_addr.s_addr = htonl(INADDR_ANY);
  if (const int error = os.bind(fd, here); error < 0) return error;

  if (const int on = 1; program.prefer_busy_poll)
    os.setsockopt(fd, SOL_SOCKET, SO_PREFER_BUSY_POLL, std::as_bytes(std::span{&on, 1}));

  std::vector<std::byte> buffer(kLongestDatagram);
  for (;;) {
    sockaddr_in from{};
    const long n = os.recvfrom(fd, buffer, 0, &from);
    if (n == -EINTR) continue;
    if (n < 0) {
      ++stats.errors;
      return static_cast<int>(n);
    }
    const auto datagram = std::span<const std::byte>{buffer}.first(static_cast<std::size_t>(n));
    ++stats.datagrams;
    stats.bytes += datagram.size();
    if (program.seen) program.seen(datagram, from);
    if (program.echo && os.sendto(fd, datagram, 0, &from) < 0) ++stats.errors;
  }
}

}  // namespace nicosim
