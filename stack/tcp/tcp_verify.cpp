// What must hold of every connection whenever nobody is at work on it (tcp_verify_left_out, and what the kernel takes
// for granted). For tests: nothing else calls it.
#include "stack/tcp/request_sock.hpp"
#include "stack/tcp/sequence.hpp"
#include "stack/tcp/tcp.hpp"
#include "stack/tcp/tcp_sock.hpp"

#include <algorithm>

namespace nicosim {

std::string_view ReceiveQueue::broken_invariant(std::uint32_t copied_seq, std::uint32_t end) const {
  std::size_t weight = 0;
  std::uint32_t next = ready_.empty() ? copied_seq : ready_.front().seq;
  if (after(next, copied_seq)) return "what the process reads next is in the receive queue";
  for (const RxSegment& s : ready_) {
    if (after(s.seq, next) || before(s.end_seq, next)) return "the receive queue is contiguous";
    next = s.end_seq;
    weight += s.truesize;
    if (s.frame->size() < s.end_seq - s.seq) return "a received segment has all its bytes";
  }
  if (next != end) return "the receive queue ends where the acknowledgement does";
  next = end;
  for (const RxSegment& s : out_of_order_) {
    if (!after(s.seq, end)) return "what is out of order is beyond a gap";
    const std::uint32_t last = s.end_seq + (s.fin ? 1 : 0);
    if (&s != &out_of_order_.front() && !after(last, next)) return "no out-of-order segment covers another";
    next = last;
    weight += s.truesize;
    if (s.frame->size() < s.end_seq - s.seq) return "an out-of-order segment has all its bytes";
  }
  for (const Segments* const segments : {&ready_, &out_of_order_})
    for (const RxSegment& s : *segments)
      if (s.parts.size() != s.frame->ids.size()) return "every frame in the receive queue has its place";
  return weight == rmem_alloc_ ? "" : "rmem_alloc is the sum of the receive queues";
}

std::string_view WriteQueue::broken_invariant(std::uint32_t una, std::uint32_t nxt, std::uint32_t write_seq,
                                              bool sack) const {
  std::size_t weight = 0;
  std::uint32_t packets = 0, lost = 0, retrans = 0, sacked = 0, next = una;
  const auto visit = [&](const TxSegment& s) {
    const bool contiguous = s.seq == next && after(s.end_seq, s.seq);
    const std::size_t flags =
        ((s.flags & TcpHeader::kSyn) != 0 ? 1U : 0U) + ((s.flags & TcpHeader::kFin) != 0 ? 1U : 0U);
    next = s.end_seq;
    weight += s.truesize;
    return contiguous && s.end_seq - s.seq == s.size() + flags;
  };
  for (const TxSegment& s : sent_) {
    if (!visit(s)) return "what was sent is contiguous from snd_una";
    packets += s.segs;
    lost += s.lost ? s.segs : 0;
    retrans += s.retrans ? s.segs : 0;
    sacked += s.sacked ? s.segs : 0;
    if (s.sacked && (s.lost || s.retrans)) return "what has arrived is neither lost nor retransmitted";
  }
  if (next != nxt) return "what was sent ends at snd_nxt";
  for (const TxSegment& s : unsent_) {
    if (!visit(s)) return "what waits is contiguous from snd_nxt";
    if (s.lost || s.retrans || s.sacked) return "what was never sent has no marks";
  }
  if (next != write_seq) return "what waits ends at write_seq";
  if (packets != packets_out_) return "packets_out counts what was sent";
  if (lost != lost_out_) return "lost_out counts the marks";
  if (retrans != retrans_out_) return "retrans_out counts the marks";
  if (sack ? sacked != sacked_out : sacked != 0) return "sacked_out counts the marks";
  if (left_out() > packets_out()) return "no more left the network than was sent";  // tcp_verify_left_out
  return weight == wmem_queued_ ? "" : "wmem_queued is the sum of the write queues";
}

std::string_view TcpSock::broken_invariant() const {
  if (owned) return "";
  if (!backlog.empty() || backlog_bytes != 0 || deferred != 0) return "nothing waits for a socket that nobody owns";
  const bool in_table = layer.table.established(tuple()).get() == this;
  if (hashed != in_table) return "a connection is in the table exactly once";
  if (state == TcpState::CLOSE) {
    if (write_timer.pending() || delack_timer.pending() || keepalive_timer.pending() || tsq_timer.pending())
      return "a closed connection runs no timer";
    return hashed ? "a closed connection is not in the table" : "";
  }
  if (state == TcpState::LISTEN) {
    unsigned half_open = 0, young = 0;
    layer.table.for_each_request([&](const RequestSock& request) {
      if (request.listener.get() != this) return;
      ++half_open;
      young += request.num_timeout == 0 ? 1 : 0;
    });
    if (half_open != accept_queue.qlen || young != accept_queue.young) return "qlen counts the half-open requests";
    const bool bounded = accept_queue.accepted.size() <= std::size_t{accept_queue.max_ack_backlog} + 1;
    return bounded ? "" : "the accept queue is bounded by the backlog";
  }
  if (!hashed) return "a connection is in the table";
  if (after(snd_una, snd_nxt) || after(snd_nxt, write_seq)) return "snd_una <= snd_nxt <= write_seq";
  if (state == TcpState::SYN_SENT) return "";
  if (before(rcv_nxt, rcv_wup)) return "rcv_wup <= rcv_nxt";
  if (after(copied_seq, rcv_nxt)) return "copied_seq <= rcv_nxt";
  const auto sent = write_queue.broken_invariant(snd_una, snd_nxt, write_seq, sack_ok);
  if (!sent.empty()) return sent;
  const auto received = queue.broken_invariant(copied_seq, rcv_nxt - (done ? 1 : 0));
  if (!received.empty()) return received;
  // Nothing may wait for an acknowledgement or a window that nobody would ask for again.
  const bool asks = write_timer.pending() || tsq_timer.pending();
  if (!write_queue.sent().empty() && !asks) return "what is in flight has a timer";
  return "";
}

std::string_view Tcp::broken_invariant() const {
  std::string_view broken;
  const auto look = [&](const TcpSock& sock) {
    if (broken.empty()) broken = sock.broken_invariant();
  };
  layer_.table.for_each([&](TcpSock& sock) {
    look(sock);
    for (const auto& child : sock.accept_queue.accepted) look(*child);
  });
  for (const auto& weak : socks_)
    if (const auto sock = weak.lock()) look(*sock);
  return broken;
}

}  // namespace nicosim
