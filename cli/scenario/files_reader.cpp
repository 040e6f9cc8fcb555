#include "cli/scenario/files_reader.hpp"

#include "cli/scenario/overlay.hpp"
#include "cli/scenario/units.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

namespace nicosim {
namespace {

constexpr std::uint64_t kLargestFile = std::uint64_t{1} << 40U;
constexpr std::size_t kLongestPath = 4095;  // PATH_MAX without the NUL
constexpr std::uint64_t kInt63 = std::numeric_limits<std::int64_t>::max();

}  // namespace

Scenario::Disk read_disk(TableReader t, unsigned cores) {
  Scenario::Disk disk;
  t.duration("latency", disk.latency, SimTime::zero(), SimTime::s(1));
  t.byte_rate("bandwidth", disk.bandwidth, 1'000, 1'000'000'000'000);
  t.number("queue", disk.queue, 1, 65'535);
  t.number("irq_cpu", disk.irq_cpu, 0, cores - 1);
  t.finish();
  return disk;
}

Scenario::File read_file(TableReader t, const Scenario& scenario) {
  Scenario::File file;
  file.seed = scenario.seed;
  constexpr std::string_view kPathExpected = "an absolute path such as \"/www/a.bin\"";
  if (!t.find("path")) {
    t.wrong("", "lacks 'path'", kPathExpected);
  } else if (t.text("path", file.path, kPathExpected)) {
    const bool good = file.path.size() > 1 && file.path.size() <= kLongestPath && file.path.front() == '/' &&
                      file.path.back() != '/' && file.path.find("//") == std::string::npos;
    if (!good) t.wrong("path", "is " + quoted(file.path), kPathExpected);
    for (const Scenario::File& other : scenario.files)
      if (other.path == file.path) t.wrong("path", fmt::format("is that of another file"), "one of its own");
  }
  const bool has_text = t.text("text", file.text);
  const bool has_size = t.bytes("size", file.size, 0, kLargestFile);
  const bool has_seed = t.integer("seed", file.seed, 0, kInt63);
  if (has_text && (has_size || has_seed))
    t.wrong(has_size ? "size" : "seed", "stands beside 'text'", "the one or the other");
  if (!has_text && !t.find("size")) t.wrong("", "has no contents", "'text', or 'size' such as \"1MiB\"");
  if (has_text) file.size = file.text.size();
  t.finish();
  return file;
}

std::string write_files(const Scenario& scenario) {
  const Scenario::Disk& disk = scenario.disk;
  std::string out = fmt::format("\n[disk]\nlatency = \"{}\"\nbandwidth = \"{}\"\nqueue = {}\nirq_cpu = {}\n",
                                duration_text(disk.latency), byte_rate_text(disk.bandwidth), disk.queue, disk.irq_cpu);
  for (const Scenario::File& file : scenario.files) {
    out += fmt::format("\n[[file]]\npath = {}\n", quoted(file.path));
    if (!file.text.empty())
      out += fmt::format("text = {}\n", quoted(file.text));
    else
      out += fmt::format("size = \"{}\"\nseed = {}\n", bytes_text(file.size), file.seed);
  }
  return out;
}

}  // namespace nicosim
