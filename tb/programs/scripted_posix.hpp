// POSIX for one server and scripted clients: what each call of accept4() and recvfrom() returns is written down before.
#pragma once

#include "programs/posix.hpp"

#include <algorithm>
#include <cerrno>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

class ScriptedPosix final : public Posix {
 public:
  struct Client {
    std::deque<std::string> says;  // one per recvfrom(); then the end of the file
    long ends_with = 0;            // or this error
    std::string heard;
    bool closed = false;
    std::size_t takes = ~std::size_t{0};  // bytes per sendto()
    long refuses_with = 0;                // sendto() fails
  };

  int socket(int, int, int) override { return 3; }
  int bind(int, const sockaddr_in&) override { return bind_result; }
  int listen(int, int) override { return 0; }
  int accept4(int, sockaddr_in*, int) override {
    if (accepted_ < clients.size()) return static_cast<int>(10 + accepted_++);
    return -EINVAL;  // the listener was shut down
  }
  int connect(int, const sockaddr_in&) override { return -EINVAL; }
  int shutdown(int, int) override { return 0; }
  int getpeername(int, sockaddr_in&) override { return -ENOTCONN; }
  int getsockname(int, sockaddr_in&) override { return 0; }
  int setsockopt(int, int, int, std::span<const std::byte>) override { return 0; }
  int getsockopt(int, int, int, std::span<std::byte>) override { return 0; }
  long recvfrom(int fd, std::span<std::byte> buffer, int, sockaddr_in*) override {
    Client& c = client(fd);
    if (c.says.empty()) return c.ends_with;
    std::string& next = c.says.front();
    const std::size_t n = std::min(buffer.size(), next.size());
    std::ranges::copy(std::as_bytes(std::span{next}).first(n), buffer.begin());
    next.erase(0, n);
    if (next.empty()) c.says.pop_front();
    return static_cast<long>(n);
  }
  long sendto(int fd, std::span<const std::byte> data, int, const sockaddr_in*) override {
    Client& c = client(fd);
    if (c.refuses_with != 0 && c.heard.size() >= 1000) return c.refuses_with;
    const std::size_t n = std::min(data.size(), c.takes);
    for (const std::byte b : data.first(n)) c.heard += static_cast<char>(b);
    return static_cast<long>(n);
  }
  long recvmsg(int, msghdr&, int) override { return -ENOSYS; }
  long sendmsg(int, const msghdr&, int) override { return -ENOSYS; }
  int set_nonblocking(int, bool) override { return 0; }
  int fcntl(int, int, int) override { return -ENOSYS; }
  int ioctl(int, unsigned long, int&) override { return -ENOSYS; }
  int poll(std::span<pollfd>, int) override { return -ENOSYS; }
  int select(int, fd_set*, fd_set*, fd_set*, timeval*) override { return -ENOSYS; }
  int epoll_create1(int) override { return -ENOSYS; }
  int epoll_ctl(int, int, int, epoll_event*) override { return -ENOSYS; }
  int epoll_wait(int, std::span<epoll_event>, int) override { return -ENOSYS; }
  int close(int fd) override {
    client(fd).closed = true;
    return 0;
  }
  SimTime clock() const override { return {}; }
  int nanosleep(SimTime, SimTime*) override { return 0; }
  void work(SimTime) override {}

  std::deque<Client> clients;
  int bind_result = 0;

 private:
  Client& client(int fd) { return clients.at(static_cast<std::size_t>(fd - 10)); }
  std::size_t accepted_ = 0;
};

}  // namespace nicosim
