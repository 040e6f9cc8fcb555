// The event log: one tab-separated line per event, `time_ps station frame details`, in one canonical order.
//
// A card is evaluated ahead of the rest of the simulation, and a CPU charges time before it has passed, so events are
// known out of order. They are held back until simulated time has passed them and leave sorted by (time, source,
// number within the source): the bytes do not depend on how far anybody ran ahead.
#pragma once

#include "common/frame_id.hpp"
#include "common/sim_time.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

class EventLog {
 public:
  using Sink = std::function<void(std::string_view line)>;  // called with whole lines, '\n' included

  // Sources with equal times are ordered by this number: cards by port, then the wires, then the host.
  static constexpr unsigned card(unsigned port) { return port; }
  static constexpr unsigned wire(unsigned port) { return 256 + port; }
  static constexpr unsigned kHost = 512;

  EventLog() = default;  // switched off: emit() costs a branch
  explicit EventLog(Sink sink) : sink_(std::move(sink)) {}

  bool enabled() const { return static_cast<bool>(sink_); }
  void emit(SimTime time, unsigned source, std::string_view station, FrameId frame, std::string_view details);
  // Everything before `time` is complete: write it out. Nothing earlier may be emitted afterwards.
  void release(SimTime time);
  void finish() { release(SimTime::never()); }

 private:
  struct Event {
    SimTime time;
    unsigned source = 0;
    std::uint64_t number = 0;
    std::string line;
  };

  Sink sink_;
  std::vector<Event> heap_;  // earliest on top
  std::array<std::uint64_t, kHost + 1> next_number_{};
  SimTime released_ = SimTime::zero();
};

}  // namespace nicosim
