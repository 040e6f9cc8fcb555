// ./nicosim run SCENARIO
#include "cli/commands/commands.hpp"

#include <fmt/format.h>
#include <utility>

namespace nicosim {

void say_all(const ScenarioErrors& errors) { fmt::print(stderr, "{}\n", errors.text()); }

int run_command(RunRequest& request) {
  const auto text = read_scenario_text(request.file);
  if (!text) {
    say_all(text.error());
    return kUsage;
  }
  auto scenario = parse_scenario(text->toml, text->name, request.overlays, sysctl_rules());
  if (!scenario) {
    say_all(scenario.error());
    return kUsage;
  }
  request.options.scenario_name = text->name;
  request.options.title = text->name;
  if (scenario->study) return study_command(request, *text, std::move(*scenario));
  return run_session(*scenario, request.options);
}

}  // namespace nicosim
