// ./nicosim run SCENARIO
#include "cli/commands/commands.hpp"
#include "cli/shell_quote.hpp"

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
  for (const Scenario::Peer& peer : scenario->peers)
    if (peer.kind == Scenario::Peer::Kind::tap) {
      fmt::print(stderr,
                 "nicosim: {}: peer.{} is of kind tap, a real program on this machine, and a run has none\n"
                 "nicosim: ./nicosim tap --scenario {} -- COMMAND\n",
                 text->name, peer.name, shell_quote(request.file));
      return kUsage;
    }
  request.options.scenario_name = text->name;
  request.options.title = text->name;
  if (scenario->study) return study_command(request, *text, std::move(*scenario));
  return run_session(*scenario, request.options);
}

}  // namespace nicosim
