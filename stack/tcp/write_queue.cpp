#include "stack/tcp/write_queue.hpp"

#include "stack/socket/truesize.hpp"
#include "stack/tcp/sequence.hpp"
#include "stack/tcp/tcp_header.hpp"

#include <cassert>
#include <utility>

namespace nicosim {

void WriteQueue::append(TxSegment segment) {
  wmem_queued_ += segment.truesize;
  unsent_.push_back(std::move(segment));
}

void TxSegment::set_segs(std::size_t mss_now) {
  const bool one = size() <= mss_now;
  segs = one ? 1 : static_cast<std::uint32_t>((size() + mss_now - 1) / mss_now);
  mss = one ? 0 : mss_now;
}

SimTime TxSegment::written() const {
  for (std::size_t i = more_writes.size(); i-- > 0;)
    if (!after(more_writes[i].seq, seq)) return more_writes[i].when;
  return first_written;
}

TxSegment& WriteQueue::advance(SimTime now) {
  sent_.push_back(std::move(unsent_.front()));
  unsent_.pop_front();
  sent_.back().sent = now;
  packets_out_ += sent_.back().segs;
  return sent_.back();
}

std::vector<std::byte> WriteQueue::buffer() {
  if (spare_.empty()) return {};
  std::vector<std::byte> buffer = std::move(spare_.back());
  spare_.pop_back();
  buffer.clear();
  return buffer;
}

void WriteQueue::count(const TxSegment& s) {
  packets_out_ += s.segs;
  if (s.sacked) sacked_out += s.segs;
  if (s.lost) lost_out_ += s.segs;
  if (s.retrans) retrans_out_ += s.segs;
}

void WriteQueue::uncount(const TxSegment& s) {
  packets_out_ -= s.segs;
  if (s.sacked) sacked_out -= s.segs;
  if (s.lost) lost_out_ -= s.segs;
  if (s.retrans) retrans_out_ -= s.segs;
}

void WriteQueue::pop_acked() {
  TxSegment& s = sent_.front();
  uncount(s);
  wmem_queued_ -= s.truesize;
  if (spare_.size() < kMostSpare && s.data.capacity() <= kMostSpareBytes) spare_.push_back(std::move(s.data));
  sent_.pop_front();
}

std::uint32_t WriteQueue::trim_head(std::uint32_t up_to) {
  TxSegment& s = sent_.front();
  assert(after(up_to, s.seq) && before(up_to, s.end_seq) && "not in the middle of the first segment");
  std::uint32_t bytes = up_to - s.seq;
  if ((s.flags & TcpHeader::kSyn) != 0) {
    s.flags &= static_cast<std::uint8_t>(~TcpHeader::kSyn);
    --bytes;
  }
  s.data.erase(s.data.begin(), s.data.begin() + bytes);
  s.seq = up_to;
  if (s.segs == 1) return 0;
  const std::uint32_t before_this = s.segs;
  resegment_sent(0, s.mss);
  return before_this - s.segs;
}

void WriteQueue::resegment_sent(std::size_t index, std::size_t mss) {
  uncount(sent_[index]);
  sent_[index].set_segs(mss);
  count(sent_[index]);
}

void WriteQueue::split(Segments& queue, std::size_t index, std::size_t size, std::size_t mss, bool counted) {
  TxSegment& head = queue[index];
  assert(size > 0 && size < head.size() && "both halves must have data");
  if (counted) uncount(head);
  const std::vector<std::byte> data = std::move(head.data);
  const auto cut = data.begin() + static_cast<std::ptrdiff_t>(size);
  TxSegment tail = head;
  head.data.assign(data.begin(), cut);
  tail.data.assign(cut, data.end());
  tail.seq = head.end_seq = head.seq + static_cast<std::uint32_t>(size);
  head.flags &= static_cast<std::uint8_t>(~(TcpHeader::kFin | TcpHeader::kPsh));
  wmem_queued_ -= head.truesize;
  for (TxSegment* const half : {&head, &tail}) {
    half->truesize = paged_truesize(TcpHeader::kBytes * 2 + half->size());
    wmem_queued_ += half->truesize;
    half->set_segs(mss);
    if (counted) count(*half);
  }
  queue.insert(queue.begin() + static_cast<std::ptrdiff_t>(index) + 1, std::move(tail));
}

void WriteQueue::purge() {
  sent_.clear();
  unsent_.clear();
  spare_.clear();
  packets_out_ = sacked_out = lost_out_ = retrans_out_ = 0;
  wmem_queued_ = 0;
}

void WriteQueue::mark_sacked(TxSegment& s) {
  if (s.sacked) return;
  clear_lost(s);
  if (s.retrans) retrans_out_ -= s.segs;
  s.retrans = false;
  s.sacked = true;
  sacked_out += s.segs;
}

void WriteQueue::clear_sacked(TxSegment& s) {
  if (!s.sacked) return;
  s.sacked = false;
  sacked_out -= s.segs;
}

void WriteQueue::mark_lost(TxSegment& s) {
  if (s.sacked) return;
  if (s.retrans) retrans_out_ -= s.segs;
  s.retrans = false;
  if (!s.lost) lost_out_ += s.segs;
  s.lost = true;
}

void WriteQueue::clear_lost(TxSegment& s) {
  if (!s.lost) return;
  s.lost = false;
  lost_out_ -= s.segs;
}

void WriteQueue::mark_retransmitted(TxSegment& s, SimTime now) {
  if (!s.retrans) retrans_out_ += s.segs;
  s.retrans = s.ever_retrans = true;
  s.sent = now;
}

}  // namespace nicosim
