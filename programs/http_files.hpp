// Answers of the HTTP server that lie on the disk, under the path that is asked for.
#pragma once

#include "programs/http_server.hpp"

#include <optional>

namespace nicosim {

// Sends head and body of the file `request.target`; 0 or -errno. nullopt: there is no such file, nothing was sent.
// With FileIo::sendfile the caller ignores SIGPIPE: sendfile() has no MSG_NOSIGNAL.
std::optional<int> send_http_file(Posix& os, int fd, const HttpRequest& request, FileIo how, TcpServerStats& stats);

}  // namespace nicosim
