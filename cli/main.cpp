// nicosim: the command line.
#include "cli/capture/capture_input.hpp"
#include "cli/command_line.hpp"
#include "cli/run_session.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fmt/format.h>
#include <stdexcept>
#include <system_error>

namespace nicosim {
namespace {

// As it can be typed again.
std::string quote(const std::string& word) {
  if (!word.empty() && word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                              "-_./=:,+@%") == std::string::npos)
    return word;
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return out + "'";
}

int run_command_line(int argc, char** argv) {
  std::string command_line = "./nicosim";
  for (int i = 1; i < argc; ++i) command_line += " " + quote(argv[i]);
  const ParsedCommand parsed = parse_command_line(argc, argv, command_line);
  if (!parsed.command) return parsed.exit_code;
  try {
    const int code = parsed.command();
    if (std::fflush(stdout) == 0) return code;
    fmt::print(stderr, "nicosim: standard output: {}\n", std::strerror(errno));
    return code == kGood ? kOutput : code;
  } catch (const CaptureError& e) {
    fmt::print(stderr, "nicosim: {}\n", e.what());
    return kInput;
  } catch (const std::invalid_argument& e) {
    fmt::print(stderr, "nicosim: {}\n", e.what());
    return kUsage;
  } catch (const std::system_error& e) {  // fmt::print's; those who read files throw CaptureError
    fmt::print(stderr, "nicosim: {}\n", e.what());
    return kOutput;
  } catch (const std::exception& e) {
    fmt::print(stderr, "nicosim: our fault: {}\n", e.what());
    return kOurFault;
  }
}

}  // namespace
}  // namespace nicosim

// SystemC's library wants this name; our own main() starts the simulation, so there is no banner.
int sc_main(int, char**) { return 0; }

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe is a write error like any other
  return nicosim::run_command_line(argc, argv);
}
