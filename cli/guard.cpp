#include "cli/guard.hpp"

#include "cli/capture/capture_input.hpp"
#include "cli/run_session.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fmt/format.h>
#include <stdexcept>
#include <string>
#include <system_error>

namespace nicosim {
namespace {

// Must not throw: nobody would be left to catch it when standard error is the pipe that broke.
void say(const std::string& text) { std::fprintf(stderr, "nicosim: %s\n", text.c_str()); }

}  // namespace

int guarded(const std::function<int()>& command) {
  try {
    const int code = command();
    if (std::fflush(stdout) == 0) return code;
    say(fmt::format("standard output: {}", std::strerror(errno)));
    return code == kGood ? kOutput : code;
  } catch (const CaptureError& e) {
    say(e.what());
    return kInput;
  } catch (const std::invalid_argument& e) {
    say(e.what());
    return kUsage;
  } catch (const std::system_error& e) {  // fmt::print's; those who read files throw CaptureError
    say(e.what());
    return kOutput;
  } catch (const std::exception& e) {
    say(fmt::format("our fault: {}", e.what()));
    return kOurFault;
  }
}

}  // namespace nicosim
