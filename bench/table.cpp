#include "bench/table.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace nicosim::bench {
namespace {

constexpr double kMostOverhead = 1.2;  // cosim / card, 64 B back to back, instructions per cycle
constexpr double kLeastSpeedUp = 100;  // card / cosim, 10 000-cycle gaps
constexpr std::uint64_t kGoalGap = 10'000;
constexpr double kCyclesPerSecond = 156.25e6;

std::string name_of(const Cell& cell) { return cell.config + (cell.skip ? "" : ", no skip"); }

const Row* find(const std::vector<Row>& rows, const Cell& like, const std::string& config) {
  for (const Row& row : rows)
    if (row.cell.config == config && row.cell.skip && row.cell.bytes == like.bytes && row.cell.gap == like.gap)
      return &row;
  return nullptr;
}

double cycles_per_s(const Row& row) { return static_cast<double>(row.native.cycles) / row.native.wall_s; }

// Instructions per cycle as a multiple of the bare card's; none without counts.
std::optional<double> ratio(const std::vector<Row>& rows, const Row& row) {
  const Row* const card = find(rows, row.cell, "card");
  if (card == nullptr || !card->instructions || !row.instructions) return std::nullopt;
  return row.instructions->per_cycle / card->instructions->per_cycle;
}

std::string number(double v) {
  if (v >= 1000) return fmt::format("{:.0f}", v);
  return v >= 1 ? fmt::format("{:.2f}", v) : fmt::format("{:.5f}", v);
}
std::string number(std::optional<double> v) { return v ? number(*v) : "-"; }

std::string goal(const std::string& what, double is, double limit, bool at_most) {
  const bool met = at_most ? is <= limit : is >= limit;
  const double off = at_most ? is / limit - 1 : 1 - is / limit;
  return fmt::format("- {}: {:.2f}, goal {} {}: {}\n", what, is, at_most ? "at most" : "at least", limit,
                     met ? "met" : fmt::format("missed by {:.0f} %", off * 100));
}

}  // namespace

std::string markdown(const std::vector<Row>& rows) {
  std::string text =
      "| frame | gap | configuration | instr/cycle | instr/frame | ratio to card | delivered | M cycles/s | frames/s |"
      " wall s per simulated s |\n|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|\n";
  for (const Row& row : rows) {
    std::optional<double> per_cycle, per_frame;
    if (row.instructions) {
      per_cycle = row.instructions->per_cycle;
      per_frame = row.instructions->per_frame;
    }
    text += fmt::format("| {} B | {} | {} | {} | {} | {} | {:.0f} % | {} | {:.0f} | {} |\n", row.cell.bytes,
                        row.cell.gap, name_of(row.cell), number(per_cycle), number(per_frame), number(ratio(rows, row)),
                        100.0 * static_cast<double>(row.native.delivered) / static_cast<double>(row.cell.frames),
                        number(cycles_per_s(row) / 1e6), static_cast<double>(row.cell.frames) / row.native.wall_s,
                        number(kCyclesPerSecond / cycles_per_s(row)));
  }
  return text;
}

std::string goals(const std::vector<Row>& rows) {
  std::string text;
  for (const Row& row : rows) {
    if (row.cell.config != "cosim" || !row.cell.skip) continue;
    const std::string where = fmt::format("{} B, gap {}", row.cell.bytes, row.cell.gap);
    const std::optional<double> times = ratio(rows, row);
    if (!times) {
      text += fmt::format("- {}: not judged without instruction counts\n", where);
    } else if (row.cell.gap == 0) {
      text += goal(where + ", cosim / card, instructions per cycle", *times, kMostOverhead, true);
    } else if (row.cell.gap == kGoalGap) {
      text += goal(where + ", card / cosim, instructions per simulated second", 1 / *times, kLeastSpeedUp, false);
    }
  }
  return text;
}

std::string json(const std::vector<Row>& rows) {
  nlohmann::ordered_json out;
  out["schema"] = 1;
  auto& list = out["cells"] = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    nlohmann::ordered_json cell;
    cell["config"] = row.cell.config;
    cell["skip"] = row.cell.skip;
    cell["frame_bytes"] = row.cell.bytes;
    cell["gap_cycles"] = row.cell.gap;
    if (row.instructions) {
      cell["instructions_per_cycle"] = row.instructions->per_cycle;
      cell["instructions_per_frame"] = row.instructions->per_frame;
    }
    if (const auto times = ratio(rows, row)) cell["ratio_to_card"] = *times;
    cell["frames"] = row.cell.frames;
    cell["delivered"] = row.native.delivered;
    cell["interrupts"] = row.native.interrupts;
    cell["cycles"] = row.native.cycles;
    cell["cycles_evaluated"] = row.native.evaluated;
    cell["host"] = {{"wall_s", row.native.wall_s},
                    {"cycles_per_s", cycles_per_s(row)},
                    {"frames_per_s", static_cast<double>(row.cell.frames) / row.native.wall_s}};
    list.push_back(cell);
  }
  return out.dump(2) + "\n";
}

}  // namespace nicosim::bench
