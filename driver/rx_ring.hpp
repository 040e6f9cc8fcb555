// The receive ring: descriptors and buffers in memory that the card can reach, and which of them are whose.
//
// A descriptor's life: given to the card (refill, RDT), written back by it (DD), looked at (next_done), released
// (status back to 0, the buffer may be overwritten), given again. Registers are the caller's business.
#pragma once

#include "driver/device_bus.hpp"
#include "driver/ring_indices.hpp"
#include "regmap/descriptors.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace nicosim {

class RxRing {
 public:
  static constexpr std::size_t kBufferBytes = 2048;  // RCTL.BSIZE = 00
  static constexpr unsigned kRefillGroup = 16;       // E1000_RX_BUFFER_WRITE: so many descriptors per RDT write

  RxRing(DmaMemory& memory, unsigned count);  // nothing is the card's yet
  ~RxRing();
  RxRing(const RxRing&) = delete;
  RxRing& operator=(const RxRing&) = delete;

  // A descriptor as the card has written it back. Nothing in it is to be trusted.
  struct Done {
    std::uint64_t descriptor = 0;  // its bus address
    std::uint64_t buffer = 0;
    std::uint16_t length = 0;  // bytes, FCS included while RCTL.SECRC = 0
    std::uint8_t status = 0, errors = 0;
  };
  // The oldest descriptor that is the card's, when it says DD. Data and length are then in memory as well.
  std::optional<Done> next_done();
  void load(const Done& done, std::span<std::byte> to) { memory_.load(done.buffer, to); }  // at most kBufferBytes
  // Puts the status back to 0 and steps on. At once, not at the refill: in a small ring the next look may come round to
  // this slot before that, and an old DD would be taken for a new frame.
  void release();

  unsigned released() const { return indices_.unused(); }   // slots that wait for a refill
  void refill();                                            // gives all of them to the card, but for RDT
  unsigned tail() const { return indices_.next_to_use(); }  // for RDT: the first slot that is not the card's

  unsigned count() const { return indices_.count(); }
  DmaRegion descriptors() const { return descriptors_; }
  unsigned next_to_clean() const { return indices_.next_to_clean(); }
  unsigned after(unsigned slot) const { return indices_.after(slot); }
  std::uint64_t descriptor(unsigned slot) const { return descriptors_.bus + slot * std::uint64_t{kDescriptorBytes}; }

 private:
  std::uint64_t buffer(unsigned slot) const { return buffers_.bus + slot * std::uint64_t{kBufferBytes}; }

  DmaMemory& memory_;
  RingIndices indices_;
  DmaRegion descriptors_, buffers_;
};

}  // namespace nicosim
