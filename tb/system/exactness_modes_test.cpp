// The promise of exactness in every receive mode: how the card is evaluated does not show in the event log.
#include "tb/system/scenes.hpp"

#include <gtest/gtest.h>

namespace nicosim {
namespace {

using namespace scenes;

constexpr auto kEngines = {kOneCycle, kThousand, kOneCycleNoSkip, Engine{"check skip", 1'000'000, true, 0, true},
                           Engine{"random reset", 1'000'000, true, 5}};

TEST(ExactnessOfModes, HoldsWithoutDma) {
  expect_same(
      [](Rig& rig) {
        one_card(rig);
        rig.setup.nics[0].driver.mode = ReceiveMode::pio;
        rig.setup.stack.rx_path = RxPath::netif_rx;
        rig.setup.nics[0].link.latency = SimTime::ps(12'345);  // with a longer link it is too slow for this traffic
        rig.setup.stop_after = SimTime::ms(8);
      },
      kEngines);
}

TEST(ExactnessOfModes, HoldsForAProcessThatPollsTheCard) {
  expect_same(
      [](Rig& rig) {
        one_card(rig);
        rig.setup.stack.sysctl.busy_read = 100;
      },
      kEngines);
}

TEST(ExactnessOfModes, HoldsWithAThreadThatPollsAndDeferredInterrupts) {
  expect_same(
      [](Rig& rig) {
        one_card(rig);
        rig.setup.nics[0].threaded = true;
        rig.setup.nics[0].driver.napi_defer_hard_irqs = 3;
        rig.setup.nics[0].driver.gro_flush_timeout = SimTime::us(15);
      },
      kEngines);
}

TEST(ExactnessOfModes, HoldsWithAThrottleThatFollowsTheTraffic) {
  expect_same(
      [](Rig& rig) {
        one_card(rig);
        rig.setup.nics[0].driver.throttle = Throttle::dynamic;
      },
      kEngines);
}

}  // namespace
}  // namespace nicosim
