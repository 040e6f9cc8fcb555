// Signal-driven I/O: the process does its own work, a signal comes when a socket has become ready, and the handler
// reads. A real-time signal (F_SETSIG) says which one; when too many are queued a plain SIGIO says "look everywhere".
#include "programs/models/connections.hpp"

#include <cerrno>
#include <fcntl.h>

namespace nicosim {
namespace {

constexpr int kReady = kSigRtMin + 2;  // the first two are a C library's own

class SignalServer {
 public:
  SignalServer(Posix& os, const ModelServer& server) : os_(os), connections_(server) {}

  int run() {
    listening_ = connections_.listen(os_);
    if (listening_ < 0) return listening_;
    os_.sigaction(
        kReady, [this](int, const SigInfo& info) { ready(info.fd); }, SA_RESTART);
    os_.sigaction(
        SIGIO, [this](int, const SigInfo&) { look_everywhere(); }, SA_RESTART);
    watch(listening_);
    accept();  // who came before that
    while (!ends_the_server(result_)) connections_.one_unit_of_other_work(os_);
    return result_;
  }

 private:
  void watch(int fd) {
    os_.fcntl(fd, F_SETOWN, os_.getpid());
    os_.fcntl(fd, F_SETSIG, kReady);
    os_.fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC);
  }

  void accept() {
    while ((result_ = connections_.accept(os_, listening_)) >= 0) {
      const int fd = result_;
      watch(fd);
      connections_.go_on(os_, fd, true);  // what came before that is announced by no signal
    }
  }

  // A signal tells of a change, once: everything that is there has to be read.
  void ready(int fd) {
    if (fd == listening_) return accept();
    connections_.go_on(os_, fd, true);
  }

  void look_everywhere() {
    accept();
    const std::vector<int> open = connections_.open();
    for (const int fd : open) connections_.go_on(os_, fd, true);
  }

  Posix& os_;
  Connections connections_;
  int listening_ = -1, result_ = 0;
};

}  // namespace

int run_sigio(Posix& os, const ModelServer& server) { return SignalServer{os, server}.run(); }

}  // namespace nicosim
