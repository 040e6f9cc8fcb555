// Where the time of a core went: per context, and in each per named function.
//
// Functions are the costs of common/costs.hpp, and two ways to wait that nobody charges.
#pragma once

#include "common/costs.hpp"
#include "common/runtime.hpp"
#include "common/sim_time.hpp"

#include <array>
#include <cstddef>
#include <string_view>

namespace nicosim {

inline constexpr std::size_t kBusStall = kCosts;      // the core waits for a register read, or for room on the link
inline constexpr std::size_t kSpinWait = kCosts + 1;  // it waits for a spin lock
inline constexpr std::size_t kCpuFunctions = kCosts + 2;

inline std::string_view cpu_function_name(std::size_t function) {
  if (function == kBusStall) return "bus_stall";
  if (function == kSpinWait) return "spin_wait";
  return cost_infos().at(function).name;
}

struct CoreTimes {
  using Functions = std::array<SimTime, kCpuFunctions>;
  SimTime hardirq, softirq, process;
  std::array<Functions, 3> functions{};  // by context, as above

  // What a step in this context has cost. Without a process it is the idle loop's, which counts as a process.
  void spend(Context context, std::size_t function, SimTime time) {
    const std::size_t index = context == Context::hardirq ? 0 : context == Context::softirq ? 1 : 2;
    functions[index][function] += time;
    (index == 0 ? hardirq : index == 1 ? softirq : process) += time;
  }

  friend CoreTimes operator-(CoreTimes a, const CoreTimes& b) {
    a.hardirq = a.hardirq - b.hardirq;
    a.softirq = a.softirq - b.softirq;
    a.process = a.process - b.process;
    for (std::size_t context = 0; context < a.functions.size(); ++context)
      for (std::size_t function = 0; function < kCpuFunctions; ++function)
        a.functions[context][function] = a.functions[context][function] - b.functions[context][function];
    return a;
  }
};

}  // namespace nicosim
