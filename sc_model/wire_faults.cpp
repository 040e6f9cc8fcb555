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
    if (happens(config_.loss_ppb)) {
      ++lost_;
      continue;
    }
    frame->not_before += config_.delay;
    if (happens(config_.duplicate_ppb)) {
      ++duplicated_;
      again_ = frame;
    }
    if (happens(config_.corrupt_ppb)) {
      ++corrupted_;
      const std::uint64_t bit = rng_.below(frame->bytes.size() * 8);
      frame->bytes[bit / 8] ^= static_cast<std::byte>(1U << (bit % 8));
    }
    return frame;
  }
}

}  // namespace nicosim
