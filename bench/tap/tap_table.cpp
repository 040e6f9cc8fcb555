#include "bench/tap/tap_table.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <utility>

namespace nicosim::bench {
namespace {

constexpr std::uint64_t kGoalBytes = 256'000'000;
constexpr double kGoalSeconds = 60;

struct Spread {
  double least, median, most;
};

Spread spread(std::vector<double> values) {
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  const double median = values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
  return {values.front(), median, values.back()};
}

Spread spread(const TapSide& side, double Download::*figure) {
  std::vector<double> values;
  for (const Download& download : side.downloads) values.push_back(download.*figure);
  return spread(std::move(values));
}

double median(const TapSide& side, double Download::*figure) { return spread(side, figure).median; }

std::string number(double v) { return fmt::format("{:.{}f}", v, v < 0.1 ? 4 : v < 10 ? 2 : v < 1000 ? 1 : 0); }

std::string cell(const Spread& s) {
  if (s.least == s.most) return number(s.median);
  return fmt::format("{} ({} to {})", number(s.median), number(s.least), number(s.most));
}

std::string row(const char* what, const std::string& ours, const std::string& theirs, const std::string& ratio) {
  return fmt::format("| {} | {} | {} | {} |\n", what, ours, theirs, ratio);
}

std::string row(const char* what, const Spread& ours, const Spread& theirs) {
  return row(what, cell(ours), cell(theirs), number(ours.median / theirs.median));
}

std::string row(const TapResult& r, const char* what, double Download::*figure) {
  return row(what, spread(r.nicosim, figure), spread(r.lwip, figure));
}

double megabytes(const TapResult& r) { return static_cast<double>(r.bytes) / 1e6; }

nlohmann::ordered_json to_json(const Spread& s) { return {{"least", s.least}, {"median", s.median}, {"most", s.most}}; }

nlohmann::ordered_json to_json(const TapSide& side) {
  nlohmann::ordered_json out;
  auto& host = out["host"];
  host["wall_s"] = to_json(spread(side, &Download::wall_s));
  host["server_cpu_s"] = to_json(spread(side, &Download::server_cpu_s));
  host["client_cpu_s"] = to_json(spread(side, &Download::client_cpu_s));
  if (!side.instructions_per_byte.empty()) host["instructions_per_byte"] = to_json(spread(side.instructions_per_byte));
  return out;
}

}  // namespace

double median_wall_s(const TapSide& side) { return median(side, &Download::wall_s); }

std::optional<bool> met(const TapResult& r) {
  if (r.bytes < kGoalBytes) return std::nullopt;
  return median_wall_s(r.nicosim) * static_cast<double>(kGoalBytes) <= kGoalSeconds * static_cast<double>(r.bytes);
}

std::string markdown(const TapResult& r) {
  std::string text = fmt::format("| {:.0f} MB, median of {} | nicosim | lwIP | ratio |\n|---|---:|---:|---:|\n",
                                 megabytes(r), r.nicosim.downloads.size());
  const double ours = median_wall_s(r.nicosim), theirs = median_wall_s(r.lwip);
  if (!r.nicosim.instructions_per_byte.empty() && !r.lwip.instructions_per_byte.empty())
    text += row("instructions per byte, user space, server", spread(r.nicosim.instructions_per_byte),
                spread(r.lwip.instructions_per_byte));
  text += row(r, "CPU seconds, server", &Download::server_cpu_s);
  text += row(r, "CPU seconds, client", &Download::client_cpu_s);
  text += row(r, "wall seconds", &Download::wall_s);
  text += row("MB/s", number(megabytes(r) / ours), number(megabytes(r) / theirs), number(theirs / ours));

  const double cycles = static_cast<double>(r.simulation.cycles),
               evaluated = static_cast<double>(r.simulation.evaluated);
  text += fmt::format("\n| the card | |\n|---|---:|\n| simulated cycles | {:.2f} M |\n", cycles / 1e6);
  text += fmt::format("| of them evaluated | {:.2f} M |\n| skipped | {:.2f} M |\n", evaluated / 1e6,
                      (cycles - evaluated) / 1e6);
  text += fmt::format("| simulated per wall second | {:.2f} M |\n", cycles / 1e6 / ours);
  const double cpu = median(r.nicosim, &Download::server_cpu_s);
  text += fmt::format("| simulated per CPU second | {:.2f} M |\n| evaluated per CPU second | {:.2f} M |\n",
                      cycles / 1e6 / cpu, evaluated / 1e6 / cpu);
  if (const auto good = met(r))
    text += fmt::format("\n- {:.0f} MB in {:.1f} s, goal at most {} s for {} MB: {}\n", megabytes(r), ours,
                        kGoalSeconds, kGoalBytes / 1'000'000, *good ? "met" : "missed");
  return text;
}

std::string json(const TapResult& r) {
  nlohmann::ordered_json out;
  out["schema"] = 1;
  out["bytes"] = r.bytes;
  out["downloads"] = r.nicosim.downloads.size();
  out["nicosim"] = to_json(r.nicosim);
  out["lwip"] = to_json(r.lwip);
  out["cycles"] = r.simulation.cycles;
  out["cycles_evaluated"] = r.simulation.evaluated;
  if (const auto good = met(r)) out["met"] = *good;
  return out.dump(2) + "\n";
}

}  // namespace nicosim::bench
