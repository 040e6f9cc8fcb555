#include "driver/tx_ring.hpp"

#include <cassert>

namespace nicosim {

TxRing::TxRing(DmaMemory& memory, unsigned count)
    : memory_(memory),
      indices_(count),
      descriptors_(memory.allocate(count * kDescriptorBytes, 128)),
      buffers_(memory.allocate(count * kBufferBytes, kBufferBytes)),
      frame_slots_(count, 0) {}

TxRing::~TxRing() {
  memory_.release(buffers_);
  memory_.release(descriptors_);
}

unsigned TxRing::reserve(unsigned slots) {
  const unsigned first = indices_.next_to_use();
  for (unsigned i = 0; i < slots; ++i) indices_.use();
  return first;
}

void TxRing::fill_legacy(unsigned slot, std::span<const std::byte> bytes, std::uint8_t cmd) {
  TxDescriptor posted{};
  posted.address = buffer(slot);
  posted.length = static_cast<std::uint16_t>(bytes.size());
  posted.cmd = cmd;
  fill(slot, bytes, posted.encode());
}

void TxRing::fill_context(unsigned slot, const TxContext& context) {
  memory_.store(descriptor(slot), context.encode());
}

void TxRing::fill_data(unsigned slot, std::span<const std::byte> bytes, std::uint8_t cmd, std::uint8_t popts) {
  TxData posted{};
  posted.address = buffer(slot);
  posted.length = static_cast<std::uint32_t>(bytes.size());
  posted.cmd = cmd;
  posted.popts = popts;
  fill(slot, bytes, posted.encode());
}

void TxRing::fill(unsigned slot, std::span<const std::byte> bytes, const DescriptorBytes& descriptor_bytes) {
  assert(bytes.size() <= kBufferBytes && "more than a descriptor may carry");
  memory_.store(buffer(slot), bytes);
  memory_.store(descriptor(slot), descriptor_bytes);  // status 0: DD is the card's to set
}

void TxRing::complete(unsigned first, unsigned slots) {
  frame_slots_[first] = slots;
  while (tail_ != indices_.next_to_use() && frame_slots_[tail_] != 0)
    tail_ = (tail_ + frame_slots_[tail_]) % indices_.count();
}

// A slot that another core is still filling holds what the card wrote into it a lap ago.
bool TxRing::oldest_is_done() {
  if (frame_slots_[oldest_slot()] == 0) return false;
  DescriptorBytes raw;
  memory_.load(descriptor((oldest_slot() + oldest_slots() - 1) % indices_.count()), raw);
  return TxDescriptor::decode(raw).done();  // the data form has DD in the same place
}

void TxRing::clean_oldest() {
  const unsigned first = oldest_slot();
  for (unsigned i = 0; i < frame_slots_[first]; ++i) indices_.clean();
  frame_slots_[first] = 0;
}

}  // namespace nicosim
