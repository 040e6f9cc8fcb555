// The same for every scene there is, over a window twice as wide.
#include "tb/hunt/expect_none.hpp"

namespace nicosim::hunt {
namespace {

class LostWakeUpLong : public testing::TestWithParam<Scene> {};

TEST_P(LostWakeUpLong, NoneForAnyCycleOfTheArrival) {
  expect_none_lost(GetParam(), {.last = 2 * GetParam().asleep_again()});
}

INSTANTIATE_TEST_SUITE_P(Scenes, LostWakeUpLong, testing::ValuesIn(every_scene()),
                         [](const auto& scene) { return scene.param.name(); });

}  // namespace
}  // namespace nicosim::hunt
