#include "driver/tx_ring.hpp"

#include "regmap/descriptors.hpp"

#include <cassert>

namespace nicosim {

TxRing::TxRing(DmaMemory& memory, unsigned count)
    : memory_(memory),
      indices_(count),
      descriptors_(memory.allocate(count * kDescriptorBytes, 128)),
      buffers_(memory.allocate(count * kBufferBytes, kBufferBytes)),
      complete_(count, false) {}

TxRing::~TxRing() {
  memory_.release(buffers_);
  memory_.release(descriptors_);
}

unsigned TxRing::reserve() {
  const unsigned slot = indices_.next_to_use();
  indices_.use();
  return slot;
}

void TxRing::fill(unsigned slot, std::span<const std::byte> frame) {
  assert(frame.size() <= kBufferBytes && "a frame longer than a transmit buffer");
  memory_.store(buffer(slot), frame);
  TxDescriptor posted{};
  posted.address = buffer(slot);
  posted.length = static_cast<std::uint16_t>(frame.size());
  posted.cmd = txd::CMD_EOP | txd::CMD_IFCS | txd::CMD_RS | txd::CMD_IDE;
  memory_.store(descriptor(slot), posted.encode());  // status 0: DD is the card's to set
}

void TxRing::complete(unsigned slot) {
  complete_[slot] = true;
  while (complete_[tail_] && tail_ != indices_.next_to_use()) tail_ = indices_.after(tail_);
}

bool TxRing::oldest_is_done() {
  DescriptorBytes raw;
  memory_.load(oldest_descriptor(), raw);
  return TxDescriptor::decode(raw).done();
}

void TxRing::clean_oldest() {
  complete_[indices_.next_to_clean()] = false;
  indices_.clean();
}

}  // namespace nicosim
