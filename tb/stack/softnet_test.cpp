#include "stack/core/sysctl.hpp"
#include "tb/stack/stack_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;

StackConfig with(RxPath path, std::uint32_t backlog = 1000) {
  StackConfig config;
  config.rx_path = path;
  config.sysctl.netdev_max_backlog = backlog;
  return config;
}

struct Softnet : StackFixture {
  void arrive(unsigned n) {
    for (unsigned i = 0; i < n; ++i) stack->receive(card, frame_of(ethernet(pattern(46), {.type = 0x86dd})));
  }
};

// A source that always has work, as a card under load.
struct Busy final : Napi {
  explicit Busy(std::string& order, char name, int rounds) : order_(order), name_(name), left(rounds) {}
  int poll(int budget) override {
    order_ += name_;
    if (--left > 0) return budget;
    clear_scheduled();
    return 0;
  }
  std::string_view napi_name() const override { return "busy"; }
  std::string& order_;
  char name_;
  int left;
};

TEST_F(Softnet, InputQueueHoldsOneMoreThanNetdevMaxBacklog) {
  rebuild(with(RxPath::netif_rx, 10));
  arrive(15);
  EXPECT_EQ(stack->softnet(0).backlog_len, 11U);
  EXPECT_EQ(stack->softnet(0).dropped, 4U);
  EXPECT_EQ(dropped(Station::backlog, DropReason::CPU_BACKLOG), 4U);
  EXPECT_EQ(stack->device_stats(card).rx_dropped, 4U);
  run_softirqs();
  EXPECT_EQ(stack->softnet(0).processed, 11U);
  EXPECT_EQ(stack->softnet(0).backlog_len, 0U);
}

TEST_F(Softnet, ABacklogOfZeroStillTakesOneFrame) {
  rebuild(with(RxPath::rps, 0));
  arrive(2);
  EXPECT_EQ(stack->softnet(0).backlog_len, 1U);
  EXPECT_EQ(stack->softnet(0).dropped, 1U);
}

TEST_F(Softnet, OnlyTheFirstFrameInAnEmptyQueueRaisesTheSoftirq) {
  arrive(1);
  EXPECT_TRUE(runtime.pending.contains(Softirq::net_rx));
  runtime.pending.clear();
  arrive(3);
  EXPECT_TRUE(runtime.pending.empty());
  stack->softirq(Softirq::net_rx);
  EXPECT_EQ(stack->softnet(0).processed, 4U);
}

TEST_F(Softnet, TheBacklogIsDrainedInRoundsOfDevWeight) {
  StackConfig config;
  config.sysctl.netdev_budget = 64;
  rebuild(config);
  arrive(100);
  runtime.pending.clear();
  stack->softirq(Softirq::net_rx);
  EXPECT_EQ(stack->softnet(0).processed, 64U);
  EXPECT_EQ(stack->softnet(0).time_squeeze, 1U);
  EXPECT_EQ(stack->softnet(0).backlog_len, 36U);
  EXPECT_TRUE(runtime.pending.contains(Softirq::net_rx)) << "what is left is polled again";
}

TEST_F(Softnet, ABudgetOf300StopsAfterFivePollsOf64) {
  std::string order;
  Busy a{order, 'a', 9}, b{order, 'b', 9}, c{order, 'c', 9}, d{order, 'd', 9}, e{order, 'e', 9}, f{order, 'f', 9};
  for (Busy* source : {&a, &b, &c, &d, &e, &f}) source->schedule(*stack);
  stack->softirq(Softirq::net_rx);
  EXPECT_EQ(order, "abcde") << "256 packets are below the budget, 320 are above";
  EXPECT_EQ(stack->softnet(0).time_squeeze, 1U);
  stack->softirq(Softirq::net_rx);
  EXPECT_EQ(order, "abcdefabcd") << "who was left out goes first";
}

TEST_F(Softnet, ASingleBusySourceGetsOneWeightPerSoftirqAndIsNoSqueeze) {
  arrive(1000);
  runtime.pending.clear();
  stack->softirq(Softirq::net_rx);
  EXPECT_EQ(stack->softnet(0).processed, 64U) << "it waits for the next round behind whoever came meanwhile";
  EXPECT_TRUE(runtime.pending.contains(Softirq::net_rx));
  run_softirqs();
  EXPECT_EQ(stack->softnet(0).processed, 1000U);
  EXPECT_EQ(stack->softnet(0).time_squeeze, 0U);
}

TEST_F(Softnet, DevWeightIsTheQuotaOfOneBacklogPoll) {
  StackConfig config;
  config.sysctl.dev_weight = 10;
  rebuild(config);
  arrive(50);
  runtime.pending.clear();
  stack->softirq(Softirq::net_rx);
  EXPECT_EQ(stack->softnet(0).processed, 10U);
}

TEST_F(Softnet, TimeIsABudgetToo) {
  struct Slow final : Napi {
    explicit Slow(TestRuntime& r) : runtime_(r) {}
    int poll(int budget) override {
      runtime_.advance(SimTime::us(5000));
      ++polls;
      return budget;
    }
    std::string_view napi_name() const override { return "slow"; }
    TestRuntime& runtime_;
    int polls = 0;
  } slow{runtime};
  StackConfig config;
  config.sysctl.netdev_budget = 100'000;
  rebuild(config);
  Napi& napi = slow;
  std::string order;
  Busy other{order, 'o', 1'000'000};
  napi.schedule(*stack);
  other.schedule(*stack);
  stack->softirq(Softirq::net_rx);  // both served, 5 ms: below the limit of 8
  EXPECT_EQ(slow.polls, 1);
  EXPECT_EQ(stack->softnet(0).time_squeeze, 0U);
  Slow second{runtime};
  second.schedule(*stack);
  stack->softirq(Softirq::net_rx);
  EXPECT_EQ(stack->softnet(0).time_squeeze, 1U) << "10 ms are over 8";
}

TEST_F(Softnet, UnservedSourcesComeBeforeNewOnesAndThoseBeforeTheExhausted) {
  StackConfig config;
  config.sysctl.netdev_budget = 64;
  rebuild(config);
  std::string order;
  Busy a{order, 'a', 2}, b{order, 'b', 1}, c{order, 'c', 1};
  a.schedule(*stack);
  b.schedule(*stack);
  stack->softirq(Softirq::net_rx);  // a uses up the budget
  c.schedule(*stack);
  stack->softirq(Softirq::net_rx);
  EXPECT_EQ(order, "abac") << "b was unserved; a was put back before c arrived";
}

TEST_F(Softnet, ADisabledSourceIsTakenOffThePollList) {
  std::string order;
  Busy a{order, 'a', 5};
  a.schedule(*stack);
  a.disable();
  stack->softirq(Softirq::net_rx);
  EXPECT_FALSE(a.scheduled());
  stack->softirq(Softirq::net_rx);
  EXPECT_EQ(order, "a");
}

TEST_F(Softnet, TheDirectPathPassesNoQueue) {
  rebuild(with(RxPath::direct));
  arrive(1);
  EXPECT_EQ(stack->softnet(0).processed, 1U);
  EXPECT_TRUE(runtime.pending.empty());
  EXPECT_EQ(ledger.latency(Station::backlog).count, 0U);
}

TEST_F(Softnet, SoftnetStatHasThirteenHexadecimalColumns) {
  rebuild(with(RxPath::netif_rx, 10));
  arrive(15);
  EXPECT_EQ(stack->softnet_stat(),
            "00000000 00000004 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 "
            "0000000b 00000000\n");
}

TEST_F(Softnet, FramesStillQueuedAtTheEndAreSaidToBe) {
  arrive(3);
  stack->close_queued(runtime.now());
  EXPECT_EQ(fate(Fate::queued), 3U);
  EXPECT_EQ(ledger.unexplained(), 0U);
}

TEST(Sysctl, SetsKnobsByTheirLinuxNamesAndRefusesWhatDoesNotExist) {
  Sysctl sysctl;
  EXPECT_TRUE(Sysctl::set(sysctl, "net.core.netdev_max_backlog", 5));
  EXPECT_EQ(sysctl.netdev_max_backlog, 5U);
  EXPECT_TRUE(Sysctl::set(sysctl, "net.ipv4.ip_forward", 1));
  EXPECT_TRUE(sysctl.ip_forward);
  EXPECT_FALSE(Sysctl::set(sysctl, "net.core.netdev_max_backlok", 5));
  EXPECT_FALSE(Sysctl::set(sysctl, "net.core.dev_weight", 0));
  EXPECT_FALSE(Sysctl::set(sysctl, "net.core.netdev_budget", std::uint64_t{1} << 40U));
  for (const std::string& name : Sysctl::names()) {
    const bool small = Sysctl::set(sysctl, name, 1);
    const bool large = Sysctl::set(sysctl, name, 5000);
    EXPECT_TRUE(small || large) << name;
  }
}

}  // namespace
}  // namespace nicosim
