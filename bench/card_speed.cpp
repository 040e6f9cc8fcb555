// `./nicosim bench card`: what a cycle of the verilated card costs, by what the card is doing.
//
// Counted by callgrind inside RtlModel::cycle() alone, so neither link nor memory nor the checks of frames are in it.
#include "bench/callgrind.hpp"
#include "bench/commands.hpp"
#include "bench/line/text.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

namespace nicosim::bench {
namespace {

constexpr double kMostInstructions = 3'000;                           // a cycle
constexpr std::uint64_t kFewBytes = 16 << 10, kManyBytes = 48 << 10;  // of frames: what a counting run moves

struct Job {
  const char* name;
  LineCell cell;
};

std::vector<Job> jobs() {
  const auto cell = [](bool receive, bool transmit, unsigned bytes) {
    LineCell c;
    c.receive = receive;
    c.transmit = transmit;
    c.bytes = bytes;
    return c;
  };
  std::vector<Job> all;
  all.push_back({"idle", cell(true, true, 64)});
  all.back().cell.idle = true;
  all.push_back({"64 B, rejected by the filter", cell(true, false, 64)});
  all.back().cell.for_us = false;
  for (const unsigned bytes : {64U, 1518U}) {
    const char* const names[][2] = {{"64 B, receive", "1518 B, receive"},
                                    {"64 B, transmit", "1518 B, transmit"},
                                    {"64 B, both ways", "1518 B, both ways"}};
    const std::size_t size = bytes == 64 ? 0 : 1;
    all.push_back({names[0][size], cell(true, false, bytes)});
    all.push_back({names[1][size], cell(false, true, bytes)});
    all.push_back({names[2][size], cell(true, true, bytes)});
  }
  return all;
}

// Two runs of different length: the instructions and the cycles between them.
double instructions_per_cycle(LineCell cell) {
  const auto count = [&cell](std::uint64_t bytes) {
    cell.frames = bytes / cell.bytes;
    std::string output;
    const std::uint64_t n = count_in_self(arguments_of(cell), "nicosim::RtlModel::cycle*", output);
    return std::pair{n, line_result_from(output).cycles};
  };
  const auto [few, few_cycles] = count(kFewBytes);
  const auto [many, many_cycles] = count(kManyBytes);
  return static_cast<double>(many - few) / static_cast<double>(many_cycles - few_cycles);
}

}  // namespace

int bench_card(const std::string& json_file) {
  if (!have_valgrind()) {
    fmt::print(stderr, "nicosim: bench card counts instructions and needs valgrind\n");
    return kUsage;
  }
  nlohmann::ordered_json out;
  out["schema"] = 1;
  out["instructions_per_cycle"] = nlohmann::ordered_json::object();
  double most = 0;
  fmt::print("| the card | instructions/cycle |\n|---|---:|\n");
  for (const Job& job : jobs()) {
    progress(job.name);
    const double n = instructions_per_cycle(job.cell);
    progress("");
    fmt::print("| {} | {:.0f} |\n", job.name, n);
    out["instructions_per_cycle"][job.name] = n;
    most = std::max(most, n);
  }
  fmt::print(
      "\n- most: {:.0f}, goal at most {:.0f}: {}\n", most, kMostInstructions,
      most <= kMostInstructions ? "met" : fmt::format("missed by {:.0f} %", (most / kMostInstructions - 1) * 100));
  return write_json(json_file, out.dump(2) + "\n");
}

}  // namespace nicosim::bench
