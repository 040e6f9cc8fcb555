// What the tests of exactness share: ways to evaluate the cards, event logs compared, a real capture as a run.
#pragma once

#include "cli/host_setup.hpp"
#include "tb/cli/shared_captures.hpp"
#include "tb/system/replay_scenario.hpp"
#include "tb/system/run_in_child.hpp"

#include <cstdint>
#include <gtest/gtest.h>
#include <initializer_list>
#include <sstream>
#include <string>
#include <string_view>

namespace nicosim {

struct Engine {
  const char* name;
  std::uint64_t batch = 1'000'000;
  bool skip = true;
  std::uint64_t random_reset = 0;
  bool check_skip = false;
};
inline constexpr Engine kDefault{"default"};
inline constexpr Engine kOneCycle{"batch 1", 1};
inline constexpr Engine kThousand{"batch 1000", 1000};
inline constexpr Engine kNoSkip{"no skip", 1'000'000, false};
inline constexpr Engine kOneCycleNoSkip{"batch 1, no skip", 1, false};

inline std::string first_difference(const std::string& a, const std::string& b) {
  std::istringstream left{a}, right{b};
  std::string l, r;
  for (std::size_t line = 1;; ++line) {
    const bool more_left = static_cast<bool>(std::getline(left, l));
    const bool more_right = static_cast<bool>(std::getline(right, r));
    if (!more_left && !more_right) return "none";
    if (more_left && more_right && l == r) continue;
    return "line " + std::to_string(line) + ":\n  " + (more_left ? l : "(end)") + "\n  " + (more_right ? r : "(end)");
  }
}

inline std::size_t lines_with(const std::string& log, std::string_view station) {
  const std::string wanted = "\t" + std::string{station} + "\t";
  std::size_t count = 0;
  for (std::size_t at = log.find(wanted); at != std::string::npos; at = log.find(wanted, at + 1)) ++count;
  return count;
}

// The same on real traffic. Several seconds of simulated time pass even at this pace.
inline std::string gnutella_log(const Engine& engine) {
  const std::string file = (*shared_captures() / "real/ndpi-gnutella.pcap").string();
  return text_from_child([&] {
    HostSetup& host = *new HostSetup{replay_scenario(file, {.pace = "1000x"})};
    std::string& log = *new std::string;
    SimulationSetup setup = std::move(host.simulation);
    setup.linger = SimTime::ms(1);
    setup.batch = engine.batch;
    setup.skip = engine.skip;
    setup.events = [&log](std::string_view line) { log += line; };
    Simulation& sim = *new Simulation{std::move(setup)};
    host.attach(sim);
    sim.run();
    EXPECT_EQ(sim.unexplained(), 0U);
    return log;
  });
}

inline void expect_same_gnutella(std::initializer_list<Engine> engines) {
  if (!shared_captures()) GTEST_SKIP() << kNoCaptures;
  const std::string expected = gnutella_log(kDefault);
  EXPECT_EQ(lines_with(expected, "wire"), 3905U);
  for (const Engine& engine : engines) {
    const std::string log = gnutella_log(engine);
    EXPECT_TRUE(log == expected) << engine.name << ", first difference: " << first_difference(expected, log);
  }
}

}  // namespace nicosim
