#include "common/napi.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace nicosim {
namespace {

struct Source final : Napi {
  int poll(int) override { return 0; }
  std::string_view napi_name() const override { return "test"; }
};
struct PollList final : NapiScheduler {
  void enqueue(Napi& n) override { list.push_back(&n); }
  std::vector<Napi*> list;
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
  EXPECT_FALSE(source.complete_done(cpu));
  EXPECT_EQ(cpu.list.size(), 2U);
  EXPECT_TRUE(source.scheduled());
  EXPECT_TRUE(source.complete_done(cpu));
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
