#include "programs/http_server.hpp"

#include "programs/http_files.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>
#include <vector>

namespace nicosim {
namespace {

constexpr std::size_t kMostHead = 8192;
constexpr std::size_t kChunk = 16384;
constexpr std::uint64_t kSmall = 1024;  // a body that goes out with its head
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

struct HttpConversation::Answer {
  int status = 200;
  std::string_view reason = "OK", type = "text/html";
  std::string_view page;        // the body, or
  std::uint64_t generated = 0;  // so many bytes of one
  std::uint64_t length() const { return page.empty() ? generated : page.size(); }
};

HttpConversation::Answer HttpConversation::answer_to(const HttpRequest& request) {
  if (request.method == "POST") return {.type = "text/plain", .page = kReceived};
  if (request.method != "GET" && request.method != "HEAD") return {405, "Method Not Allowed", "text/plain", "no\n"};
  if (request.target == "/" || request.target == "/index.html") return {.page = kPage};
  if (request.target.starts_with(kBytesPath))
    if (const auto n = number(std::string_view{request.target}.substr(kBytesPath.size())); n && *n <= kMostBody)
      return {.type = "application/octet-stream", .page = {}, .generated = *n};
  return {404, "Not Found", "text/plain", "not here\n"};
}

void HttpConversation::say(const Answer& answer, bool head_only, bool keep_alive) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + " " + std::string{answer.reason} + "\r\n";
  head += "Content-Type: " + std::string{answer.type} + "\r\n";
  head += "Content-Length: " + std::to_string(answer.length()) + "\r\n";
  if (!keep_alive) head += "Connection: close\r\n";
  head += "\r\n";
  if (!head_only) head += answer.page;
  const auto bytes = std::as_bytes(std::span{head});
  saying_.assign(bytes.begin(), bytes.end());
  said_ = 0;
  made_ = 0;
  make_ = head_only || !answer.page.empty() ? 0 : answer.generated;
  if (make_ <= kSmall) make_body(make_);  // else Nagle's rule holds it back until the head is acknowledged
  last_ = !keep_alive;
}

void HttpConversation::make_body(std::uint64_t bytes) {
  const std::size_t before = saying_.size();
  saying_.resize(before + bytes);
  for (std::byte& b : std::span{saying_}.subspan(before)) b = static_cast<std::byte>(made_++ & 0xffU);
}

void HttpConversation::refuse(int status, std::string_view reason) {
  say({status, reason, "text/plain", "no\n"}, false, false);
}

void HttpConversation::hear(std::span<const std::byte> data) {
  heard_.append(reinterpret_cast<const char*>(data.data()), data.size());
  look_for_request();
}

std::span<const std::byte> HttpConversation::to_say() {
  if (said_ == saying_.size() && made_ < make_) {
    saying_.clear();
    said_ = 0;
    make_body(std::min<std::uint64_t>(kChunk, make_ - made_));
  }
  if (said_ == saying_.size() && !last_) look_for_request();
  return std::span{saying_}.subspan(said_);
}

void HttpConversation::look_for_request() {
  if (!request_) {
    const std::size_t end = heard_.find("\r\n\r\n");
    if (end == std::string::npos) {
      if (heard_.size() > kMostHead) refuse(431, "Request Header Fields Too Large");
      return;
    }
    request_ = parse_http_request(std::string_view{heard_}.substr(0, end));
    if (!request_) return refuse(400, "Bad Request");
    heard_.erase(0, end + 4);
    body_left_ = request_->body_bytes;
    if (body_left_ > kMostBody) return refuse(413, "Content Too Large");
  }
  skip_body();
  if (body_left_ != 0) return;
  ++stats_.requests;
  const HttpRequest request = *std::exchange(request_, std::nullopt);
  const Answer answer = answer_to(request);
  if (answer.status != 404 || !answered_elsewhere(request))
    say(answer, request.method == "HEAD", request.keep_alive);
  else if (!last_)
    look_for_request();
}

bool HttpConversation::answered_elsewhere(const HttpRequest& request) {
  const std::optional<int> result = elsewhere_ ? elsewhere_(request) : std::nullopt;
  if (!result) return false;
  last_ = *result != 0 || !request.keep_alive;
  return true;
}

void HttpConversation::skip_body() {
  const std::size_t n = std::min<std::uint64_t>(body_left_, heard_.size());
  heard_.erase(0, n);
  body_left_ -= n;
}

int serve_http(Posix& os, int fd, TcpServerStats& stats) { return serve_http_files(os, fd, stats, FileIo::read); }

int serve_http_files(Posix& os, int fd, TcpServerStats& stats, FileIo how) {
  int failed = 0;
  HttpConversation conversation{stats, [&](const HttpRequest& request) {
                                  const auto result = send_http_file(os, fd, request, how, stats);
                                  failed = result.value_or(0);
                                  return result;
                                }};
  const int error = serve(os, fd, conversation, stats);
  return error != 0 ? error : failed;
}

}  // namespace nicosim
