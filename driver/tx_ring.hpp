// The transmit ring: descriptors, a buffer for each, and which of them make a frame.
//
// Two cores may be filling slots at the same time, as time passes in every store. So all slots of a frame are reserved
// first, side by side, and the tail only moves over frames that are complete: the card never fetches a half-written
// descriptor.
#pragma once

#include "driver/device_bus.hpp"
#include "driver/ring_indices.hpp"
#include "regmap/descriptors.hpp"
#include "regmap/tx_context.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace nicosim {

class TxRing {
 public:
  static constexpr std::size_t kBufferBytes = 4096;  // E1000_MAX_DATA_PER_TXD

  TxRing(DmaMemory& memory, unsigned count);
  ~TxRing();
  TxRing(const TxRing&) = delete;
  TxRing& operator=(const TxRing&) = delete;

  // e1000_xmit_frame wants two slots more than the frame needs, to keep the tail from touching the head.
  static constexpr unsigned kGap = 2;
  bool has_room(unsigned slots) const { return indices_.unused() >= slots + kGap; }
  // A stopped queue is not woken for every freed slot (TX_WAKE_THRESHOLD 32; half of a ring too small for that).
  bool worth_waking() const { return indices_.unused() >= std::min(32U, count() / 2); }

  unsigned used() const { return count() - 1 - indices_.unused(); }  // slots of frames not cleaned yet

  unsigned reserve(unsigned slots);  // needs has_room(); the first of them
  unsigned after(unsigned slot) const { return indices_.after(slot); }
  // Each writes one descriptor, and the bytes (at most kBufferBytes) into its buffer; not yet the card's.
  void fill_legacy(unsigned slot, std::span<const std::byte> bytes, std::uint8_t cmd);
  void fill_context(unsigned slot, const TxContext& context);
  void fill_data(unsigned slot, std::span<const std::byte> bytes, std::uint8_t cmd, std::uint8_t popts);
  void complete(unsigned first, unsigned slots);  // may go to the card as soon as the frames before it may
  unsigned tail() const { return tail_; }         // for TDT: the first slot of a frame that is not complete

  // The oldest frame that the card has not finished, as far as is known; `all_clean()`: there is none.
  bool all_clean() const { return indices_.next_to_clean() == tail_; }
  bool oldest_is_done();                                                 // DD in its last descriptor
  unsigned oldest_slot() const { return indices_.next_to_clean(); }      // its first
  unsigned oldest_slots() const { return frame_slots_[oldest_slot()]; }  // how many
  void clean_oldest();

  unsigned count() const { return indices_.count(); }
  DmaRegion descriptors() const { return descriptors_; }
  std::uint64_t descriptor(unsigned slot) const { return descriptors_.bus + slot * std::uint64_t{kDescriptorBytes}; }

 private:
  std::uint64_t buffer(unsigned slot) const { return buffers_.bus + slot * std::uint64_t{kBufferBytes}; }
  void fill(unsigned slot, std::span<const std::byte> bytes, const DescriptorBytes& descriptor);

  DmaMemory& memory_;
  RingIndices indices_;
  DmaRegion descriptors_, buffers_;
  std::vector<unsigned> frame_slots_;  // at a frame's first slot, from complete() to clean_oldest(): how many; else 0
  unsigned tail_ = 0;
};

}  // namespace nicosim
