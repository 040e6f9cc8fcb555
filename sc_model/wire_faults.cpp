#include "sc_model/wire_faults.hpp"

namespace nicosim {

std::optional<WireFrame> WireFaults::next() {
  if (again_) {
    std::optional<WireFrame> frame = std::move(again_);
    again_.reset();
    return frame;
  }
  for (;;) {
    std::optional<WireFrame> frame = source_.next();
    if (!frame) return frame;
    if (mishaps_.loses()) continue;
    frame->not_before += delay_;
    if (mishaps_.duplicates()) again_ = frame;
    if (mishaps_.corrupts()) {
      const std::uint64_t bit = mishaps_.below(frame->bytes.size() * 8);
      frame->bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    }
    return frame;
  }
}

unsigned OutgoingFaults::copies() {
  if (mishaps_.loses()) return 0;
  const unsigned arriving = mishaps_.duplicates() ? 2 : 1;
  return mishaps_.corrupts() ? arriving - 1 : arriving;
}

}  // namespace nicosim
