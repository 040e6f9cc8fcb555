#include "driver/rx_ring.hpp"

#include "regmap/descriptors.hpp"

#include <array>

namespace nicosim {

RxRing::RxRing(DmaMemory& memory, unsigned count)
    : memory_(memory),
      indices_(count),
      descriptors_(memory.allocate(count * kDescriptorBytes, 128)),
      buffers_(memory.allocate(count * kBufferBytes, kBufferBytes)) {}

RxRing::~RxRing() {
  memory_.release(buffers_);
  memory_.release(descriptors_);
}

std::optional<RxRing::Done> RxRing::next_done() {
  if (indices_.all_clean()) return {};
  const unsigned slot = indices_.next_to_clean();
  // One access for all 16 bytes: what comes with DD belongs together.
  DescriptorBytes raw;
  memory_.load(descriptor(slot), raw);
  const auto written = RxDescriptor::decode(raw);
  if (!written.done()) return {};
  return Done{descriptor(slot), buffer(slot), written.length, written.status, written.errors};
}

void RxRing::release() {
  static constexpr std::array kNoStatus{std::byte{0}};
  memory_.store(descriptor(indices_.next_to_clean()) + part::RXD_STATUS.first_byte(), kNoStatus);
  indices_.clean();
}

void RxRing::refill() {
  while (indices_.unused() > 0) {
    const unsigned slot = indices_.next_to_use();
    RxDescriptor fresh{};
    fresh.address = buffer(slot);
    memory_.store(descriptor(slot), fresh.encode());
    indices_.use();
  }
}

}  // namespace nicosim
