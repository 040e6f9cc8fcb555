// The hard-interrupt handler.
#include "tb/driver/rig.hpp"

#include <gmock/gmock.h>

namespace nicosim {
namespace {

using ::testing::ElementsAre;

TEST(Handler, SaysNotOursWhenIcrIsZeroAndTouchesNothingElse) {
  Rig rig;
  rig.up();
  EXPECT_FALSE(rig.driver.handle_interrupt());
  EXPECT_THAT(rig.card.texts(), ElementsAre("read ICR"));
  EXPECT_EQ(rig.driver.work().spurious, 1U);
  EXPECT_FALSE(rig.driver.scheduled());
}

TEST(Handler, MasksAndFlushesBeforeItSchedules) {
  Rig rig;
  rig.up();
  ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));
  EXPECT_EQ(rig.interrupts(), 1U);
  EXPECT_THAT(rig.card.texts(), ElementsAre("read ICR", "write IMC ffffffff", "read STATUS"));
  EXPECT_FALSE(rig.card.line());
  EXPECT_TRUE(rig.driver.scheduled());
  EXPECT_EQ(rig.stack.poll_list.size(), 1U);
  EXPECT_TRUE(rig.stack.received.empty());
}

TEST(Handler, KeepsAMaskedCardQuietHoweverManyFramesCome) {
  Rig rig;
  rig.up();
  unsigned interrupts = 0;
  for (unsigned i = 0; i < 50; ++i) {
    ASSERT_TRUE(rig.card.receive(frame_of(60, i)));
    interrupts += rig.interrupts();
  }
  EXPECT_EQ(interrupts, 1U);
  rig.run();
  EXPECT_EQ(rig.stack.received.size(), 50U);
}

TEST(Handler, UnmasksAgainWhenThePollIsScheduledAlready) {
  Rig rig;
  rig.up();
  ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));
  rig.driver.schedule(rig.stack);
  rig.interrupts();
  EXPECT_THAT(rig.card.texts(), ElementsAre("read ICR", "write IMC ffffffff", "read STATUS",  //
                                            "write IMS 0000009d", "read STATUS"));
  EXPECT_TRUE(rig.driver.missed());
  EXPECT_EQ(rig.stack.poll_list.size(), 1U);
  rig.run();
  EXPECT_EQ(rig.stack.received.size(), 1U);
}

TEST(Handler, StampsFramesOnlyForReceiveCauses) {
  Rig rig;
  rig.up();
  ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));
  rig.card.poke(regs::ICR, field::ICR_TXDW.mask());  // the frame's own cause comes later (ITR, RDTR)
  rig.run();
  EXPECT_EQ(rig.ledger.latency(Station::poll).count, 1U);
  EXPECT_EQ(rig.ledger.latency(Station::handler).count, 0U);
}

TEST(Handler, OfADriverThatIsDownSilencesTheLineAndDoesNothing) {
  Rig rig;
  rig.up();
  rig.down();
  rig.card.raise(field::ICR_RXT0);
  rig.card.write32(regs::IMS, 0x9d);  // somebody else left it open
  rig.card.log.clear();
  EXPECT_TRUE(rig.driver.handle_interrupt());
  EXPECT_THAT(rig.card.texts(), ElementsAre("read ICR"));
  EXPECT_FALSE(rig.card.line());
}

TEST(Handler, ChargesTheScheduleOnceForEachInterrupt) {
  Rig rig;
  rig.up();
  const auto& charged = rig.runtime.charged[static_cast<std::size_t>(Cost::napi_schedule)];
  const std::uint64_t before = charged;
  ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));
  rig.run();
  EXPECT_EQ(charged, before + 1);
}

}  // namespace
}  // namespace nicosim
