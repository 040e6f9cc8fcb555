// The subcommands: each adds itself to the parser and says what to do when it was chosen.
#pragma once

#include "cli/run_session.hpp"

#include <CLI/CLI.hpp>
#include <functional>

namespace nicosim {

using Command = std::function<int()>;  // returns the exit code

// Options that run and replay share, bound to `options`; what they say about the scenario goes into `overlays`.
void add_run_options(CLI::App& app, RunOptions& options, std::vector<std::string>& overlays);

void add_run(CLI::App& app, Command& chosen, const std::string& command_line);
void add_replay(CLI::App& app, Command& chosen, const std::string& command_line);
void add_tables(CLI::App& app, Command& chosen);  // check, costs, registers, stations, frame, version

SysctlRules sysctl_rules();
void say_all(const ScenarioErrors& errors);

}  // namespace nicosim
