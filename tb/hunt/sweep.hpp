// One arrival, moved over every cycle of a window; each place is a run of its own.
//
// The runs have their past in common: the process that holds it goes on cycle by cycle and forks at each.
#pragma once

#include "tb/hunt/scene.hpp"

#include <string>
#include <vector>

namespace nicosim::hunt {

// Cycles of 6.4 ns. Where the first bit of the second arrival comes to the card, counted from that of the first. A
// frame of 60 bytes with FCS, preamble and gap takes 11.
struct Window {
  unsigned first = 11, last = 0, stride = 1;  // last 0: when everybody is asleep again
};

struct Outcome {
  unsigned cycle = 0;
  bool read = false;
  SimTime after = SimTime::zero();  // the process had it, since its first bit
  char where[16] = {};              // not read: the last station it was at
};

struct Milestone {  // of the first arrival, when no second one disturbs
  unsigned cycle = 0;
  std::string what;
};

struct Sweep {
  std::vector<Outcome> outcomes;  // in order of cycle
  std::vector<Milestone> milestones;

  std::size_t lost() const;
  SimTime slowest() const;
  // "lost for arrivals in [612, 745): 133 cycles, left at dma", one line for each connected window.
  std::string windows() const;
  std::string timeline() const;  // the milestones, one a line
};

// Once per process. A run that breaks down counts as not read, left at "crash".
Sweep sweep(const Scene& scene, Window window);

}  // namespace nicosim::hunt
