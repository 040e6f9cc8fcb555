// Asynchronous I/O: the process hands over a buffer and goes on with its own work. The kernel waits for the data and
// copies it; the signal says that both is done. Only accepting has no asynchronous form: the listening socket announces
// its clients by a signal, as in sigio.cpp.
#include "programs/models/models.hpp"

#include <aio.h>
#include <cerrno>
#include <fcntl.h>
#include <map>
#include <vector>

namespace nicosim {
namespace {

constexpr int kClient = kSigRtMin + 2;  // somebody wants to be accepted
constexpr int kDone = kSigRtMin + 3;    // a request is complete

class AioServer {
 public:
  AioServer(Posix& os, const ModelServer& server) : os_(os), server_(server), stats_(*server.stats) {}

  int run() {
    listening_ = listen_on(os_, server_.port, server_.backlog, SOCK_NONBLOCK);
    if (listening_ < 0) return listening_;
    os_.sigaction(
        kClient, [this](int, const SigInfo&) { accept(); }, SA_RESTART);
    os_.sigaction(
        SIGIO, [this](int, const SigInfo&) { accept(); }, SA_RESTART);
    os_.sigaction(
        kDone, [this](int, const SigInfo& info) { done(static_cast<int>(info.value)); }, SA_RESTART);
    os_.fcntl(listening_, F_SETOWN, os_.getpid());
    os_.fcntl(listening_, F_SETSIG, kClient);
    os_.fcntl(listening_, F_SETFL, O_NONBLOCK | O_ASYNC);
    accept();  // who came before that
    while (!ends_the_server(accepted_)) {
      os_.work(server_.work_unit);
      ++stats_.work_units;
    }
    return accepted_;
  }

 private:
  struct Client {
    std::unique_ptr<Conversation> conversation;
    std::vector<std::byte> buffer;
    bool writing = false;
    std::unique_ptr<aiocb> control = std::make_unique<aiocb>();  // its address is the request's name
  };

  void accept() {
    while ((accepted_ = os_.accept4(listening_, nullptr, 0)) >= 0) {
      ++stats_.connections;
      Client& client = clients_[accepted_];
      client.conversation = server_.converse(stats_);
      client.buffer.resize(client.conversation->reads_at());
      go_on(accepted_, client);
    }
  }

  // Hands over what there is to say, or else the buffer for what comes next.
  void go_on(int fd, Client& client) {
    const auto next = client.conversation->to_say();
    if (next.empty() && client.conversation->over()) return close(fd);
    client.writing = !next.empty();
    *client.control = {};
    client.control->aio_fildes = fd;
    client.control->aio_buf = client.writing ? const_cast<std::byte*>(next.data()) : client.buffer.data();
    client.control->aio_nbytes = client.writing ? next.size() : client.buffer.size();
    client.control->aio_sigevent.sigev_notify = SIGEV_SIGNAL;
    client.control->aio_sigevent.sigev_signo = kDone;
    client.control->aio_sigevent.sigev_value.sival_int = fd;
    const int error = client.writing ? os_.aio_write(*client.control) : os_.aio_read(*client.control);
    if (error == 0) return;
    ++stats_.errors;
    close(fd);
  }

  void done(int fd) {
    const auto found = clients_.find(fd);
    if (found == clients_.end()) return;
    Client& client = found->second;
    const long n = os_.aio_return(*client.control);
    if (n == -EINPROGRESS || n == -EINVAL) return;  // another one's signal, a descriptor ago
    if (n <= 0) {
      if (n < 0) ++stats_.errors;
      return close(fd);
    }
    const auto bytes = static_cast<std::size_t>(n);
    (client.writing ? stats_.bytes_out : stats_.bytes_in) += bytes;
    if (client.writing)
      client.conversation->said(bytes);
    else
      client.conversation->hear(std::span{client.buffer}.first(bytes));
    go_on(fd, client);
  }

  void close(int fd) {
    os_.close(fd);
    clients_.erase(fd);
  }

  Posix& os_;
  const ModelServer& server_;
  TcpServerStats& stats_;
  int listening_ = -1, accepted_ = 0;
  std::map<int, Client> clients_;  // by descriptor
};

}  // namespace

int run_aio(Posix& os, const ModelServer& server) { return AioServer{os, server}.run(); }

}  // namespace nicosim
