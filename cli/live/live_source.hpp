// Frames that come from a real network while the run goes on, in the place of a capture or a generator.
//
// To be added to between slices only; the simulation is told with Simulation::source_has_more().
#pragma once

#include "sc_model/wire.hpp"

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace nicosim {

class LiveSource final : public WireSource {
 public:
  // In order of not_before, which counts from the moment at which the wires live.
  void add(WireFrame frame) { frames_.push_back(std::move(frame)); }
  std::size_t waiting() const { return frames_.size(); }  // for the wire to be free

  std::optional<WireFrame> next() override {
    if (frames_.empty()) return std::nullopt;
    std::optional<WireFrame> frame = std::move(frames_.front());
    frames_.pop_front();
    return frame;
  }

 private:
  std::deque<WireFrame> frames_;
};

}  // namespace nicosim
