// The hunt as an expectation: wherever the arrival falls in the window, the process gets it.
#pragma once

#include "tb/hunt/sweep.hpp"
#include "tb/system/run_in_child.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace nicosim::hunt {

inline void expect_none_lost(const Scene& scene, const Window& window = {}) {
  in_child([&] {
    const Sweep result = sweep(scene, window);
    std::printf("%s%zu runs, the slowest %lld ns from the first bit to the process\n", result.timeline().c_str(),
                result.outcomes.size(), static_cast<long long>(result.slowest().in_ns()));
    EXPECT_EQ(result.lost(), 0U) << result.windows();
    // The last arrivals come when everybody sleeps again: else the window is too short.
    unsigned asleep = 0;
    for (const Milestone& m : result.milestones)
      if (m.what.starts_with("syscall")) asleep = m.cycle;
    EXPECT_GT(asleep, 0U);
    EXPECT_LT(asleep + 100, result.outcomes.back().cycle);
  });
}

}  // namespace nicosim::hunt
