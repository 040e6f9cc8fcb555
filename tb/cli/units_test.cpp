#include "cli/scenario/units.hpp"

#include <gtest/gtest.h>

namespace nicosim {
namespace {

TEST(Units, DurationsAreExact) {
  EXPECT_EQ(parse_duration("400ns"), SimTime::ns(400));
  EXPECT_EQ(parse_duration("1.5us"), SimTime::ns(1500));
  EXPECT_EQ(parse_duration("10 ms"), SimTime::ms(10));
  EXPECT_EQ(parse_duration("0.001ns"), SimTime::ps(1));
  EXPECT_EQ(parse_duration("2min"), SimTime::s(120));
  EXPECT_EQ(parse_duration("0s"), SimTime::zero());
  EXPECT_EQ(parse_duration("9223372.036854775806s"), SimTime::ps(9'223'372'036'854'775'806));
}

TEST(Units, WhatIsNoDurationOrDoesNotFitIsRefused) {
  for (const char* text : {"",
                           "5",
                           "ns",
                           "-1ns",
                           "+1ns",
                           "1e3ns",
                           "1.ns",
                           ".5ns",
                           "1.5ps",
                           "0.0001ns",
                           "1..5us",
                           "5 parsecs",
                           "5  ns",
                           " 5ns",
                           "5ns ",
                           "nan",
                           "9223372.036854775807s",
                           "99999999999999999999999ns",
                           "1_000ns",
                           "5NS"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Units, RatesAreExact) {
  EXPECT_EQ(parse_bit_rate("32Gb/s"), 32'000'000'000U);
  EXPECT_EQ(parse_bit_rate("2.5Gb/s"), 2'500'000'000U);
  EXPECT_EQ(parse_bit_rate("9600b/s"), 9600U);
  EXPECT_FALSE(parse_bit_rate("32GB/s"));
  EXPECT_FALSE(parse_bit_rate("0.5b/s"));
  EXPECT_EQ(parse_rate("20k/s"), 20'000U);
  EXPECT_EQ(parse_rate("14.88M/s"), 14'880'000U);
  EXPECT_FALSE(parse_rate("20k"));
  EXPECT_FALSE(parse_rate("20kb/s"));
}

TEST(Units, TheTextOfAValueReadsBackAsTheSameValue) {
  for (const std::int64_t ps :
       {0LL, 1LL, 999LL, 1000LL, 1500LL, 400'000LL, 60'000'000'000'000LL, 9'223'372'036'854'775'806LL})
    EXPECT_EQ(parse_duration(duration_text(SimTime::ps(ps))), SimTime::ps(ps)) << ps;
  for (const std::uint64_t rate : {0ULL, 1ULL, 1500ULL, 32'000'000'000ULL, 18'446'744'073'709'551'615ULL}) {
    EXPECT_EQ(parse_bit_rate(bit_rate_text(rate)), rate);
    EXPECT_EQ(parse_rate(rate_text(rate)), rate);
  }
  EXPECT_EQ(duration_text(SimTime::ns(1500)), "1500ns");
  EXPECT_EQ(duration_text(SimTime::us(5)), "5us");
}

TEST(Units, PeopleGetThreeDigits) {
  EXPECT_EQ(humanised(SimTime::ps(0)), "0 ps");
  EXPECT_EQ(humanised(SimTime::ps(6400)), "6.4 ns");
  EXPECT_EQ(humanised(SimTime::ps(1'234'567)), "1.23 us");
  EXPECT_EQ(humanised(SimTime::ps(999'600)), "1 us");
  EXPECT_EQ(humanised(SimTime::ms(12) + SimTime::us(500)), "12.5 ms");
  EXPECT_EQ(humanised(SimTime::s(7200)), "7200 s");
  EXPECT_EQ(humanised(SimTime::never()), "never");
  EXPECT_EQ(humanised(SimTime::ns(-400)), "-400 ns");
  EXPECT_EQ(humanised_count(7), "7");
  EXPECT_EQ(humanised_count(13'622), "13 622");
  EXPECT_EQ(humanised_count(1'000'000), "1 000 000");
}

}  // namespace
}  // namespace nicosim
