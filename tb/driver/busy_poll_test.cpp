// The driver under a process that polls it, and with deferred interrupts.
#include "tb/driver/rig.hpp"

#include <gmock/gmock.h>

namespace nicosim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(DriverBusyPoll, ThereIsNothingToPollWithoutNapi) {
  for (const ReceiveMode mode : {ReceiveMode::pio, ReceiveMode::dma_irq}) {
    Rig rig{{.mode = mode}};
    EXPECT_EQ(rig.driver.napi(), nullptr);
  }
  Rig rig;
  EXPECT_EQ(rig.driver.napi(), &rig.driver);
}

TEST(DriverBusyPoll, TheFirstInterruptMasksAndTheLastPollUnmasks) {
  Rig rig;
  rig.up();
  ASSERT_TRUE(rig.driver.begin_busy_poll(false));
  for (unsigned i = 0; i < 5; ++i) {
    ASSERT_TRUE(rig.card.receive(frame_of(60, i)));
    rig.interrupts();
    rig.driver.poll(8);
  }
  EXPECT_EQ(rig.stack.received.size(), 5U);
  EXPECT_EQ(rig.card.mask(), 0U);
  EXPECT_THAT(rig.card.writes_to(regs::IMS), IsEmpty());
  EXPECT_EQ(rig.card.writes_to(regs::IMC).size(), 1U) << "one interrupt, and then none";
  EXPECT_TRUE(rig.stack.poll_list.empty());
  ASSERT_TRUE(rig.card.receive(frame_of(60, 5)));
  rig.driver.end_busy_poll(rig.stack, false);
  rig.driver.poll(8);
  EXPECT_EQ(rig.card.mask(), 0x9dU);
  EXPECT_EQ(rig.stack.received.size(), 6U);
  EXPECT_FALSE(rig.driver.scheduled());
}

// At every register access, load and store of a busy-polling process a second frame arrives, and interrupts nest.
TEST(DriverBusyPoll, LosesNoFrameWhereverItArrives) {
  enum class At { register_access, load, store };
  for (const At kind : {At::register_access, At::load, At::store}) {
    bool injected = true;
    for (unsigned place = 0; injected; ++place) {
      SCOPED_TRACE(testing::Message() << "kind " << static_cast<int>(kind) << ", place " << place);
      Rig rig;
      rig.up();
      injected = false;
      unsigned seen = 0;
      const auto here = [&] {
        if (injected || seen++ != place) return;
        injected = true;  // the card uses memory, too
        ASSERT_TRUE(rig.card.receive(frame_of(60, 2)));
        rig.interrupts();
      };
      ASSERT_TRUE(rig.driver.begin_busy_poll(false));
      ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));
      if (kind == At::register_access)
        rig.card.before = [&](const ScriptedCard::Access&) {
          if (rig.runtime.context() != Context::hardirq) here();
        };
      if (kind == At::load) rig.memory.on_load = [&](std::uint64_t, std::size_t) { here(); };
      if (kind == At::store) rig.memory.on_store = [&](std::uint64_t, std::size_t) { here(); };
      rig.interrupts();
      rig.driver.poll(8);
      rig.driver.poll(8);
      rig.driver.end_busy_poll(rig.stack, false);
      rig.driver.poll(8);
      rig.card.before = nullptr;
      rig.memory.on_load = nullptr;
      rig.memory.on_store = nullptr;
      rig.run();
      ASSERT_EQ(rig.stack.received.size(), injected ? 2U : 1U);
      ASSERT_EQ(rig.card.mask(), 0x9dU);
    }
  }
}

TEST(DriverDeferral, KeepsTheInterruptMaskedUntilTheWatchdogFindsNothing) {
  Rig rig{{.napi_defer_hard_irqs = 2, .gro_flush_timeout = SimTime::us(20)}};
  rig.up();
  while (rig.card.mask() == 0) {  // the link's interrupt was deferred as well
    rig.driver.watchdog(rig.stack);
    rig.run();
  }
  rig.stack.watchdogs.clear();
  ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));
  rig.run();
  EXPECT_EQ(rig.card.mask(), 0U);
  EXPECT_THAT(rig.stack.watchdogs, ElementsAre(SimTime::us(20)));
  ASSERT_TRUE(rig.card.receive(frame_of(60, 2)));
  EXPECT_EQ(rig.interrupts(), 0U) << "no interrupt for the second";
  rig.driver.watchdog(rig.stack);
  rig.run();
  EXPECT_EQ(rig.stack.received.size(), 2U);
  EXPECT_EQ(rig.card.mask(), 0U) << "there was work: the count begins anew";
  rig.driver.watchdog(rig.stack);
  rig.run();
  EXPECT_EQ(rig.card.mask(), 0U);
  rig.driver.watchdog(rig.stack);
  rig.run();
  EXPECT_EQ(rig.card.mask(), 0x9dU);
}

}  // namespace
}  // namespace nicosim
