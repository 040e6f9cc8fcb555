// A download by a real client, once from the simulated host through the verilated card, once from lwIP behind a TAP.
//
// Each download is a server process with a private network of its own and, inside it, this program again as the
// client. The two servers take turns, so that what else the machine does meets both.
#include "bench/callgrind.hpp"
#include "bench/commands.hpp"
#include "bench/tap/tap_table.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <string>
#include <sys/resource.h>
#include <utility>

namespace nicosim::bench {
namespace {

constexpr std::uint64_t kMegabyte = 1'000'000;
constexpr std::uint64_t kFewBytes = 2 * kMegabyte, kManyBytes = 6 * kMegabyte;  // of counting runs

struct Programs {
  std::filesystem::path bench = std::filesystem::read_symlink("/proc/self/exe");
  std::filesystem::path nicosim = bench.parent_path().parent_path() / "cli" / "nicosim";
  std::filesystem::path lwip = bench.parent_path() / "nicosim_lwip_server";

  std::string client(std::uint64_t bytes) const { return fmt::format("-- {} tap-client {}", quoted(bench), bytes); }
  // The report follows on stdout what the client says.
  std::string ours(std::uint64_t bytes) const {
    return fmt::format("{} tap --quiet --json - {}", quoted(nicosim), client(bytes));
  }
  std::string theirs(std::uint64_t bytes) const { return fmt::format("{} {}", quoted(lwip), client(bytes)); }
};

// Of the processes that have ended, and theirs.
double children_cpu_s() {
  rusage used{};
  ::getrusage(RUSAGE_CHILDREN, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// `output`: of the command.
Download download(const std::string& command, std::string& output) {
  const double before = children_cpu_s();
  output = output_of(command);
  const double all = children_cpu_s() - before;
  Download d;
  d.wall_s = static_cast<double>(number(output, "wall_us=")) / 1e6;
  d.client_cpu_s = static_cast<double>(number(output, "cpu_us=")) / 1e6;
  d.server_cpu_s = all - d.client_cpu_s;
  return d;
}

TapSimulation simulation_of(const std::string& output) {
  const nlohmann::json report = nlohmann::json::parse(output.substr(output.find('{')));
  return {report.at("simulation").at("cycles"), report.at("host").at("cycles_evaluated")};
}

// Two runs of different length: start and end cancel out.
double instructions_per_byte(const std::string& shorter, const std::string& longer) {
  const std::uint64_t few = count_in(shorter), many = count_in(longer);
  return (static_cast<double>(many) - static_cast<double>(few)) / static_cast<double>(kManyBytes - kFewBytes);
}

}  // namespace

int bench_tap(const TapBenchRequest& request) {
  const Programs programs;
  if (!exists(programs.lwip)) {
    fmt::print(stderr, "nicosim: built without liblwip-dev\n");
    return kUsage;
  }
  TapResult result;
  result.bytes = request.megabytes * kMegabyte;
  std::vector<std::pair<double, TapSimulation>> simulations;  // with the wall seconds, to find the median's
  const unsigned repeats = request.quick ? 1 : request.repeats;
  for (unsigned i = 1; i <= repeats; ++i) {
    std::string output;
    progress(fmt::format("nicosim, {} of {}", i, repeats));
    result.nicosim.downloads.push_back(download(programs.ours(result.bytes), output));
    simulations.emplace_back(result.nicosim.downloads.back().wall_s, simulation_of(output));
    progress(fmt::format("lwIP, {} of {}", i, repeats));
    result.lwip.downloads.push_back(download(programs.theirs(result.bytes), output));
  }
  std::ranges::sort(simulations, {}, [](const auto& s) { return s.first; });
  result.simulation = simulations[(simulations.size() - 1) / 2].second;
  for (unsigned i = 1; i <= repeats && !request.quick && have_valgrind(); ++i) {
    progress(fmt::format("instructions, {} of {}", i, repeats));
    result.nicosim.instructions_per_byte.push_back(
        instructions_per_byte(programs.ours(kFewBytes), programs.ours(kManyBytes)));
    result.lwip.instructions_per_byte.push_back(
        instructions_per_byte(programs.theirs(kFewBytes), programs.theirs(kManyBytes)));
  }
  progress("");
  fmt::print("{}", markdown(result));
  const int written = write_json(request.json_file, json(result));
  return written != kGood ? written : met(result).value_or(true) ? kGood : kMissed;
}

}  // namespace nicosim::bench
