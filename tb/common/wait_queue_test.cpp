#include "common/wait_queue.hpp"

#include <gtest/gtest.h>
#include <string>

namespace nicosim {
namespace {

struct Sleeper final : Waiter {
  Sleeper(char name, std::string& order) : name_(name), order_(order) {}
  bool woken(PollMask, bool) override {
    order_ += name_;
    return accepts;
  }
  bool accepts = true;

 private:
  char name_;
  std::string& order_;
};

TEST(WaitQueue, WakesAllNonExclusiveAndOneExclusive) {
  std::string order;
  Sleeper a{'a', order}, b{'b', order}, x{'x', order}, y{'y', order};
  WaitQueue queue;
  queue.add_exclusive(x);
  queue.add_exclusive(y);
  queue.add(a);
  queue.add(b);
  EXPECT_EQ(queue.wake_up(1), 3U);
  EXPECT_EQ(order, "bax");  // non-exclusive waiters enter at the head
  for (Waiter* w :
       {static_cast<Waiter*>(&a), static_cast<Waiter*>(&b), static_cast<Waiter*>(&x), static_cast<Waiter*>(&y)})
    queue.remove(*w);
  EXPECT_FALSE(queue.has_sleepers());
}

TEST(WaitQueue, AnExclusiveWaiterThatRefusesDoesNotCount) {
  std::string order;
  Sleeper x{'x', order}, y{'y', order};
  x.accepts = false;
  WaitQueue queue;
  queue.add_exclusive(x);
  queue.add_exclusive(y);
  EXPECT_EQ(queue.wake_up(1), 1U);
  EXPECT_EQ(order, "xy");
  queue.remove(x);
  queue.remove(y);
}

TEST(WaitQueue, AWaiterMayRemoveItselfWhenWoken) {
  struct Once final : Waiter {
    explicit Once(WaitQueue& q) : queue(q) {}
    bool woken(PollMask, bool) override {
      queue.remove(*this);
      return true;
    }
    WaitQueue& queue;
  };
  WaitQueue queue;
  Once a{queue}, b{queue};
  queue.add(a);
  queue.add(b);
  EXPECT_EQ(queue.wake_up(1), 2U);
  EXPECT_FALSE(queue.has_sleepers());
}

TEST(WaitQueue, WhoLeavesWhileAnotherIsWokenIsNotWoken) {
  struct Remover final : Waiter {
    Remover(WaitQueue& of, Waiter*& whom) : queue(of), victim(whom) {}
    bool woken(PollMask, bool) override {
      ++times;
      if (victim != nullptr) queue.remove(*victim);
      return true;
    }
    WaitQueue& queue;
    Waiter*& victim;
    int times = 0;
  };
  WaitQueue queue;
  Waiter* victim = nullptr;
  Remover last{queue, victim}, middle{queue, victim}, first{queue, victim};
  queue.add(last);
  queue.add(middle);
  queue.add(first);
  victim = &middle;
  EXPECT_EQ(queue.wake_up(1), 2U);
  EXPECT_EQ(first.times, 1);
  EXPECT_EQ(middle.times, 0);
  EXPECT_EQ(last.times, 1);
  queue.remove(first);
  queue.remove(last);
}

}  // namespace
}  // namespace nicosim
