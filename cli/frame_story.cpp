#include "cli/frame_story.hpp"

#include "common/station.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <fstream>

namespace nicosim {
namespace {

template <class T>
std::optional<T> number_from(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Event {
  SimTime time;
  std::string_view station, frame, details;
};

std::optional<Event> parse_event(std::string_view line) {
  std::array<std::string_view, 3> fields;
  for (std::string_view& field : fields) {
    const std::size_t tab = line.find('\t');
    if (tab == std::string_view::npos) return std::nullopt;
    field = line.substr(0, tab);
    line.remove_prefix(tab + 1);
  }
  const auto ps = number_from<std::int64_t>(fields[0]);
  if (!ps) return std::nullopt;
  return Event{SimTime::ps(*ps), fields[1], fields[2], line};
}

std::vector<FrameId> ids_from(std::string_view list) {
  std::vector<FrameId> ids;
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    if (const auto id = frame_id_from(name)) ids.push_back(*id);
    list.remove_prefix(std::min(list.size(), name.size() + 1));
  }
  return ids;
}

// Interrupt and handler lines of the frame's port, waiting for a DMA before them (or for the frame to come into the
// card's receive window) and a poll after them.
class Shared {
 public:
  void see(const Event& event, unsigned port) {
    const std::string details{event.details};
    if (detail(details, "port") == std::to_string(port))
      steps_.push_back({event.time, std::string{event.station}, details});
  }
  // The first of each kind since then, put in order among the frame's own steps.
  void give(Journey& journey) const {
    const auto find = [&](std::string_view what) {
      return std::ranges::find(journey.steps, what, &Journey::Step::what);
    };
    const auto at = [&](Station s) { return find(name_of(s)); };
    const auto dma = at(Station::dma);
    const auto poll = at(Station::poll);
    const auto given = dma == journey.steps.end() ? find("window") : dma;
    if (given == journey.steps.end() || poll == journey.steps.end()) return;
    const SimTime from = given->time;
    const SimTime until = poll->time;
    for (const Station s : {Station::interrupt, Station::handler}) {
      if (at(s) != journey.steps.end()) continue;
      const auto first = std::ranges::find_if(steps_, [&](const Journey::Step& step) {
        return step.what == name_of(s) && step.time >= from && step.time <= until;
      });
      if (first == steps_.end()) continue;
      const auto place = std::ranges::find_if(journey.steps, [&](const Journey::Step& step) {
        return step.time > first->time || step.what == name_of(Station::poll);
      });
      journey.steps.insert(place, *first);
    }
  }

 private:
  std::vector<Journey::Step> steps_;
};

}  // namespace

std::optional<FrameId> frame_id_from(std::string_view name) {
  if (name.size() < 4 || (name[0] != 'r' && name[0] != 't')) return std::nullopt;
  const std::size_t colon = name.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = number_from<unsigned>(name.substr(1, colon - 1));
  const bool segment = name[0] == 't' && name.substr(colon + 1).starts_with('s');
  const auto number = number_from<std::uint64_t>(name.substr(colon + (segment ? 2 : 1)));
  if (!port || !number || *port > 0xff || *number >= FrameId::kSegment) return std::nullopt;
  if (segment) return FrameId::segment(*port, *number);
  return FrameId::make(*port, name[0] == 't', *number);
}

Result<Journey, std::string> read_journey(std::istream& events, FrameId id) {
  Journey journey;
  journey.id = id;
  Shared shared;
  const std::string name = id.name();
  std::string line;
  for (std::uint64_t number = 1; std::getline(events, line); ++number) {
    const auto event = parse_event(line);
    if (!event) {
      if (events.eof()) break;  // the run was cut off while it wrote this line
      return fmt::format("line {} is no event; expected time_ps, station, frame, details between tabs", number);
    }
    if (event->frame == name) {
      const std::string details{event->details};
      if (event->station == "open") journey.parents = ids_from(detail(details, "parents"));
      Journey::Step step{event->time, std::string{event->station}, details};
      // Into the queue from which the frame was cut: before it was born
      if (const auto written = number_from<std::int64_t>(detail(details, "written_ps"))) {
        step.time = SimTime::ps(*written);
        journey.steps.insert(journey.steps.begin(), std::move(step));
      } else {
        journey.steps.push_back(std::move(step));
      }
    } else if (event->frame == "-" &&
               (event->station == name_of(Station::handler) || event->station == name_of(Station::interrupt))) {
      shared.see(*event, id.port());
    } else if (event->station == "open" && event->details.find(name) != std::string_view::npos) {
      const auto parents = ids_from(detail(std::string{event->details}, "parents"));
      const auto child = frame_id_from(event->frame);
      if (child && std::ranges::find(parents, id) != parents.end()) journey.children.push_back(*child);
    }
  }
  if (journey.steps.empty()) return fmt::format("frame {} is not in the event log", name);
  if (!id.from_host()) shared.give(journey);
  return journey;
}

Result<std::string, FrameStoryError> frame_story(const std::string& directory, std::string_view frame, bool colour) {
  const auto id = frame_id_from(frame);
  if (!id)
    return FrameStoryError{
        fmt::format("'{}' is no frame; expected a name such as r0:17 (arrived) or t0:4 (sent)", frame)};
  const std::string path = directory + "/events.tsv";
  const auto journey_of = [&](FrameId which) -> Result<Journey, std::string> {
    std::ifstream events{path};
    if (!events) return fmt::format("{}: {}; expected the output folder of a run", path, std::strerror(errno));
    return read_journey(events, which);
  };
  const auto own = journey_of(*id);
  if (!own) return FrameStoryError{own.error()};
  std::string text = journey_text(*own, colour);
  for (const auto* relatives : {&own->parents, &own->children})
    for (const FrameId relative : *relatives)
      if (const auto journey = journey_of(relative)) text += "\n" + journey_text(*journey, colour);
  return text;
}

}  // namespace nicosim
