// The transmit ring: from transmit() to the doorbell, and back by DD.
#include "tb/driver/rig.hpp"

#include <gmock/gmock.h>

namespace nicosim {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Transmit, PostsOneLegacyDescriptorAndRingsTheDoorbellLast) {
  Rig rig;
  rig.up();
  unsigned stores = 0, at_doorbell = 0;
  rig.memory.on_store = [&](std::uint64_t, std::size_t) { ++stores; };
  rig.card.before = [&](const ScriptedCard::Access& a) {
    if (a.offset == regs::TDT) at_doorbell = stores;
  };
  ASSERT_TRUE(rig.send(frame_of(42, 1)));
  EXPECT_EQ(at_doorbell, 2U);  // bytes, descriptor
  EXPECT_THAT(rig.card.texts(), ElementsAre("write TDT 00000001"));
  EXPECT_THAT(rig.card.sent, ElementsAre(frame_of(42, 1)));  // padding is the card's work (TCTL.PSP)
  EXPECT_THAT(rig.card.sent_commands, ElementsAre(txd::CMD_EOP | txd::CMD_IFCS | txd::CMD_RS | txd::CMD_IDE));
  EXPECT_EQ(rig.pool.in_use(), 0U);  // the bytes were copied, the frame is free at once
  EXPECT_EQ(rig.ledger.count(true, Fate::sent), 1U);
}

TEST(Transmit, SaysBusyWhenTheRingIsFullAndWakesTheStackWhenThereIsRoomAgain) {
  Rig rig{{.tx_ring = 256}};
  rig.up();
  rig.card.hold_tx = true;
  unsigned taken = 0;
  while (rig.send(frame_of(60, taken))) ASSERT_LT(++taken, 256U);
  EXPECT_EQ(taken, 253U);  // 255 can be used, two are kept between tail and head
  EXPECT_EQ(rig.stack.wakes, 0);

  rig.card.send(29);  // 2 + 29 free: below TX_WAKE_THRESHOLD
  rig.run();
  EXPECT_EQ(rig.stack.wakes, 0);
  EXPECT_FALSE(rig.send(frame_of(60, 999))) << "a stopped queue stays stopped until it was woken";

  rig.card.send(1);
  rig.run();
  EXPECT_EQ(rig.stack.wakes, 1);
  EXPECT_TRUE(rig.send(frame_of(60, 1000)));
  EXPECT_EQ(rig.driver.ethtool().value("tx_restart_queue"), 1U);
  rig.card.send();
  rig.run();
  EXPECT_EQ(rig.stack.wakes, 1);
  EXPECT_EQ(rig.card.sent.size(), 254U);
}

TEST(Transmit, ABusyFrameStaysWithTheCaller) {
  Rig rig{{.tx_ring = 8}};
  rig.up();
  rig.card.hold_tx = true;
  for (unsigned i = 0; i < 5; ++i) ASSERT_TRUE(rig.send(frame_of(60, i)));
  FramePtr frame = rig.host_frame(frame_of(60, 9));
  EXPECT_FALSE(rig.driver.transmit(frame));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->ids.size(), 1U);
  rig.stack.on_wake = [&] { EXPECT_TRUE(rig.driver.transmit(frame)); };
  rig.card.send();
  rig.run();
  EXPECT_FALSE(frame);
  rig.card.send();
  rig.run();
  EXPECT_EQ(rig.card.sent.back(), frame_of(60, 9));
}

class TxWrap : public testing::TestWithParam<unsigned> {};

TEST_P(TxWrap, SendsEveryFrameInOrderThreeTimesRoundTheRing) {
  const unsigned size = GetParam();
  Rig rig{{.tx_ring = size}};
  rig.up();
  rig.card.hold_tx = true;
  std::vector<ByteVector> expected;
  for (unsigned i = 0; i < 3 * size + 5; ++i) {
    expected.push_back(frame_of(14 + i % 1500, i));
    ASSERT_TRUE(rig.send(expected.back()));
    if (i % 3 == 2) {
      rig.card.send();
      rig.run();
    }
  }
  rig.card.send();
  rig.run();
  EXPECT_EQ(rig.card.sent, expected);
  EXPECT_EQ(rig.ledger.count(true, Fate::sent), expected.size());
}
INSTANTIATE_TEST_SUITE_P(Sizes, TxWrap, testing::Values(8U, 16U, 256U, 4096U));

TEST(Transmit, CleansOnlyBehindDoneDescriptors) {
  Rig rig{{.tx_ring = 8}};
  rig.up();
  rig.card.hold_tx = true;
  for (unsigned i = 0; i < 5; ++i) ASSERT_TRUE(rig.send(frame_of(60, i)));
  rig.card.raise(field::ICR_TXDW);  // a lie: nothing is done
  rig.run();
  EXPECT_FALSE(rig.send(frame_of(60, 5)));
  EXPECT_EQ(rig.runtime.charged[static_cast<std::size_t>(Cost::tx_clean)], 0U);
  rig.card.send();
  rig.run();
  EXPECT_EQ(rig.runtime.charged[static_cast<std::size_t>(Cost::tx_clean)], 5U);
}

TEST(Transmit, InDmaIrqModeIsCleanedByTheHandler) {
  Rig rig{{.tx_ring = 8, .mode = ReceiveMode::dma_irq}};
  rig.up();
  for (unsigned i = 0; i < 40; ++i) {
    ASSERT_TRUE(rig.send(frame_of(60, i)));
    rig.interrupts();
  }
  EXPECT_EQ(rig.card.sent.size(), 40U);
}

// A second core (or an interrupt) transmits in the middle of our stores: the tail must not pass our unfinished slot,
// and no frame may be left without a doorbell.
TEST(Transmit, OfTwoCoresAtOncePublishesNoUnfinishedDescriptor) {
  for (unsigned where = 0; where < 2; ++where) {
    Rig rig{{.tx_ring = 8}};
    rig.up();
    for (unsigned i = 0; i < 8; ++i) {  // once round: every slot has been complete before
      ASSERT_TRUE(rig.send(frame_of(60, i)));
      rig.run();
    }
    rig.card.sent.clear();
    rig.card.log.clear();
    unsigned step = 0;
    rig.memory.on_store = [&](std::uint64_t, std::size_t) {
      if (step++ != where) return;
      ASSERT_TRUE(rig.send(frame_of(200, 2)));
      EXPECT_TRUE(rig.card.sent.empty()) << "slot 0 is not finished";
    };
    ASSERT_TRUE(rig.send(frame_of(100, 1)));
    EXPECT_THAT(rig.card.sent, ElementsAre(frame_of(100, 1), frame_of(200, 2)));
    EXPECT_THAT(rig.card.writes_to(regs::TDT), ElementsAre(2));
  }
}

TEST(Transmit, WritesTheTailInOrderWhenTheDoorbellItselfIsInterrupted) {
  Rig rig;
  rig.up();
  rig.card.before = [&](const ScriptedCard::Access& a) {
    if (a.offset != regs::TDT) return;
    rig.card.before = nullptr;
    ASSERT_TRUE(rig.send(frame_of(200, 2)));  // while the write of tail 1 is on its way
  };
  ASSERT_TRUE(rig.send(frame_of(100, 1)));
  EXPECT_THAT(rig.card.writes_to(regs::TDT), ElementsAre(1, 2));
  EXPECT_THAT(rig.card.sent, ElementsAre(frame_of(100, 1), frame_of(200, 2)));
}

TEST(Transmit, RefusesWhatIsNoFrameAndCountsIt) {
  Rig rig;
  rig.up();
  EXPECT_TRUE(rig.send(frame_of(13, 1)));
  EXPECT_TRUE(rig.send(frame_of(1519, 2)));
  EXPECT_TRUE(rig.send(frame_of(1518, 3)));  // 1500 with a header and a VLAN tag
  EXPECT_THAT(rig.card.sent, ElementsAre(frame_of(1518, 3)));
  EXPECT_EQ(rig.ledger.dropped(true, Station::tx_ring, DropReason::PKT_TOO_SMALL), 1U);
  EXPECT_EQ(rig.ledger.dropped(true, Station::tx_ring, DropReason::PKT_TOO_BIG), 1U);
  EXPECT_EQ(rig.driver.ethtool().value("tx_dropped"), 2U);
}

TEST(Transmit, BeforeOpenIsRefused) {
  Rig rig;
  EXPECT_TRUE(rig.send(frame_of(60, 1)));
  EXPECT_EQ(rig.ledger.dropped(true, Station::tx_ring, DropReason::DEV_READY), 1U);
}

TEST(Transmit, OnACardThatNamesNoFetchIsSentWhenDdSaysSo) {
  Rig rig{{.tx_ring = 8}};
  rig.up();
  rig.card.names_fetches = false;
  for (unsigned i = 0; i < 20; ++i) {
    ASSERT_TRUE(rig.send(frame_of(60, i)));
    rig.run();
  }
  EXPECT_EQ(rig.ledger.count(true, Fate::sent), 20U);
}

TEST(Transmit, WaitsInTheRingUntilTheLinkIsUp) {
  Rig rig;
  rig.process();
  rig.driver.probe();
  rig.card.link = false;
  rig.driver.open();
  rig.run();
  ASSERT_TRUE(rig.send(frame_of(60, 1)));
  EXPECT_THAT(rig.card.sent, IsEmpty());
  rig.card.link = true;
  rig.card.raise(field::ICR_LSC);
  rig.run();
  EXPECT_THAT(rig.card.sent, ElementsAre(frame_of(60, 1)));
  rig.process();
  rig.driver.stop();
}

}  // namespace
}  // namespace nicosim
