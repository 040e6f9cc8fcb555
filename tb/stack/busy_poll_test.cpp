// A process that waits polls the card itself: who may, for how long, with which budget (napi_busy_loop).
#include "tb/stack/stack_fixture.hpp"

#include <array>
#include <gmock/gmock.h>

namespace nicosim {
namespace {

using namespace packets;
using ::testing::Each;
using ::testing::ElementsAre;

// A card's Napi by hand: after so many polls it finds frames, one a poll.
struct Source final : Napi {
  explicit Source(StackFixture& rig) : rig_(rig) {}
  int poll(int budget) override {
    budgets.push_back(budget);
    if (on_poll) on_poll();
    const bool has = frames > 0 && budgets.size() > empty_polls;
    if (has) {
      --frames;
      rig_.stack->receive(rig_.card, rig_.frame_of(udp_frame(text("polled"))));
    }
    const int work = always_full ? budget : static_cast<int>(has);
    if (work < budget && complete_done(*rig_.stack, work)) ++unmasked;
    return work;
  }
  std::string_view napi_name() const override { return "eth0"; }

  std::vector<int> budgets;
  std::size_t empty_polls = 0, frames = 0;
  bool always_full = false;
  unsigned unmasked = 0;
  std::function<void()> on_poll;

 private:
  StackFixture& rig_;
};

struct BusyPolling : StackFixture {
  BusyPolling() : StackFixture({}, false) { with(50, 0); }
  ~BusyPolling() override { stack.reset(); }  // before the source that its timers name

  void with(std::uint32_t busy_read, std::uint32_t busy_poll) {
    StackConfig config;
    config.rx_path = RxPath::direct;
    config.sysctl.busy_read = busy_read;
    config.sysctl.busy_poll = busy_poll;
    card.source = &source;
    rebuild(config);
    know_peer();
  }
  // A socket that has heard of its card: by a datagram that came the usual way and was read.
  int socket() {
    const int fd = udp_socket();
    hear(fd);
    return fd;
  }
  void hear(int fd) {
    receive(udp_frame(text("first")));
    EXPECT_EQ(read(fd), text("first"));
    source.budgets.clear();
    source.unmasked = 0;
  }
  void sleep_until_a_frame_comes() {
    runtime.on_sleep = [this] {
      ++slept;
      asleep_at = runtime.now();
      EXPECT_FALSE(source.scheduled()) << "who sleeps owns no card";
      receive(udp_frame(text("interrupt")));
      return true;
    };
  }

  Source source{*this};
  unsigned slept = 0;
  SimTime asleep_at;
};

TEST_F(BusyPolling, AReaderTakesItsDatagramFromTheCardWithoutSleeping) {
  const int fd = socket();
  source.empty_polls = 2;
  source.frames = 1;
  EXPECT_EQ(read(fd, 0), text("polled"));  // a sleep would end the test
  EXPECT_EQ(source.budgets.size(), 4U) << "two in vain, one with the frame, one to unmask";
  EXPECT_THAT(source.budgets, Each(8)) << "BUSY_POLL_BUDGET";
  EXPECT_EQ(source.unmasked, 1U);
  EXPECT_FALSE(source.scheduled());
  EXPECT_EQ(nstat("TcpExtBusyPollRxPackets"), 1U);
  EXPECT_FALSE(runtime.wakes.contains(7));
}

TEST_F(BusyPolling, AReaderSleepsWhenItsTimeIsUpWithTheInterruptUnmasked) {
  const int fd = socket();
  sleep_until_a_frame_comes();
  const SimTime began = runtime.now();
  EXPECT_EQ(read(fd, 0), text("interrupt"));
  EXPECT_EQ(slept, 1U);
  EXPECT_GT(asleep_at - began, SimTime::us(50));
  EXPECT_LT(asleep_at - began, SimTime::us(52));
  EXPECT_EQ(source.unmasked, 1U) << "by the last poll only";
}

TEST_F(BusyPolling, IsOffByDefault) {
  with(0, 0);
  const int fd = socket();
  sleep_until_a_frame_comes();
  EXPECT_EQ(read(fd, 0), text("interrupt"));
  EXPECT_TRUE(source.budgets.empty());
}

TEST_F(BusyPolling, SoBusyPollSetsTheTimeOfOneSocket) {
  with(0, 0);
  const int fd = socket();
  EXPECT_EQ(get_option<int>(fd, SOL_SOCKET, SO_BUSY_POLL), 0);
  EXPECT_EQ(set_option(fd, SOL_SOCKET, SO_BUSY_POLL, int{-1}), -EINVAL);
  EXPECT_EQ(set_option(fd, SOL_SOCKET, SO_BUSY_POLL, int{20}), 0);
  EXPECT_EQ(get_option<int>(fd, SOL_SOCKET, SO_BUSY_POLL), 20);
  sleep_until_a_frame_comes();
  const SimTime began = runtime.now();
  EXPECT_EQ(read(fd, 0), text("interrupt"));
  EXPECT_GT(asleep_at - began, SimTime::us(20));
  EXPECT_LT(asleep_at - began, SimTime::us(22));
}

TEST_F(BusyPolling, ASocketThatHasHeardOfNoCardPollsNone) {
  const int fd = udp_socket();
  EXPECT_EQ(get_option<int>(fd, SOL_SOCKET, SO_INCOMING_NAPI_ID), 0);
  sleep_until_a_frame_comes();
  EXPECT_EQ(read(fd, 0), text("interrupt"));
  EXPECT_TRUE(source.budgets.empty());
  EXPECT_EQ(get_option<int>(fd, SOL_SOCKET, SO_INCOMING_NAPI_ID), 8193);
}

TEST_F(BusyPolling, ANonblockingReaderPollsOnceAndComesBack) {
  const int fd = socket();
  read(fd, MSG_DONTWAIT);
  EXPECT_EQ(result, -EAGAIN);
  EXPECT_EQ(source.budgets.size(), 2U) << "one poll, and the one that unmasks";
  source.frames = 1;
  source.budgets.clear();
  EXPECT_EQ(read(fd, MSG_DONTWAIT), text("polled"));
}

TEST_F(BusyPolling, WhatASoftInterruptPollsIsNotTaken) {
  const int fd = socket();
  Napi& napi = source;
  ASSERT_TRUE(napi.schedule_prep());
  sleep_until_a_frame_comes();
  runtime.on_sleep = [&] {
    receive(udp_frame(text("interrupt")));
    return true;
  };
  EXPECT_EQ(read(fd, 0), text("interrupt"));
  EXPECT_TRUE(source.budgets.empty()) << "SCHED is somebody else's";
  EXPECT_TRUE(source.scheduled());
  source.clear_scheduled();
}

TEST_F(BusyPolling, WhoHasASignalToAttendToDoesNotPoll) {
  const int fd = socket();
  sleep_until_a_frame_comes();
  runtime.signalled.insert(task.pid());
  read(fd, 0);
  EXPECT_TRUE(source.budgets.empty());
}

TEST_F(BusyPolling, ADisabledSourceIsNotPolled) {
  const int fd = socket();
  source.disable();
  sleep_until_a_frame_comes();
  EXPECT_EQ(read(fd, 0), text("interrupt"));
  EXPECT_TRUE(source.budgets.empty());
}

TEST_F(BusyPolling, AnInterruptMeanwhileFindsTheSourceTakenAndNothingIsLost) {
  const int fd = socket();
  source.on_poll = [&] {
    if (source.in_busy_poll()) {
      EXPECT_FALSE(source.schedule(*stack));
    }
  };
  sleep_until_a_frame_comes();
  EXPECT_EQ(read(fd, 0), text("interrupt"));
  EXPECT_FALSE(source.missed());
  EXPECT_EQ(source.unmasked, 1U) << "MISSED is cleared before the last poll, which sees the ring itself";
}

TEST_F(BusyPolling, MakesRoomForWhoeverTheSchedulerWantsAndGoesOn) {
  const int fd = socket();
  unsigned others = 0;
  runtime.on_resched = [&] {
    ++others;
    EXPECT_FALSE(source.in_busy_poll()) << "the card is not kept while somebody else runs";
  };
  source.on_poll = [&] {
    if (source.budgets.size() == 3) runtime.wants_resched = true;
  };
  source.empty_polls = 10;
  source.frames = 1;
  EXPECT_EQ(read(fd, 0), text("polled"));
  EXPECT_EQ(others, 1U);
}

TEST_F(BusyPolling, AFullLastPollLeavesTheRestToTheSoftInterrupt) {
  const int fd = socket();
  source.always_full = true;
  source.frames = 1;
  EXPECT_EQ(read(fd, 0), text("polled"));
  EXPECT_TRUE(source.scheduled());
  EXPECT_TRUE(runtime.pending.contains(Softirq::net_rx));
  source.always_full = false;
  run_softirqs();
  EXPECT_FALSE(source.scheduled());
}

TEST_F(BusyPolling, APreferringReaderKeepsTheInterruptMaskedForTheWatchdogsTime) {
  const int fd = socket();
  source.defer(2, SimTime::us(200));
  EXPECT_EQ(set_option(fd, SOL_SOCKET, SO_PREFER_BUSY_POLL, int{1}), 0);
  EXPECT_EQ(set_option(fd, SOL_SOCKET, SO_BUSY_POLL_BUDGET, int{16}), 0);
  EXPECT_EQ(get_option<int>(fd, SOL_SOCKET, SO_PREFER_BUSY_POLL), 1);
  source.frames = 1;
  EXPECT_EQ(read(fd, 0), text("polled"));
  EXPECT_THAT(source.budgets, Each(16));
  EXPECT_EQ(source.unmasked, 0U);
  EXPECT_FALSE(source.scheduled());
  advance(SimTime::us(1000));
  EXPECT_EQ(source.unmasked, 1U) << "nobody came back: the watchdog's polls end it";
}

TEST_F(BusyPolling, ASoftInterruptGivesWayToAPreferringReader) {
  const int fd = socket();
  EXPECT_EQ(set_option(fd, SOL_SOCKET, SO_PREFER_BUSY_POLL, int{1}), 0);
  source.defer(1, SimTime::us(200));
  ASSERT_TRUE(source.schedule(*stack));
  read(fd, MSG_DONTWAIT);  // finds it scheduled, and leaves its preference
  EXPECT_EQ(result, -EAGAIN);
  ASSERT_TRUE(source.prefers_busy_poll());
  source.always_full = true;
  runtime.pending.clear();
  stack->softirq(Softirq::net_rx);
  EXPECT_THAT(source.budgets, ElementsAre(64));
  EXPECT_FALSE(source.scheduled()) << "although there is more: it is the reader's, or the watchdog's";
  EXPECT_TRUE(runtime.pending.empty());
  source.always_full = false;
  advance(SimTime::us(1000));
}

TEST_F(BusyPolling, PollAndSelectTakeTheirTimeFromBusyPoll) {
  with(50, 30);
  const int fd = socket();
  for (const bool ready : {true, false}) {
    SCOPED_TRACE(ready);
    source.budgets.clear();
    source.empty_polls = 5;
    source.frames = ready ? 1 : 0;
    slept = 0;
    sleep_until_a_frame_comes();
    std::array files{pollfd{fd, POLLIN, 0}};
    const SimTime began = runtime.now();
    EXPECT_EQ(sys().poll(task, files, -1), 1);
    EXPECT_EQ(slept, ready ? 0U : 1U);
    if (!ready) {
      EXPECT_GT(asleep_at - began, SimTime::us(30));
      EXPECT_LT(asleep_at - began, SimTime::us(33));
    }
    EXPECT_EQ(read(fd), text(ready ? "polled" : "interrupt"));
  }
}

TEST_F(BusyPolling, PollDoesNotUnlessBusyPollIsOnEvenIfReadsDo) {
  with(50, 0);
  const int fd = socket();
  sleep_until_a_frame_comes();
  std::array files{pollfd{fd, POLLIN, 0}};
  EXPECT_EQ(sys().poll(task, files, -1), 1);
  EXPECT_TRUE(source.budgets.empty());
  EXPECT_EQ(read(fd), text("interrupt"));
}

TEST_F(BusyPolling, EpollPollsTheCardOfTheSocketThatItHeardLast) {
  with(0, 30);
  const int fd = socket();
  const int ep = sys().epoll_create1(task, 0);
  epoll_event wanted{.events = EPOLLIN, .data = {.fd = fd}};
  ASSERT_EQ(sys().epoll_ctl(task, ep, EPOLL_CTL_ADD, fd, &wanted), 0);
  source.empty_polls = 3;
  source.frames = 1;
  std::array<epoll_event, 4> events{};
  EXPECT_EQ(sys().epoll_wait(task, ep, events, -1), 1);  // a sleep would end the test
  EXPECT_THAT(source.budgets, Each(8));
  EXPECT_EQ(read(fd), text("polled"));
  source.budgets.clear();
  sleep_until_a_frame_comes();
  EXPECT_EQ(sys().epoll_wait(task, ep, events, -1), 1);
  EXPECT_EQ(slept, 1U);
  EXPECT_FALSE(source.budgets.empty());
  EXPECT_EQ(read(fd), text("interrupt"));
}

}  // namespace
}  // namespace nicosim
