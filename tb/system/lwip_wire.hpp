// lwIP at the far end of a card's wire: the same peer, with FCS and padding, in the simulation's time.
#pragma once

#include "sc_model/wire_peer.hpp"
#include "tb/lwip/lwip_peer.hpp"

#include <functional>
#include <utility>
#include <vector>

namespace nicosim {

class LwipWire final : public WirePeer {
 public:
  // `begin` runs once, when the wire lives; the run waits until `done`.
  LwipWire(const LwipConfig& config, std::function<void(LwipPeer&)> begin, std::function<bool()> done)
      : peer_(config), begin_(std::move(begin)), done_(std::move(done)) {}

  void start(SimTime wire_start) override { peer_.set_now(wire_start); }
  std::vector<WireFrame> receive(SimTime now, Bytes frame) override {
    peer_.set_now(now);
    if (on_frame) on_frame(frame);
    if (frame.size() > kFcs) peer_.receive(now, frame.first(frame.size() - kFcs));
    return sent();
  }
  SimTime next_deadline() const override { return peer_.next_deadline(); }
  bool has_plans() const override { return !done_(); }
  std::vector<WireFrame> on_time(SimTime now) override {
    peer_.run_timers(now);
    if (begin_) std::exchange(begin_, nullptr)(peer_);
    return sent();
  }

  std::function<void(Bytes frame)> on_frame;  // everything that comes out of the card, with FCS

 private:
  static constexpr std::size_t kFcs = 4;

  std::vector<WireFrame> sent() {
    std::vector<WireFrame> frames;
    for (auto& bytes : peer_.take()) {
      finish_for_wire(bytes);
      frames.emplace_back().bytes = std::move(bytes);
    }
    return frames;
  }

  LwipPeer peer_;
  std::function<void(LwipPeer&)> begin_;
  std::function<bool()> done_;
};

}  // namespace nicosim
