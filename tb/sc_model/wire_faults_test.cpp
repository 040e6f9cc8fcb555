// What a bad cable does: how often, to which frames, and in which order they arrive.
#include "sc_model/wire_faults.hpp"

#include "tb/sc_model/list_source.hpp"

#include <gtest/gtest.h>
#include <set>
#include <utility>
#include <vector>

namespace nicosim {
namespace {

using packets::Packet;
using packets::pattern;

constexpr std::size_t kFrames = 20'000;

WireFrame frame_at(SimTime time, std::uint64_t packet) {
  WireFrame frame;
  frame.not_before = time;
  frame.bytes = pattern(64);
  frame.packet = packet;
  return frame;
}

// One frame per microsecond.
void fill(ListSource& source, std::size_t frames) {
  for (std::size_t i = 0; i < frames; ++i) source.add(SimTime::us(static_cast<std::int64_t>(i)), pattern(64));
}

SimTime sent_at(std::uint64_t packet) { return SimTime::us(static_cast<std::int64_t>(packet)); }

TEST(WirePath, LosesCorruptsAndDoublesAsOftenAsToldAndCountsIt) {
  WirePath path{SimTime::ns(7), SimTime::zero(), {100'000'000, 50'000'000, 20'000'000}, Rng{3, "wire0"}};
  std::size_t arrived = 0, changed = 0;
  const Packet good = pattern(64);
  for (std::size_t i = 0; i < kFrames; ++i)
    for (const WirePath::Arrival& arrival : path.carry(frame_at(sent_at(i), i))) {
      ++arrived;
      EXPECT_EQ(arrival.frame.not_before, sent_at(i) + SimTime::ns(7));
      unsigned bits = 0;
      for (std::size_t b = 0; b < good.size(); ++b)
        bits += static_cast<unsigned>(__builtin_popcount(std::to_integer<unsigned>(good[b] ^ arrival.frame.bytes[b])));
      EXPECT_EQ(bits, arrival.corrupted ? 1U : 0U);
      changed += bits;
    }
  const WireCounts& c = path.counts();
  EXPECT_EQ(arrived, kFrames - c.lost + c.duplicated);
  EXPECT_EQ(changed, c.corrupted);
  EXPECT_EQ(c.reordered, 0U);
  // 10 %, then 5 % and 2 % of the rest; five standard deviations wide.
  EXPECT_NEAR(static_cast<double>(c.lost), 2000, 213);
  EXPECT_NEAR(static_cast<double>(c.corrupted), 900, 150);
  EXPECT_NEAR(static_cast<double>(c.duplicated), 360, 95);
}

TEST(WirePath, AReorderedFrameIsNotDelayedAndTheOthersAre) {
  WirePath path{SimTime::us(9), SimTime::zero(), {.reorder_ppb = 250'000'000}, Rng{3, "wire0"}};
  std::uint64_t at_once = 0;
  for (std::size_t i = 0; i < kFrames; ++i) {
    const auto arrivals = path.carry(frame_at(sent_at(i), i));
    ASSERT_EQ(arrivals.size(), 1U);
    const SimTime delay = arrivals[0].frame.not_before - sent_at(i);
    EXPECT_TRUE(delay == SimTime::zero() || delay == SimTime::us(9)) << delay.in_ps();
    at_once += delay == SimTime::zero() ? 1 : 0;
  }
  EXPECT_EQ(at_once, path.counts().reordered);
  EXPECT_NEAR(static_cast<double>(at_once), 5000, 306);
}

TEST(WirePath, AGapOfFiveWithCertaintyLetsEveryFifthFrameOvertake) {
  WirePath path{SimTime::us(9), SimTime::zero(), {.reorder_ppb = 1'000'000'000, .gap = 5}, Rng{3, "wire0"}};
  for (std::size_t i = 0; i < 100; ++i)
    EXPECT_EQ(path.carry(frame_at(sent_at(i), i))[0].frame.not_before - sent_at(i),
              i % 5 == 4 ? SimTime::zero() : SimTime::us(9))
        << i;
}

TEST(WirePath, JitterSpreadsTheDelayEvenlyOverBothSides) {
  WirePath path{SimTime::ps(500), SimTime::ps(3), {}, Rng{3, "wire0"}};
  std::vector<int> seen(7);
  for (std::size_t i = 0; i < 7000; ++i) {
    const SimTime delay = path.carry(frame_at(sent_at(i), i))[0].frame.not_before - sent_at(i);
    ASSERT_GE(delay, SimTime::ps(497));
    ASSERT_LE(delay, SimTime::ps(503));
    ++seen[static_cast<std::size_t>((delay - SimTime::ps(497)).in_ps())];
  }
  for (const int count : seen) EXPECT_NEAR(count, 1000, 147);
}

TEST(WirePath, TheSameSeedDoesTheSame) {
  const auto play = [](std::uint64_t seed) {
    WirePath path{SimTime::us(9), SimTime::us(2), {10'000'000, 10'000'000, 10'000'000, 10'000'000}, Rng{seed, "wire0"}};
    std::vector<std::pair<SimTime, Packet>> arrived;
    for (std::size_t i = 0; i < 1000; ++i)
      for (auto& arrival : path.carry(frame_at(sent_at(i), i)))
        arrived.emplace_back(arrival.frame.not_before, std::move(arrival.frame.bytes));
    return arrived;
  };
  EXPECT_TRUE(play(1) == play(1));
  EXPECT_FALSE(play(1) == play(2));
}

TEST(WireFaults, GiveFramesInTheOrderInWhichTheyArrive) {
  ListSource source;
  fill(source, kFrames);
  WireConfig config;
  config.delay = SimTime::us(20);
  config.jitter = SimTime::us(3);
  config.in = {.loss_ppb = 10'000'000, .duplicate_ppb = 20'000'000, .reorder_ppb = 50'000'000};
  WireFaults faults{source, config, Rng{3, "wire0"}};
  SimTime last;
  std::uint64_t highest = 0;
  std::size_t out = 0, overtaken = 0;
  std::multiset<std::uint64_t> seen;
  while (const auto frame = faults.next()) {
    ++out;
    EXPECT_GE(frame->not_before, last);
    last = frame->not_before;
    if (frame->packet < highest) ++overtaken;
    highest = std::max(highest, frame->packet);
    seen.insert(frame->packet);
  }
  EXPECT_EQ(out, kFrames - faults.counts().lost + faults.counts().duplicated);
  for (std::uint64_t i = 0; i < kFrames; ++i) EXPECT_LE(seen.count(i), 2U);
  EXPECT_GT(overtaken, faults.counts().reordered) << "twenty microseconds are twenty frames";
}

TEST(WireFaults, AConstantDelayKeepsTheOrder) {
  ListSource source;
  fill(source, 100);
  WireConfig config;
  config.delay = SimTime::us(50);
  WireFaults faults{source, config, Rng{3, "wire0"}};
  for (std::uint64_t i = 0; i < 100; ++i) {
    const auto frame = faults.next();
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->packet, i);
    EXPECT_EQ(frame->not_before, sent_at(i) + SimTime::us(50));
  }
  EXPECT_FALSE(faults.next());
}

// As a live source does it: nothing more for now, then something that overtakes what the wire has asked for already.
TEST(WireFaults, WhatComesLaterOvertakesOnTheWireToo) {
  std::vector<std::uint64_t> started;
  WireIn wire{[&](std::uint64_t, SimTime, const WireFrame& frame) { started.push_back(frame.packet); }};
  ListSource source;
  WireConfig config;
  config.delay = SimTime::us(20);
  config.in = {.reorder_ppb = 1'000'000'000, .gap = 3};  // every third
  WireFaults faults{source, config, Rng{3, "wire0"}};
  wire.set_source(&faults);
  for (std::int64_t i = 0; i < 7; ++i) {
    source.add(SimTime::us(i), pattern(64));
    wire.set_source(&faults);
    for (std::int64_t cycle = 1 + i * 156; cycle <= (i + 1) * 156; ++cycle)
      wire.column(static_cast<std::uint64_t>(cycle));
  }
  for (std::uint64_t cycle = 7 * 156 + 1; cycle < 10'000; ++cycle) wire.column(cycle);
  EXPECT_EQ(started, (std::vector<std::uint64_t>{2, 5, 0, 1, 3, 4, 6}));
}

// Two overtake at once: the second one has been known, but not asked for, since the first was on its way.
TEST(WireFaults, WhatOvertakesIsAskedForAgainWhenAnOvertakerHasGone) {
  std::vector<std::pair<std::uint64_t, SimTime>> started;
  WireIn wire{[&](std::uint64_t, SimTime at, const WireFrame& frame) { started.emplace_back(frame.packet, at); }};
  ListSource source;
  WireConfig config;
  config.delay = SimTime::us(20);
  config.in = {.reorder_ppb = 1'000'000'000, .gap = 2};  // every second
  WireFaults faults{source, config, Rng{3, "wire0"}};
  source.add(SimTime::us(1), pattern(64));
  wire.set_source(&faults);
  for (std::uint64_t cycle = 1; cycle <= 2 * 156; ++cycle) wire.column(cycle);  // the first is pulled, for 21 us
  for (int i = 0; i < 3; ++i) {
    source.add(SimTime::us(2), pattern(64));
    wire.set_source(&faults);
  }
  for (std::uint64_t cycle = 2 * 156 + 1; cycle < 10'000; ++cycle) wire.column(cycle);
  ASSERT_EQ(started.size(), 4U);
  EXPECT_EQ(started[0].first, 1U);
  EXPECT_EQ(started[1].first, 3U);
  EXPECT_LT(started[1].second, SimTime::us(3));
  EXPECT_EQ(started[2].first, 0U);
  EXPECT_EQ(started[3].first, 2U);
}

TEST(Wire, PushedFramesStartInTheOrderOfTheirTimesAndThenAsTheyCame) {
  std::vector<std::uint64_t> started;
  WireIn wire{[&](std::uint64_t, SimTime, const WireFrame& frame) { started.push_back(frame.packet); }};
  for (const auto& [us, packet] : {std::pair{9, 0}, {4, 1}, {9, 2}, {1, 3}})
    wire.push(frame_at(SimTime::us(us), static_cast<std::uint64_t>(packet)), 1);
  for (std::uint64_t cycle = 1; cycle < 3000; ++cycle) wire.column(cycle);
  EXPECT_EQ(started, (std::vector<std::uint64_t>{3, 1, 0, 2}));
}

}  // namespace
}  // namespace nicosim
