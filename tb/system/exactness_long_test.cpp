// Exactness on a real capture with every cycle evaluated: minutes, so it runs only when asked for.
#include "tb/system/exactness.hpp"

namespace nicosim {
namespace {

TEST(ExactnessOfEveryCycle, SkippingDoesNotShowOnRealTraffic) { expect_same_gnutella({kNoSkip}); }
TEST(ExactnessOfEveryCycle, SkippingOneCycleAtATimeDoesNotShowOnRealTraffic) {
  expect_same_gnutella({kOneCycleNoSkip});
}

}  // namespace
}  // namespace nicosim
