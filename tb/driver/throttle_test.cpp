// Interrupt throttling that follows the traffic, rule by rule as e1000 has it.
#include "driver/throttle.hpp"
#include "tb/driver/rig.hpp"

#include <gmock/gmock.h>

namespace nicosim {
namespace {

using Latency = AdaptiveThrottle::Latency;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Rule {
  const char* name;
  Latency now;
  std::uint64_t packets, bytes;
  Latency next;
};

class UpdateItr : public testing::TestWithParam<Rule> {};

TEST_P(UpdateItr, MovesAsTheTableSays) {
  const Rule& rule = GetParam();
  EXPECT_EQ(AdaptiveThrottle::next(rule.now, rule.packets, rule.bytes), rule.next);
}
INSTANTIATE_TEST_SUITE_P(E1000, UpdateItr,
                         testing::Values(Rule{"NothingCame", Latency::bulk, 0, 0, Latency::bulk},
                                         Rule{"LowestStaysForSmallPackets", Latency::lowest, 4, 512, Latency::lowest},
                                         Rule{"LowestGoesForFewLargerOnes", Latency::lowest, 4, 513, Latency::low},
                                         Rule{"LowestStaysForMany", Latency::lowest, 5, 5000, Latency::lowest},
                                         Rule{"LowestGoesToBulkForJumbo", Latency::lowest, 1, 8001, Latency::bulk},
                                         Rule{"LowRisesForTwoSmallOnes", Latency::low, 2, 511, Latency::lowest},
                                         Rule{"LowStaysAt512Bytes", Latency::low, 2, 512, Latency::low},
                                         Rule{"LowStaysForThree", Latency::low, 3, 180, Latency::low},
                                         Rule{"LowGoesToBulkForFewLargeOnes", Latency::low, 9, 10'001, Latency::bulk},
                                         Rule{"LowGoesToBulkForFullPackets", Latency::low, 20, 24'020, Latency::bulk},
                                         Rule{"LowStaysForMediumOnes", Latency::low, 20, 24'000, Latency::low},
                                         Rule{"LowRisesForMoreThan35", Latency::low, 36, 10'001, Latency::lowest},
                                         Rule{"LowGoesToBulkAbove2000Each", Latency::low, 1, 2001, Latency::bulk},
                                         Rule{"BulkStaysForMuchInFew", Latency::bulk, 35, 25'001, Latency::bulk},
                                         Rule{"BulkRisesForMuchInMany", Latency::bulk, 36, 25'001, Latency::low},
                                         Rule{"BulkStaysAt6000", Latency::bulk, 10, 6000, Latency::bulk},
                                         Rule{"BulkRisesBelow6000", Latency::bulk, 10, 5999, Latency::low}),
                         [](const auto& rule) { return rule.param.name; });

TEST(AdaptiveThrottle, GoesUpInStepsOfAQuarterAndDownAtOnce) {
  AdaptiveThrottle throttle{Throttle::dynamic};
  EXPECT_EQ(throttle.rate(), 20'000U);
  std::vector<unsigned> rates;
  for (int i = 0; i < 4; ++i) {
    throttle.interrupted();
    throttle.received(60);
    rates.push_back(throttle.choose());
  }
  EXPECT_THAT(rates, ElementsAre(37'500, 55'000, 70'000, 70'000));
  for (int i = 0; i < 2; ++i) {  // lowest, low, bulk
    throttle.interrupted();
    for (int n = 0; n < 4 + 5 * i; ++n) throttle.received(1500);
    rates.push_back(throttle.choose());
  }
  EXPECT_EQ(rates[4], 20'000U);
  EXPECT_EQ(rates[5], 4'000U);
}

TEST(AdaptiveThrottle, ConservativeNeverAsksForLowestLatency) {
  AdaptiveThrottle throttle{Throttle::conservative};
  for (int i = 0; i < 5; ++i) {
    throttle.interrupted();
    throttle.received(60);
    EXPECT_EQ(throttle.choose(), 20'000U);
  }
}

TEST(AdaptiveThrottle, TheSlowerDirectionCounts) {
  AdaptiveThrottle throttle{Throttle::dynamic};
  throttle.received(60);
  throttle.sent(2, 3000);
  EXPECT_EQ(throttle.choose(), 20'000U) << "low for what is sent, lowest for what comes";
  throttle.interrupted();
  throttle.received(60);
  throttle.sent(2, 30'000);
  EXPECT_EQ(throttle.choose(), 4'000U);
}

TEST(AdaptiveThrottle, TheRegisterCountsIn256Nanoseconds) {
  EXPECT_EQ(AdaptiveThrottle::interval(20'000), 195U);
  EXPECT_EQ(AdaptiveThrottle::interval(4'000), 976U);
  EXPECT_EQ(AdaptiveThrottle::interval(70'000), 55U);
}

TEST(DriverThrottle, BeginsAtTwentyThousandAndWritesItrBeforeItUnmasks) {
  Rig rig{{.throttle = Throttle::dynamic}};
  std::vector<std::uint32_t> first;
  rig.card.before = [&](const ScriptedCard::Access& a) {
    if (a.write && a.offset == regs::ITR) first.push_back(a.value);
  };
  rig.up();
  ASSERT_FALSE(first.empty());
  EXPECT_EQ(first.front(), 195U);
  rig.card.before = nullptr;
  rig.card.log.clear();
  ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));
  rig.run();
  const auto lines = rig.card.texts();
  const auto itr = std::ranges::find_if(lines, [](const auto& line) { return line.starts_with("write ITR"); });
  ASSERT_NE(itr, lines.end());
  EXPECT_EQ(*(itr + 1), "write IMS 0000009d");
}

TEST(DriverThrottle, FramesOfFullSizeBringTheRateDownToBulk) {
  Rig rig{{.throttle = Throttle::conservative}};
  rig.up();
  for (int round = 0; round < 3; ++round) {
    for (unsigned i = 0; i < 20; ++i) ASSERT_TRUE(rig.card.receive(frame_of(1514, i)));
    rig.run();
  }
  EXPECT_EQ(rig.card.peek(regs::ITR), 976U);
}

TEST(DriverThrottle, SentFramesCountAsWell) {
  Rig rig{{.throttle = Throttle::conservative}};
  rig.up();
  for (int round = 0; round < 3; ++round) {
    rig.card.hold_tx = true;
    for (unsigned i = 0; i < 20; ++i) ASSERT_TRUE(rig.send(frame_of(1514, i)));
    rig.card.send();
    rig.run();
  }
  EXPECT_EQ(rig.card.peek(regs::ITR), 976U);
}

TEST(DriverThrottle, AFixedOneIsNeverWrittenAgain) {
  Rig rig{{.itr = 40}};
  rig.up();
  for (unsigned i = 0; i < 20; ++i) ASSERT_TRUE(rig.card.receive(frame_of(1514, i)));
  rig.run();
  EXPECT_THAT(rig.card.writes_to(regs::ITR), IsEmpty());
  EXPECT_EQ(rig.card.peek(regs::ITR), 40U);
}

}  // namespace
}  // namespace nicosim
