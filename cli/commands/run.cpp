// ./nicosim run SCENARIO
#include "cli/commands/commands.hpp"

#include <fmt/format.h>

namespace nicosim {

SysctlRules sysctl_rules() {
  return {Sysctl::names(), [](std::string_view name, std::uint64_t value) {
            Sysctl scratch;
            return Sysctl::set(scratch, name, value);
          }};
}

void say_all(const ScenarioErrors& errors) { fmt::print(stderr, "{}\n", errors.text()); }

int run_command(RunRequest& request) {
  const auto scenario = load_scenario(request.file, request.overlays, sysctl_rules());
  if (!scenario) {
    say_all(scenario.error());
    return kUsage;
  }
  request.options.scenario_name = request.file;
  request.options.title = request.file;
  return run_session(*scenario, request.options);
}

}  // namespace nicosim
