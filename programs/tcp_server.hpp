// Servers over TCP, one connection after the other with blocking calls: echo (RFC 862), discard (RFC 863), character
// generator (RFC 864), and HTTP/1.1 (programs/http_server.hpp).
#pragma once

#include "programs/conversation.hpp"
#include "programs/posix.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace nicosim {

struct TcpServerStats {
  std::uint64_t connections = 0, requests = 0, bytes_in = 0, bytes_out = 0, errors = 0;
  std::uint64_t refused = 0;     // connections that the program closed because it cannot serve them
  std::uint64_t work_units = 0;  // of other work, done while there was nothing to serve
  std::string complaint;         // what it would have written to its error log, the first time
};

struct TcpServerProgram {
  std::uint16_t port = 0;
  int backlog = 128;
  TcpServerStats* stats = nullptr;  // counted into, may be null
  // Serves one connection until its end; 0 or -errno. The connection is closed behind it.
  std::function<int(Posix&, int fd, TcpServerStats&)> serve;
};

// Runs until a call on the listening socket fails for good: socket, SO_REUSEADDR, bind on INADDR_ANY, listen, then
// accept and serve for ever. Returns the error as -errno.
int run_tcp_server(Posix& os, const TcpServerProgram& program);

// A listening socket: socket, SO_REUSEADDR, bind on INADDR_ANY, listen. Its descriptor or -errno.
int listen_on(Posix& os, std::uint16_t port, int backlog, int type_flags = 0);

// A client that has gone away is its own business and the server lives on; but not after these.
bool ends_the_server(long accept_result);

// One connection until its end, with calls that block; 0 or -errno.
int serve(Posix& os, int fd, Conversation& conversation, TcpServerStats& stats);

// Everything, however many calls it takes; 0 or -errno.
int send_all(Posix& os, int fd, std::span<const std::byte> data, TcpServerStats& stats);

int serve_echo(Posix& os, int fd, TcpServerStats& stats);     // sends back what it reads
int serve_discard(Posix& os, int fd, TcpServerStats& stats);  // reads and forgets
int serve_chargen(Posix& os, int fd, TcpServerStats& stats);  // lines of 72 characters until nobody listens any more

}  // namespace nicosim
