// Scenario files of any text: refused with a place and a sentence, or read, written and read again to the same.
#include "cli/scenario/scenario.hpp"
#include "stack/core/sysctl.hpp"
#include "tb/fuzz/fuzz.hpp"

#include <cctype>
#include <string>
#include <string_view>

namespace nicosim {
namespace {

using fuzz::require;

SysctlRules sysctl_rules() {
  return {Sysctl::names(), [](std::string_view name, std::uint64_t value) {
            Sysctl scratch;
            return Sysctl::set(scratch, name, value);
          }};
}

// "input:LINE:COLUMN: what"
void check_message(const std::string& message) {
  require(message.starts_with("input:"), "an error names the file");
  std::size_t at = 6;
  for (int number = 0; number < 2; ++number) {
    const std::size_t first = at;
    while (at < message.size() && std::isdigit(static_cast<unsigned char>(message[at])) != 0) ++at;
    require(at > first && at < message.size() && message[at] == ':', "an error names line and column");
    ++at;
  }
  require(at + 1 < message.size(), "an error says what is wrong");
  require(message.find('\n') == std::string::npos, "an error is one line");
}

}  // namespace
}  // namespace nicosim

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace nicosim;
  using fuzz::require;
  static const SysctlRules rules = sysctl_rules();
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto scenario = parse_scenario(text, "input", {}, rules);
  if (!scenario) {
    require(!scenario.error().messages.empty(), "what is refused is refused for a reason");
    for (const std::string& message : scenario.error().messages) check_message(message);
    return 0;
  }
  require(!scenario->nics.empty(), "a scenario has a card");
  const std::string written = write_scenario(*scenario);
  const auto again = parse_scenario(written, "input", {}, rules);
  require(static_cast<bool>(again), "what was written can be read");
  require(*again == *scenario, "parse(write(s)) == s");
  require(write_scenario(*again) == written, "and is written the same way again");
  return 0;
}
