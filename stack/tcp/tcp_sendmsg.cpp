// send(): bytes of a process become segments (tcp_sendmsg_locked).
#include "stack/io/poll_mask.hpp"
#include "stack/io/signal.hpp"
#include "stack/socket/truesize.hpp"
#include "stack/tcp/sequence.hpp"
#include "stack/tcp/sock_lock.hpp"
#include "stack/tcp/tcp.hpp"

#include <algorithm>
#include <cerrno>

namespace nicosim {
namespace {

std::size_t weight(std::size_t bytes) { return paged_truesize(Ipv4Header::kBytes + TcpHeader::kBytes + bytes); }

// Behind the last segment, when that has not been sent and has room, else in a new one. Returns how many fitted.
std::size_t append(TcpSock& sock, std::span<const std::byte> data, std::size_t goal, SimTime written) {
  WriteQueue& queue = sock.write_queue;
  const bool room = !queue.unsent().empty() && queue.unsent().back().size() < goal &&
                    (queue.unsent().back().flags & TcpHeader::kFin) == 0;
  if (!room) {
    sock.slow_start_after_idle_check();
    TxSegment fresh;
    fresh.seq = fresh.end_seq = sock.write_seq;
    fresh.truesize = weight(0);
    fresh.data = queue.buffer();
    queue.append(std::move(fresh));
    sock.net.runtime.charge(Cost::skb_alloc);
    sock.nonagle &= ~kNaglePush;
  }
  TxSegment& last = queue.unsent().back();
  const std::size_t n = std::min(goal - last.size(), data.size());
  const SimTime latest = last.more_writes.empty() ? last.first_written : last.more_writes.back().when;
  if (last.size() == 0)
    last.first_written = written;
  else if (latest != written)
    last.more_writes.push_back({sock.write_seq, written});
  last.data.insert(last.data.end(), data.begin(), data.begin() + static_cast<std::ptrdiff_t>(n));
  last.end_seq += static_cast<std::uint32_t>(n);
  last.flags &= static_cast<std::uint8_t>(~TcpHeader::kPsh);
  sock.write_seq += static_cast<std::uint32_t>(n);
  const std::size_t now = weight(last.size());
  queue.grew(now - last.truesize);
  last.truesize = now;
  return n;
}

void mark_push(TcpSock& sock) {
  sock.write_queue.unsent().back().flags |= TcpHeader::kPsh;
  sock.pushed_seq = sock.write_seq;
}

// tcp_push: the end of a write. With more to come (MSG_MORE, TCP_CORK) only full segments leave.
void push(TcpSock& sock, bool more) {
  if (sock.write_queue.unsent().empty()) return;
  const bool forced = after(sock.write_seq, sock.pushed_seq + (sock.max_window >> 1U));
  if (!more || forced) mark_push(sock);
  sock.push_pending_frames(more ? kNagleCork : sock.nonagle);
}

}  // namespace

long Tcp::sendmsg(Task& task, Socket& socket, std::span<const std::byte> data, int flags, const sockaddr_in*) {
  TcpSock& sock = tcp_sk(*socket.sock);
  const auto keep = sock.self();
  SockLock lock{sock};
  Net& net = layer_.net;
  if ((flags & MSG_OOB) != 0) return -EOPNOTSUPP;  // the urgent mechanism is not for new programs (RFC 6093)
  const bool nonblocking = (flags & MSG_DONTWAIT) != 0 || socket.file->nonblocking;
  const SimTime until = nonblocking ? SimTime::zero() : net.now() + sock.sndtimeo;
  std::size_t copied = 0;
  const auto fail = [&](int error) -> long {  // sk_stream_error
    if (copied > 0) {
      push(sock, false);
      return static_cast<long>(copied);
    }
    if (error == -EPIPE && sock.error != 0) return sock.take_error();
    return error;
  };
  SimTime written = net.now();
  net.runtime.charge(Cost::sock_send);

  // sk_stream_wait_connect
  for (Woken woken = Woken::event; !sock.in({TcpState::ESTABLISHED, TcpState::CLOSE_WAIT});) {
    if (sock.error != 0) return sock.take_error();
    const auto opening = [&] { return sock.in({TcpState::SYN_SENT, TcpState::SYN_RECV}) && sock.error == 0; };
    if (!opening()) return fail(-EPIPE);
    if (woken == Woken::timeout || net.now() >= until) return -EAGAIN;
    if (woken == Woken::signal) return sock_intr_errno(until);
    ++sock.write_pending;
    woken = lock.sleep(task, socket.wq.wait, ~PollMask{0}, false, until, [&] { return !opening(); });
    --sock.write_pending;
  }

  Woken woken = Woken::event;
  while (copied < data.size()) {
    if (sock.error != 0 || (sock.shutdown_mask & kSendShutdown) != 0) return fail(-EPIPE);
    const std::size_t goal = sock.size_goal(sock.current_mss());
    const auto& unsent = sock.write_queue.unsent();
    const bool fits = !unsent.empty() && unsent.back().size() < goal;
    if (!fits && !sock.stream_memory_free()) {  // sk_stream_wait_memory
      socket.wq.flags |= kAsyncNoSpace;
      if (copied > 0) push(sock, (flags & MSG_MORE) != 0);
      if (woken == Woken::timeout || net.now() >= until) return fail(-EAGAIN);
      if (woken == Woken::signal) return fail(sock_intr_errno(until));
      const auto ready = [&] {
        return sock.error != 0 || (sock.shutdown_mask & kSendShutdown) != 0 || sock.stream_memory_free();
      };
      woken = lock.sleep(task, socket.wq.wait, kPollOut | kPollErr | kPollHup, false, until, ready);
      written = net.now();  // until now the process had them, not the queue
      continue;
    }
    const std::size_t n = append(sock, data.subspan(copied), goal, written);
    if ((flags & kMsgSplicePages) == 0) net.runtime.charge(Cost::copy_to_user_per_byte, n);
    copied += n;
    woken = Woken::event;
    if (unsent.back().size() < goal || copied == data.size()) continue;
    if (after(sock.write_seq, sock.pushed_seq + (sock.max_window >> 1U))) {
      mark_push(sock);
      sock.push_pending_frames(kNaglePush);
    } else if (unsent.size() == 1 && sock.write_xmit(kNaglePush, 1)) {
      sock.check_probe_timer();
    }
  }
  if (copied > 0) push(sock, (flags & MSG_MORE) != 0 || (sock.nonagle & kNagleCork) != 0);
  return static_cast<long>(copied);
}

}  // namespace nicosim
