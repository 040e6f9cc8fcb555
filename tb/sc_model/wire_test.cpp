// The wire: columns and back for every length and both start lanes, gaps, and who goes first.
#include "sc_model/wire.hpp"

#include "tb/sc_model/list_source.hpp"

#include <gtest/gtest.h>

namespace nicosim {
namespace {

using packets::Packet;
using packets::pattern;

struct Started {
  std::uint64_t number;
  SimTime first_bit;
  std::uint64_t packet;
};

// A wire in whose far end the columns are put together again.
struct Loop {
  std::vector<Started> started;
  std::vector<WireOut::Frame> out;
  WireIn in{[this](std::uint64_t number, SimTime first_bit, const WireFrame& frame) {
    started.push_back({number, first_bit, frame.packet});
  }};
  WireOut back{[this](WireOut::Frame&& frame) { out.push_back(std::move(frame)); }};

  void run(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t cycle = from; cycle < to; ++cycle) back.column(cycle, in.column(cycle));
  }
};

TEST(Wire, EveryLengthComesBackWholeFromBothStartLanes) {
  for (const std::int64_t slot : {0, 1})
    for (std::size_t length = 64; length <= 1522; ++length) {
      Loop loop;
      ListSource source;
      source.add(SimTime::ps((20 + slot) * kSlotPs), pattern(length));
      loop.in.set_source(&source);
      loop.run(1, 220);
      ASSERT_EQ(loop.out.size(), 1U) << length;
      EXPECT_EQ(loop.out[0].bytes, pattern(length));
      EXPECT_FALSE(loop.out[0].aborted);
      EXPECT_FALSE(loop.out[0].good_fcs) << "the pattern has none";
      EXPECT_EQ(loop.started[0].first_bit, SimTime::ps((20 + slot) * kSlotPs));
      // Eight bytes of preamble and the frame, 800 ps each.
      EXPECT_EQ((loop.out[0].last_bit - loop.out[0].first_bit).in_ps(), static_cast<std::int64_t>(8 + length) * 800);
      EXPECT_TRUE(loop.in.exhausted());
    }
}

TEST(Wire, BackToBackFramesHaveAGapOfTwelveOnAverageAndNeverUnderNine) {
  for (std::size_t length = 64; length <= 80; ++length) {
    Loop loop;
    ListSource source;
    constexpr std::int64_t kFrames = 400;
    for (std::int64_t i = 0; i < kFrames; ++i) source.add(SimTime::zero(), pattern(length));
    loop.in.set_source(&source);
    loop.run(1, 6000);
    ASSERT_EQ(loop.started.size(), static_cast<std::size_t>(kFrames));
    const auto busy = static_cast<std::int64_t>(8 + length);
    for (std::size_t i = 1; i < loop.started.size(); ++i) {
      const std::int64_t gap = (loop.started[i].first_bit - loop.started[i - 1].first_bit).in_ps() / 800 - busy;
      EXPECT_GE(gap, 9);
      EXPECT_LE(gap, 15);
    }
    const std::int64_t bytes = loop.started.back().first_bit.in_ps() / 800;
    EXPECT_LE(std::abs(bytes - (kFrames - 1) * (busy + 12)), 3) << "length " << length;
    EXPECT_EQ(loop.in.delayed(), static_cast<std::uint64_t>(kFrames - 1));
  }
}

TEST(Wire, APushedFrameGoesBeforeALaterOneOfTheSourceAndAfterAnEarlierOne) {
  Loop loop;
  ListSource source;
  source.add(SimTime::ns(100), pattern(64));
  source.add(SimTime::us(2), pattern(64));
  source.frames()[0].packet = 1;
  source.frames()[1].packet = 2;
  loop.in.set_source(&source);
  loop.run(1, 5);
  loop.in.push({SimTime::ns(500), pattern(70), std::nullopt, 9}, 5);
  loop.run(5, 400);
  ASSERT_EQ(loop.started.size(), 3U);
  EXPECT_EQ(loop.started[0].packet, 1U);
  EXPECT_EQ(loop.started[1].packet, 9U);
  EXPECT_EQ(loop.started[2].packet, 2U);
  EXPECT_EQ(loop.out[1].bytes, pattern(70));
  EXPECT_EQ(loop.in.delayed(), 0U);
}

TEST(Wire, APushedFrameMayStartInTheHalfColumnBeforeTheNextEdge) {
  Loop loop;
  loop.in.push({SimTime::ps(10 * kCyclePs + kSlotPs), pattern(64), std::nullopt, 0}, 11);
  loop.run(11, 40);
  ASSERT_EQ(loop.started.size(), 1U);
  EXPECT_EQ(loop.started[0].first_bit, SimTime::ps(10 * kCyclePs + kSlotPs));
}

TEST(Wire, AFrameWithAnErrorCharacterEndsThereForWhoReceivesIt) {
  Loop loop;
  ListSource source;
  source.add(SimTime::ns(100), pattern(100));
  source.frames()[0].error_at = 40;
  loop.in.set_source(&source);
  loop.run(1, 60);
  ASSERT_EQ(loop.out.size(), 1U);
  EXPECT_TRUE(loop.out[0].aborted);
  EXPECT_EQ(loop.out[0].bytes.size(), 40U);
}

TEST(Wire, AskingForTheNextBusyCycleNeverSkipsAColumn) {
  Loop loop;
  ListSource source;
  source.add(SimTime::us(1), pattern(64));
  source.add(SimTime::us(3), pattern(64));
  loop.in.set_source(&source);
  std::uint64_t cycle = 1, asked = 0;
  while ((cycle = loop.in.busy_from(cycle)) != kNoCycle) {
    loop.back.column(cycle, loop.in.column(cycle));
    ++cycle;
    ++asked;
  }
  ASSERT_EQ(loop.out.size(), 2U);
  EXPECT_EQ(loop.out[1].bytes, pattern(64));
  EXPECT_LE(asked, 22U);
}

}  // namespace
}  // namespace nicosim
