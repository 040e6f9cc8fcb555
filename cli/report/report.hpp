// What a run has to say at its end, as plain data; report.json and the summary on the terminal are made from it.
#pragma once

#include "common/sim_time.hpp"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nicosim {

inline constexpr int kReportSchema = 1;

// Of a run that talked to real programs: what the wall clock has to do with it.
struct LiveReport {
  SimTime lag;                                             // how far simulated time fell behind, at most: at the end
  double scale = 1;                                        // wall time to simulated time, as wished
  std::uint64_t from_client = 0, to_client = 0, lost = 0;  // frames; lost between kernel and simulation
};

struct RunReport {
  using Counts = std::vector<std::pair<std::string, std::uint64_t>>;  // in the order they are shown

  struct StationLatency {
    std::string station;
    std::uint64_t count = 0;
    SimTime p50, p99, max;  // since the first bit on the wire (arrivals), since the frame was opened (host frames)
  };
  struct CounterValues {
    std::string group;  // "ethtool", "softnet_stat", "nstat", "sockets"; with several cards "ethtool eth0"
    Counts values;
  };
  struct CpuTime {
    unsigned cpu = 0;
    std::string context;  // "hardirq", "softirq", "process", "idle"
    SimTime spent;
  };
  struct CpuFunction {  // in one context of one core
    unsigned cpu = 0;
    std::string context, name;
    SimTime spent;
  };
  struct Process {
    unsigned pid = 0;
    std::string name;
    SimTime cpu, waiting, blocked;
    std::uint64_t voluntary = 0, involuntary = 0, syscalls = 0;
  };
  // What a program's processes used since the warm-up was over.
  struct Use {
    SimTime span;  // how long that is
    std::uint64_t requests = 0, work_units = 0;
    Counts syscalls;  // by name
    std::uint64_t would_block = 0, wakeups = 0, voluntary = 0, involuntary = 0, processes = 0;
    SimTime user, system, ready, blocked;  // summed over the processes; together the time they lived
    SimTime copying;                       // of `system`: from the kernel to the process, in calls that read
  };
  struct App {
    std::string name, kind;
    Counts numbers;
    std::optional<Use> use{};  // of programs on the host
    std::vector<std::pair<std::string, SimTime>> times{};
    std::string model{};  // how its process waits; empty: there is but one way
  };
  struct Interrupts {
    std::string nic;
    std::uint64_t count = 0;
  };
  struct Capture {
    std::string file, format;
    Counts numbers;  // packets, cut, gaps_shortened, time_went_back, ...
  };

  std::string title;  // the scenario or capture, for people
  std::uint64_t frames_on_wire = 0;
  Counts ledger, ledger_tx;  // fate to count, drops as "drop.STATION.REASON"
  std::uint64_t unexplained = 0;
  std::vector<StationLatency> stations;  // in travel order; those nobody passed may be left out
  std::vector<CounterValues> counters;
  std::vector<Interrupts> interrupts;
  std::vector<CpuTime> cpu;
  std::vector<CpuFunction> cpu_functions;  // those that took time, per core and context
  std::vector<Process> processes;          // in order of their pids
  std::vector<App> apps;
  SimTime time;                 // simulated
  std::uint64_t delivered = 0;  // frames read after the warm-up ...
  SimTime delivered_in;         // ... and for how long that was
  SimTime measured;             // of it since the wires live, which interrupts and CPU times count from
  std::uint64_t cycles = 0;     // of the card's clock that have passed, skipped ones included
  std::vector<Capture> captures;
  std::vector<std::pair<std::string, std::string>>
      texts;  // as Linux prints them: "ss -tuanp", "/proc/net/softnet_stat"
  std::vector<std::pair<std::string, std::string>> files;  // the same and more, for the output folder: name and text
  std::vector<std::string> warnings;
  bool interrupted = false;  // Ctrl-C: what is here is true up to `time`

  // What may differ between two equal runs
  struct Host {
    double wall_s = 0;
    std::optional<LiveReport> live;
    std::uint64_t cycles_evaluated = 0;
    std::vector<std::pair<std::string, std::string>> versions;
  } host;
};

using Json = nlohmann::ordered_json;

// report.json. Key order is fixed; times are in ns with up to three decimals, exact below 1000 s and to 1 ps above.
Json to_json(const RunReport& report);
std::string json_text(const Json& json);  // indented, with a final newline

// The summary for people, at most 80 columns wide; ANSI bold and colour only when asked.
std::string summary(const RunReport& report, bool colour);

// The step between consecutive stations whose medians lie furthest apart.
struct SlowestStep {
  std::string from, to;
  SimTime took;
};
std::optional<SlowestStep> slowest_step(const RunReport& report);

}  // namespace nicosim
