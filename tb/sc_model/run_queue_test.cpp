// The scheduler's order, without processes: virtual time, credit of sleepers, granularities.
#include "sc_model/host/run_queue.hpp"

#include <gtest/gtest.h>

namespace nicosim {
namespace {

using Why = RunQueue::Why;

TEST(RunQueue, TakesTheLeastVirtualTimeAndAmongEqualsTheFirst) {
  RunQueue queue{1};
  SchedEntity a, b, c;
  a.vruntime = SimTime::us(2);
  b.vruntime = c.vruntime = SimTime::us(1);
  for (SchedEntity* const entity : {&a, &b, &c}) queue.put(*entity, Why::preempted);
  EXPECT_EQ(queue.size(), 3U);
  EXPECT_EQ(queue.take(), &b);
  EXPECT_EQ(queue.take(), &c);
  EXPECT_EQ(queue.take(), &a);
  EXPECT_EQ(queue.take(), nullptr);
}

TEST(RunQueue, GivesALongSleeperHalfAPeriodOfCreditAndNoMore) {
  RunQueue queue{1};
  SchedEntity running, sleeper, nap;
  nap.vruntime = SimTime::ms(99);
  queue.ran(running, SimTime::ms(100));
  queue.put(sleeper, Why::woken);
  EXPECT_EQ(sleeper.vruntime, SimTime::ms(97));  // 6 ms / 2
  queue.put(nap, Why::woken);
  EXPECT_EQ(nap.vruntime, SimTime::ms(99)) << "who slept briefly gains nothing";
}

TEST(RunQueue, StartsANewProcessAtTheTimeOfTheQueue) {
  RunQueue queue{1};
  SchedEntity running, fresh;
  queue.ran(running, SimTime::ms(50));
  queue.put(fresh, Why::created);
  EXPECT_EQ(fresh.vruntime, SimTime::ms(50));
}

TEST(RunQueue, LetsAWokenProcessPreemptBeyondTheWakeupGranularity) {
  const RunQueue one{1}, two{2}, eight{8}, many{64};
  SchedEntity current, woken;
  current.vruntime = SimTime::ms(1);
  EXPECT_FALSE(one.wakeup_preempts(current, woken));
  current.vruntime += SimTime::ps(1);
  EXPECT_TRUE(one.wakeup_preempts(current, woken));
  EXPECT_FALSE(two.wakeup_preempts(current, woken)) << "2 ms with two cores";
  current.vruntime = SimTime::ms(4) + SimTime::ps(1);
  EXPECT_TRUE(eight.wakeup_preempts(current, woken));
  EXPECT_TRUE(many.wakeup_preempts(current, woken)) << "the factor ends at eight cores";
}

TEST(RunQueue, TakesTheCoreAtATickWhenTheSliceIsUsedUp) {
  RunQueue queue{1};
  SchedEntity current, other;
  EXPECT_FALSE(queue.tick_preempts(current)) << "nobody waits";
  queue.put(other, Why::created);
  queue.ran(current, SimTime::ms(3));
  EXPECT_FALSE(queue.tick_preempts(current)) << "6 ms for two: 3 ms each";
  queue.ran(current, SimTime::ps(1));
  EXPECT_TRUE(queue.tick_preempts(current));
}

TEST(RunQueue, GivesEachOfManyTheMinimumGranularity) {
  RunQueue queue{1};
  SchedEntity current;
  std::vector<SchedEntity> others(20);
  for (SchedEntity& entity : others) queue.put(entity, Why::created);
  queue.ran(current, SimTime::us(750));
  EXPECT_FALSE(queue.tick_preempts(current));
  queue.ran(current, SimTime::ps(1));
  EXPECT_TRUE(queue.tick_preempts(current));
}

TEST(RunQueue, KeepsAProcessesLagWhenItMoves) {
  RunQueue from{2}, to{2};
  SchedEntity a, b, mover;
  from.ran(a, SimTime::ms(10));
  to.ran(b, SimTime::ms(200));
  mover.vruntime = SimTime::ms(12);
  from.move_out(mover);
  to.move_in(mover);
  EXPECT_EQ(mover.vruntime, SimTime::ms(202));
}

}  // namespace
}  // namespace nicosim
