// `./nicosim bench line-rate`: can the card keep up with the wire, and if not, what stops it?
#include "bench/callgrind.hpp"
#include "bench/commands.hpp"
#include "bench/line/text.hpp"

#include <array>
#include <atomic>
#include <exception>
#include <fmt/format.h>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

namespace nicosim::bench {
namespace {

constexpr unsigned kWorkers = 2;
constexpr double kCyclesPerSecond = 156.25e6;
constexpr std::int64_t kStepNs = 100;  // of the search for the recycle time that loses frames

struct LineRow {
  LineCell cell;
  LineResult result;
};

std::uint64_t frames_for(unsigned bytes, std::uint64_t frames) {
  if (bytes == kMixed) return frames / 10;
  return bytes <= 128 ? frames : frames / 20;
}

LineCell cell_of(bool receive, bool transmit, unsigned bytes, std::uint64_t frames) {
  LineCell cell;
  cell.receive = receive;
  cell.transmit = transmit;
  cell.bytes = bytes;
  cell.frames = std::max<std::uint64_t>(frames_for(bytes, frames), 2);
  return cell;
}

std::vector<LineCell> cells(std::uint64_t frames) {
  constexpr std::array kSizes{64U, 65U, 66U, 67U, 127U, 128U, 1518U, kMixed};
  std::vector<LineCell> all;
  const auto add = [&](LineCell cell) {
    for (const std::int64_t recycle_us : {0, 5}) {
      cell.recycle = SimTime::us(recycle_us);
      all.push_back(cell);
    }
  };
  for (const unsigned bytes : kSizes)
    for (const unsigned offset : {0U, 2U, 7U}) {
      LineCell cell = cell_of(true, false, bytes, frames);
      cell.offset = offset;
      add(cell);
    }
  for (const unsigned bytes : kSizes) add(cell_of(false, true, bytes, frames));
  for (const unsigned bytes : kSizes) add(cell_of(true, true, bytes, frames));
  return all;
}

LineResult run(const LineCell& cell) { return line_result_from(output_of_self(arguments_of(cell))); }

// Runs all rows, some at a time; the first failure is thrown when the others have ended.
std::vector<LineRow> run_all(const std::vector<LineCell>& all) {
  std::vector<LineRow> rows(all.size());
  std::atomic<std::size_t> next = 0;
  std::vector<std::exception_ptr> failures(kWorkers);
  std::vector<std::thread> workers;
  for (unsigned w = 0; w < kWorkers; ++w)
    workers.emplace_back([&, w] {
      try {
        for (std::size_t i = next++; i < all.size(); i = next++) rows[i] = {all[i], run(all[i])};
      } catch (...) {
        failures[w] = std::current_exception();
      }
    });
  for (std::thread& worker : workers) worker.join();
  for (const std::exception_ptr& failure : failures)
    if (failure) std::rethrow_exception(failure);
  return rows;
}

std::uint64_t lost(const LineFlow& flow) { return flow.frames - flow.delivered; }

// The recycle time from which on frames are lost, to kStepNs; `upper` loses some.
SimTime first_loss(LineCell cell) {
  std::int64_t good = 0, bad = 300;  // in steps
  while (bad - good > 1) {
    const std::int64_t middle = (good + bad) / 2;
    cell.recycle = SimTime::ns(middle * kStepNs);
    progress(fmt::format("64 B, recycle {} ns", middle * kStepNs));
    (lost(run(cell).receive) == 0 ? good : bad) = middle;
  }
  return SimTime::ns(bad * kStepNs);
}

std::string size_of(const LineCell& cell) { return cell.bytes == kMixed ? "mixed" : fmt::format("{} B", cell.bytes); }

void each_flow(const LineRow& row, const std::function<void(const char* way, const LineFlow&)>& visit) {
  const bool both = row.cell.receive && row.cell.transmit;
  if (row.cell.receive) visit(both ? "both: receive" : "receive", row.result.receive);
  if (row.cell.transmit) visit(both ? "both: transmit" : "transmit", row.result.transmit);
}

double per_frame(const LineRow& row, std::uint64_t bytes) {
  return static_cast<double>(bytes) / static_cast<double>(row.cell.frames);
}

double frames_per_s(const LineFlow& flow) {
  return flow.cycles_per_frame > 0 ? kCyclesPerSecond / flow.cycles_per_frame : 0;
}

std::string markdown(const std::vector<LineRow>& rows) {
  std::string text =
      "| direction | frame | offset | recycle | frames | lost | frames/s | cycles/frame | link bytes/frame up | down |"
      " gap | limit |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|\n";
  for (const LineRow& row : rows)
    each_flow(row, [&](const char* way, const LineFlow& flow) {
      const bool transmit = std::string_view{way}.ends_with("transmit");
      const std::string gap = transmit ? fmt::format("{}..{}", row.result.least_gap, row.result.most_gap) : "";
      text += fmt::format("| {} | {} | {} | {} us | {} | {} | {:.0f} | {:.3f} | {:.1f} | {:.1f} | {} | {} |\n", way,
                          size_of(row.cell), row.cell.offset, row.cell.recycle.in_ns() / 1000, flow.frames, lost(flow),
                          frames_per_s(flow), flow.cycles_per_frame, per_frame(row, row.result.up_bytes),
                          per_frame(row, row.result.down_bytes), gap, limit_of(row.cell, row.result, flow));
    });
  return text;
}

std::string json(const std::vector<LineRow>& rows, SimTime first_loss_at) {
  nlohmann::ordered_json out;
  out["schema"] = 1;
  out["first_loss_recycle_ns"] = first_loss_at.in_ns();
  auto& list = out["rows"] = nlohmann::ordered_json::array();
  for (const LineRow& row : rows)
    each_flow(row, [&](const char* way, const LineFlow& flow) {
      list.push_back({{"direction", way},
                      {"frame_bytes", row.cell.bytes},
                      {"offset", row.cell.offset},
                      {"recycle_ns", row.cell.recycle.in_ns()},
                      {"frames", flow.frames},
                      {"lost", lost(flow)},
                      {"missed", row.result.missed},
                      {"frames_per_s", frames_per_s(flow)},
                      {"cycles_per_frame", flow.cycles_per_frame},
                      {"line_cycles_per_frame", flow.line_cycles},
                      {"link_up_bytes_per_frame", per_frame(row, row.result.up_bytes)},
                      {"link_down_bytes_per_frame", per_frame(row, row.result.down_bytes)},
                      {"least_gap", row.result.least_gap},
                      {"most_gap", row.result.most_gap},
                      {"limit", limit_of(row.cell, row.result, flow)}});
    });
  return out.dump(2) + "\n";
}

}  // namespace

int bench_line_rate(const std::string& json_file, std::uint64_t frames) {
  progress("all rows");
  const std::vector<LineRow> rows = run_all(cells(frames));
  const LineCell shortest = cell_of(true, false, 64, std::max<std::uint64_t>(frames / 5, 2));
  const SimTime loss = first_loss(shortest);
  progress("");
  bool met = true;
  for (const LineRow& row : rows)
    each_flow(row,
              [&](const char*, const LineFlow& flow) { met = met && limit_of(row.cell, row.result, flow) == "wire"; });
  fmt::print("{}\n- Every row at line rate without a loss: {}\n", markdown(rows), met ? "met" : "missed");
  fmt::print("- 64 B, {} frames: the first are lost at a recycle time of {:.1f} us\n", shortest.frames,
             static_cast<double>(loss.in_ns()) / 1000);
  return write_json(json_file, json(rows, loss));
}

}  // namespace nicosim::bench
