// nicosim: the command line.
#include "cli/command_line.hpp"
#include "cli/guard.hpp"
#include "cli/shell_quote.hpp"

#include <csignal>
#include <string>

namespace nicosim {
namespace {

int run_command_line(int argc, char** argv) {
  std::string command_line = "./nicosim";
  for (int i = 1; i < argc; ++i) command_line += " " + shell_quote(argv[i]);
  const ParsedCommand parsed = parse_command_line(argc, argv, command_line);
  return parsed.command ? guarded(parsed.command) : parsed.exit_code;
}

}  // namespace
}  // namespace nicosim

// SystemC's library wants this name; our own main() starts the simulation, so there is no banner.
extern "C" __attribute__((visibility("default"))) int sc_main(int, char**) { return 0; }

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error like any other
  return nicosim::run_command_line(argc, argv);
}
