// A small HTTP/1.1 server (RFC 9112): persistent connections, GET, HEAD and POST, bodies made on the spot.
//
// `/` is a short page, `/bytes/N` has N bytes (at most 1 GiB). Everything else is 404. What is posted is forgotten.
#pragma once

#include "programs/tcp_server.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nicosim {

struct HttpRequest {
  std::string method, target;
  bool keep_alive = true;        // HTTP/1.1 without "Connection: close"
  std::uint64_t body_bytes = 0;  // Content-Length
};

// The head of a request without its empty line. nullopt: not HTTP/1, to be answered with 400.
std::optional<HttpRequest> parse_http_request(std::string_view head);

int serve_http(Posix& os, int fd, TcpServerStats& stats);

}  // namespace nicosim
