#include "cli/capture/pacing.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace nicosim {
namespace {

Pace pace(std::string_view text) {
  const auto parsed = Pace::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? *parsed : Pace{};
}

TEST(Pace, IsReadAsAFractionInLowestTerms) {
  EXPECT_EQ(pace("capture"), (Pace{Pace::Kind::scaled, 1, 1}));
  EXPECT_EQ(pace("1x"), pace("capture"));
  EXPECT_EQ(pace("1.0x"), pace("capture"));
  EXPECT_EQ(pace("2.5x"), (Pace{Pace::Kind::scaled, 5, 2}));
  EXPECT_EQ(pace("1000x"), (Pace{Pace::Kind::scaled, 1000, 1}));
  EXPECT_EQ(pace("0.001x"), (Pace{Pace::Kind::scaled, 1, 1000}));
  EXPECT_EQ(pace("line").kind, Pace::Kind::line);
}

TEST(Pace, WhatItPrintsItReadsBack) {
  for (const char* text :
       {"capture", "line", "2.5x", "1000x", "0.001x", "0.333333333x", "999999999.999999999x", "0.5x"})
    EXPECT_EQ(pace(text).text(), text);
}

TEST(Pace, RefusesWhatIsNoFactor) {
  for (const char* text : {"", "x", "0x", "0.0x", "2.5", ".5x", "5.x", "-1x", "1e3x", "2,5x", "1.2.3x", "nanx", "infx",
                           "12345678901x", "fast", "2.5x ", " 2x", "+2x"})
    EXPECT_FALSE(Pace::parse(text)) << text;
}

TEST(Pacer, GapsAreDividedByThePaceAndRoundingNeverAddsUp) {
  Pacer pacer{pace("3x"), SimTime::us(1), SimTime::s(10)};
  SimTime last;
  for (std::int64_t i = 0; i <= 3'000'000; ++i) last = pacer.next(1'700'000'000'000'000'000 + i);  // 1 ns apart
  EXPECT_EQ(last, SimTime::us(1) + SimTime::ms(1));  // exactly a third of 3 ms
}

TEST(Pacer, AGapAboveTheLimitIsShortenedAndCounted) {
  Pacer pacer{pace("2x"), SimTime::zero(), SimTime::s(10)};
  EXPECT_EQ(pacer.next(0), SimTime::zero());
  EXPECT_EQ(pacer.next(10'000'000'000), SimTime::s(5));
  EXPECT_EQ(pacer.gaps_shortened(), 0U);
  EXPECT_EQ(pacer.next(184'280'685'000'000'000), SimTime::s(10));
  EXPECT_EQ(pacer.gaps_shortened(), 1U);
}

TEST(Pacer, TimeThatRunsBackwardsIsNoGap) {
  Pacer pacer{pace("capture"), SimTime::zero(), SimTime::s(10)};
  EXPECT_EQ(pacer.next(5'000), SimTime::zero());
  EXPECT_EQ(pacer.next(1'000), SimTime::zero());
  EXPECT_EQ(pacer.next(1'500), SimTime::ns(500));  // measured from where it went back to
  EXPECT_EQ(pacer.time_went_back(), 1U);
}

TEST(Pacer, ExtremeTimestampsNeitherWrapNorGoBack) {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  Pacer limited{pace("capture"), SimTime::zero(), SimTime::s(10)};
  EXPECT_EQ(limited.next(least), SimTime::zero());
  EXPECT_EQ(limited.next(most), SimTime::s(10));
  EXPECT_EQ(limited.next(least), SimTime::s(10));

  Pacer unlimited{pace("0.000000001x"), SimTime::zero(), SimTime::never()};
  SimTime last;
  for (int i = 0; i < 1000; ++i) {
    const SimTime next = unlimited.next(i % 2 == 0 ? least : most);
    ASSERT_GE(next, last);
    last = next;
  }
  EXPECT_TRUE(last.is_never());

  Pacer fast{pace("999999999.999999999x"), SimTime::zero(), SimTime::never()};
  fast.next(0);
  EXPECT_EQ(fast.next(1'000'000'000'000'000'000), SimTime::ps(1'000'000'000'000));  // 1e18 ns is one second of it
}

TEST(Pacer, AtLineRateTheWireDecides) {
  Pacer pacer{pace("line"), SimTime::us(7), SimTime::s(10)};
  EXPECT_EQ(pacer.next(0), SimTime::us(7));
  EXPECT_EQ(pacer.next(1'000'000), SimTime::us(7));
}

}  // namespace
}  // namespace nicosim
