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

TxSegment& WriteQueue::advance(SimTime now) {
  sent_.push_back(std::move(unsent_.front()));
  unsent_.pop_front();
  sent_.back().sent = now;
  return sent_.back();
}

std::vector<std::byte> WriteQueue::buffer() {
  if (spare_.empty()) return {};
  std::vector<std::byte> buffer = std::move(spare_.back());
  spare_.pop_back();
  buffer.clear();
  return buffer;
}

void WriteQueue::pop_acked() {
  TxSegment& s = sent_.front();
  if (s.sacked) --sacked_out;
  if (s.lost) --lost_out_;
  if (s.retrans) --retrans_out_;
  wmem_queued_ -= s.truesize;
  if (spare_.size() < kMostSpare && s.data.capacity() <= kMostSpareBytes) spare_.push_back(std::move(s.data));
  sent_.pop_front();
}

void WriteQueue::trim_head(std::uint32_t up_to) {
  TxSegment& s = sent_.front();
  assert(after(up_to, s.seq) && before(up_to, s.end_seq) && "not in the middle of the first segment");
  std::uint32_t bytes = up_to - s.seq;
  if ((s.flags & TcpHeader::kSyn) != 0) {
    s.flags &= static_cast<std::uint8_t>(~TcpHeader::kSyn);
    --bytes;
  }
  s.data.erase(s.data.begin(), s.data.begin() + bytes);
  s.seq = up_to;
}

void WriteQueue::split(Segments& queue, std::size_t index, std::size_t size, bool counted) {
  TxSegment tail = queue[index];
  TxSegment& head = queue[index];
  assert(size > 0 && size < head.size() && "both halves must have data");
  const auto cut = static_cast<std::ptrdiff_t>(size);
  tail.data.erase(tail.data.begin(), tail.data.begin() + cut);
  head.data.resize(size);
  tail.seq = head.end_seq = head.seq + static_cast<std::uint32_t>(size);
  head.flags &= static_cast<std::uint8_t>(~(TcpHeader::kFin | TcpHeader::kPsh));
  wmem_queued_ -= head.truesize;
  head.truesize = truesize(TcpHeader::kBytes * 2 + head.size());
  tail.truesize = truesize(TcpHeader::kBytes * 2 + tail.size());
  wmem_queued_ += head.truesize + tail.truesize;
  if (counted) {
    if (tail.sacked) ++sacked_out;
    if (tail.lost) ++lost_out_;
    if (tail.retrans) ++retrans_out_;
  }
  queue.insert(queue.begin() + static_cast<std::ptrdiff_t>(index) + 1, std::move(tail));
}

void WriteQueue::purge() {
  sent_.clear();
  unsent_.clear();
  spare_.clear();
  sacked_out = lost_out_ = retrans_out_ = 0;
  wmem_queued_ = 0;
}

void WriteQueue::mark_sacked(TxSegment& s) {
  if (s.sacked) return;
  clear_lost(s);
  if (s.retrans) --retrans_out_;
  s.retrans = false;
  s.sacked = true;
  ++sacked_out;
}

void WriteQueue::clear_sacked(TxSegment& s) {
  if (!s.sacked) return;
  s.sacked = false;
  --sacked_out;
}

void WriteQueue::mark_lost(TxSegment& s) {
  if (s.sacked) return;
  if (s.retrans) --retrans_out_;
  s.retrans = false;
  if (!s.lost) ++lost_out_;
  s.lost = true;
}

void WriteQueue::clear_lost(TxSegment& s) {
  if (!s.lost) return;
  s.lost = false;
  --lost_out_;
}

void WriteQueue::mark_retransmitted(TxSegment& s, SimTime now) {
  if (!s.retrans) ++retrans_out_;
  s.retrans = s.ever_retrans = true;
  s.sent = now;
}

}  // namespace nicosim
