#include "common/sim_time.hpp"

#include <gtest/gtest.h>

namespace nicosim {
namespace {

TEST(SimTime, SumsSaturateAtNever) {
  EXPECT_TRUE((SimTime::never() + SimTime::ps(1)).is_never());
  EXPECT_TRUE((SimTime::ps(1) + SimTime::never()).is_never());
  EXPECT_TRUE((SimTime::s(9'000'000) + SimTime::s(9'000'000)).is_never());
  EXPECT_TRUE((SimTime::s(1'000'000) * 1'000'000).is_never());
}

TEST(SimTime, NeverStaysNeverWhateverIsTakenOff) { EXPECT_TRUE((SimTime::never() - SimTime::s(1)).is_never()); }

TEST(SimTime, UnitsAreExact) {
  EXPECT_EQ(SimTime::ns(1).in_ps(), 1000);
  EXPECT_EQ(SimTime::us(1), SimTime::ns(1000));
  EXPECT_EQ(SimTime::ms(1), SimTime::us(1000));
  EXPECT_EQ(SimTime::s(1), SimTime::ms(1000));
}

}  // namespace
}  // namespace nicosim
