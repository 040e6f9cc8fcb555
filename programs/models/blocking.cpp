// Blocking I/O with a process per connection: the server accepts and forks, the child sleeps in each read until there
// is something, and again until it has been copied. Nobody else waits meanwhile, at the price of a process each.
#include "programs/models/models.hpp"

#include <cerrno>
#include <csignal>

namespace nicosim {
namespace {

int serve_in_child(Posix& os, const ModelServer& server, int listening, int fd) {
  os.close(listening);
  if (serve_blocking(os, server, fd) != 0) ++server.stats->errors;
  os.close(fd);
  return 0;
}

}  // namespace

int run_blocking(Posix& os, const ModelServer& server) {
  const int listening = listen_on(os, server.port, server.backlog);
  if (listening < 0) return listening;
  os.sigaction(SIGCHLD, SigAction::ignore());  // nobody asks how they ended, so they leave no zombies
  for (;;) {
    const int fd = os.accept4(listening, nullptr, 0);
    if (fd < 0) {
      if (ends_the_server(fd)) return fd;
      if (fd != -EINTR) ++server.stats->errors;
      continue;
    }
    ++server.stats->connections;
    const int pid = os.fork(
        server.name, [&server, listening, fd](Posix& child) { return serve_in_child(child, server, listening, fd); });
    if (pid < 0) {
      ++server.stats->refused;
      server.stats->complaint = "fork failed with error " + std::to_string(-pid);
    }
    os.close(fd);  // the child has it
  }
}

}  // namespace nicosim
