// The rules of signals: pending, queued, blocked, delivered (signal(7), kernel/signal.c).
#include "stack/io/signal.hpp"

#include <cerrno>
#include <csignal>
#include <gtest/gtest.h>
#include <vector>

namespace nicosim {
namespace {

constexpr int kRt = kSigRtMin + 2;

struct SignalRules : ::testing::Test {
  int send(int sig, int code = SI_USER, std::intptr_t value = 0) {
    SigInfo info;
    info.signo = sig;
    info.code = code;
    info.value = value;
    return signals.send(info);
  }
  void handle(int sig, int flags = 0, SignalSet mask = {}) {
    ASSERT_EQ(signals.set_action(sig, SigAction::call([](int, const SigInfo&) {}, flags, mask)), 0);
  }
  int next() {
    const auto delivery = signals.deliver();
    return delivery ? delivery->info.signo : 0;
  }

  SignalQuota quota;
  Signals signals{quota};
};

TEST_F(SignalRules, AStandardSignalIsPendingOnceHoweverOftenItWasSent) {
  signals.block({SIGUSR1});
  handle(SIGUSR1);
  send(SIGUSR1, SI_QUEUE, 1);
  send(SIGUSR1, SI_QUEUE, 2);
  EXPECT_FALSE(signals.deliverable());
  signals.block({});
  const auto first = signals.deliver();
  ASSERT_TRUE(first);
  EXPECT_EQ(first->info.value, 1) << "with what came with the first";
  signals.sigreturn(first->saved_mask);
  EXPECT_EQ(next(), 0);
}

TEST_F(SignalRules, RealTimeSignalsQueueInOrderEachWithItsValue) {
  for (const int value : {1, 2, 3}) EXPECT_EQ(send(kRt, SI_QUEUE, value), 0);
  EXPECT_EQ(quota.queued, 3U);
  for (const int value : {1, 2, 3}) {
    const auto info = signals.take(SignalSet::all());
    ASSERT_TRUE(info);
    EXPECT_EQ(info->value, value);
  }
  EXPECT_FALSE(signals.take(SignalSet::all()));
  EXPECT_EQ(quota.queued, 0U);
}

TEST_F(SignalRules, TheLowestNumberIsFirstAndFaultsAreBeforeAll) {
  handle(SIGHUP);
  handle(SIGSEGV);
  for (const int sig : {kRt + 1, kRt, SIGSEGV, SIGHUP}) send(sig);
  std::vector<int> order;
  while (const auto info = signals.take(SignalSet::all())) order.push_back(info->signo);
  EXPECT_EQ(order, (std::vector<int>{SIGSEGV, SIGHUP, kRt, kRt + 1}));
}

TEST_F(SignalRules, ARealTimeSignalThatCarriesSomethingIsRefusedAtTheLimit) {
  signals.limit = 2;
  EXPECT_EQ(send(kRt, SI_QUEUE), 0);
  EXPECT_EQ(send(kRt, SI_QUEUE), 0);
  EXPECT_EQ(send(kRt, SI_QUEUE), -EAGAIN);
  EXPECT_EQ(send(kRt, POLL_IN), -EAGAIN);
}

TEST_F(SignalRules, AtTheLimitKillStillMakesASignalPendingButNothingComesWithIt) {
  signals.limit = 0;
  handle(kRt);
  EXPECT_EQ(send(kRt, SI_USER, 5), 0);
  const auto delivery = signals.deliver();
  ASSERT_TRUE(delivery);
  EXPECT_EQ(delivery->info.code, SI_USER);
  EXPECT_EQ(delivery->info.value, 0);
  EXPECT_EQ(send(SIGUSR1, SI_QUEUE, 7), 0) << "a standard one from sigqueue() loses its value, too";
  EXPECT_EQ(signals.take(SignalSet::all())->value, 0);
}

TEST_F(SignalRules, AStandardSignalOfTheKernelMayExceedTheLimit) {
  signals.limit = 0;
  handle(SIGCHLD);
  SigInfo child;
  child.signo = SIGCHLD;
  child.code = CLD_EXITED;
  child.pid = 12;
  EXPECT_EQ(signals.send(child), 0);
  EXPECT_EQ(signals.take(SignalSet::all())->pid, 12U);
}

TEST_F(SignalRules, TheLimitCountsTheSignalsOfAllProcesses) {
  Signals other{quota};
  signals.limit = other.limit = 1;
  EXPECT_EQ(send(kRt, SI_QUEUE), 0);
  SigInfo info;
  info.signo = kRt;
  info.code = SI_QUEUE;
  EXPECT_EQ(other.send(info), -EAGAIN);
}

TEST_F(SignalRules, WhatIsIgnoredIsThrownAwayUnlessItIsBlocked) {
  signals.set_action(SIGUSR1, SigAction::ignore());
  send(SIGUSR1);
  EXPECT_TRUE(signals.pending().empty());
  signals.block({SIGUSR1});
  send(SIGUSR1);
  EXPECT_TRUE(signals.pending().has(SIGUSR1)) << "a handler may come before it is unblocked";
  signals.set_action(SIGUSR1, SigAction::ignore());
  EXPECT_TRUE(signals.pending().empty()) << "saying it again empties the queue";
}

TEST_F(SignalRules, SomeSignalsAreIgnoredByDefaultTheOthersEndTheProcess) {
  for (const int sig : {SIGCHLD, SIGURG, SIGWINCH, SIGCONT}) {
    send(sig);
    EXPECT_FALSE(signals.deliverable()) << sig;
  }
  for (const int sig : {SIGHUP, SIGPIPE, SIGALRM, SIGIO, SIGUSR2, kRt}) {
    send(sig);
    const auto delivery = signals.deliver();
    ASSERT_TRUE(delivery) << sig;
    EXPECT_TRUE(delivery->fatal) << sig;
  }
}

TEST_F(SignalRules, KillAndStopCanBeNeitherHandledNorBlocked) {
  for (const int sig : {SIGKILL, SIGSTOP}) {
    EXPECT_EQ(signals.set_action(sig, SigAction::ignore()), -EINVAL);
    signals.block(SignalSet::all());
    EXPECT_FALSE(signals.blocked().has(sig));
  }
  EXPECT_EQ(signals.set_action(0, {}), -EINVAL);
  EXPECT_EQ(signals.set_action(kSignals + 1, {}), -EINVAL);
  send(SIGKILL);
  EXPECT_TRUE(signals.deliver()->fatal);
}

TEST_F(SignalRules, AHandlerRunsWithItsSignalAndItsMaskBlockedUntilSigreturn) {
  handle(SIGUSR1, 0, {SIGUSR2});
  signals.block({SIGHUP});
  send(SIGUSR1);
  const auto delivery = signals.deliver();
  ASSERT_TRUE(delivery);
  EXPECT_EQ(signals.blocked(), (SignalSet{SIGHUP, SIGUSR1, SIGUSR2}));
  signals.sigreturn(delivery->saved_mask);
  EXPECT_EQ(signals.blocked(), SignalSet{SIGHUP});
}

TEST_F(SignalRules, WithNodeferTheHandlerMayBeInterruptedByItsOwnSignal) {
  handle(SIGUSR1, SA_NODEFER);
  send(SIGUSR1);
  EXPECT_EQ(next(), SIGUSR1);
  send(SIGUSR1);
  EXPECT_TRUE(signals.deliverable());
}

TEST_F(SignalRules, WithResethandTheSecondSignalMeetsTheDefault) {
  handle(SIGUSR1, SA_RESETHAND | SA_NODEFER);
  send(SIGUSR1);
  EXPECT_FALSE(signals.deliver()->fatal);
  send(SIGUSR1);
  EXPECT_TRUE(signals.deliver()->fatal);
}

TEST_F(SignalRules, SuspendLendsAMaskUntilAHandlerHasRun) {
  handle(SIGUSR1);
  signals.block({SIGUSR1});
  send(SIGUSR1);
  signals.suspend({SIGUSR2});
  const auto delivery = signals.deliver();
  ASSERT_TRUE(delivery);
  EXPECT_EQ(signals.blocked(), (SignalSet{SIGUSR1, SIGUSR2}));
  signals.sigreturn(delivery->saved_mask);
  EXPECT_EQ(signals.blocked(), SignalSet{SIGUSR1});
}

TEST_F(SignalRules, ASignalThatSomebodyWaitsForIsNotThrownAwayAsIgnored) {
  signals.block({SIGCHLD});
  signals.wait_for({SIGCHLD});
  send(SIGCHLD);
  EXPECT_TRUE(signals.deliverable());
  signals.wait_over();
  EXPECT_EQ(signals.blocked(), SignalSet{SIGCHLD});
  EXPECT_EQ(signals.take({SIGCHLD})->signo, SIGCHLD);
}

TEST_F(SignalRules, AChildInheritsHandlersMaskAndLimitButNothingPending) {
  handle(SIGUSR1, SA_RESTART);
  signals.block({SIGHUP, kRt});
  signals.limit = 5;
  send(kRt, SI_QUEUE);
  Signals child{quota};
  child.inherit(signals);
  EXPECT_EQ(child.action(SIGUSR1).flags, SA_RESTART);
  EXPECT_EQ(child.blocked(), (SignalSet{SIGHUP, kRt}));
  EXPECT_EQ(child.limit, 5U);
  EXPECT_TRUE(child.pending().empty());
}

TEST(Signals, GiveTheirPlacesBackWhenTheProcessEnds) {
  SignalQuota quota;
  {
    Signals signals{quota};
    SigInfo info;
    info.signo = kRt;
    info.code = SI_QUEUE;
    signals.send(info);
    EXPECT_EQ(quota.queued, 1U);
  }
  EXPECT_EQ(quota.queued, 0U);
}

}  // namespace
}  // namespace nicosim
