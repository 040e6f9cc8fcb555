#include "common/frame.hpp"

#include "common/bytes.hpp"
#include "common/ledger.hpp"

#include <cassert>

namespace nicosim {

void Frame::pull(std::size_t n) {
  assert(n <= size() && "pull() past the end of the frame");
  begin_ += n;
}

std::span<std::byte> Frame::push(std::size_t n) {
  assert(n <= begin_ && "push() needs more headroom than the frame has");
  begin_ -= n;
  return bytes().first(n);
}

std::span<std::byte> Frame::put(std::size_t n) {
  assert(n <= buffer_.size() - end_ && "put() past the frame's capacity");
  end_ += n;
  return bytes().last(n);
}

void Frame::trim(std::size_t n) {
  assert(n <= size() && "trim() longer than the frame");
  end_ = begin_ + n;
}

void Frame::leave_checksum(std::size_t start, std::size_t offset) {
  assert(start + offset + 2 <= size() && "the checksum's field lies outside the frame");
  csum_start_ = begin_ + start;
  csum_offset_ = offset;
  checksum_left_ = true;
}

void Frame::adopt(FramePtr other) {
  ids.insert(ids.end(), other->ids.begin(), other->ids.end());
  other->ids.clear();
}

void Frame::close(Ledger& ledger, Fate fate, Station station, SimTime now, DropReason reason) {
  for (const FrameId id : ids) ledger.close(id, fate, station, now, reason);
  ids.clear();
}

void Frame::at(Ledger& ledger, Station station, SimTime now, std::string_view detail) const {
  for (const FrameId id : ids) ledger.at(id, station, now, detail);
}

void FrameRecycler::operator()(Frame* frame) const noexcept {
  assert(frame->ids.empty() && "a frame was freed while one of its ids had no fate");
  frame->nfct.reset();
  FramePool& pool = *frame->pool_;
  --pool.in_use_;
  (frame->previous_live_ != nullptr ? frame->previous_live_->next_live_ : pool.first_live_) = frame->next_live_;
  (frame->next_live_ != nullptr ? frame->next_live_->previous_live_ : pool.last_live_) = frame->previous_live_;
  pool.free_list(frame->buffer_.size()).emplace_back(frame);
}

FramePool::~FramePool() { assert(in_use_ == 0 && "frames outlive their pool"); }

FramePtr FramePool::make(std::size_t capacity, std::size_t headroom) {
  std::unique_ptr<Frame> frame;
  auto& free = free_list(capacity + headroom);
  if (free.empty()) {
    frame = std::make_unique<Frame>();
  } else {
    frame = std::move(free.back());
    free.pop_back();
  }
  if (frame->buffer_.size() < capacity + headroom) frame->buffer_.resize(capacity + headroom);
  frame->begin_ = frame->end_ = headroom;
  frame->ids.clear();
  frame->port = 0;
  frame->arrived = SimTime{};
  frame->rx_hash = 0;
  frame->rx_checksum = RxChecksum::none;
  frame->nfctinfo = 0;
  frame->gso = {};
  frame->checksum_left_ = false;
  frame->pool_ = this;
  ++in_use_;
  frame->next_live_ = nullptr;
  frame->previous_live_ = last_live_;
  (last_live_ != nullptr ? last_live_->next_live_ : first_live_) = frame.get();
  last_live_ = frame.get();
  return FramePtr{frame.release()};
}

void FramePool::for_each_live(const std::function<void(Frame&)>& visit) {
  for (Frame* frame = first_live_; frame != nullptr; frame = frame->next_live_) visit(*frame);
}

FramePtr FramePool::copy(const Frame& from) {
  FramePtr to = make(from.size(), from.headroom());
  copy_bytes(from.bytes(), to->put(from.size()));
  to->port = from.port;
  to->arrived = from.arrived;
  to->rx_hash = from.rx_hash;
  to->rx_checksum = from.rx_checksum;
  to->nfct = from.nfct;
  to->nfctinfo = from.nfctinfo;
  to->gso = from.gso;
  to->csum_start_ = from.csum_start_;  // the headroom is the same
  to->csum_offset_ = from.csum_offset_;
  to->checksum_left_ = from.checksum_left_;
  return to;
}

}  // namespace nicosim
