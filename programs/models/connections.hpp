// The connections of a process that serves many at once, with calls that do not block.
#pragma once

#include "programs/models/models.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace nicosim {

struct Connection {
  int fd = -1;
  std::unique_ptr<Conversation> conversation;
};

// What a connection waits for now.
enum class Waits : std::uint8_t { to_read, to_write, closed };

class Connections {
 public:
  explicit Connections(const ModelServer& server) : server_(server) {}

  // The listening socket, O_NONBLOCK; its descriptor or -errno.
  int listen(Posix& os) const { return listen_on(os, server_.port, server_.backlog, SOCK_NONBLOCK); }
  // accept4() once. The new connection's descriptor, -EAGAIN, or another error: ends_the_server() says whether for
  // good.
  int accept(Posix& os, int listening);
  // Goes on with a connection that may be ready: sends what is to be said, reads once (or, with `drain`, until nothing
  // is left: who waits for edges must), answers. A connection that is closed by this is forgotten.
  Waits go_on(Posix& os, int fd, bool drain = false);
  // Closes a connection that the program cannot serve, and keeps the reason.
  void refuse(Posix& os, int fd, const std::string& why);
  void one_unit_of_other_work(Posix& os);

  const std::vector<int>& open() const { return open_; }  // oldest first

 private:
  Waits close(Posix& os, int fd);
  bool send(Posix& os, Connection& connection, Waits& waits);

  const ModelServer& server_;
  std::vector<Connection> by_fd_;  // at its descriptor's place
  std::vector<int> open_;
  std::vector<std::byte> buffer_;
};

}  // namespace nicosim
