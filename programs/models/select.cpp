// Multiplexing with select: the process sleeps on all its sockets at once, and then looks which bit is set. Three sets
// of FD_SETSIZE bits are all there is, whatever RLIMIT_NOFILE says.
#include "programs/models/connections.hpp"

#include <algorithm>
#include <cerrno>

namespace nicosim {
namespace {

timeval timeval_of(SimTime time) {
  timeval value{};
  value.tv_sec = time.in_ns() / 1'000'000'000;
  value.tv_usec = time.in_ns() / 1000 % 1'000'000;
  return value;
}

}  // namespace

int run_select(Posix& os, const ModelServer& server) {
  Connections connections{server};
  const int listening = connections.listen(os);
  if (listening < 0) return listening;
  fd_set read{}, write{};  // who waits for what
  FD_SET(listening, &read);
  int last = listening;
  for (;;) {
    fd_set readable = read, writable = write;
    timeval timeout = timeval_of(server.timeout.value_or(SimTime::zero()));
    const int ready = os.select(last + 1, &readable, &writable, nullptr, server.timeout ? &timeout : nullptr);
    if (ready == -EINTR) continue;
    if (ready < 0) return ready;
    if (ready == 0) {
      connections.one_unit_of_other_work(os);
      continue;
    }
    for (int fd = 0, top = last; fd <= top; ++fd) {
      if (fd == listening || (!FD_ISSET(fd, &readable) && !FD_ISSET(fd, &writable))) continue;
      const Waits waits = connections.go_on(os, fd);
      waits == Waits::to_read ? FD_SET(fd, &read) : FD_CLR(fd, &read);
      waits == Waits::to_write ? FD_SET(fd, &write) : FD_CLR(fd, &write);
    }
    while (FD_ISSET(listening, &readable)) {
      const int fd = connections.accept(os, listening);
      if (fd < 0) {
        if (ends_the_server(fd)) return fd;
        break;
      }
      if (fd >= FD_SETSIZE) {  // FD_SET would write behind the set
        connections.refuse(os, fd,
                           "file descriptor " + std::to_string(fd) + " does not fit into an fd_set (FD_SETSIZE is " +
                               std::to_string(FD_SETSIZE) + "): connection closed");
        continue;
      }
      FD_SET(fd, &read);
      last = std::max(last, fd);
    }
  }
}

}  // namespace nicosim
