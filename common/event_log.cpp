#include "common/event_log.hpp"

#include <fmt/format.h>

namespace nicosim {

void EventLog::emit(SimTime time, unsigned source, std::string_view station, FrameId frame, std::string_view details) {
  if (!enabled()) return;
  lines_.add(time, source, fmt::format("{}\t{}\t{}\t{}\n", time.in_ps(), station, frame.name(), details));
}

void EventLog::release(SimTime time) {
  if (!enabled()) return;
  lines_.release(time, [this](SimTime, std::string&& line) { sink_(line); });
}

}  // namespace nicosim
