#include "cli/guard.hpp"

#include "cli/capture/capture_input.hpp"
#include "cli/run_session.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <fmt/format.h>
#include <stdexcept>
#include <system_error>

namespace nicosim {

int guarded(const std::function<int()>& command) {
  try {
    const int code = command();
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

}  // namespace nicosim
