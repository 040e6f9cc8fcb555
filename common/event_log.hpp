// The event log: one tab-separated line per event, `time_ps station frame details`, in one canonical order.
#pragma once

#include "common/frame_id.hpp"
#include "common/release_queue.hpp"
#include "common/sim_time.hpp"

#include <functional>
#include <string>
#include <string_view>

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

 private:
  Sink sink_;
  ReleaseQueue<std::string> lines_;
};

}  // namespace nicosim
