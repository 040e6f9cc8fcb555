// Threaded NAPI: a kernel thread polls instead of the soft interrupt; and the watchdog of deferred interrupts.
#include "tb/stack/stack_fixture.hpp"

#include <gmock/gmock.h>

namespace nicosim {
namespace {

using ::testing::ElementsAre;

struct Enough {};  // ends the thread, which has no end of its own

struct Source final : Napi {
  int poll(int budget) override {
    budgets.push_back(budget);
    if (full_polls > 0) {
      --full_polls;
      return budget;
    }
    clear_scheduled();
    return 3;
  }
  std::string_view napi_name() const override { return "eth0"; }
  std::vector<int> budgets;
  unsigned full_polls = 0;
};

struct Threaded : StackFixture {
  // The thread runs; each time it sleeps the next of these happens.
  void run(std::deque<std::function<void()>> events) {
    runtime.on_sleep = [&] {
      if (events.empty()) throw Enough{};
      const auto next = std::move(events.front());
      events.pop_front();
      next();
      return true;
    };
    runtime.enter(Context::process, &kthread);
    EXPECT_THROW(stack->poll_in_thread(source), Enough);
    runtime.enter(Context::softirq);
    source.set_thread(nullptr);
  }

  TestTask kthread{3, "napi/eth0-8193"};
  Source source;
};

TEST_F(Threaded, AScheduleWakesTheThreadAndRaisesNoSoftInterrupt) {
  run({[&] {
    ASSERT_TRUE(source.schedule(*stack));
    EXPECT_TRUE(runtime.pending.empty());
    EXPECT_TRUE(runtime.wakes.contains(3));
    EXPECT_TRUE(source.budgets.empty()) << "polled when the scheduler runs the thread";
  }});
  EXPECT_THAT(source.budgets, ElementsAre(64));
}

TEST_F(Threaded, TheThreadPollsUntilTheSourceIsDryAndMakesRoomInBetween) {
  unsigned others = 0;
  runtime.on_resched = [&] { ++others; };
  source.full_polls = 3;
  run({[&] {
    source.schedule(*stack);
    runtime.wants_resched = true;
  }});
  EXPECT_THAT(source.budgets, ElementsAre(64, 64, 64, 64));
  EXPECT_EQ(others, 1U) << "cond_resched between two polls";
  EXPECT_EQ(stack->softnet(0).time_squeeze, 0U) << "no budget but the scheduler's";
}

TEST_F(Threaded, AnyOtherWakeUpPollsNothing) {
  run({[&] { runtime.wake(kthread, false); }, [&] { runtime.wake(kthread, false); }});
  EXPECT_TRUE(source.budgets.empty());
}

TEST_F(Threaded, ADisabledSourceIsGivenUpByTheThread) {
  source.full_polls = 1000;
  run({[&] {
    source.schedule(*stack);
    source.disable();
  }});
  EXPECT_THAT(source.budgets, ElementsAre(64));
  EXPECT_FALSE(source.scheduled()) << "napi_disable waits for this";
}

struct Deferred : StackFixture {
  Deferred() { source.defer(1, SimTime::us(20)); }
  ~Deferred() override { stack.reset(); }
  Source source;
};

TEST_F(Deferred, TheWatchdogSchedulesAfterGroFlushTimeout) {
  stack->start_watchdog(source, SimTime::us(20));
  advance(SimTime::us(19));
  EXPECT_TRUE(source.budgets.empty());
  advance(SimTime::us(1));
  EXPECT_THAT(source.budgets, ElementsAre(64));
}

TEST_F(Deferred, StartingItAgainReplacesTheFormerTime) {
  stack->start_watchdog(source, SimTime::us(20));
  advance(SimTime::us(15));
  stack->start_watchdog(source, SimTime::us(20));
  advance(SimTime::us(15));
  EXPECT_TRUE(source.budgets.empty());
  advance(SimTime::us(5));
  EXPECT_THAT(source.budgets, ElementsAre(64));
  EXPECT_EQ(stack->next_deadline(), SimTime::never());
}

}  // namespace
}  // namespace nicosim
