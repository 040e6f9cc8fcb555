#include "sc_model/wire.hpp"

#include "common/crc32.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace nicosim {
namespace {

constexpr std::uint8_t kIdle = 0x07, kStart = 0xfb, kTerminate = 0xfd, kError = 0xfe, kPreamble = 0x55, kSfd = 0xd5;
constexpr std::size_t kMinWithoutFcs = 60;
constexpr std::int64_t kGapBytes = 12;

void insert(std::deque<WireFrame>& queue, WireFrame&& frame) {
  queue.insert(std::ranges::upper_bound(queue, frame.not_before, {}, &WireFrame::not_before), std::move(frame));
}

}  // namespace

void finish_for_wire(std::vector<std::byte>& frame) {
  if (frame.size() < kMinWithoutFcs) frame.resize(kMinWithoutFcs);
  const std::uint32_t fcs = ethernet_fcs(frame);
  for (unsigned i = 0; i < 4; ++i) frame.push_back(static_cast<std::byte>(fcs >> (8 * i)));
}

void WireIn::set_source(WireSource* source) {
  source_ = source;
  source_done_ = source == nullptr;
  if (!source_done_) pull_overtakers();
}

// What is pulled must be the first of all, although something else has been pulled before.
void WireIn::pull_overtakers() {
  while (!pulled_.empty()) {
    std::optional<WireFrame> frame = source_->next_before(pulled_.front().not_before);
    if (!frame) return;
    pulled_.push_front(std::move(*frame));
  }
}

void WireIn::push(WireFrame frame, std::uint64_t next_edge) {
  assert(next_edge > 0 && "edge 0 is in reset");
  const SimTime open = SimTime::ps(static_cast<std::int64_t>(next_edge - 1) * kCyclePs);
  frame.not_before = std::max(frame.not_before, open);
  insert(pushed_, std::move(frame));
}

WireFrame* WireIn::candidate() {
  if (pulled_.empty() && !source_done_) {
    std::optional<WireFrame> frame = source_->next();
    source_done_ = !frame.has_value();
    if (frame) pulled_.push_back(std::move(*frame));
  }
  if (!pushed_.empty() && (pulled_.empty() || pushed_.front().not_before <= pulled_.front().not_before))
    return &pushed_.front();
  return pulled_.empty() ? nullptr : &pulled_.front();
}

std::int64_t WireIn::slot_of(const WireFrame& frame) const {
  return std::max<std::int64_t>(free_slot_, (frame.not_before.in_ps() + kSlotPs - 1) / kSlotPs);
}

void WireIn::start(std::int64_t slot) {
  WireFrame* const next = candidate();
  const WireFrame frame = std::move(*next);
  if (!pulled_.empty() && next == &pulled_.front()) {
    pulled_.pop_front();
    pull_overtakers();
  } else {
    pushed_.pop_front();
  }
  if (frame.not_before < SimTime::ps(free_slot_ * kSlotPs - kSlotPs + 1)) ++delayed_;
  if (slot > free_slot_) deficit_ = 0;
  first_cycle_ = static_cast<std::uint64_t>(slot / 2) + 1;

  const std::size_t first_lane = (slot % 2) * 4;
  const std::size_t total = 8 + frame.bytes.size();  // /S/, preamble and SFD, then the frame
  const std::size_t terminate = first_lane + total;
  lanes_.assign((terminate + 1 + 7) / 8 * 8, kIdle);
  const auto at = lanes_.begin() + static_cast<std::ptrdiff_t>(first_lane);
  std::fill_n(at, 7, kPreamble);
  at[0] = kStart;
  at[7] = kSfd;
  std::memcpy(&at[8], frame.bytes.data(), frame.bytes.size());
  lanes_[terminate] = kTerminate;

  columns_.resize(lanes_.size() / 8);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::memcpy(&columns_[i].data, &lanes_[8 * i], 8);  // lane 0 in the low byte
    columns_[i].control = 0;
  }
  columns_.front().control = static_cast<std::uint8_t>((2U << first_lane) - 1);  // up to /S/
  columns_.back().control = static_cast<std::uint8_t>(0xffU << terminate % 8);   // from /T/ on
  if (frame.error_at && *frame.error_at < frame.bytes.size()) {
    const std::size_t lane = first_lane + 8 + *frame.error_at;
    Column& column = columns_[lane / 8];
    const unsigned shift = 8 * static_cast<unsigned>(lane % 8);
    column.data = (column.data & ~(std::uint64_t{0xff} << shift)) | (std::uint64_t{kError} << shift);
    column.control = static_cast<std::uint8_t>(column.control | (1U << lane % 8));
  }

  // Deficit idle count: the next start is rounded to four bytes so that the gap is 12 on average.
  const std::int64_t ideal = slot * 4 + static_cast<std::int64_t>(total) + kGapBytes;
  const auto over = static_cast<unsigned>(ideal % 4);
  if (deficit_ + over <= 3) {
    deficit_ += over;
    free_slot_ = ideal / 4;
  } else {
    deficit_ -= 4 - over;
    free_slot_ = ideal / 4 + 1;
  }
  if (unheard_)
    ++unheard_frames_;
  else
    started_(number_++, SimTime::ps(slot * kSlotPs), frame);
}

Column WireIn::column(std::uint64_t cycle) {
  if (columns_.empty()) {
    const std::uint64_t first = busy_from(cycle);
    if (first > cycle) return {};
    start(slot_of(*candidate()));
    assert(first_cycle_ >= cycle && "a frame would have to start in the card's past");
  }
  if (cycle < first_cycle_) return {};
  const std::uint64_t index = cycle - first_cycle_;
  const Column column = columns_[index];
  if (index + 1 == columns_.size()) columns_.clear();
  return column;
}

std::uint64_t WireIn::busy_from(std::uint64_t cycle) {
  if (!columns_.empty()) return std::max(cycle, first_cycle_);
  const WireFrame* const next = candidate();
  if (next == nullptr) return kNoCycle;
  return static_cast<std::uint64_t>(slot_of(*next) / 2) + 1;
}

void WireOut::finish(SimTime last_bit, bool aborted) {
  in_frame_ = false;
  frame_.last_bit = last_bit;
  frame_.aborted = aborted;
  const std::size_t n = frame_.bytes.size();
  frame_.good_fcs = false;
  if (n > 4) {
    std::uint32_t fcs = 0;
    for (unsigned i = 0; i < 4; ++i) fcs |= std::to_integer<std::uint32_t>(frame_.bytes[n - 4 + i]) << (8 * i);
    frame_.good_fcs = fcs == ethernet_fcs(Bytes{frame_.bytes}.first(n - 4));
  }
  sink_(std::move(frame_));
  frame_ = {};
}

void WireOut::column(std::uint64_t cycle, Column column) {
  const auto lane_time = [&](unsigned lane) {
    return SimTime::ps(static_cast<std::int64_t>(cycle) * kCyclePs + lane * (kCyclePs / 8));
  };
  for (unsigned lane = 0; lane < 8; ++lane) {
    const auto value = static_cast<std::uint8_t>(column.data >> (8 * lane));
    const bool control = ((column.control >> lane) & 1U) != 0;
    if (control && value == kStart) {
      if (in_frame_) finish(lane_time(lane), true);
      in_frame_ = true;
      skip_ = 7;  // preamble and SFD
      frame_.first_bit = lane_time(lane);
    } else if (!in_frame_) {
      continue;
    } else if (control) {
      finish(lane_time(lane), value != kTerminate);
    } else if (skip_ > 0) {
      --skip_;
    } else {
      frame_.bytes.push_back(std::byte{value});
    }
  }
}

}  // namespace nicosim
