#include "programs/http_files.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>
#include <vector>

namespace nicosim {
namespace {

constexpr std::size_t kBuffer = 65536;

std::string_view type_of(std::string_view path) {
  if (path.ends_with(".html")) return "text/html";
  return path.ends_with(".txt") ? "text/plain" : "application/octet-stream";
}

// MSG_MORE: the body follows, and may share a segment with the head.
int send_head(Posix& os, int fd, std::span<const std::byte> head, bool more, TcpServerStats& stats) {
  while (!head.empty()) {
    const long n = os.sendto(fd, head, MSG_NOSIGNAL | (more ? MSG_MORE : 0), nullptr);
    if (n == -EINTR) continue;
    if (n < 0) return static_cast<int>(n);
    stats.bytes_out += static_cast<std::uint64_t>(n);
    head = head.subspan(static_cast<std::size_t>(n));
  }
  return 0;
}

// Into the process and out again: two copies and two calls for each buffer.
int read_and_send(Posix& os, int fd, int file, TcpServerStats& stats) {
  std::vector<std::byte> buffer(kBuffer);
  for (;;) {
    const long n = os.read(file, buffer);
    if (n <= 0) return static_cast<int>(n);
    const auto got = std::span<const std::byte>{buffer}.first(static_cast<std::size_t>(n));
    if (const int error = send_all(os, fd, got, stats); error != 0) return error;
  }
}

int send_pages(Posix& os, int fd, int file, std::uint64_t size, TcpServerStats& stats) {
  for (std::uint64_t left = size; left > 0;) {
    const long n = os.sendfile(fd, file, nullptr, left);
    if (n == -EINTR) continue;
    if (n <= 0) return n == 0 ? -EIO : static_cast<int>(n);
    stats.bytes_out += static_cast<std::uint64_t>(n);
    left -= static_cast<std::uint64_t>(n);
  }
  return 0;
}

}  // namespace

std::optional<int> send_http_file(Posix& os, int fd, const HttpRequest& request, FileIo how, TcpServerStats& stats) {
  const int file = os.open(request.target, O_RDONLY | O_CLOEXEC);
  if (file < 0) return std::nullopt;
  struct stat about {};
  int error = os.fstat(file, about);
  const auto size = static_cast<std::uint64_t>(about.st_size);
  const bool body = request.method == "GET" && size > 0;
  std::string head = "HTTP/1.1 200 OK\r\nContent-Type: " + std::string{type_of(request.target)} +
                     "\r\nContent-Length: " + std::to_string(size) + "\r\n";
  if (!request.keep_alive) head += "Connection: close\r\n";
  head += "\r\n";
  if (error == 0) error = send_head(os, fd, std::as_bytes(std::span{head}), body, stats);
  if (error == 0 && body)
    error = how == FileIo::sendfile ? send_pages(os, fd, file, size, stats) : read_and_send(os, fd, file, stats);
  os.close(file);
  return error;
}

}  // namespace nicosim
