// The transmit ring: one legacy descriptor and one buffer per frame.
//
// Two cores may be filling slots at the same time, as time passes in every store. So a slot is reserved first, and the
// tail only moves over slots that are complete: the card never fetches a half-written descriptor.
#pragma once

#include "driver/device_bus.hpp"
#include "driver/ring_indices.hpp"
#include "regmap/descriptors.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace nicosim {

class TxRing {
 public:
  static constexpr std::size_t kBufferBytes = 2048;

  TxRing(DmaMemory& memory, unsigned count);
  ~TxRing();
  TxRing(const TxRing&) = delete;
  TxRing& operator=(const TxRing&) = delete;

  // e1000_xmit_frame wants two slots more than the frame needs, to keep the tail from touching the head.
  bool has_room() const { return indices_.unused() >= 1 + 2; }
  // A stopped queue is not woken for every freed slot (TX_WAKE_THRESHOLD 32; half of a ring too small for that).
  bool worth_waking() const { return indices_.unused() >= std::min(32U, count() / 2); }

  unsigned reserve();  // needs has_room()
  // Copies the frame (at most kBufferBytes) into the slot's buffer and writes its descriptor; not yet the card's.
  void fill(unsigned slot, std::span<const std::byte> frame);
  void complete(unsigned slot);            // the slot may go to the card as soon as those before it may
  unsigned tail() const { return tail_; }  // for TDT: the first slot that is not complete

  // The oldest frame that the card has not finished, as far as is known; `all_clean()`: there is none.
  bool all_clean() const { return indices_.next_to_clean() == tail_; }
  bool oldest_is_done();  // the card has written DD
  std::uint64_t oldest_descriptor() const { return descriptor(indices_.next_to_clean()); }
  void clean_oldest();

  unsigned count() const { return indices_.count(); }
  DmaRegion descriptors() const { return descriptors_; }
  std::uint64_t descriptor(unsigned slot) const { return descriptors_.bus + slot * std::uint64_t{kDescriptorBytes}; }

 private:
  std::uint64_t buffer(unsigned slot) const { return buffers_.bus + slot * std::uint64_t{kBufferBytes}; }

  DmaMemory& memory_;
  RingIndices indices_;
  DmaRegion descriptors_, buffers_;
  std::vector<bool> complete_;  // per slot, from complete() to clean_oldest()
  unsigned tail_ = 0;
};

}  // namespace nicosim
