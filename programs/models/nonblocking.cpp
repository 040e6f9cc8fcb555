// Non-blocking I/O: every socket has O_NONBLOCK, and the process asks each of them whether there is something. The
// answer is EWOULDBLOCK until there is; then only the copy keeps it waiting. Between rounds that found nothing it does
// other work.
#include "programs/models/connections.hpp"

namespace nicosim {

int run_nonblocking(Posix& os, const ModelServer& server) {
  Connections connections{server};
  const int listening = connections.listen(os);
  if (listening < 0) return listening;
  std::vector<int> round;
  for (;;) {
    const std::uint64_t heard = server.stats->bytes_in;
    int fresh = connections.accept(os, listening);
    while (fresh >= 0) fresh = connections.accept(os, listening);
    if (ends_the_server(fresh)) return fresh;
    round = connections.open();  // serving closes some
    for (const int fd : round) connections.go_on(os, fd);
    if (server.stats->bytes_in == heard) connections.one_unit_of_other_work(os);
  }
}

}  // namespace nicosim
