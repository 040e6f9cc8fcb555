#include "cli/frame_story.hpp"

#include "common/frame_ledger.hpp"
#include "tb/cli/temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>

namespace nicosim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// The log of an echo: one frame in, its answer out, and a stranger in between.
std::string echo_log() {
  std::string text;
  EventLog log{[&](std::string_view line) { text += line; }};
  FrameLedger ledger{log};
  const FrameId request = ledger.open_on_wire(0, 17, SimTime::us(1));
  const FrameId stranger = ledger.open_on_wire(0, 1, SimTime::us(2));
  ledger.at(request, Station::mac, SimTime::us(3), "length=64");
  ledger.close(stranger, Fate::dropped, Station::filter, SimTime::us(3), DropReason::MAC_FILTER);
  ledger.handler_ran(0, SimTime::us(3));  // for somebody before
  ledger.at(request, Station::dma, SimTime::us(4));
  ledger.handler_ran(1, SimTime::us(5));  // another card's
  ledger.handler_ran(0, SimTime::us(6));
  ledger.at(request, Station::poll, SimTime::us(7));
  const FrameId reply = ledger.open_from_host(0, std::vector{request}, SimTime::us(9));
  ledger.close(request, Fate::read, Station::read, SimTime::us(8));
  ledger.at(reply, Station::tx_wire, SimTime::us(12));
  ledger.close(reply, Fate::sent, Station::tx_wire, SimTime::us(12));
  log.release(SimTime::never());
  return text;
}

std::vector<std::string> stations(const Journey& j) {
  std::vector<std::string> names;
  for (const auto& step : j.steps) names.push_back(step.what);
  return names;
}

TEST(FrameName, IsReadBackAsItIsPrinted) {
  for (const FrameId id : {FrameId::make(0, false, 17), FrameId::make(3, true, 123'456), FrameId::segment(2, 7)})
    EXPECT_EQ(frame_id_from(id.name()), id);
  for (const char* text : {"", "r", "r0", "r0:", "x0:1", "r:1", "r0:1x", "r-1:1", "r256:1", "r0:s1", "t0:s",
                           "t0:140737488355328", "0:1", "r0:99999999999999999999", "-"})
    EXPECT_FALSE(frame_id_from(text)) << text;
}

TEST(FrameStory, BeginsWithTheWriteWhenTheSegmentWasCutLater) {
  std::string text;
  EventLog log{[&](std::string_view line) { text += line; }};
  FrameLedger ledger{log};
  const FrameId segment = ledger.open_from_host(0, {}, SimTime::us(9));
  ledger.written(segment, SimTime::us(2), SimTime::us(9));
  ledger.at(segment, Station::tx_transport, SimTime::us(9));
  ledger.close(segment, Fate::sent, Station::tx_wire, SimTime::us(12));
  log.release(SimTime::never());
  EXPECT_EQ(ledger.latency(Station::tx_transport).max, SimTime::us(7));
  std::istringstream events{text};
  const auto journey = read_journey(events, segment);
  ASSERT_TRUE(journey) << journey.error();
  EXPECT_THAT(stations(*journey), ElementsAre("write", "open", "tx_transport", "sent"));
  EXPECT_EQ(journey->steps[0].time, SimTime::us(2));
}

TEST(FrameStory, FollowsOneFrameThroughTheLogWithItsHandler) {
  std::istringstream log{echo_log()};
  const auto journey = read_journey(log, FrameId::make(0, false, 17));
  ASSERT_TRUE(journey) << journey.error();
  EXPECT_THAT(stations(*journey), ElementsAre("wire", "mac", "dma", "handler", "poll", "read"));
  EXPECT_EQ(journey->steps[3].time, SimTime::us(6));
  EXPECT_THAT(journey->children, ElementsAre(FrameId::make(0, true, 0)));
}

TEST(FrameStory, PrintsTheFrameThenItsParentsAndChildren) {
  const TemporaryFolder folder;
  folder.write("events.tsv", echo_log());
  const auto text = frame_story(folder.file(""), "t0:0", false);
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_THAT(*text, ::testing::StartsWith("Frame t0:0, sent by the host through port 0\n  came of r0:17\n"));
  EXPECT_THAT(*text, HasSubstr("Frame r0:17, arrived at port 0"));
  const auto other = frame_story(folder.file(""), "r0:1", false);
  ASSERT_TRUE(other);
  EXPECT_THAT(*other, HasSubstr("at=filter reason=MAC_FILTER"));
}

TEST(FrameStory, SaysWhatIsMissing) {
  const TemporaryFolder folder;
  EXPECT_THAT(frame_story(folder.file(""), "r0:17", false).error().message, HasSubstr("No such file"));
  EXPECT_THAT(frame_story(folder.file(""), "17", false).error().message, HasSubstr("such as r0:17"));
  folder.write("events.tsv", echo_log());
  EXPECT_THAT(frame_story(folder.file(""), "r0:99", false).error().message, HasSubstr("r0:99 is not in the event log"));
  folder.write("events.tsv", "rubbish\nmore\n");
  EXPECT_THAT(frame_story(folder.file(""), "r0:17", false).error().message, HasSubstr("line 1 is no event"));
}

TEST(FrameStory, ALogThatEndsInsideALineIsReadUpToThere) {
  std::istringstream log{echo_log() + "12000000\ttx_w"};
  EXPECT_TRUE(read_journey(log, FrameId::make(0, false, 17)));
}

}  // namespace
}  // namespace nicosim
