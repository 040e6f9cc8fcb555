// Multiplexing with poll: as select, with a list in place of the sets, so that nothing but memory bounds it. The kernel
// still looks at every entry in every call.
#include "programs/models/connections.hpp"

#include <cerrno>

namespace nicosim {

int run_poll(Posix& os, const ModelServer& server) {
  Connections connections{server};
  const int listening = connections.listen(os);
  if (listening < 0) return listening;
  const int timeout_ms = server.timeout ? static_cast<int>((server.timeout->in_ns() + 999'999) / 1'000'000) : -1;
  std::vector<pollfd> files{{.fd = listening, .events = POLLIN, .revents = 0}};
  for (;;) {
    const int ready = os.poll(files, timeout_ms);
    if (ready == -EINTR) continue;
    if (ready < 0) return ready;
    if (ready == 0) {
      connections.one_unit_of_other_work(os);
      continue;
    }
    const bool clients_wait = files.front().revents != 0;
    for (pollfd& file : files) {
      if (file.fd == listening || file.revents == 0) continue;
      const Waits waits = connections.go_on(os, file.fd);
      file.events = waits == Waits::to_write ? POLLOUT : POLLIN;
      if (waits == Waits::closed) file.fd = -1;
    }
    std::erase_if(files, [](const pollfd& file) { return file.fd < 0; });
    while (clients_wait) {
      const int fd = connections.accept(os, listening);
      if (ends_the_server(fd)) return fd;
      if (fd < 0) break;
      files.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    }
  }
}

}  // namespace nicosim
