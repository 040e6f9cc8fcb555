// The commands that only tell: check, costs, registers, stations, frame, version.
#include "cli/commands/commands.hpp"
#include "cli/frame_story.hpp"
#include "cli/scenario/units.hpp"
#include "cli/study/points.hpp"
#include "common/costs.hpp"
#include "common/station.hpp"
#include "regmap/regmap.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace nicosim {

int costs_command() {
  fmt::print("{:<24}{:>12}  {:<11}{:<46}{}\n", "cost", "default", "per", "what", "source");
  for (const CostInfo& c : cost_infos())
    fmt::print("{:<24}{:>12}  {:<11}{:<46}{}\n", c.name, duration_text(SimTime::ps(c.default_ps)), c.unit, c.text,
               c.source);
  return kGood;
}

int registers_command() {
  fmt::print("{:<12}{:<9}{:<14}{:<12}{:<10}{}\n", "register", "offset", "access", "reset", "behaviour", "what");
  for (const RegisterInfo& r : all_registers()) {
    const std::string name = r.count == 1 ? std::string{r.name} : fmt::format("{}[{}]", r.name, r.count);
    fmt::print("{:<12}{:05x}    {:<14}{:08x}    {:<10}{}\n", name, r.offset, to_string(r.access), r.reset,
               to_string(r.behaviour), r.text);
  }
  return kGood;
}

int stations_command() {
  for (std::size_t i = 0; i < kStations; ++i) {
    const auto station = static_cast<Station>(i);
    fmt::print("{:<14}{}\n", name_of(station), describe(station));
  }
  fmt::print("\nA frame ends in exactly one of these:\n");
  for (std::size_t i = 0; i < kFates; ++i) {
    const auto fate = static_cast<Fate>(i);
    fmt::print("{:<14}{}\n", name_of(fate), describe(fate));
  }
  return kGood;
}

int check_command(const std::string& file, const std::vector<std::string>& overlays) {
  const auto text = read_scenario_text(file);
  if (!text) {
    say_all(text.error());
    return kUsage;
  }
  const auto scenario = parse_scenario(text->toml, text->name, overlays, sysctl_rules());
  if (!scenario) {
    say_all(scenario.error());
    return kUsage;
  }
  if (!scenario->study) {
    fmt::print("{}: good\n", text->name);
    return kGood;
  }
  const auto points = study_points(*text, overlays, sysctl_rules());
  if (!points) {
    say_all(points.error());
    return kUsage;
  }
  fmt::print("{}: good, a study of {} points\n", text->name, points->size());
  return kGood;
}

int frame_command(const std::string& directory, const std::string& frame) {
  const auto story = frame_story(directory, frame, isatty(STDOUT_FILENO) == 1);
  if (!story) {
    fmt::print(stderr, "nicosim: {}\n", story.error().message);
    return kInput;
  }
  fmt::print("{}", *story);
  return kGood;
}

int version_command() {
  fmt::print("nicosim {}\nVerilator {}\nSystemC {}\n", NICOSIM_VERSION, RtlModel::verilator_version(),
             sc_core::sc_release());
  return kGood;
}

}  // namespace nicosim
