// A study unrolled into its points: each a scenario of its own.
#pragma once

#include "cli/scenario/scenario.hpp"

#include <span>
#include <string>
#include <vector>

namespace nicosim {

struct StudyPoint {
  Scenario::Settings set;  // the axes' values here, in the order of the axes
  std::uint64_t seed = 1;
  Scenario scenario;  // without [study], with those expectations that mean this point

  std::string name() const;  // "nic.rx_usecs=50 host.mode=napi seed=7"
};

// Every point, first axis slowest, seeds fastest. An overlay on an axis pins it: `--set nic.rx_usecs=50` leaves the
// points at 50. A value that does not fit is an error that names the axis's line. The scenario has a [study].
Result<std::vector<StudyPoint>, ScenarioErrors> study_points(const ScenarioText& text,
                                                             std::span<const std::string> overlays,
                                                             const SysctlRules& sysctl);

// Leaves of a study what the overlays leave to vary, and of its expectations those that can still mean a point.
void pin(Scenario& scenario, std::span<const std::string> overlays);

// The options of `./nicosim run FILE` that run one point alone.
std::vector<std::string> options_of(const StudyPoint& point, std::span<const std::string> overlays);

}  // namespace nicosim
