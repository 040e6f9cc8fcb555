// No wake-up is lost, whatever the cycle in which the frame arrives.
#include "tb/hunt/expect_none.hpp"

namespace nicosim::hunt {
namespace {

class LostWakeUp : public testing::TestWithParam<Scene> {};

TEST_P(LostWakeUp, NoneForAnyCycleOfTheArrival) { expect_none_lost(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Scenes, LostWakeUp, testing::ValuesIn(chosen_scenes()),
                         [](const auto& scene) { return scene.param.name(); });

}  // namespace
}  // namespace nicosim::hunt
