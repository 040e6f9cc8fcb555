// One server, written once for every I/O model (Stevens, UNIX Network Programming, volume 1, 6.2): what it says is the
// same (programs/conversation.hpp), how its process waits is not.
//
// Each runs until a call on the listening socket fails for good and returns that error as -errno.
#pragma once

#include "programs/conversation.hpp"
#include "programs/posix.hpp"
#include "programs/tcp_server.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace nicosim {

enum class IoModel : std::uint8_t {
  iterative,    // blocking calls, one connection after the other
  blocking,     // blocking calls, a process for each connection
  nonblocking,  // asks every connection again and again
  select,       // sleeps on up to FD_SETSIZE descriptors
  poll,         // sleeps on any number of them
  epoll,        // sleeps, and is told which are ready
  sigio,        // does other work until a signal tells that one is ready
  aio,          // does other work until a signal tells that bytes have been read
};

struct ModelServer {
  IoModel model = IoModel::iterative;
  std::string name = "server";  // of its processes
  std::uint16_t port = 0;
  int backlog = 4096;
  TcpServerStats* stats = nullptr;  // counted into; must outlive the run
  NewConversation converse;
  // iterative, blocking: serves one connection until its end instead; may be empty. For what takes calls that block:
  // files.
  std::function<int(Posix&, int fd, TcpServerStats&)> serve = {};
  // select, poll, epoll: what they are called with, rounded up to milliseconds. None: for ever, the call blocks until
  // something is ready. When it is over, the program does one unit of other work.
  std::optional<SimTime> timeout;
  bool edge = false;                    // epoll: EPOLLET
  SimTime work_unit = SimTime::us(10);  // how long one unit of other work takes
};

int run_model_server(Posix& os, const ModelServer& server);

int run_blocking(Posix& os, const ModelServer& server);
int run_nonblocking(Posix& os, const ModelServer& server);
int run_select(Posix& os, const ModelServer& server);
int run_poll(Posix& os, const ModelServer& server);
int run_epoll(Posix& os, const ModelServer& server);
int run_sigio(Posix& os, const ModelServer& server);
int run_aio(Posix& os, const ModelServer& server);

// The whole of one connection, with calls that block; 0 or -errno.
int serve_blocking(Posix& os, const ModelServer& server, int fd);

}  // namespace nicosim
