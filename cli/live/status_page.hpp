// What goes on in a live run, in the last lines of the terminal; everything else scrolls above them.
//
// The scrolling region is cut (DECSTBM) when the page opens and given back when it closes.
#pragma once

#include "cli/live/live_clock.hpp"
#include "sc_model/simulation.hpp"

#include <cstdint>
#include <string>

namespace nicosim {

class StatusPage {
 public:
  StatusPage();
  StatusPage(const StatusPage&) = delete;
  StatusPage& operator=(const StatusPage&) = delete;
  ~StatusPage();

  // The rates are those since the last call.
  void show(Simulation& sim, const LiveClock& clock, LiveClock::Wall::time_point wall);

 private:
  struct Counts {
    std::uint64_t in = 0, out = 0, interrupts = 0, cycles = 0;
    SimTime time;
    LiveClock::Wall::time_point wall;
  };
  static Counts count(Simulation& sim, LiveClock::Wall::time_point wall);
  void fit();  // to the terminal's size

  int rows_ = 0;
  Counts last_;
};

// The lines themselves, for a stretch between two calls; so that they can be tested without a terminal.
struct LiveView {
  double seconds = 0;                                         // of wall time
  SimTime time, lag;                                          // simulated in that stretch; behind in all
  std::uint64_t in = 0, out = 0, interrupts = 0, cycles = 0;  // in that stretch
  std::uint64_t dropped = 0, rx_ring = 0, tx_ring = 0, backlog = 0;
};
std::string live_view_text(const LiveView& view);  // kLiveViewLines lines
inline constexpr int kLiveViewLines = 3;

}  // namespace nicosim
