#include "cli/report/journey.hpp"

#include "cli/scenario/units.hpp"
#include "common/station.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>

namespace nicosim {
namespace {

std::string names(const std::vector<FrameId>& ids) {
  std::string text;
  for (const FrameId id : ids) text += (text.empty() ? "" : ", ") + id.name();
  return text;
}

std::string meaning(const std::string& what) {
  if (const auto station = station_from(what)) return std::string{describe(*station)};
  for (std::size_t i = 0; i < kFates; ++i)
    if (name_of(static_cast<Fate>(i)) == what) return std::string{describe(static_cast<Fate>(i))};
  return {};
}

bool is_fate(const Journey::Step& step) {
  return !detail(step.details, "at").empty() &&
         std::ranges::any_of(std::array{Fate::read, Fate::answered, Fate::forwarded, Fate::consumed, Fate::queued,
                                        Fate::sent, Fate::dropped},
                             [&](Fate f) { return name_of(f) == step.what; });
}

}  // namespace

std::string detail(const std::string& details, std::string_view key) {
  std::string_view rest = details;
  while (!rest.empty()) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    if (word.size() > key.size() && word.starts_with(key) && word[key.size()] == '=')
      return std::string{word.substr(key.size() + 1)};
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  }
  return {};
}

std::string journey_text(const Journey& journey, bool colour) {
  std::string out;
  auto to = std::back_inserter(out);
  const std::string_view bold = colour ? "\033[1m" : "";
  const std::string_view plain = colour ? "\033[0m" : "";
  fmt::format_to(to, "{}Frame {}{}, {} port {}\n", bold, journey.id.name(), plain,
                 journey.id.from_host() ? "sent by the host through" : "arrived at", journey.id.port());
  if (!journey.parents.empty()) fmt::format_to(to, "  came of {}\n", names(journey.parents));
  if (journey.steps.empty()) {
    out += "  nothing is known of it\n";
    return out;
  }
  fmt::format_to(to, "\n  {:>10}  {:>10}  {:<13}\n", "since wire", "step", "station");
  const SimTime start = journey.steps.front().time;
  SimTime last = start;
  SimTime longest;
  for (const auto& step : journey.steps) {
    longest = std::max(longest, step.time - last);
    last = step.time;
  }
  last = start;
  std::string woken;
  for (const auto& step : journey.steps) {
    const SimTime took = step.time - last;
    last = step.time;
    const bool slowest = took == longest && took > SimTime::zero();
    const std::string text = step.details.empty() || step.details == "-" ? meaning(step.what) : step.details;
    fmt::format_to(to, "  {:>10}  {}{:>10}{}  {}{:<13}{} {}\n", humanised(step.time - start), slowest ? bold : "",
                   "+" + humanised(took), slowest ? plain : "", is_fate(step) ? bold : "", step.what,
                   is_fate(step) ? plain : "", text);
    for (const std::string_view key : {"process", "task", "woken", "app"})
      if (const std::string name = detail(step.details, key); !name.empty()) woken = name;
  }
  if (!woken.empty()) fmt::format_to(to, "\n  woke {}\n", woken);
  if (!journey.children.empty()) fmt::format_to(to, "\n  led to {}\n", names(journey.children));
  return out;
}

}  // namespace nicosim
