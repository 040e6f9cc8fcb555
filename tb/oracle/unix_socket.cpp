#include "tb/oracle/unix_socket.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <linux/sockios.h>
#include <poll.h>
#include <stdexcept>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace nicosim {
namespace {

constexpr int kPatienceMs = 60'000;
constexpr std::size_t kLargestDatagram = 65536;

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what + ": " + std::strerror(errno)); }

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) throw std::runtime_error("too long for a socket: " + path);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

FileDescriptor bound(int type, const std::string& path) {
  FileDescriptor fd{::socket(AF_UNIX, type | SOCK_CLOEXEC, 0)};
  const sockaddr_un address = address_of(path);
  if (fd.get() < 0 || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail(path);
  return fd;
}

void wait_for(int fd, short events, const std::string& what) {
  pollfd p{fd, events, 0};
  const int n = ::poll(&p, 1, kPatienceMs);
  if (n == 0) throw std::runtime_error(what + ": no answer for a minute");
  if (n < 0 && errno != EINTR) fail(what);
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = other.fd_;
  other.fd_ = -1;
  return *this;
}

LineStream::LineStream(const std::string& path) : path_(path), listening_(bound(SOCK_STREAM, path)) {
  if (::listen(listening_.get(), 1) != 0) fail(path);
}

void LineStream::accept() {
  wait_for(listening_.get(), POLLIN, path_);
  connection_ = FileDescriptor{::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  if (connection_.get() < 0) fail(path_);
}

void LineStream::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::send(connection_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (n < 0 && errno != EINTR) fail(path_);
    if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::string LineStream::line() {
  for (std::size_t from = taken_;;) {
    const std::size_t end = received_.find('\n', from);
    if (end != std::string::npos) {
      std::string text = received_.substr(taken_, end - taken_);
      taken_ = end + 1;
      if (!text.empty() && text.back() == '\r') text.pop_back();
      return text;
    }
    received_.erase(0, taken_);
    taken_ = 0;
    from = received_.size();
    wait_for(connection_.get(), POLLIN, path_);
    std::array<char, 65536> part;
    const ssize_t n = ::recv(connection_.get(), part.data(), part.size(), 0);
    if (n == 0) throw std::runtime_error(path_ + ": the other end is gone");
    if (n < 0 && errno != EINTR) fail(path_);
    if (n > 0) received_.append(part.data(), static_cast<std::size_t>(n));
  }
}

DatagramSocket::DatagramSocket(const std::string& path) : socket_(bound(SOCK_DGRAM, path)) {}

void DatagramSocket::send(const std::string& to, Bytes datagram) {
  const sockaddr_un address = address_of(to);
  for (;;) {
    const ssize_t n = ::sendto(socket_.get(), datagram.data(), datagram.size(), 0,
                               reinterpret_cast<const sockaddr*>(&address), sizeof address);
    if (n >= 0) return;
    if (errno != EINTR) fail(to);
  }
}

std::optional<std::vector<std::byte>> DatagramSocket::receive() {
  std::vector<std::byte> bytes(kLargestDatagram);
  const ssize_t n = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  if (n < 0) {
    if (errno == EAGAIN || errno == EINTR) return {};
    fail("datagram");
  }
  bytes.resize(static_cast<std::size_t>(n));
  return bytes;
}

// For a Unix socket SIOCOUTQ counts what the receiver has not taken yet.
bool DatagramSocket::all_taken() const {
  int waiting = 0;
  if (::ioctl(socket_.get(), SIOCOUTQ, &waiting) != 0) fail("datagram");
  return waiting == 0;
}

}  // namespace nicosim
