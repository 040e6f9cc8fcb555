#include "common/event_log.hpp"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>
#include <tuple>

namespace nicosim {
namespace {

constexpr auto kLater = [](const auto& a, const auto& b) {
  return std::tie(a.time, a.source, a.number) > std::tie(b.time, b.source, b.number);
};

}  // namespace

void EventLog::emit(SimTime time, unsigned source, std::string_view station, FrameId frame, std::string_view details) {
  if (!enabled()) return;
  assert(time >= released_ && "an event came after its time had been written out");
  heap_.push_back(Event{time, source, next_number_.at(source)++,
                        fmt::format("{}\t{}\t{}\t{}\n", time.in_ps(), station, frame.name(), details)});
  std::ranges::push_heap(heap_, kLater);
}

void EventLog::release(SimTime time) {
  released_ = std::max(released_, time);
  while (!heap_.empty() && heap_.front().time < time) {
    std::ranges::pop_heap(heap_, kLater);
    sink_(heap_.back().line);
    heap_.pop_back();
  }
}

}  // namespace nicosim
