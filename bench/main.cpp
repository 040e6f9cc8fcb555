// nicosim_bench: what joining RTL, SystemC and software costs, in instructions (which repeat) and seconds (which do
// not), and whether the card keeps up with the wire.
#include "bench/commands.hpp"
#include "bench/line/text.hpp"
#include "bench/table.hpp"
#include "bench/tap/download.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <fmt/format.h>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

namespace nicosim::bench {

int write_json(const std::string& file, const std::string& text) {
  if (file.empty()) return kGood;
  std::ofstream out{file};
  out << text;
  out.close();
  if (out) return kGood;
  fmt::print(stderr, "nicosim: cannot write {}\n", file);
  return kOutput;
}

void progress(const std::string& what) {
  if (isatty(STDERR_FILENO) == 1) fmt::print(stderr, "\r\033[K{}", what.empty() ? "" : "measuring " + what);
}

namespace {

constexpr std::uint64_t kGap = 10'000;

// How long runs are, in frames. Counting runs come in pairs and cost fifty times a native one.
struct Lengths {
  std::uint64_t few, many, native;
};

Lengths lengths_of(const Cell& cell, std::uint64_t frames, bool quick) {
  const bool every_cycle = cell.gap != 0 && (cell.config == "card" || !cell.skip);
  const std::uint64_t few = every_cycle ? 8 : quick ? 80 : 200;
  const std::uint64_t many = every_cycle ? 16 : quick ? 160 : 600;
  const std::uint64_t share = every_cycle ? 100 : cell.bytes > 64 ? 5 : 1;
  const std::uint64_t native = std::max<std::uint64_t>(frames / share / 8 * 8, 8);
  return {few, many, native};
}

std::vector<Cell> cells() {
  std::vector<Cell> all;
  for (const unsigned bytes : {64U, 1518U})
    for (const std::uint64_t gap : {std::uint64_t{0}, kGap}) {
      all.push_back({"card", bytes, gap});
      all.push_back({"cosim", bytes, gap});
      if (gap != 0) all.push_back({"cosim", bytes, gap, 8, false});
      all.push_back({"full", bytes, gap});
    }
  return all;
}

}  // namespace

int bench_cosim(const std::string& json_file, std::uint64_t frames, bool quick) {
  std::vector<Row> rows;
  for (Cell cell : cells()) {
    progress(fmt::format("{} {} B, gap {}", cell.config, cell.bytes, cell.gap));
    const Lengths lengths = lengths_of(cell, frames, quick);
    Row row;
    row.instructions = count_instructions(cell, lengths.few, lengths.many);
    cell.frames = lengths.native;
    row.cell = cell;
    row.native = run_child(cell, false).result;
    rows.push_back(std::move(row));
  }
  progress("");
  fmt::print("{}\n{}", markdown(rows), goals(rows));
  return write_json(json_file, json(rows));
}

namespace {

int main_of(int argc, char** argv) {
  CLI::App app{"What the simulation costs and what the card can do, measured"};
  app.name("./nicosim bench");
  app.require_subcommand(1);

  std::string json_file;
  std::uint64_t frames = 20'000;
  bool quick = false;
  CLI::App* const cosim =
      app.add_subcommand("cosim", "the bare card, the card in SystemC, the whole host, side by side");
  cosim->add_option("--json", json_file, "the table as JSON into this file");
  cosim->add_option("--frames", frames, "frames of a native run; fewer where every idle cycle is evaluated")
      ->capture_default_str();
  cosim->add_flag("--quick", quick, "shorter counting runs");

  std::uint64_t line_frames = 1'000'000;
  CLI::App* const line_rate = app.add_subcommand("line-rate", "the card behind a 1 us link, every frame back to back");
  line_rate->add_option("--json", json_file, "the table as JSON into this file");
  line_rate->add_option("--frames", line_frames, "frames of the shortest; fewer of the longer ones")
      ->capture_default_str();
  CLI::App* const card = app.add_subcommand("card", "what a cycle of the verilated card costs");
  card->add_option("--json", json_file, "the table as JSON into this file");
  CLI::App* const stack = app.add_subcommand("stack", "our stack alone against lwIP, frame for frame");
  stack->add_option("--json", json_file, "the table as JSON into this file");
  stack->add_flag("--quick", quick, "shorter counting runs");
  StackCellRun stack_run;
  CLI::App* const one_stack = app.add_subcommand("stack-cell", "one stack and one load, for a profiler");
  one_stack->add_option("NAME", stack_run.name, "e.g. nicosim-tcp-send-1460")->required();
  one_stack->add_option("--frames", stack_run.frames, "how many")->capture_default_str();
  one_stack->add_flag("--time", stack_run.time, "by Google Benchmark");

  TapBenchRequest tap_request;
  CLI::App* const tap = app.add_subcommand("tap", "a download by a real client, beside lwIP behind a TAP");
  tap->add_option("--json", tap_request.json_file, "the table as JSON into this file");
  tap->add_option("--size", tap_request.megabytes, "of the download, in MB")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  tap->add_option("--repeats", tap_request.repeats, "the median counts")
      ->capture_default_str()
      ->check(CLI::Range(1, 99));
  tap->add_flag("--quick", tap_request.quick, "once, and no instructions counted");
  std::uint64_t client_bytes = 0;
  CLI::App* const tap_client = app.add_subcommand("tap-client", "its client, for any server at 10.77.0.2");
  tap_client->add_option("BYTES", client_bytes, "how many")->required();

  Cell cell;
  bool no_skip = false;
  CLI::App* const one = app.add_subcommand("cell", "one cell of the table, for a profiler");
  one->add_option("CONFIG", cell.config, "card, cosim or full")->required();
  one->add_option("BYTES", cell.bytes, "of a frame, FCS included")->required();
  one->add_option("--gap", cell.gap, "idle cycles between frames; 0: back to back");
  one->add_option("--frames", cell.frames, "how many")->capture_default_str();
  one->add_flag("--no-skip", no_skip, "evaluate idle cycles too");
  LineCell line;
  line.receive = false;
  std::int64_t recycle_ns = 0;
  bool reject = false;
  CLI::App* const one_line = app.add_subcommand("line", "one row of line-rate or card, for a profiler");
  one_line->add_flag("--receive", line.receive, "frames from the wire into memory");
  one_line->add_flag("--transmit", line.transmit, "frames from memory onto the wire");
  one_line->add_option("--bytes", line.bytes, "of a frame, FCS included; 0: mixed")->capture_default_str();
  one_line->add_option("--offset", line.offset, "of every buffer")->capture_default_str();
  one_line->add_option("--recycle-ns", recycle_ns, "from DD to the descriptor being free");
  one_line->add_option("--frames", line.frames, "how many each way")->capture_default_str();
  one_line->add_flag("--reject", reject, "frames for somebody else");
  one_line->add_flag("--idle", line.idle, "no frames, for as long as they would take");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? kGood : kUsage;
  }
  if (cosim->parsed()) return bench_cosim(json_file, frames, quick);
  if (line_rate->parsed()) return bench_line_rate(json_file, line_frames);
  if (card->parsed()) return bench_card(json_file);
  if (stack->parsed()) return bench_stack(json_file, quick);
  if (tap->parsed()) return bench_tap(tap_request);
  if (tap_client->parsed()) return bench_tap_client(client_bytes);
  if (one_stack->parsed()) return bench_stack_cell(stack_run);
  if (one_line->parsed()) {
    line.recycle = SimTime::ns(recycle_ns);
    line.for_us = !reject;
    fmt::print("{}", to_text(run_line(line)));
    return kGood;
  }
  cell.skip = !no_skip;
  fmt::print("{}", to_text(run(cell)));
  return kGood;
}

}  // namespace
}  // namespace nicosim::bench

int main(int argc, char** argv) {
  try {
    return nicosim::bench::main_of(argc, argv);
  } catch (const std::invalid_argument& e) {
    fmt::print(stderr, "nicosim: {}\n", e.what());
    return nicosim::bench::kUsage;
  } catch (const std::exception& e) {
    fmt::print(stderr, "nicosim: {}\n", e.what());
    return nicosim::bench::kOurFault;
  }
}
