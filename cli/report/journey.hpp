// One frame's life, station by station, for people.
#pragma once

#include "common/frame_id.hpp"
#include "common/sim_time.hpp"

#include <string>
#include <vector>

namespace nicosim {

struct Journey {
  struct Step {
    SimTime time;
    std::string what;     // a station, a fate, "open"
    std::string details;  // key=value, as in the event log
  };

  FrameId id;
  std::vector<Step> steps;                 // in order of time
  std::vector<FrameId> parents, children;  // what it answers, forwards or was cut from; what came of it
};

// At most 80 columns unless the details are longer: time since the first step, time since the step before, station,
// details. The last line names the process that woke, when the log says so.
std::string journey_text(const Journey& journey, bool colour);

// The value of `key` in "a=1 b=2", empty when it is not there.
std::string detail(const std::string& details, std::string_view key);

}  // namespace nicosim
