// Receive mode pio: frames out of the card's window, one an interrupt.
#include "tb/driver/rig.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace nicosim {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Pio : testing::Test {
  Pio() { rig.up(); }
  std::size_t reads_of(std::uint32_t offset) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        rig.card.log, [&](const ScriptedCard::Access& a) { return !a.write && a.offset == offset; }));
  }
  std::uint64_t dropped(Station station, DropReason reason) const { return rig.ledger.dropped(false, station, reason); }

  Rig rig{{.mode = ReceiveMode::pio}};
};

TEST(PioBringUp, OpensTheWindowBeforeTheReceiverAndGivesTheCardNoDescriptor) {
  Rig rig{{.mode = ReceiveMode::pio}};
  bool open_before = false;
  rig.card.before = [&](const ScriptedCard::Access& a) {
    if (a.write && a.offset == regs::RCTL && field::RCTL_EN.in(a.value))
      open_before = field::RXW_CTRL_EN.in(rig.card.peek(regs::RXW_CTRL));
  };
  rig.up();
  EXPECT_TRUE(open_before);
  EXPECT_EQ(rig.card.peek(regs::RDLEN), 0U);
  EXPECT_EQ(rig.memory.regions(), 2U) << "only the transmit ring and its buffers";
  EXPECT_FALSE(rig.driver.features().rx_checksum) << "the window does not tell what the card has verified";
}

TEST_F(Pio, ReadsLengthAndWordsAndGivesTheFrameBackToTheCard) {
  ASSERT_TRUE(rig.card.receive(frame_of(61, 1)));  // 15 words and a byte, FCS left in the card
  EXPECT_EQ(rig.interrupts(), 1U);
  EXPECT_THAT(rig.stack.received, ElementsAre(frame_of(61, 1)));
  std::vector<std::string> expected{"read ICR", "read RXW_STATUS"};
  for (int i = 0; i < 16; ++i) expected.emplace_back("read RXW_DATA");
  expected.emplace_back("write RXW_NEXT 00000001");
  EXPECT_EQ(rig.card.texts(), expected);
  EXPECT_EQ(rig.driver.work().frames, 1U);
}

TEST_F(Pio, EveryLengthComesOutWholeAndCostsAReadForFourBytes) {
  for (std::size_t size = 14; size <= 1514; size += size < 80 ? 1 : 97) {
    rig.card.log.clear();
    rig.stack.received.clear();
    ASSERT_TRUE(rig.card.receive(frame_of(size, 3)));
    rig.interrupts();
    ASSERT_EQ(rig.stack.received.size(), 1U) << size;
    EXPECT_EQ(rig.stack.received.front(), frame_of(size, 3));
    EXPECT_EQ(reads_of(regs::RXW_DATA), (size + 3) / 4) << size;
  }
}

TEST_F(Pio, EachFrameHasAnInterruptOfItsOwnHoweverManyWait) {
  const std::uint64_t before = rig.driver.work().interrupts;
  for (unsigned i = 0; i < 10; ++i) ASSERT_TRUE(rig.card.receive(frame_of(60, i)));
  EXPECT_EQ(rig.interrupts(), 10U);
  EXPECT_EQ(rig.driver.work().interrupts, before + 10);
  EXPECT_EQ(rig.stack.received.size(), 10U);
  EXPECT_EQ(rig.driver.work().polls, 0U);
  EXPECT_THAT(rig.card.writes_to(regs::IMC), IsEmpty()) << "nothing is masked";
  EXPECT_THAT(rig.card.texts(), testing::Not(Contains(testing::HasSubstr("RDT"))));
}

TEST_F(Pio, AnInterruptWithoutAFrameReadsTheStatusAndNothingElse) {
  rig.card.raise(field::ICR_RXT0);
  EXPECT_EQ(rig.interrupts(), 1U);
  EXPECT_THAT(rig.card.texts(), ElementsAre("read ICR", "read RXW_STATUS"));
  EXPECT_THAT(rig.stack.received, IsEmpty());
}

TEST_F(Pio, AnInterruptThatIsNotAboutReceivingLeavesTheWindowAlone) {
  rig.card.raise(field::ICR_TXDW);
  EXPECT_EQ(rig.interrupts(), 1U);
  EXPECT_EQ(reads_of(regs::RXW_STATUS), 0U);
}

TEST_F(Pio, AFrameWithErrorsIsDroppedUnreadAndTheNextOneComes) {
  for (const std::uint8_t error : {rxd::ERRORS_CE, rxd::ERRORS_SE, rxd::ERRORS_SEQ, rxd::ERRORS_RXE})
    ASSERT_TRUE(rig.card.receive_raw(frame_of(64, error), 0, error));
  ASSERT_TRUE(rig.card.receive(frame_of(60, 7)));
  EXPECT_EQ(rig.interrupts(), 5U);
  EXPECT_EQ(dropped(Station::poll, DropReason::RX_ERRORS), 4U);
  EXPECT_THAT(rig.stack.received, ElementsAre(frame_of(60, 7)));
  EXPECT_EQ(reads_of(regs::RXW_DATA), 15U) << "of the good one only";
}

TEST_F(Pio, AWrongChecksumAboveIsTheStacksBusiness) {
  ASSERT_TRUE(rig.card.receive_raw(frame_of(64, 1), 0, rxd::ERRORS_TCPE | rxd::ERRORS_IPE));
  rig.interrupts();
  EXPECT_THAT(rig.stack.checksums, ElementsAre(RxChecksum::none));
}

TEST_F(Pio, ALengthThatCannotBeIsNotBelieved) {
  ASSERT_TRUE(rig.card.receive_raw(frame_of(64, 1), 0, 0, 17));
  ASSERT_TRUE(rig.card.receive_raw(frame_of(64, 1), 0, 0, 0));
  ASSERT_TRUE(rig.card.receive_raw(frame_of(64, 1), 0, 0, 2049));
  ASSERT_TRUE(rig.card.receive_raw(frame_of(64, 1), 0, 0, 0xffff));
  EXPECT_EQ(rig.interrupts(), 4U);
  EXPECT_EQ(dropped(Station::poll, DropReason::PKT_TOO_SMALL), 2U);
  EXPECT_EQ(dropped(Station::poll, DropReason::PKT_TOO_BIG), 2U);
  EXPECT_EQ(reads_of(regs::RXW_DATA), 0U);
  EXPECT_EQ(rig.card.window_frames(), 0U);
}

TEST_F(Pio, AnOverrunInterruptsAndLosesNoFrameThatWaits) {
  for (unsigned i = 0; i < 40; ++i) rig.card.receive(frame_of(60, i));  // its FIFO holds 32
  rig.interrupts();
  EXPECT_EQ(rig.stack.received.size(), 32U);
  EXPECT_EQ(dropped(Station::fifo, DropReason::FIFO_FULL), 8U);
  rig.process();
  rig.driver.update_stats();
  EXPECT_EQ(rig.driver.ethtool().value("rx_missed_errors"), 8U);
}

TEST_F(Pio, FramesGoOutThroughTheTransmitRingAsEver) {
  ASSERT_TRUE(rig.send(frame_of(60, 1)));
  rig.run();
  EXPECT_THAT(rig.card.sent, ElementsAre(frame_of(60, 1)));
}

TEST_F(Pio, TheLinkGoesAndComesInTheHandler) {
  rig.card.link = false;
  rig.card.raise(field::ICR_LSC);
  rig.interrupts();
  EXPECT_FALSE(rig.driver.carrier());
  ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));  // was stored before
  rig.interrupts();
  EXPECT_EQ(rig.stack.received.size(), 1U);
  rig.card.link = true;
  rig.card.raise(field::ICR_LSC);
  rig.interrupts();
  EXPECT_TRUE(rig.driver.carrier());
}

TEST_F(Pio, StopClosesTheFrameInTheWindowAndOpensItAnewAfterwards) {
  rig.card.before = [&](const ScriptedCard::Access& a) {
    if (!a.write || a.offset != regs::IMC) return;
    rig.card.before = nullptr;
    ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));
  };
  rig.process();
  rig.driver.stop();
  EXPECT_EQ(dropped(Station::fifo, DropReason::RESET), 1U);
  EXPECT_EQ(rig.memory.regions(), 0U);
  rig.driver.open();
  rig.run();
  ASSERT_TRUE(rig.card.receive(frame_of(60, 2)));
  rig.run();
  EXPECT_THAT(rig.stack.received, ElementsAre(frame_of(60, 2)));
}

// What it costs: every word is a trip over the bus, charged as a register read by the bus and nothing else here.
TEST(PioCost, ChargesTheBufferAndLeavesTheWordsToTheBus) {
  Rig rig{{.mode = ReceiveMode::pio}, false};
  rig.up();
  rig.runtime.charged = {};
  ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));
  rig.interrupts();
  EXPECT_EQ(rig.runtime.charged[static_cast<std::size_t>(Cost::skb_alloc)], 1U);
  EXPECT_EQ(rig.runtime.charged[static_cast<std::size_t>(Cost::copy_per_byte)], 0U);
  EXPECT_EQ(rig.runtime.charged[static_cast<std::size_t>(Cost::rx_descriptor)], 0U);
}

}  // namespace
}  // namespace nicosim
