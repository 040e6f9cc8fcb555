// What each subcommand does, once the command line has been understood (cli/command_line.cpp). All return exit codes.
#pragma once

#include "cli/run_session.hpp"

#include <string>
#include <vector>

namespace nicosim {

struct RunRequest {
  RunOptions options;
  std::vector<std::string> overlays;  // PATH=VALUE, in the order in which they apply
  std::string file;
  unsigned jobs = 0;  // points of a study at a time; 0: one per core
};
int run_command(RunRequest& request);

// A scenario that has a [study].
int study_command(RunRequest& request, const ScenarioText& text, Scenario whole);

struct ReplayRequest {
  RunOptions options;
  std::vector<std::string> overlays;
  std::string file, as = "auto", pace = "capture", mode = "napi";
  SimTime max_gap = SimTime::s(10);
  bool promiscuous = false, lenient = false;
};
int replay_command(ReplayRequest& request);

struct TapRequest {
  RunOptions options;
  std::vector<std::string> overlays, command, attach;
  std::string file;  // scenario; empty: the host described in docs/tap.md
  std::optional<std::string> record;
  double scale = 1;
  unsigned nics = 1;
};
int tap_command(TapRequest& request);
// Whatever goes wrong beside the command.
inline constexpr int kTapFailed = 125;

int check_command(const std::string& file, const std::vector<std::string>& overlays);
int frame_command(const std::string& directory, const std::string& frame);
int costs_command();
int registers_command();
int stations_command();
int version_command();

void say_all(const ScenarioErrors& errors);

}  // namespace nicosim
