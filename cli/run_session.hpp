// One run from scenario to report: simulation, outputs, verdict. What `run` and `replay` share.
#pragma once

#include "cli/host_setup.hpp"
#include "cli/report/report.hpp"
#include "cli/scenario/scenario.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace nicosim {

// docs/command_line.md
enum ExitCode : int {
  kGood = 0,
  kCheckFailed = 1,
  kUsage = 2,
  kInput = 3,
  kOutput = 4,
  kOurFault = 5,
  kInterrupted = 130,
};

struct RunOptions {
  std::string command;        // as typed, for the manifest and for messages
  std::string scenario_name;  // file name in messages
  std::string title;
  std::vector<std::string> warnings;                          // known before the run; they go into the report
  std::optional<std::string> json, out, events, taps, waves;  // files; json may be "-"
  SimTime waves_from = SimTime::zero(), waves_to = SimTime::never();
  bool force = false, quiet = false, no_skip = false, check_skip = false;
  std::uint64_t batch = 1'000'000;
  SimTime linger = SimTime::ms(100);
  std::uint64_t random_reset_seed = 0;
};

class Outputs;

// Lets time go on, where that is not for the simulation alone to say (cli/live/).
class Conductor {
 public:
  virtual ~Conductor() = default;
  virtual void prepare(HostSetup& host) = 0;                               // before the wires are joined
  virtual Simulation::End conduct(Simulation& sim, Outputs& outputs) = 0;  // the whole run
  virtual void add_to(RunReport& report) = 0;
};

// Runs the scenario and writes what was asked for. Returns the exit code; messages are on stderr, the summary on stdout
// (on stderr with --json -, and with a conductor, whose programs own stdout). Call once per process.
int run_session(const Scenario& scenario, const RunOptions& options, Conductor* conductor = nullptr);

// What a finished simulation has to report, without wall-clock figures.
RunReport report_of(Simulation& sim, const HostSetup& host, const Scenario& scenario, Simulation::End end);

}  // namespace nicosim
