// `./nicosim frame DIR r0:17`: one frame's life out of a run's event log, with its parents and children.
#pragma once

#include "cli/report/journey.hpp"
#include "common/result.hpp"

#include <istream>
#include <optional>
#include <string>
#include <string_view>

namespace nicosim {

// "r0:17", "t1:4"; nullopt for anything else.
std::optional<FrameId> frame_id_from(std::string_view name);

// Reads an event log (tab separated: time_ps, station, frame, details) once and keeps what belongs to `id`. The
// interrupt and the handler run on behalf of many frames; those that fell between the frame's DMA and its poll are
// taken as its own. The error says which line is none, or that the frame is not in the log.
Result<Journey, std::string> read_journey(std::istream& events, FrameId id);

// The text that the command prints: the frame, then its parents, then its children.
struct FrameStoryError {
  std::string message;
};
Result<std::string, FrameStoryError> frame_story(const std::string& directory, std::string_view frame, bool colour);

}  // namespace nicosim
