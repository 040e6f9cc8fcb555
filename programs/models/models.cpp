#include "programs/models/models.hpp"

namespace nicosim {

int serve_blocking(Posix& os, const ModelServer& server, int fd) {
  if (server.serve) return server.serve(os, fd, *server.stats);
  const auto conversation = server.converse(*server.stats);
  return serve(os, fd, *conversation, *server.stats);
}

int run_model_server(Posix& os, const ModelServer& server) {
  switch (server.model) {
    case IoModel::blocking:
      return run_blocking(os, server);
    case IoModel::nonblocking:
      return run_nonblocking(os, server);
    case IoModel::select:
      return run_select(os, server);
    case IoModel::poll:
      return run_poll(os, server);
    case IoModel::epoll:
      return run_epoll(os, server);
    case IoModel::sigio:
      return run_sigio(os, server);
    case IoModel::aio:
      return run_aio(os, server);
    case IoModel::iterative:
      break;
  }
  TcpServerProgram program;
  program.port = server.port;
  program.backlog = server.backlog;
  program.stats = server.stats;
  program.serve = [&server](Posix& door, int fd, TcpServerStats&) { return serve_blocking(door, server, fd); };
  return run_tcp_server(os, program);
}

}  // namespace nicosim
