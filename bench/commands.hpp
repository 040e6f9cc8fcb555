// The tables that `./nicosim bench` makes. Each prints Markdown on stdout, progress on a terminal's stderr, and returns
// the exit code.
#pragma once

#include <cstdint>
#include <string>

namespace nicosim::bench {

inline constexpr int kGood = 0, kMissed = 1, kUsage = 2, kOutput = 4, kOurFault = 5;

int bench_cosim(const std::string& json_file, std::uint64_t frames, bool quick);
// `frames` of 64 bytes; fewer where they are longer, so that a row costs about the same.
int bench_line_rate(const std::string& json_file, std::uint64_t frames);
int bench_card(const std::string& json_file);
// kUsage when this program was built without Google Benchmark or lwIP.
int bench_stack(const std::string& json_file, bool quick);

// One stack under one load: counted by a profiler around it (prints frames=N and bytes=N), or timed (prints JSON).
struct StackCellRun {
  std::string name;
  std::uint64_t frames = 10'000;
  bool time = false;
};
int bench_stack_cell(const StackCellRun& run);

// A download by a real client, of our simulated host and of lwIP behind a TAP.
struct TapBenchRequest {
  std::uint64_t megabytes = 256;  // 10^6 bytes each
  unsigned repeats = 3;
  bool quick = false;  // once, and nothing is counted
  std::string json_file;
};
// kMissed when 256 MB or more take too long; kUsage when lwIP's server was not built. Throws std::runtime_error with
// what a server or client said when one fails, as where namespaces are refused.
int bench_tap(const TapBenchRequest& request);

// Writes the file unless its name is empty; kGood or, with a message, kOutput.
int write_json(const std::string& file, const std::string& text);
// One line that replaces itself; nothing unless stderr is a terminal. Empty: wipes it.
void progress(const std::string& what);

}  // namespace nicosim::bench
