// A small HTTP/1.1 server (RFC 9112): persistent connections, GET, HEAD and POST, bodies made on the spot.
//
// `/` is a short page, `/bytes/N` has N bytes (at most 1 GiB). Any other path is that of a file on the host's disk
// (http_files.hpp), or 404.
// What is posted is forgotten.
#pragma once

#include "programs/conversation.hpp"
#include "programs/tcp_server.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nicosim {

struct HttpRequest {
  std::string method, target;
  bool keep_alive = true;        // HTTP/1.1 without "Connection: close"
  std::uint64_t body_bytes = 0;  // Content-Length
};

// The head of a request without its empty line. nullopt: not HTTP/1, to be answered with 400.
std::optional<HttpRequest> parse_http_request(std::string_view head);

// Requests may come in one segment or in many; each is answered before the next one is looked at.
class HttpConversation final : public Conversation {
 public:
  // Asked about a path that is none of ours, when everything before has been said: nullopt, there is no such thing; 0,
  // it has sent the whole answer itself; or -errno, and the conversation is over.
  using Elsewhere = std::function<std::optional<int>(const HttpRequest&)>;

  explicit HttpConversation(TcpServerStats& stats, Elsewhere elsewhere = {})
      : stats_(stats), elsewhere_(std::move(elsewhere)) {}
  std::span<const std::byte> to_say() override;
  void said(std::size_t bytes) override { said_ += bytes; }
  void hear(std::span<const std::byte> data) override;
  bool over() const override { return last_; }
  std::size_t reads_at() const override { return 4096; }

 private:
  struct Answer;
  static Answer answer_to(const HttpRequest& request);
  bool answered_elsewhere(const HttpRequest& request);
  void look_for_request();
  void say(const Answer& answer, bool head_only, bool keep_alive);
  void refuse(int status, std::string_view reason);
  void make_body(std::uint64_t bytes);  // the next ones
  void skip_body();

  TcpServerStats& stats_;
  Elsewhere elsewhere_;
  std::string heard_;                   // and not used yet
  std::uint64_t body_left_ = 0;         // of the request's body: nobody wants it, but the next request is behind it
  std::optional<HttpRequest> request_;  // whose body has not all come
  std::vector<std::byte> saying_;
  std::size_t said_ = 0;               // of it
  std::uint64_t made_ = 0, make_ = 0;  // bytes of a generated body: so far, in all
  bool last_ = false;                  // nothing follows what is being said
};

enum class FileIo : std::uint8_t { read, sendfile };  // how a file's bytes get to the socket

int serve_http(Posix& os, int fd, TcpServerStats& stats);  // files by read()
int serve_http_files(Posix& os, int fd, TcpServerStats& stats, FileIo how);

}  // namespace nicosim
