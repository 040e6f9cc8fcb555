// Prepared frames for a wire.
#pragma once

#include "sc_model/wire.hpp"
#include "tb/stack/packets.hpp"

namespace nicosim {

class ListSource final : public WireSource {
 public:
  void add(SimTime at, packets::Packet bytes) {
    frames_.push_back({at, std::move(bytes), std::nullopt, frames_.size()});
  }
  std::optional<WireFrame> next() override {
    if (next_ == frames_.size()) return std::nullopt;
    return frames_[next_++];
  }
  std::vector<WireFrame>& frames() { return frames_; }

 private:
  std::vector<WireFrame> frames_;
  std::size_t next_ = 0;
};

}  // namespace nicosim
