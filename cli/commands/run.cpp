// ./nicosim run SCENARIO
#include "cli/commands/commands.hpp"
#include "cli/scenario/units.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <memory>

namespace nicosim {
namespace {

// "FROM..TO", either side may be empty.
bool parse_window(const std::string& text, RunOptions& options) {
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) return false;
  const std::string from = text.substr(0, dots), to = text.substr(dots + 2);
  const auto first = from.empty() ? std::optional{SimTime::zero()} : parse_duration(from);
  const auto last = to.empty() ? std::optional{SimTime::never()} : parse_duration(to);
  if (!first || !last || *last < *first) return false;
  options.waves_from = *first;
  options.waves_to = *last;
  return true;
}

}  // namespace

SysctlRules sysctl_rules() {
  return {Sysctl::names(), [](std::string_view name, std::uint64_t value) {
            Sysctl scratch;
            return Sysctl::set(scratch, name, value);
          }};
}

void say_all(const ScenarioErrors& errors) { fmt::print(stderr, "{}\n", errors.text()); }

void add_run_options(CLI::App& app, RunOptions& options, std::vector<std::string>& overlays) {
  app.add_option("--json", options.json, "Write report.json here; - is standard output")->type_name("FILE");
  app.add_option("--out", options.out, "Folder for report, resolved scenario, event log and captures")
      ->type_name("DIR");
  app.add_flag("--force", options.force, "Write into a folder that exists");
  app.add_option("--events", options.events, "Write the event log here")->type_name("FILE");
  app.add_option("--batch", options.batch, "Most clock cycles per activation of a card")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}));
  app.add_flag("--no-skip", options.no_skip, "Evaluate idle cycles, too");
  app.add_flag("--check-skip", options.check_skip, "Evaluate skipped cycles and fail if anything moved");
  app.add_flag("--quiet", options.quiet, "No summary, no progress");
  app.add_option("--random-reset", options.random_reset_seed,
                 "Flops start at random values from this seed, before reset");
  app.add_option_function<std::string>(
         "--seed", [&overlays](const std::string& v) { overlays.push_back("seed=" + v); }, "Seed of the run")
      ->type_name("N");
  app.add_option(
         "--waves",
         [&options](const std::vector<std::string>& values) {
           options.waves = "waves.fst";
           return values.front().empty() || parse_window(values.front(), options);
         },
         "Write waves.fst, of this stretch of simulated time")
      ->expected(0, 1)
      ->type_name("FROM..TO");
}

void add_run(CLI::App& app, Command& chosen, const std::string& command_line) {
  struct State {
    RunOptions options;
    std::vector<std::string> overlays, sets;
    std::string file;
    std::optional<std::string> until;
  };
  const auto state = std::make_shared<State>();
  CLI::App& run = *app.add_subcommand("run", "Run a scenario");
  run.add_option("SCENARIO", state->file, "TOML file; - is standard input")->required();
  run.add_option("--set", state->sets, "PATH=VALUE, e.g. nic.rx_ring=64")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  run.add_option("--until", state->until, "Stop at this simulated time")->type_name("TIME");
  add_run_options(run, state->options, state->overlays);
  run.callback([state, &chosen, command_line] {
    chosen = [state, command_line] {
      if (state->until) state->overlays.push_back("stop.after=" + *state->until);
      state->overlays.insert(state->overlays.end(), state->sets.begin(), state->sets.end());
      const auto scenario = load_scenario(state->file, state->overlays, sysctl_rules());
      if (!scenario) {
        say_all(scenario.error());
        return static_cast<int>(kUsage);
      }
      state->options.command = command_line;
      state->options.scenario_name = state->file;
      state->options.title = state->file;
      return run_session(*scenario, state->options);
    };
  });
}

}  // namespace nicosim
