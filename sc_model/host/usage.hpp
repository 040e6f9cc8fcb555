// What the processes of one program have used: where their time went and what they asked the kernel for (getrusage, and
// the states of Stevens' five I/O models).
//
// A process is running (in its own work, in the kernel), ready (waits for a core), or blocked (sleeps in a call).
// Within a call that reads, moving the bytes from the kernel to the process is counted as copying: the second of its
// phases.
#pragma once

#include "common/sim_time.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace nicosim {

struct Usage {
  std::map<std::string, std::uint64_t, std::less<>> syscalls;  // by name
  std::uint64_t would_block = 0;                               // calls that returned EAGAIN
  std::uint64_t wakeups = 0;                                   // sleeps that ended
  std::uint64_t voluntary = 0, involuntary = 0;                // context switches away from its processes
  std::uint64_t processes = 0;                                 // alive at some time
  SimTime user, system, ready, blocked;                        // summed over the processes
  SimTime copying;                                             // of `system`
  SimTime from;                                                // what was before does not count

  void called(std::string_view name) {
    const auto known = syscalls.find(name);
    if (known != syscalls.end())
      ++known->second;
    else
      syscalls.emplace(name, 1);
  }
  // How much of the time from `since` to `until` counts.
  SimTime part(SimTime since, SimTime until) const { return std::max(until - std::max(since, from), SimTime::zero()); }
};

}  // namespace nicosim
