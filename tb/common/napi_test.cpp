#include "common/napi.hpp"

#include <gtest/gtest.h>
#include <utility>
#include <vector>

namespace nicosim {
namespace {

struct Source final : Napi {
  int poll(int) override { return 0; }
  std::string_view napi_name() const override { return "test"; }
};
struct PollList final : NapiScheduler {
  void enqueue(Napi& n) override { list.push_back(&n); }
  void start_watchdog(Napi&, SimTime after) override { watchdogs.push_back(after); }
  std::vector<Napi*> list;
  std::vector<SimTime> watchdogs;
};

TEST(Napi, ASecondScheduleOnlyLeavesMissed) {
  Source source;
  PollList cpu;
  EXPECT_TRUE(source.schedule(cpu));
  EXPECT_FALSE(source.schedule(cpu));
  EXPECT_EQ(cpu.list.size(), 1U);
  EXPECT_TRUE(source.missed());
}

TEST(Napi, CompleteAfterMissedSchedulesAgainAndKeepsTheInterruptMasked) {
  Source source;
  PollList cpu;
  source.schedule(cpu);
  source.schedule(cpu);
  EXPECT_FALSE(source.complete_done(cpu, 1));
  EXPECT_EQ(cpu.list.size(), 2U);
  EXPECT_TRUE(source.scheduled());
  EXPECT_TRUE(source.complete_done(cpu, 0));
  EXPECT_FALSE(source.scheduled());
}

TEST(NapiDeferral, SoManyEmptyPollsKeepTheInterruptMasked) {
  Source source;
  PollList cpu;
  source.defer(2, SimTime::us(20));
  source.schedule(cpu);
  EXPECT_FALSE(source.complete_done(cpu, 5)) << "work was done: the count begins, and one is used";
  EXPECT_EQ(cpu.watchdogs.back(), SimTime::us(20));
  EXPECT_FALSE(source.scheduled());
  source.watchdog(cpu);
  EXPECT_TRUE(source.scheduled());
  EXPECT_FALSE(source.complete_done(cpu, 0));
  source.watchdog(cpu);
  EXPECT_TRUE(source.complete_done(cpu, 0)) << "the third poll in a row without a deferral left";
  EXPECT_EQ(cpu.watchdogs.size(), 2U);
}

TEST(NapiDeferral, NeedsBothKnobs) {
  for (const auto& [irqs, timeout] : {std::pair{0U, SimTime::us(20)}, std::pair{2U, SimTime::zero()}}) {
    Source source;
    PollList cpu;
    source.defer(irqs, timeout);
    source.schedule(cpu);
    EXPECT_TRUE(source.complete_done(cpu, 5));
    EXPECT_TRUE(cpu.watchdogs.empty());
  }
}

TEST(NapiDeferral, TheWatchdogOfAScheduledSourceLeavesNoMissed) {
  Source source;
  PollList cpu;
  source.schedule(cpu);
  source.watchdog(cpu);
  EXPECT_FALSE(source.missed());
  EXPECT_EQ(cpu.list.size(), 1U);
  source.clear_scheduled();
  source.disable();
  source.watchdog(cpu);
  EXPECT_FALSE(source.scheduled()) << "disabled";
}

TEST(NapiBusyPoll, OwnsTheSourceAndItsCompletionUnmasksNothing) {
  Source source;
  PollList cpu;
  ASSERT_TRUE(source.begin_busy_poll(false));
  EXPECT_TRUE(source.scheduled());
  EXPECT_FALSE(source.begin_busy_poll(false)) << "one at a time";
  EXPECT_FALSE(source.complete_done(cpu, 0));
  EXPECT_TRUE(source.scheduled()) << "still the poller's";
  EXPECT_FALSE(source.schedule(cpu)) << "a card that interrupts finds it taken";
  EXPECT_FALSE(source.end_busy_poll(cpu, false));
  EXPECT_FALSE(source.missed()) << "the last poll will see what the card meant";
  EXPECT_TRUE(source.complete_done(cpu, 0));
  EXPECT_FALSE(source.scheduled());
}

TEST(NapiBusyPoll, CannotTakeADisabledOrScheduledSourceButLeavesItsPreference) {
  Source source;
  PollList cpu;
  source.schedule(cpu);
  EXPECT_FALSE(source.begin_busy_poll(false));
  EXPECT_FALSE(source.prefers_busy_poll());
  EXPECT_FALSE(source.begin_busy_poll(true));
  EXPECT_TRUE(source.prefers_busy_poll());
  source.complete_done(cpu, 0);
  EXPECT_FALSE(source.prefers_busy_poll());
  source.disable();
  EXPECT_FALSE(source.begin_busy_poll(true));
}

TEST(NapiBusyPoll, APreferringPollerLeavesTheInterruptMaskedAndTheWatchdogRunning) {
  Source source;
  PollList cpu;
  source.defer(1, SimTime::us(50));
  ASSERT_TRUE(source.begin_busy_poll(true));
  EXPECT_TRUE(source.end_busy_poll(cpu, true));
  EXPECT_EQ(cpu.watchdogs.size(), 1U);
  EXPECT_FALSE(source.complete_done(cpu, 0));
  EXPECT_FALSE(source.scheduled());
}

TEST(Napi, DisabledCannotBeScheduled) {
  Source source;
  PollList cpu;
  source.disable();
  EXPECT_FALSE(source.schedule(cpu));
  EXPECT_TRUE(cpu.list.empty());
}

}  // namespace
}  // namespace nicosim
