#include "cli/study/points.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace nicosim {
namespace {

constexpr std::size_t kMostPoints = 10'000;

// "nic.eth0.rx_ring" without its instance: "nic.rx_ring".
std::string without_instance(const std::string& path) {
  const std::size_t first = path.find('.');
  const std::string section = path.substr(0, first);
  if (section != "nic" && section != "peer" && section != "wire" && section != "app") return path;
  const std::size_t second = first == std::string::npos ? first : path.find('.', first + 1);
  return second == std::string::npos ? path : section + path.substr(second);
}

// Whether PATH=VALUE leaves nothing of an axis to vary.
bool pins(const std::string& overlay, const std::string& key) {
  const std::string path = overlay.substr(0, overlay.find('='));
  return path == key || path == without_instance(key);
}

// What the axes are set to, point by point.
std::vector<Scenario::Settings> settings(const std::vector<Scenario::Study::Axis>& axes, bool zip) {
  std::vector<Scenario::Settings> points{{}};
  if (zip) {
    std::size_t longest = 1;  // a pinned axis stands still while the others advance
    for (const auto& axis : axes) longest = std::max(longest, axis.values.size());
    points.resize(longest);
    for (const auto& axis : axes)
      for (std::size_t i = 0; i < longest; ++i)
        points[i].emplace_back(axis.key, axis.values[std::min(i, axis.values.size() - 1)]);
    return points;
  }
  for (std::size_t first = 0, next = 0; first < axes.size() && points.size() <= kMostPoints; first = next) {
    for (next = first + 1; next < axes.size() && axes[next].zip;) ++next;  // these advance together
    std::vector<Scenario::Settings> more;
    for (const auto& point : points)
      for (std::size_t value = 0; value < axes[first].values.size(); ++value) {
        more.push_back(point);
        for (std::size_t i = first; i < next; ++i) more.back().emplace_back(axes[i].key, axes[i].values[value]);
      }
    points = std::move(more);
  }
  return points;
}

// Leaves of the axis, and of those that advance with it, the places where it has this value; where it has none, all
// places are one.
void pin_axis(std::vector<Scenario::Study::Axis>& axes, std::size_t pinned, const std::string& value) {
  std::size_t first = pinned, end = pinned + 1;
  while (axes[first].zip && first > 0) --first;
  while (end < axes.size() && axes[end].zip) ++end;
  const bool alone = end == first + 1;
  const std::vector<std::string> before = axes[pinned].values;
  if (alone || std::ranges::find(before, value) == before.end()) {
    axes[pinned].values.assign(alone ? 1 : before.size(), value);
    return;
  }
  for (std::size_t axis = first; axis < end; ++axis) {
    std::vector<std::string> kept;
    for (std::size_t i = 0; i < before.size(); ++i)
      if (before[i] == value) kept.push_back(axes[axis].values[i]);
    axes[axis].values = std::move(kept);
  }
}

bool is_meant(const Scenario::Expect& expect, const Scenario::Settings& set) {
  return std::ranges::all_of(expect.at,
                             [&](const auto& wanted) { return std::ranges::find(set, wanted) != set.end(); });
}

// The overlays of a point, where later ones win: its own values under what was typed, and its seed above all.
std::vector<std::string> overlays_of(const StudyPoint& point, std::span<const std::string> typed) {
  std::vector<std::string> all;
  for (const auto& [key, value] : point.set) all.push_back(key + "=" + value);
  for (const std::string& overlay : typed)
    if (!overlay.starts_with("seed=")) all.push_back(overlay);
  all.push_back(fmt::format("seed={}", point.seed));
  return all;
}

}  // namespace

std::string StudyPoint::name() const {
  std::string text;
  for (const auto& [key, value] : set) text += fmt::format("{}={} ", key, value);
  return text + fmt::format("seed={}", seed);
}

void pin(Scenario& scenario, std::span<const std::string> overlays) {
  auto& axes = scenario.study->axes;
  for (std::size_t axis = 0; axis < axes.size(); ++axis)
    for (const std::string& overlay : overlays)
      if (const std::size_t equals = overlay.find('='); equals != std::string::npos && pins(overlay, axes[axis].key))
        pin_axis(axes, axis, overlay.substr(equals + 1));
  std::erase_if(scenario.expects, [&](const Scenario::Expect& expect) {
    return std::ranges::any_of(expect.at, [&](const auto& wanted) {
      const auto axis = std::ranges::find(axes, wanted.first, &Scenario::Study::Axis::key);
      return std::ranges::find(axis->values, wanted.second) == axis->values.end();
    });
  });
}

std::vector<std::string> options_of(const StudyPoint& point, std::span<const std::string> overlays) {
  std::vector<std::string> words;
  for (const std::string& overlay : overlays_of(point, overlays)) words.insert(words.end(), {"--set", overlay});
  words.insert(words.end(), {"--set", "study.seeds=1"});
  return words;
}

Result<std::vector<StudyPoint>, ScenarioErrors> study_points(const ScenarioText& text,
                                                             std::span<const std::string> overlays,
                                                             const SysctlRules& sysctl) {
  auto whole = parse_scenario(text.toml, text.name, overlays, sysctl);
  if (!whole) return whole.error();
  pin(*whole, overlays);
  const Scenario::Study& study = *whole->study;
  const auto sets = settings(study.axes, study.zip);
  const std::uint32_t line = study.axes.empty() ? 0 : study.axes.front().where.line;
  if (sets.size() * study.seeds > kMostPoints)
    return ScenarioErrors{
        {fmt::format("{}:{}: the study has more than {} points; expected fewer", text.name, line, kMostPoints)}};
  std::vector<StudyPoint> points;
  for (const auto& set : sets)
    for (std::uint64_t i = 0; i < study.seeds; ++i) {
      StudyPoint point{set, whole->seed + i, {}};
      auto scenario = parse_scenario(text.toml, text.name, overlays_of(point, overlays), sysctl);
      if (!scenario) {
        ScenarioErrors errors;
        for (const std::string& message : scenario.error().messages)
          errors.messages.push_back(fmt::format("{}:{}: study: {}", text.name, line, message));
        return errors;
      }
      point.scenario = std::move(*scenario);
      point.scenario.study.reset();
      std::erase_if(point.scenario.expects, [&](const auto& expect) { return !is_meant(expect, set); });
      for (auto& expect : point.scenario.expects) expect.at.clear();
      points.push_back(std::move(point));
    }
  return points;
}

}  // namespace nicosim
