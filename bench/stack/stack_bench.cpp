// Our stack alone against lwIP in the same run: UDP and TCP, both directions, small and full frames.
#include "bench/callgrind.hpp"
#include "bench/commands.hpp"
#include "bench/stack/script.hpp"

#include <array>
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim::bench {
namespace {

struct StackCell {
  std::string name;  // "nicosim-udp-receive-18"
  Which which = Which::nicosim;
  Load load = Load::udp_receive;
  std::size_t payload = 0;  // bytes of a frame that the load prescribes
};

constexpr std::uint64_t kWarmup = 2000;

struct Row {
  const char* title;
  const char* load;  // in cell names
  std::size_t payload;
};
// A frame of 64 bytes with FCS has 18 bytes of datagram in it; 6 of TCP.
constexpr std::array kRows{Row{"UDP receive, 64 B", "udp-receive", 18}, Row{"UDP receive, 1514 B", "udp-receive", 1472},
                           Row{"UDP send, 64 B", "udp-send", 18},       Row{"UDP send, 1514 B", "udp-send", 1472},
                           Row{"TCP receive, 64 B", "tcp-receive", 6},  Row{"TCP receive, 1514 B", "tcp-receive", 1460},
                           Row{"TCP send, 1514 B", "tcp-send", 1460}};
constexpr double kGoal = 1.0, kGoalTso = 2.0;

std::string cell_name(const char* which, const Row& row) {
  return fmt::format("{}-{}-{}", which, row.load, row.payload);
}

Load load_of(std::string_view name) {
  if (name == "udp-receive") return Load::udp_receive;
  if (name == "udp-send") return Load::udp_send;
  return name == "tcp-receive" ? Load::tcp_receive : Load::tcp_send;
}

std::unique_ptr<Side> make_side(Which which) {
  return which == Which::lwip ? make_lwip_side() : make_nicosim_side(which == Which::nicosim_tso);
}

// For each cell: wire frames (of 1460 bytes in TCP's send) and payload bytes per second, instructions per wire frame.
struct Result {
  double frames_per_s = 0, bits_per_s = 0, bytes_per_frame = 0;
  std::optional<double> instructions;
};

// A frame that the card will cut counts as the frames that it becomes.
double wire_frames(const StackCell& cell, std::uint64_t frames, std::uint64_t bytes) {
  if (cell.which != Which::nicosim_tso) return static_cast<double>(frames);
  return static_cast<double>(bytes) / static_cast<double>(cell.payload);
}

class Collect final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.error_occurred) throw std::runtime_error(run.error_message);
      if (run.run_type != Run::RT_Aggregate || run.aggregate_name != "median") continue;
      Result& result = results[run.run_name.function_name];
      result.frames_per_s = run.counters.at("frames");
      result.bits_per_s = run.counters.at("bytes") * 8;
    }
  }
  std::map<std::string, Result> results;
};

// In one process lwIP exists once, so each cell is measured in a child of its own, by Google Benchmark there.
Result measure(const StackCell& cell) {
  std::string output = output_of_self("stack-cell " + cell.name + " --time");
  const nlohmann::json json = nlohmann::json::parse(output);
  return {json.at("frames_per_s"), json.at("bits_per_s"), json.at("bytes_per_frame"), std::nullopt};
}

// Two runs of different length; what both do at the start cancels out.
double instructions(const StackCell& cell, std::uint64_t frames) {
  std::array<double, 2> wire{}, count{};
  for (unsigned i = 0; i < 2; ++i) {
    std::string output;
    const std::uint64_t n = frames * (i + 1);
    count.at(i) = static_cast<double>(
        count_in_self(fmt::format("stack-cell {} --frames {}", cell.name, n), "nicosim::bench::Side::*", output));
    wire.at(i) = wire_frames(cell, number(output, "frames="), number(output, "bytes="));
  }
  return (count[1] - count[0]) / (wire[1] - wire[0]);
}

std::string ratio(double a, double b) { return fmt::format("{:.2f}", a / b); }

std::vector<StackCell> stack_cells() {
  std::vector<StackCell> cells;
  for (const Row& row : kRows) {
    cells.push_back({cell_name("nicosim", row), Which::nicosim, load_of(row.load), row.payload});
    cells.push_back({cell_name("lwip", row), Which::lwip, load_of(row.load), row.payload});
    if (load_of(row.load) == Load::tcp_send)
      cells.push_back({cell_name("tso", row), Which::nicosim_tso, load_of(row.load), row.payload});
  }
  return cells;
}

std::optional<StackCell> stack_cell(const std::string& name) {
  for (const StackCell& cell : stack_cells())
    if (cell.name == name) return cell;
  return std::nullopt;
}

void run_stack_cell(const StackCell& cell, std::uint64_t frames) {
  const std::unique_ptr<Side> side = make_side(cell.which);
  Script script{*side, cell.load, cell.payload};
  script.run(kWarmup + frames);
  script.check();
  fmt::print("frames={}\nbytes={}\n", script.frames(), script.payload_bytes());
}

void time_stack_cell(const StackCell& cell) {
  const std::unique_ptr<Side> side = make_side(cell.which);
  Script script{*side, cell.load, cell.payload};
  script.run(kWarmup);
  benchmark::RegisterBenchmark(
      cell.name.c_str(),
      [&](benchmark::State& state) {
        const std::uint64_t frames = script.frames(), bytes = script.payload_bytes();
        for (auto _ : state) script.run(1024);
        const double sent = wire_frames(cell, script.frames() - frames, script.payload_bytes() - bytes);
        state.counters["frames"] = {sent, benchmark::Counter::kIsRate};
        state.counters["bytes"] = {static_cast<double>(script.payload_bytes() - bytes), benchmark::Counter::kIsRate};
      })
      ->Repetitions(5)
      ->MinTime(0.1);
  int argc = 1;
  std::string program = "nicosim_bench";
  std::array<char*, 2> argv{program.data(), nullptr};
  benchmark::Initialize(&argc, argv.data());
  Collect collect;
  benchmark::RunSpecifiedBenchmarks(&collect);
  script.check();
  const Result result = collect.results.at(cell.name);
  const nlohmann::json json{
      {"frames_per_s", result.frames_per_s},
      {"bits_per_s", result.bits_per_s},
      {"bytes_per_frame", static_cast<double>(script.payload_bytes()) / static_cast<double>(script.frames())}};
  fmt::print("{}\n", json.dump());
}

}  // namespace

int bench_stack_cell(const StackCellRun& run) {
  const auto cell = stack_cell(run.name);
  if (!cell) {
    fmt::print(stderr, "nicosim: no such cell: {}; there are", run.name);
    for (const StackCell& c : stack_cells()) fmt::print(stderr, " {}", c.name);
    fmt::print(stderr, "\n");
    return kUsage;
  }
  if (run.time)
    time_stack_cell(*cell);
  else
    run_stack_cell(*cell, run.frames);
  return kGood;
}

int bench_stack(const std::string& json_file, bool quick) {
  std::map<std::string, Result> results;
  for (const StackCell& cell : stack_cells()) {
    progress(cell.name);
    Result& result = results[cell.name] = measure(cell);
    if (have_valgrind()) result.instructions = instructions(cell, quick ? 2000 : 10'000);
  }
  progress("");
  const auto count = [](const Result& r) {
    return r.instructions ? fmt::format("{:.0f}", *r.instructions) : std::string{"-"};
  };
  fmt::print(
      "| load | nicosim, instructions/frame | lwIP | ratio | nicosim, frames/s | lwIP | ratio | bytes/frame |\n"
      "|---|---:|---:|---:|---:|---:|---:|---:|\n");
  bool met = true;
  nlohmann::json rows = nlohmann::json::array();
  const auto row_of = [&](const std::string& title, const Result& ours, const Result& theirs, double goal) {
    const std::string by_count =
        ours.instructions && theirs.instructions ? ratio(*theirs.instructions, *ours.instructions) : "-";
    fmt::print("| {} | {} | {} | {} | {:.2f} M | {:.2f} M | {} | {:.0f} |\n", title, count(ours), count(theirs),
               by_count, ours.frames_per_s / 1e6, theirs.frames_per_s / 1e6,
               ratio(ours.frames_per_s, theirs.frames_per_s), ours.bytes_per_frame);
    const bool good = ours.instructions ? *theirs.instructions >= goal * *ours.instructions
                                        : ours.frames_per_s >= goal * theirs.frames_per_s;
    met = met && good;
    nlohmann::json row{{"load", title}, {"goal", goal}, {"met", good}};
    row["frames_per_s"] = {{"nicosim", ours.frames_per_s}, {"lwip", theirs.frames_per_s}};
    if (ours.instructions)
      row["instructions_per_frame"] = {{"nicosim", *ours.instructions}, {"lwip", *theirs.instructions}};
    rows.push_back(std::move(row));
  };
  for (const Row& row : kRows)
    row_of(row.title, results.at(cell_name("nicosim", row)), results.at(cell_name("lwip", row)), kGoal);
  const Row& send = kRows.back();
  row_of("TCP send, TSO", results.at(cell_name("tso", send)), results.at(cell_name("lwip", send)), kGoalTso);
  fmt::print("\n- goal: at least lwIP's speed in every row, {} times with TSO, by instructions: {}\n", kGoalTso,
             met ? "met" : "missed");
  return write_json(json_file, nlohmann::json{{"stack", rows}}.dump(2) + "\n");
}

}  // namespace nicosim::bench
