// A run whose wires lead out of the simulation, to TAPs of the kernel: real programs are the peers, and simulated time
// keeps step with theirs.
//
// Time goes on in slices. Between two of them frames are read from the TAPs; they start on the wire at the end of the
// slice before, which is the first time that no engine has been granted. What leaves the card is written to the TAP
// when it arrives at the far end of the wire. So a run is repeated by its frames and their times alone.
#pragma once

#include "cli/live/command_process.hpp"
#include "cli/live/live_clock.hpp"
#include "cli/live/recorder.hpp"
#include "cli/live/status_page.hpp"
#include "cli/live/tap_device.hpp"
#include "cli/run_session.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace nicosim {

struct LiveOptions {
  std::vector<std::string> command;  // empty: until a signal says stop
  double scale = 1;                  // simulated time runs this much slower than the wall clock
  bool page = false;                 // show what goes on, on stderr
};

class LiveRun final : public Conductor {
 public:
  // Per card the TAP that its wire leads to, if any. `recorder` may be null.
  LiveRun(LiveOptions options, std::vector<std::optional<TapDevice>> taps, std::unique_ptr<Recorder> recorder);

  void prepare(HostSetup& host) override;
  Simulation::End conduct(Simulation& sim, Outputs& outputs) override;
  void add_to(RunReport& report) override;

  std::optional<int> command_status() const { return command_.status(); }
  const std::optional<OutputError>& recording_error() const { return recording_error_; }

 private:
  void slice();
  void take_frames();
  void sleep();
  void look_around(Outputs& outputs);
  bool goes_on();

  LiveOptions options_;
  std::vector<std::optional<TapDevice>> taps_;  // per card
  std::unique_ptr<Recorder> recorder_;
  std::optional<OutputError> recording_error_;
  CommandProcess command_;
  LiveClock clock_;
  std::optional<StatusPage> page_;
  HostSetup* host_ = nullptr;
  Simulation* sim_ = nullptr;
  bool frames_came_ = false;
  bool news_ = false;  // that files and page do not show yet
  LiveClock::Wall::time_point last_frame_, ended_, looked_;
};

}  // namespace nicosim
