#include "programs/tcp_server.hpp"

#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <vector>

namespace nicosim {
namespace {

constexpr std::size_t kLine = 72, kPrintable = 95;  // RFC 864: 72 of the 95 printing characters, moving on by one

}  // namespace

bool ends_the_server(long result) { return result == -EBADF || result == -EINVAL || result == -ENFILE; }

int listen_on(Posix& os, std::uint16_t port, int backlog, int type_flags) {
  const int listening = os.socket(AF_INET, SOCK_STREAM | type_flags, 0);
  if (listening < 0) return listening;
  const int on = 1;
  os.setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, std::as_bytes(std::span{&on, 1}));
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(port);
  here.sin_addr.s_addr = htonl(INADDR_ANY);
  if (const int error = os.bind(listening, here); error < 0) return error;
  if (const int error = os.listen(listening, backlog); error < 0) return error;
  return listening;
}

void EchoConversation::hear(std::span<const std::byte> data) {
  held_.assign(data.begin(), data.end());
  said_ = 0;
  ++stats_.requests;
}

int serve(Posix& os, int fd, Conversation& conversation, TcpServerStats& stats) {
  std::vector<std::byte> buffer(conversation.reads_at());
  for (;;) {
    for (auto next = conversation.to_say(); !next.empty(); next = conversation.to_say()) {
      if (const int error = send_all(os, fd, next, stats); error != 0) return error;
      conversation.said(next.size());
    }
    if (conversation.over()) return 0;
    const long n = os.recvfrom(fd, buffer, 0, nullptr);
    if (n == -EINTR) continue;
    if (n <= 0) return static_cast<int>(n);
    stats.bytes_in += static_cast<std::uint64_t>(n);
    conversation.hear(std::span{buffer}.first(static_cast<std::size_t>(n)));
  }
}

int send_all(Posix& os, int fd, std::span<const std::byte> data, TcpServerStats& stats) {
  while (!data.empty()) {
    const long n = os.sendto(fd, data, MSG_NOSIGNAL, nullptr);
    if (n == -EINTR) continue;
    if (n < 0) return static_cast<int>(n);
    stats.bytes_out += static_cast<std::uint64_t>(n);
    data = data.subspan(static_cast<std::size_t>(n));
  }
  return 0;
}

int serve_echo(Posix& os, int fd, TcpServerStats& stats) {
  EchoConversation conversation{stats};
  return serve(os, fd, conversation, stats);
}

int serve_discard(Posix& os, int fd, TcpServerStats& stats) {
  DiscardConversation conversation;
  return serve(os, fd, conversation, stats);
}

int serve_chargen(Posix& os, int fd, TcpServerStats& stats) {
  for (std::size_t first = 0;; first = (first + 1) % kPrintable) {
    std::array<std::byte, kLine + 2> line{};
    for (std::size_t i = 0; i < kLine; ++i) line.at(i) = static_cast<std::byte>(' ' + (first + i) % kPrintable);
    line[kLine] = std::byte{'\r'};
    line[kLine + 1] = std::byte{'\n'};
    const int error = send_all(os, fd, line, stats);
    if (error != 0) return error == -EPIPE || error == -ECONNRESET ? 0 : error;
  }
}

int run_tcp_server(Posix& os, const TcpServerProgram& program) {
  TcpServerStats ignored;
  TcpServerStats& stats = program.stats != nullptr ? *program.stats : ignored;
  const int listening = listen_on(os, program.port, program.backlog);
  if (listening < 0) return listening;
  for (;;) {
    const int fd = os.accept4(listening, nullptr, 0);
    if (fd < 0) {
      if (ends_the_server(fd)) return fd;
      if (fd != -EINTR) ++stats.errors;
      continue;
    }
    ++stats.connections;
    if (program.serve(os, fd, stats) != 0) ++stats.errors;
    os.close(fd);
  }
}

}  // namespace nicosim
