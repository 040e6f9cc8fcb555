#include "stack/tcp/receive_queue.hpp"

#include "stack/socket/truesize.hpp"
#include "stack/tcp/sequence.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace nicosim {
namespace {

constexpr std::size_t kCollapsedBytes = 4096 - 320;  // SKB_MAX_ORDER(0, 0): a page less struct skb_shared_info

std::size_t length(const RxSegment& s) { return s.end_seq - s.seq; }
std::uint32_t end_with_fin(const RxSegment& s) { return s.end_seq + (s.fin ? 1 : 0); }  // as SACK counts

}  // namespace

RxSegment ReceiveQueue::segment_of(TcpSegment&& segment) {
  RxSegment s;
  s.seq = segment.seq();
  s.end_seq = segment.data_end();
  s.fin = segment.has(TcpHeader::kFin);
  s.truesize = segment.truesize;
  s.frame = std::move(segment.frame);
  // Packets joined by GRO follow each other, all of one size but the last
  const Gso gso = s.frame->gso;
  const bool joined = gso && s.frame->ids.size() == gso.segs;
  std::uint32_t end = s.seq;
  for (const FrameId id : s.frame->ids) {
    end = joined ? earlier_of(end + gso.size, s.end_seq) : s.end_seq;
    s.parts.push_back({id, end});
  }
  return s;
}

void ReceiveQueue::append(RxSegment segment) {
  net_.at(*segment.frame, Station::socket);
  rmem_alloc_ += segment.truesize;
  ready_.push_back(std::move(segment));
}

bool ReceiveQueue::insert_out_of_order(RxSegment segment, const OnDuplicate& duplicate) {
  net_.at(*segment.frame, Station::socket);
  // Behind every one that begins no later.
  auto next = out_of_order_.end();
  while (next != out_of_order_.begin() && after(std::prev(next)->seq, segment.seq)) --next;
  if (next != out_of_order_.begin()) {
    const RxSegment& previous = *std::prev(next);
    if (!after(end_with_fin(segment), end_with_fin(previous))) {
      ++net_.mib.TcpExtTCPOFOMerge;
      duplicate({segment.seq, end_with_fin(segment)});
      net_.drop(std::move(segment.frame), Station::socket, DropReason::TCP_OFOMERGE);
      return false;
    }
    if (before(segment.seq, previous.end_seq)) duplicate({segment.seq, previous.end_seq});
    if (segment.seq == previous.seq) {  // the new one has all of it and more
      ++net_.mib.TcpExtTCPOFOMerge;
      --next;
      drop(std::move(*next), Station::socket, DropReason::TCP_OFOMERGE);
      next = out_of_order_.erase(next);
    }
  }
  while (next != out_of_order_.end() && after(end_with_fin(segment), next->seq)) {
    if (before(end_with_fin(segment), end_with_fin(*next))) {
      duplicate({next->seq, end_with_fin(segment)});
      break;
    }
    duplicate({next->seq, end_with_fin(*next)});
    ++net_.mib.TcpExtTCPOFOMerge;
    drop(std::move(*next), Station::socket, DropReason::TCP_OFOMERGE);
    next = out_of_order_.erase(next);
  }
  rmem_alloc_ += segment.truesize;
  out_of_order_.insert(next, std::move(segment));
  return true;
}

bool ReceiveQueue::take_in_order(std::uint32_t& rcv_nxt, const OnDuplicate& duplicate) {
  while (!out_of_order_.empty() && !after(out_of_order_.front().seq, rcv_nxt)) {
    RxSegment segment = std::move(out_of_order_.front());
    out_of_order_.pop_front();
    if (before(segment.seq, rcv_nxt)) duplicate({segment.seq, earlier_of(rcv_nxt, end_with_fin(segment))});
    const bool fin = segment.fin && !after(rcv_nxt, segment.end_seq);
    if (!after(segment.end_seq, rcv_nxt)) {
      if (fin && segment.seq == segment.end_seq) {  // a FIN of its own, having waited for what was before it
        rmem_alloc_ -= segment.truesize;
        net_.finish(std::move(segment.frame), Fate::consumed, Station::socket);
      } else {
        drop(std::move(segment), Station::socket, DropReason::TCP_OFO_DROP);
      }
    } else {
      rcv_nxt = segment.end_seq;
      ready_.push_back(std::move(segment));
    }
    if (fin) return true;
  }
  return false;
}

std::size_t ReceiveQueue::copy(std::uint32_t from, std::span<std::byte> to) const {
  std::size_t copied = 0;
  for (const RxSegment& s : ready_) {
    if (copied == to.size()) break;
    if (!after(s.end_seq, from)) continue;
    const std::size_t skip = from - s.seq;
    const Bytes bytes = std::as_const(*s.frame).bytes().subspan(skip);
    const std::size_t n = std::min({bytes.size(), length(s) - skip, to.size() - copied});
    copy_bytes(bytes.first(n), to.subspan(copied));
    copied += n;
    from += static_cast<std::uint32_t>(n);
  }
  return copied;
}

void ReceiveQueue::consume(std::uint32_t copied_seq, std::string_view reader) {
  while (!ready_.empty()) {
    RxSegment& s = ready_.front();
    const SimTime now = net_.now();
    const auto read = std::remove_if(s.parts.begin(), s.parts.end(), [&](const RxSegment::Part& part) {
      if (after(part.end_seq, copied_seq)) return false;
      net_.ledger.at(part.id, Station::process, now, reader);
      net_.ledger.at(part.id, Station::read, now);
      net_.ledger.close(part.id, Fate::read, Station::read, now);
      std::erase(s.frame->ids, part.id);
      return true;
    });
    s.parts.erase(read, s.parts.end());
    if (after(s.end_seq, copied_seq)) return;
    rmem_alloc_ -= s.truesize;
    net_.finish(std::move(s.frame), Fate::read, Station::read);  // an id without a byte of its own, if there was one
    ready_.pop_front();
  }
}

std::size_t ReceiveQueue::unread(std::uint32_t copied_seq) const {
  return ready_.empty() ? 0 : ready_.back().end_seq - copied_seq;
}

void ReceiveQueue::collapse() {
  collapse(ready_);
  collapse(out_of_order_);
}

// Joins neighbours that follow each other without a gap, as long as a page holds them and memory is saved.
void ReceiveQueue::collapse(Segments& segments) {
  for (std::size_t i = 0; i + 1 < segments.size(); ++i) {
    std::size_t count = 1, bytes = length(segments[i]), weight = segments[i].truesize;
    while (i + count < segments.size()) {
      const RxSegment& next = segments[i + count];
      const RxSegment& last = segments[i + count - 1];
      if (after(next.seq, last.end_seq) || last.fin) break;
      const std::size_t fresh = next.end_seq - later_of(next.seq, last.end_seq);
      if (bytes + fresh > kCollapsedBytes) break;
      bytes += fresh;
      weight += next.truesize;
      ++count;
    }
    if (count == 1 || truesize(bytes) >= weight) continue;
    RxSegment whole;
    whole.frame = net_.pool.make(bytes);
    whole.frame->port = segments[i].frame->port;
    whole.frame->arrived = segments[i].frame->arrived;
    whole.seq = whole.end_seq = segments[i].seq;
    whole.truesize = truesize(bytes);
    net_.runtime.charge(Cost::skb_alloc);
    net_.runtime.charge(Cost::copy_per_byte, bytes);
    for (std::size_t k = i; k < i + count; ++k) {
      RxSegment& part = segments[k];
      const std::size_t skip = whole.end_seq - part.seq;
      const Bytes fresh = std::as_const(*part.frame).bytes().subspan(skip, length(part) - skip);
      copy_bytes(fresh, whole.frame->put(fresh.size()));
      whole.end_seq = part.end_seq;
      whole.fin = part.fin;
      whole.parts.insert(whole.parts.end(), part.parts.begin(), part.parts.end());
      whole.frame->adopt(std::move(part.frame));
    }
    rmem_alloc_ -= weight;
    rmem_alloc_ += whole.truesize;
    net_.mib.TcpExtTCPRcvCollapsed += count;
    const auto first = segments.begin() + static_cast<std::ptrdiff_t>(i);
    segments.erase(first + 1, first + static_cast<std::ptrdiff_t>(count));
    segments[i] = std::move(whole);
  }
}

// From the far end, in portions of an eighth of the buffer, until there is room again.
bool ReceiveQueue::prune_out_of_order(std::size_t rcvbuf) {
  if (out_of_order_.empty()) return false;
  ++net_.mib.TcpExtOfoPruned;
  std::size_t goal = rcvbuf / 8;
  while (!out_of_order_.empty()) {
    goal -= std::min(goal, out_of_order_.back().truesize);
    drop(std::move(out_of_order_.back()), Station::socket, DropReason::TCP_OFO_QUEUE_PRUNE);
    out_of_order_.pop_back();
    if (goal > 0) continue;
    if (rmem_alloc_ <= rcvbuf) break;
    goal = rcvbuf / 8;
  }
  return true;
}

void ReceiveQueue::purge(Station station, DropReason reason) {
  while (!ready_.empty()) {
    drop(std::move(ready_.front()), station, reason);
    ready_.pop_front();
  }
  purge_out_of_order(reason);
}

void ReceiveQueue::purge_out_of_order(DropReason reason) {
  while (!out_of_order_.empty()) {
    drop(std::move(out_of_order_.front()), Station::socket, reason);
    out_of_order_.pop_front();
  }
}

void ReceiveQueue::close_queued(SimTime now) {
  for (Segments* const segments : {&ready_, &out_of_order_}) {
    for (RxSegment& s : *segments) s.frame->close(net_.ledger, Fate::queued, Station::socket, now, DropReason::none);
    segments->clear();
  }
  rmem_alloc_ = 0;
}

void ReceiveQueue::drop(RxSegment segment, Station station, DropReason reason) {
  rmem_alloc_ -= segment.truesize;
  net_.drop(std::move(segment.frame), station, reason);
}

}  // namespace nicosim
