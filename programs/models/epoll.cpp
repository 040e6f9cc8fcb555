// Multiplexing with epoll: the kernel keeps the list and says who is ready, so a call costs what is ready, not what is
// open. Level-triggered unless the server wants edges.
#include "programs/models/connections.hpp"

#include <array>
#include <cerrno>

namespace nicosim {
namespace {

constexpr std::size_t kEvents = 64;

int control(Posix& os, int epoll, int op, int fd, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  return os.epoll_ctl(epoll, op, fd, &event);
}

}  // namespace

int run_epoll(Posix& os, const ModelServer& server) {
  Connections connections{server};
  const int listening = connections.listen(os);
  if (listening < 0) return listening;
  const int epoll = os.epoll_create1(0);
  if (epoll < 0) return epoll;
  if (const int error = control(os, epoll, EPOLL_CTL_ADD, listening, EPOLLIN); error < 0) return error;
  const int timeout_ms = server.timeout ? static_cast<int>((server.timeout->in_ns() + 999'999) / 1'000'000) : -1;
  const std::uint32_t at_first = server.edge ? std::uint32_t{EPOLLIN | EPOLLOUT | EPOLLET} : std::uint32_t{EPOLLIN};
  std::vector<bool> writing;  // level: those that asked for EPOLLOUT, by descriptor
  std::array<epoll_event, kEvents> events{};
  for (;;) {
    const int ready = os.epoll_wait(epoll, events, timeout_ms);
    if (ready == -EINTR) continue;
    if (ready < 0) return ready;
    if (ready == 0) {
      connections.one_unit_of_other_work(os);
      continue;
    }
    bool clients_wait = false;
    for (const epoll_event& event : std::span{events}.first(static_cast<std::size_t>(ready))) {
      const int fd = event.data.fd;
      if (fd == listening) {
        clients_wait = true;
        continue;
      }
      const Waits waits = connections.go_on(os, fd, server.edge);
      if (server.edge || waits == Waits::closed) continue;  // close() takes it off the list
      const auto place = static_cast<std::size_t>(fd);
      if (writing[place] == (waits == Waits::to_write)) continue;
      writing[place] = !writing[place];
      control(os, epoll, EPOLL_CTL_MOD, fd, writing[place] ? EPOLLOUT : EPOLLIN);
    }
    while (clients_wait) {
      const int fd = connections.accept(os, listening);
      if (ends_the_server(fd)) return fd;
      if (fd < 0) break;
      if (writing.size() <= static_cast<std::size_t>(fd)) writing.resize(static_cast<std::size_t>(fd) + 1);
      writing[static_cast<std::size_t>(fd)] = false;
      if (const int error = control(os, epoll, EPOLL_CTL_ADD, fd, at_first); error < 0)
        connections.refuse(os, fd, "epoll_ctl failed with error " + std::to_string(-error));
    }
  }
}

}  // namespace nicosim
