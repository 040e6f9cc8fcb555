// The command line: what can be typed, and which command it means. The only code that knows CLI11.
#pragma once

#include <functional>
#include <string>

namespace nicosim {

struct ParsedCommand {
  std::function<int()> command;  // does it and returns the exit code; empty when there is nothing to do
  int exit_code = 0;             // then: 0 after --help, 2 after a usage error, which has been explained
};

// `command_line` is what was typed, quoted: for messages and the manifest.
ParsedCommand parse_command_line(int argc, char** argv, const std::string& command_line);

}  // namespace nicosim
