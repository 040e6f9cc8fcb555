#include "sc_model/tcp_send.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>

namespace nicosim {
namespace {

// iperf's: the digits, again and again.
constexpr auto kPattern = [] {
  std::array<std::byte, TcpSend::kBlock> digits{};
  for (std::size_t i = 0; i < digits.size(); ++i) digits[i] = static_cast<std::byte>('0' + i % 10);
  return digits;
}();

}  // namespace

void TcpSend::start(SimTime wire_start) {
  PeerProgram::start(wire_start);
  next_ = wire_start + config_.at;
  if (config_.rate) interval_ = SimTime::ps(static_cast<std::int64_t>(kBlock * 8 * 1'000'000'000'000 / *config_.rate));
}

void TcpSend::due() {
  if (next_ > now()) return;
  if (fd_ < 0) {
    next_ = SimTime::never();
    fd_ = connect_to(config_.server, config_.port);
    if (fd_ < 0) ++stats_.failed;
    return;
  }
  for (; next_ <= now(); next_ += interval_) due_bytes_ += kBlock;
  say();
}

void TcpSend::say() {
  if (config_.bytes != 0 && stats_.bytes_sent == config_.bytes) return;
  std::uint64_t until = interval_ == SimTime::zero() ? ~std::uint64_t{0} : due_bytes_;
  if (config_.bytes != 0) until = std::min(until, config_.bytes);
  while (stats_.bytes_sent < until) {
    const std::size_t from = stats_.bytes_sent % 10;
    const std::uint64_t most = std::min<std::uint64_t>(until - stats_.bytes_sent, kPattern.size() - from);
    const auto piece = std::span{kPattern}.subspan(from, static_cast<std::size_t>(most));
    const long n = calls().sendto(task(), fd_, piece, MSG_NOSIGNAL, nullptr);
    if (n == -EAGAIN) return;
    if (n < 0) return end(stats_.failed);
    stats_.bytes_sent += static_cast<std::uint64_t>(n);
  }
  if (config_.bytes == 0 || stats_.bytes_sent < config_.bytes) return;
  next_ = SimTime::never();
  calls().shutdown(task(), fd_, SHUT_WR);
}

void TcpSend::ready(int fd) {
  if (fd != fd_) return;
  if (stats_.connected == 0) {  // this is about the handshake
    if (error_of(fd) != 0) return end(stats_.failed);
    ++stats_.connected;
    if (interval_ > SimTime::zero()) {
      next_ = now();
      return due();
    }
  }
  say();
  std::array<std::byte, 4096> buffer;
  while (fd_ >= 0) {
    const long n = calls().recvfrom(task(), fd_, buffer, 0, nullptr);
    if (n == -EAGAIN) return;
    if (n <= 0) end(n == 0 && stats_.bytes_sent == config_.bytes ? stats_.finished : stats_.failed);
  }
}

void TcpSend::end(std::uint64_t& counter) {
  ++counter;
  next_ = SimTime::never();
  calls().close(task(), fd_);
  fd_ = -1;
}

}  // namespace nicosim
