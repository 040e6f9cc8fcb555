#include "common/event_log.hpp"

#include <gtest/gtest.h>

namespace nicosim {
namespace {

TEST(EventLog, OrderIsByTimeThenSourceThenNumberHoweverItCame) {
  std::string out;
  EventLog log{[&](std::string_view line) { out += line; }};
  log.emit(SimTime::ps(20), EventLog::kHost, "poll", {}, "");
  log.emit(SimTime::ps(10), EventLog::kHost, "handler", {}, "");
  log.emit(SimTime::ps(20), EventLog::card(0), "mac", FrameId::make(0, false, 7), "kind=1");
  log.emit(SimTime::ps(20), EventLog::card(0), "filter", FrameId::make(0, false, 7), "");
  log.release(SimTime::never());
  EXPECT_EQ(out, "10\thandler\t-\t\n20\tmac\tr0:7\tkind=1\n20\tfilter\tr0:7\t\n20\tpoll\t-\t\n");
}

TEST(EventLog, ReleaseHoldsBackWhatIsNotYetPast) {
  std::string out;
  EventLog log{[&](std::string_view line) { out += line; }};
  log.emit(SimTime::ps(10), 0, "a", {}, "");
  log.emit(SimTime::ps(20), 0, "b", {}, "");
  log.release(SimTime::ps(20));
  EXPECT_EQ(out, "10\ta\t-\t\n");
}

}  // namespace
}  // namespace nicosim
