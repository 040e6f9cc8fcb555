// The commands that only tell: check, costs, registers, stations, frame, version.
#include "cli/commands/commands.hpp"
#include "cli/frame_story.hpp"
#include "cli/scenario/units.hpp"
#include "common/costs.hpp"
#include "common/station.hpp"
#include "regmap/regmap.hpp"

#include <fmt/format.h>
#include <memory>
#include <unistd.h>

namespace nicosim {
namespace {

int print_costs() {
  fmt::print("{:<24}{:>12}  {:<11}{:<46}{}\n", "cost", "default", "per", "what", "source");
  for (const CostInfo& c : cost_infos())
    fmt::print("{:<24}{:>12}  {:<11}{:<46}{}\n", c.name, duration_text(SimTime::ps(c.default_ps)), c.unit, c.text,
               c.source);
  return kGood;
}

int print_registers() {
  fmt::print("{:<12}{:<9}{:<14}{:<12}{:<10}{}\n", "register", "offset", "access", "reset", "behaviour", "what");
  for (const RegisterInfo& r : all_registers()) {
    const std::string name = r.count == 1 ? std::string{r.name} : fmt::format("{}[{}]", r.name, r.count);
    fmt::print("{:<12}{:05x}    {:<14}{:08x}    {:<10}{}\n", name, r.offset, to_string(r.access), r.reset,
               to_string(r.behaviour), r.text);
  }
  return kGood;
}

int print_stations() {
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

}  // namespace

void add_tables(CLI::App& app, Command& chosen) {
  {
    const auto file = std::make_shared<std::string>();
    const auto sets = std::make_shared<std::vector<std::string>>();
    CLI::App& check = *app.add_subcommand("check", "Validate a scenario without running it");
    check.add_option("SCENARIO", *file, "TOML file; - is standard input")->required();
    check.add_option("--set", *sets, "PATH=VALUE")->type_name("PATH=VALUE")->allow_extra_args(false);
    check.callback([file, sets, &chosen] {
      chosen = [file, sets] {
        const auto scenario = load_scenario(*file, *sets, sysctl_rules());
        if (scenario) {
          fmt::print("{}: good\n", *file);
          return static_cast<int>(kGood);
        }
        say_all(scenario.error());
        return static_cast<int>(kUsage);
      };
    });
  }
  {
    const auto dir = std::make_shared<std::string>();
    const auto name = std::make_shared<std::string>();
    CLI::App& frame = *app.add_subcommand("frame", "Tell one frame's life from a run's output folder");
    frame.add_option("DIR", *dir, "What --out wrote")->required();
    frame.add_option("FRAME", *name, "r0:17 (arrival 17 at port 0) or t0:4 (sent by the host)")->required();
    frame.callback([dir, name, &chosen] {
      chosen = [dir, name] {
        const auto story = frame_story(*dir, *name, isatty(STDOUT_FILENO) == 1);
        if (story) {
          fmt::print("{}", *story);
          return static_cast<int>(kGood);
        }
        fmt::print(stderr, "nicosim: {}\n", story.error().message);
        return static_cast<int>(kInput);
      };
    });
  }
  app.add_subcommand("costs", "What work costs on the simulated CPU")->callback([&chosen] { chosen = print_costs; });
  app.add_subcommand("registers", "The card's registers")->callback([&chosen] { chosen = print_registers; });
  app.add_subcommand("stations", "The stations of a frame's life")->callback([&chosen] { chosen = print_stations; });
  app.add_subcommand("version", "Versions")->callback([&chosen] {
    chosen = [] {
      fmt::print("nicosim {}\nVerilator {}\nSystemC {}\n", NICOSIM_VERSION, RtlModel::verilator_version(),
                 sc_core::sc_release());
      return static_cast<int>(kGood);
    };
  });
}

}  // namespace nicosim
