#include "stack/socket/af_unix.hpp"

#include "stack/io/poll_mask.hpp"
#include "stack/io/signal.hpp"
#include "stack/io/wake_up.hpp"
#include "stack/socket/options.hpp"
#include "stack/socket/truesize.hpp"

#include <algorithm>
#include <asm/ioctls.h>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <linux/sockios.h>
#include <utility>

namespace nicosim {
namespace {

constexpr unsigned kRcvShutdown = 1, kSendShutdown = 2, kShutdownMask = 3;
constexpr std::size_t kMostPiece = 32768 + 16000;  // UNIX_SKB_FRAGS_SZ and what a linear part takes
constexpr PollMask kOut = kPollOut | kPollWrNorm | kPollWrBand;

UnixSock& unix_sk(const Socket& socket) { return static_cast<UnixSock&>(*socket.sock); }

SimTime wait_until(const Net& net, const Socket& socket, int flags, SimTime timeout) {
  return (flags & MSG_DONTWAIT) != 0 || socket.file->nonblocking ? SimTime::zero() : net.now() + timeout;
}

}  // namespace

void UnixSock::write_space() {
  const auto keep = shared_from_this();  // whoever is woken may close it
  if (!writable() || dead()) return;
  SocketWq& wq = socket->wq;
  if (wq.wait.has_sleepers()) wq.wait.wake_up(kOut, 1, true);
  sk_wake_async(*this, AsyncWake::space, POLL_OUT);
}

// ---- the two ends

void AfUnix::pair(Socket& a, Socket& b, int) {
  const auto first = std::make_shared<UnixSock>(net_), second = std::make_shared<UnixSock>(net_);
  first->peer = second;
  second->peer = first;
  for (const auto& [socket, sock] : {std::pair{&a, first}, std::pair{&b, second}}) {
    sock->socket = socket;
    sock->sndbuf = net_.sysctl.wmem_default;
    sock->rcvbuf = net_.sysctl.rmem_default;
    socket->sock = sock;
    socket->ops = this;
  }
}

// unix_release_sock. What nobody has read is an error for the peer of a stream, which else sees the end.
void AfUnix::release(Socket& socket) {
  UnixSock& sock = unix_sk(socket);
  sock.socket = nullptr;
  const auto peer = std::exchange(sock.peer, nullptr);
  const auto unread = std::exchange(sock.messages, {});
  if (net_.over) return;
  if (peer && !peer->dead() && socket.type == SOCK_STREAM) {
    peer->shutdown_mask = kShutdownMask;
    if (!unread.empty()) peer->error = ECONNRESET;
    sock_def_wakeup(*peer);
    sk_wake_async(*peer, AsyncWake::wait_data, POLL_HUP);
  }
  for (const auto& message : unread) message.charge->release();
}

int AfUnix::shutdown(Socket& socket, int how) {
  if (how < SHUT_RD || how > SHUT_RDWR) return -EINVAL;
  UnixSock& sock = unix_sk(socket);
  const auto mode = static_cast<unsigned>(how) + 1;
  sock.shutdown_mask |= mode;
  const auto peer = sock.peer;
  sock_def_wakeup(sock);
  if (!peer || peer->dead() || socket.type != SOCK_STREAM) return 0;
  const unsigned theirs = (mode & kRcvShutdown) << 1U | (mode & kSendShutdown) >> 1U;
  peer->shutdown_mask |= theirs;
  sock_def_wakeup(*peer);
  if (theirs == kShutdownMask)
    sk_wake_async(*peer, AsyncWake::wait_data, POLL_HUP);
  else if ((theirs & kRcvShutdown) != 0)
    sk_wake_async(*peer, AsyncWake::wait_data, POLL_IN);
  return 0;
}

int AfUnix::getname(Socket&, sockaddr_in& address) {
  address = {};
  address.sin_family = AF_UNIX;  // without a path
  return 0;
}

int AfUnix::getpeername(Socket& socket, sockaddr_in& address) {
  return unix_sk(socket).peer ? getname(socket, address) : -ENOTCONN;
}

int AfUnix::setsockopt(Socket& socket, int level, int option, std::span<const std::byte> value) {
  return level == SOL_SOCKET ? sock_setsockopt(net_.sysctl, socket, option, value) : -EOPNOTSUPP;
}

int AfUnix::getsockopt(Socket& socket, int level, int option, std::span<std::byte> value) {
  if (level != SOL_SOCKET) return -EOPNOTSUPP;
  if (option == SO_DOMAIN) return give_option(value, int{AF_UNIX});
  if (option == SO_PROTOCOL) return give_option(value, 0);
  return sock_getsockopt(socket, option, value);
}

int AfUnix::ioctl(Socket& socket, unsigned long request, int& value) {
  const UnixSock& sock = unix_sk(socket);
  std::size_t bytes = 0;
  switch (request) {
    case SIOCOUTQ:
      value = static_cast<int>(sock.wmem_alloc);
      return 0;
    case SIOCINQ:  // of datagrams the first one (unix_inq_len)
      for (const auto& message : sock.messages) {
        bytes += message.bytes.size() - message.read;
        if (socket.type == SOCK_DGRAM) break;
      }
      value = static_cast<int>(bytes);
      return 0;
    default:
      return -ENOTTY;
  }
}

PollMask AfUnix::poll(Socket& socket) const {
  const UnixSock& sock = unix_sk(socket);
  PollMask mask = sock.error != 0 ? kPollErr : 0;
  if (sock.shutdown_mask == kShutdownMask) mask |= kPollHup;
  if ((sock.shutdown_mask & kRcvShutdown) != 0) mask |= kPollRdHup | kPollIn | kPollRdNorm;
  if (!sock.messages.empty()) mask |= kPollIn | kPollRdNorm;
  if (sock.writable())
    mask |= kOut;
  else
    socket.wq.flags |= kAsyncNoSpace;
  return mask;
}

// ---- sending

long AfUnix::sendmsg(Task& task, Socket& socket, std::span<const std::byte> data, int flags, const sockaddr_in* to) {
  if ((flags & MSG_OOB) != 0) return -EOPNOTSUPP;
  const bool stream = socket.type == SOCK_STREAM;
  if (to != nullptr) return stream ? -EISCONN : -EINVAL;
  net_.runtime.charge(Cost::sock_send);
  const SimTime until = wait_until(net_, socket, flags, unix_sk(socket).sndtimeo);
  return stream ? send_stream(task, socket, data, flags, until) : send_datagram(task, socket, data, until);
}

int AfUnix::wait_for_space(Task& task, Socket& socket, SimTime until) {
  UnixSock& sock = unix_sk(socket);
  for (Woken woken = Woken::event;;) {
    if (sock.error != 0) return sock.take_error();
    if ((sock.shutdown_mask & kSendShutdown) != 0) return -EPIPE;
    if (sock.wmem_alloc < sock.sndbuf) return 0;
    socket.wq.flags |= kAsyncNoSpace;
    if (woken == Woken::timeout || net_.now() >= until) return -EAGAIN;
    if (woken == Woken::signal) return sock_intr_errno(until);
    TaskWaiter waiter{net_.runtime, socket.wq.wait, task, kOut | kPollErr | kPollHup};
    socket.wq.wait.add(waiter);
    net_.runtime.prepare_to_sleep();
    const bool must_wait =
        sock.error == 0 && (sock.shutdown_mask & kSendShutdown) == 0 && sock.wmem_alloc >= sock.sndbuf;
    if (must_wait) woken = net_.runtime.sleep(until, true);
  }
}

// Copied already; the peer sees all of it at once.
void AfUnix::queue(UnixSock& from, std::span<const std::byte> bytes) {
  const auto peer = from.peer;
  UnixSock::Message message;
  message.bytes.assign(bytes.begin(), bytes.end());
  message.charge = from.charge(paged_truesize(bytes.size()));
  peer->messages.push_back(std::move(message));
  sock_def_readable(*peer);
}

long AfUnix::send_stream(Task& task, Socket& socket, std::span<const std::byte> data, int, SimTime until) {
  UnixSock& sock = unix_sk(socket);
  const auto keep = socket.sock;
  std::size_t sent = 0;
  const auto fail = [&](int error) { return sent > 0 ? static_cast<long>(sent) : long{error}; };
  if ((sock.shutdown_mask & kSendShutdown) != 0) return -EPIPE;
  while (sent < data.size()) {
    const std::size_t n = std::min({data.size() - sent, sock.sndbuf / 2 - 64, kMostPiece});
    if (const int error = wait_for_space(task, socket, until); error != 0) return fail(error);
    net_.runtime.charge(Cost::skb_alloc);
    net_.runtime.charge(Cost::copy_to_user_per_byte, n);
    net_.runtime.catch_up();  // in which the peer may go
    if (!sock.peer || sock.peer->dead() || (sock.peer->shutdown_mask & kRcvShutdown) != 0) return fail(-EPIPE);
    queue(sock, data.subspan(sent, n));
    sent += n;
  }
  return static_cast<long>(sent);
}

long AfUnix::send_datagram(Task& task, Socket& socket, std::span<const std::byte> data, SimTime until) {
  UnixSock& sock = unix_sk(socket);
  const auto keep = socket.sock;
  if (!sock.peer) return -ENOTCONN;
  if (data.size() > sock.sndbuf - 32) return -EMSGSIZE;
  if (const int error = wait_for_space(task, socket, until); error != 0) return error;
  net_.runtime.charge(Cost::skb_alloc);
  net_.runtime.charge(Cost::copy_to_user_per_byte, data.size());
  net_.runtime.catch_up();
  if (!sock.peer || sock.peer->dead()) {  // unix_dgram_disconnected: what the peer had sent goes as well
    sock.peer.reset();
    sock.messages.clear();
    return -ECONNREFUSED;
  }
  if ((sock.peer->shutdown_mask & kRcvShutdown) != 0) return -EPIPE;
  queue(sock, data);
  return static_cast<long>(data.size());
}

// ---- receiving

long AfUnix::recvmsg(Task& task, Socket& socket, std::span<std::byte> buffer, int flags, sockaddr_in* from) {
  if ((flags & MSG_OOB) != 0) return -EOPNOTSUPP;
  if (from != nullptr) getname(socket, *from);
  net_.runtime.charge(Cost::sock_recv);
  const SimTime until = wait_until(net_, socket, flags, unix_sk(socket).rcvtimeo);
  return socket.type == SOCK_STREAM ? receive_stream(task, socket, buffer, flags, until)
                                    : receive_datagram(task, socket, buffer, flags, until);
}

int AfUnix::wait_for_message(Task& task, Socket& socket, SimTime until) {
  UnixSock& sock = unix_sk(socket);
  const auto over = [&] {
    return !sock.messages.empty() || sock.error != 0 || (sock.shutdown_mask & kRcvShutdown) != 0;
  };
  for (Woken woken = Woken::event;;) {
    if (!sock.messages.empty()) return 0;
    if (sock.error != 0) return sock.take_error();
    if ((sock.shutdown_mask & kRcvShutdown) != 0) return 0;
    if (woken == Woken::timeout || net_.now() >= until) return -EAGAIN;
    if (woken == Woken::signal) return sock_intr_errno(until);
    TaskWaiter waiter{net_.runtime, socket.wq.wait, task, kPollIn | kPollErr | kPollHup};
    socket.wq.wait.add(waiter);
    net_.runtime.prepare_to_sleep();
    if (!over()) woken = net_.runtime.sleep(until, true);
  }
}

void AfUnix::consumed(UnixSock& sock) {  // consume_skb: the sender has room again
  const auto charge = std::move(sock.messages.front().charge);
  sock.messages.pop_front();
  charge->release();
}

long AfUnix::receive_stream(Task& task, Socket& socket, std::span<std::byte> buffer, int flags, SimTime until) {
  UnixSock& sock = unix_sk(socket);
  const auto keep = socket.sock;
  const bool peek = (flags & MSG_PEEK) != 0;
  const std::size_t target = (flags & MSG_WAITALL) != 0 ? buffer.size() : std::min<std::size_t>(buffer.size(), 1);
  std::size_t copied = 0;
  const auto take = [&](const UnixSock::Message& message) {
    const std::size_t n = std::min(message.bytes.size() - message.read, buffer.size() - copied);
    std::memcpy(buffer.data() + copied, message.bytes.data() + message.read, n);
    net_.runtime.charge(Cost::copy_to_user_per_byte, n);
    copied += n;
    return n;
  };
  while (copied < buffer.size()) {
    if (sock.messages.empty()) {
      if (copied >= target) break;
      if (const int error = wait_for_message(task, socket, until); error != 0)
        return copied > 0 ? static_cast<long>(copied) : error;
      if (sock.messages.empty()) break;  // the end
      continue;
    }
    if (peek) {
      for (const auto& message : sock.messages)
        if (copied < buffer.size()) take(message);
      break;
    }
    UnixSock::Message& first = sock.messages.front();
    first.read += take(first);
    if (first.read == first.bytes.size()) consumed(sock);
  }
  return static_cast<long>(copied);
}

long AfUnix::receive_datagram(Task& task, Socket& socket, std::span<std::byte> buffer, int flags, SimTime until) {
  UnixSock& sock = unix_sk(socket);
  const auto keep = socket.sock;
  if (const int error = wait_for_message(task, socket, until); error != 0) return error;
  if (sock.messages.empty()) return 0;
  const auto& bytes = sock.messages.front().bytes;
  const std::size_t length = bytes.size(), n = std::min(length, buffer.size());
  std::ranges::copy(std::span{bytes}.first(n), buffer.begin());
  net_.runtime.charge(Cost::copy_to_user_per_byte, n);
  if ((flags & MSG_PEEK) == 0) consumed(sock);
  return static_cast<long>((flags & MSG_TRUNC) != 0 ? length : n);
}

}  // namespace nicosim
