#include "sc_model/peer_program.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <span>

namespace nicosim {
namespace {

class PeerTask final : public Task {
 public:
  explicit PeerTask(unsigned pid) : pid_(pid) {}
  unsigned pid() const override { return pid_; }
  std::string_view task_name() const override { return "peer"; }

 private:
  unsigned pid_;
};

sockaddr_in address_of(Ipv4Address ip, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(ip.value);
  return address;
}

}  // namespace

PeerProgram::PeerProgram(Syscalls& calls, unsigned pid) : calls_(calls), task_(std::make_unique<PeerTask>(pid)) {}
PeerProgram::~PeerProgram() = default;

void PeerProgram::start(SimTime wire_start) {
  now_ = wire_start;
  epoll_ = calls_.epoll_create1(*task_, 0);
}

void PeerProgram::on_time(SimTime now) {
  now_ = now;
  due();
}

bool PeerProgram::step(SimTime now) {
  now_ = now;
  std::array<epoll_event, 64> events{};
  const int count = calls_.epoll_wait(*task_, epoll_, events, 0);
  if (count <= 0) return false;
  for (const epoll_event& event : std::span{events}.first(static_cast<std::size_t>(count))) ready(event.data.fd);
  return true;
}

int PeerProgram::watch(int fd) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.fd = fd;
  const int error = calls_.epoll_ctl(*task_, epoll_, EPOLL_CTL_ADD, fd, &event);
  if (error == 0) return fd;
  calls_.close(*task_, fd);
  return error;
}

int PeerProgram::connect_to(Ipv4Address server, std::uint16_t port) {
  const int fd = calls_.socket(*task_, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) return fd;
  const int error = calls_.connect(*task_, fd, address_of(server, port));
  if (error == -EINPROGRESS) return watch(fd);
  calls_.close(*task_, fd);
  return error;
}

int PeerProgram::listen_on(std::uint16_t port, int backlog) {
  const int fd = calls_.socket(*task_, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) return fd;
  int error = calls_.bind(*task_, fd, address_of(Ipv4Address::any(), port));
  if (error == 0) error = calls_.listen(*task_, fd, backlog);
  if (error == 0) return watch(fd);
  calls_.close(*task_, fd);
  return error;
}

int PeerProgram::accept_from(int listening) {
  const int fd = calls_.accept4(*task_, listening, nullptr, SOCK_NONBLOCK);
  return fd < 0 ? fd : watch(fd);
}

int PeerProgram::error_of(int fd) {
  int error = 0;
  calls_.getsockopt(*task_, fd, SOL_SOCKET, SO_ERROR, std::as_writable_bytes(std::span{&error, 1}));
  return error;
}

}  // namespace nicosim
