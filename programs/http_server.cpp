#include "programs/http_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <vector>

namespace nicosim {
namespace {

constexpr std::size_t kMostHead = 8192;
constexpr std::size_t kChunk = 16384;
constexpr std::uint64_t kMostBody = std::uint64_t{1} << 30U;
constexpr std::string_view kPage = "<!doctype html><title>nicosim</title><p>It works.\n";
constexpr std::string_view kReceived = "received\n";
constexpr std::string_view kBytesPath = "/bytes/";

bool same_word(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

std::optional<std::uint64_t> number(std::string_view s) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (s.empty() || error != std::errc{} || end != s.data() + s.size()) return std::nullopt;
  return value;
}

std::span<const std::byte> bytes_of(std::string_view s) { return std::as_bytes(std::span{s}); }

struct Answer {
  int status = 200;
  std::string_view reason = "OK", type = "text/html";
  std::string_view page;        // the body, or
  std::uint64_t generated = 0;  // so many bytes of one
  std::uint64_t length() const { return page.empty() ? generated : page.size(); }
};

Answer answer_to(const HttpRequest& request) {
  if (request.method == "POST") return {.type = "text/plain", .page = kReceived};
  if (request.method != "GET" && request.method != "HEAD") return {405, "Method Not Allowed", "text/plain", "no\n"};
  if (request.target == "/" || request.target == "/index.html") return {.page = kPage};
  if (request.target.starts_with(kBytesPath))
    if (const auto n = number(std::string_view{request.target}.substr(kBytesPath.size())); n && *n <= kMostBody)
      return {.type = "application/octet-stream", .page = {}, .generated = *n};
  return {404, "Not Found", "text/plain", "not here\n"};
}

int send_answer(Posix& os, int fd, const Answer& answer, bool head_only, bool keep_alive, TcpServerStats& stats) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " " + std::string{answer.reason} + "\r\n";
  head += "Content-Type: " + std::string{answer.type} + "\r\n";
  head += "Content-Length: " + std::to_string(answer.length()) + "\r\n";
  if (!keep_alive) head += "Connection: close\r\n";
  head += "\r\n";
  if (!head_only) head += answer.page;
  if (const int error = send_all(os, fd, bytes_of(head), stats); error != 0 || head_only) return error;
  std::array<std::byte, kChunk> chunk{};
  for (std::uint64_t sent = 0; answer.page.empty() && sent < answer.generated;) {
    const std::size_t n = std::min<std::uint64_t>(kChunk, answer.generated - sent);
    for (std::size_t i = 0; i < n; ++i) chunk.at(i) = static_cast<std::byte>((sent + i) & 0xffU);
    if (const int error = send_all(os, fd, std::span{chunk}.first(n), stats); error != 0) return error;
    sent += n;
  }
  return 0;
}

}  // namespace

std::optional<HttpRequest> parse_http_request(std::string_view head) {
  const std::size_t line_end = head.find("\r\n");
  const std::string_view line = head.substr(0, line_end);
  const std::size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || first == 0) return std::nullopt;
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return std::nullopt;
  HttpRequest request;
  request.method = line.substr(0, first);
  request.target = line.substr(first + 1, last - first - 1);
  request.keep_alive = version == "HTTP/1.1";
  std::string_view rest = line_end == std::string_view::npos ? std::string_view{} : head.substr(line_end + 2);
  while (!rest.empty()) {
    const std::size_t end = rest.find("\r\n");
    const std::string_view field = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 2);
    const std::size_t colon = field.find(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    const std::string_view name = field.substr(0, colon), value = trimmed(field.substr(colon + 1));
    if (same_word(name, "Connection") && same_word(value, "close")) request.keep_alive = false;
    if (same_word(name, "Connection") && same_word(value, "keep-alive")) request.keep_alive = true;
    if (same_word(name, "Content-Length")) {
      const auto length = number(value);
      if (!length) return std::nullopt;
      request.body_bytes = *length;
    }
  }
  return request;
}

int serve_http(Posix& os, int fd, TcpServerStats& stats) {
  std::string waiting;  // read and not used yet: requests may come in one segment, or in many
  std::vector<std::byte> buffer(4096);
  // More from the peer: > 0 bytes, 0 at its end, -errno.
  const auto more = [&]() -> long {
    for (;;) {
      const long n = os.recvfrom(fd, buffer, 0, nullptr);
      if (n == -EINTR) continue;
      if (n > 0) {
        stats.bytes_in += static_cast<std::uint64_t>(n);
        for (long i = 0; i < n; ++i) waiting += static_cast<char>(buffer[static_cast<std::size_t>(i)]);
      }
      return n;
    }
  };
  const auto refuse = [&](int status, std::string_view reason) {
    return send_answer(os, fd, {status, reason, "text/plain", "no\n"}, false, false, stats);
  };
  for (;;) {
    std::size_t end = 0;
    while ((end = waiting.find("\r\n\r\n")) == std::string::npos) {
      if (waiting.size() > kMostHead) return refuse(431, "Request Header Fields Too Large");
      const long n = more();
      if (n <= 0) return static_cast<int>(n);
    }
    const auto request = parse_http_request(std::string_view{waiting}.substr(0, end));
    if (!request) return refuse(400, "Bad Request");
    waiting.erase(0, end + 4);
    while (waiting.size() < request->body_bytes) {  // nobody wants it, but the next request is behind it
      if (request->body_bytes > kMostBody) return refuse(413, "Content Too Large");
      const long n = more();
      if (n <= 0) return static_cast<int>(n);
    }
    waiting.erase(0, request->body_bytes);
    ++stats.requests;
    const bool head_only = request->method == "HEAD";
    if (const int error = send_answer(os, fd, answer_to(*request), head_only, request->keep_alive, stats); error != 0)
      return error;
    if (!request->keep_alive) return 0;
  }
}

}  // namespace nicosim
