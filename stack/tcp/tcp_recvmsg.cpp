// recv(): bytes in order for a process (tcp_recvmsg_locked).
#include "stack/core/busy_poll.hpp"
#include "stack/io/poll_mask.hpp"
#include "stack/io/signal.hpp"
#include "stack/tcp/sock_lock.hpp"
#include "stack/tcp/tcp.hpp"

#include <algorithm>
#include <cerrno>

namespace nicosim {

long Tcp::recvmsg(Task& task, Socket& socket, std::span<std::byte> buffer, int flags, sockaddr_in*) {
  TcpSock& sock = tcp_sk(*socket.sock);
  const auto keep = sock.self();
  Net& net = layer_.net;
  if (BusyPoll::can_loop(sock) && sock.state == TcpState::ESTABLISHED && !sock.has_data())
    net.busy_poll->sk_busy_loop(sock, (flags & MSG_DONTWAIT) != 0 || socket.file->nonblocking);
  SockLock lock{sock};
  if ((flags & MSG_ERRQUEUE) != 0) return -EAGAIN;
  if (sock.state == TcpState::LISTEN) return -ENOTCONN;
  if ((flags & MSG_OOB) != 0) return -EINVAL;
  const bool peek = (flags & MSG_PEEK) != 0;
  const bool nonblocking = (flags & MSG_DONTWAIT) != 0 || socket.file->nonblocking;
  const SimTime until = nonblocking ? SimTime::zero() : net.now() + sock.rcvtimeo;
  const std::size_t target =
      (flags & MSG_WAITALL) != 0 ? buffer.size() : std::max<std::size_t>(std::min(sock.rcvlowat, buffer.size()), 1);
  net.runtime.charge(Cost::sock_recv);

  std::size_t copied = 0;
  int error = 0;
  for (Woken woken = Woken::event; copied < buffer.size();) {
    const std::uint32_t from = sock.copied_seq + (peek ? static_cast<std::uint32_t>(copied) : 0);
    const std::size_t waiting = std::min<std::size_t>(sock.queue.unread(from), buffer.size() - copied);
    if (waiting > 0) {
      const auto room = buffer.subspan(copied, waiting);
      if ((flags & MSG_TRUNC) == 0) sock.queue.copy(from, room);  // MSG_TRUNC: count the bytes, keep none
      net.runtime.charge(Cost::copy_to_user_per_byte, (flags & MSG_TRUNC) == 0 ? waiting : 0);
      copied += waiting;
      if (!peek) {
        net.runtime.catch_up();
        sock.copied_seq += static_cast<std::uint32_t>(waiting);
        sock.queue.consume(sock.copied_seq, sock.reader(task));
        sock.rcv_space_adjust();
      }
      continue;
    }
    if (copied >= target && sock.backlog.empty()) break;
    const bool ended = sock.error != 0 || sock.state == TcpState::CLOSE || (sock.shutdown_mask & kRcvShutdown) != 0;
    if (copied > 0) {
      if (ended || woken != Woken::event || net.now() >= until) break;
    } else {
      if (sock.done) break;
      if (sock.error != 0) {
        error = sock.take_error();
        break;
      }
      if ((sock.shutdown_mask & kRcvShutdown) != 0) break;
      if (sock.state == TcpState::CLOSE) {
        error = -ENOTCONN;
        break;
      }
      if (woken == Woken::timeout || net.now() >= until) error = -EAGAIN;
      if (error == 0 && woken == Woken::signal) error = sock_intr_errno(until);
      if (error != 0) break;
    }
    if (copied >= target) {  // only to let the backlog in
      lock.unlock();
      lock.lock();
      continue;
    }
    if (!peek) sock.cleanup_rbuf(copied);
    const std::uint32_t next = sock.copied_seq + (peek ? static_cast<std::uint32_t>(copied) : 0);
    const auto ready = [&] {
      return sock.queue.unread(next) > 0 || sock.error != 0 || sock.state == TcpState::CLOSE ||
             (sock.shutdown_mask & kRcvShutdown) != 0;
    };
    socket.wq.flags |= kAsyncWaitData;  // who reads needs no SIGIO
    woken = lock.sleep(task, socket.wq.wait, kPollIn | kPollErr | kPollHup, false, until, ready);
    socket.wq.flags &= ~kAsyncWaitData;
  }
  if (!peek) sock.cleanup_rbuf(copied);
  return copied > 0 ? static_cast<long>(copied) : error;
}

}  // namespace nicosim
