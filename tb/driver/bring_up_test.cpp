// probe and open: which register comes after which, and why it matters.
#include "tb/driver/rig.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

namespace nicosim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsSupersetOf;

// The log without the long tables, which have tests of their own.
std::vector<std::string> without_tables(const std::vector<std::string>& lines) {
  std::vector<std::string> kept;
  for (const std::string& line : lines)
    if (line.find("MTA[") == std::string::npos && line.find("write RAL[") == std::string::npos &&
        line.find("write RAH[") == std::string::npos)
      kept.push_back(line);
  return kept;
}

TEST(Probe, QuietsTheCardBeforeTheResetAndMasksItAgainAfterwards) {
  Rig rig;
  rig.process();
  rig.driver.probe();
  auto lines = without_tables(rig.card.texts());
  lines.resize(18);
  EXPECT_THAT(lines, ElementsAre("write IMC ffffffff", "write RCTL 00000000", "write TCTL 00000008", "read STATUS",  //
                                 "read CTRL", "write CTRL 04000000", "read MANC", "write MANC 00000000",             //
                                 "write IMC ffffffff", "read ICR", "read RAL[0]", "read RAH[0]",                     //
                                 "write VET 00000000", "read STATUS", "read CTRL", "write CTRL 00000040",            //
                                 "read TXDCTL", "write TXDCTL 01010000"));
}

TEST(Probe, WaitsTenMillisecondsForQuietAndFiveForTheReset) {
  Rig rig;
  rig.process();
  SimTime reset_at, manc_at;
  rig.card.before = [&](const ScriptedCard::Access& a) {
    if (a.write && a.offset == regs::CTRL && field::CTRL_RST.in(a.value)) reset_at = rig.runtime.now();
    if (a.offset == regs::MANC && !a.write) manc_at = rig.runtime.now();
  };
  rig.driver.probe();
  EXPECT_EQ(reset_at, SimTime::ms(10));
  EXPECT_EQ(manc_at, SimTime::ms(15));
}

TEST(Probe, LearnsTheStationAddressFromTheFirstReceiveAddress) {
  Rig rig;
  rig.process();
  rig.driver.probe();
  EXPECT_EQ(rig.driver.address().text(), "02:00:00:00:00:01");
  EXPECT_EQ(rig.card.peek(regs::RAL(0)), 0x0000'0002U);
  EXPECT_EQ(rig.card.peek(regs::RAH(0)), 0x8000'0100U);
}

TEST(Open, ProgramsTheRingsThenTheReceiverThenTheInterruptAndAsksForTheLink) {
  Rig rig;
  rig.process();
  rig.driver.probe();
  rig.card.log.clear();
  rig.driver.open();
  auto lines = without_tables(rig.card.texts());
  const std::string rdbal = fmt::format("write RDBAL {:08x}", rig.card.peek(regs::RDBAL));
  const std::string tdbal = fmt::format("write TDBAL {:08x}", rig.card.peek(regs::TDBAL));
  EXPECT_THAT(lines, ElementsAre("read STATUS",                                                                       //
                                 "write TDLEN 00001000", "write TDBAH 00000000", tdbal, "write TDT 00000000",         //
                                 "write TDH 00000000", "write TIPG 00602008", "write TIDV 00000008",                  //
                                 "write TADV 00000020", "write TCTL 0103f0f8",                                        //
                                 "write RCTL 00000000", "write RDTR 00000000", "write RADV 00000008",                 //
                                 "write ITR 00000000", "write RDLEN 00001000", "write RDBAH 00000000", rdbal,         //
                                 "write RDT 00000000", "write RDH 00000000", "read RXCSUM", "write RXCSUM 00000200",  //
                                 "write RDT 000000ff", "write RCTL 00008002",                                         //
                                 "write IMS 0000009d", "read STATUS", "write ICS 00000004"));
  rig.driver.stop();
}

TEST(Open, FillsTheDescriptorsBeforeTheTailSaysSo) {
  Rig rig;
  rig.process();
  rig.driver.probe();
  unsigned stores_after_tail = 0, stores = 0;
  rig.memory.on_store = [&](std::uint64_t, std::size_t) {
    ++stores;
    if (rig.card.peek(regs::RDT) != 0) ++stores_after_tail;
  };
  rig.driver.open();
  EXPECT_EQ(stores, 255U);
  EXPECT_EQ(stores_after_tail, 0U);
  rig.driver.stop();
}

TEST(Open, TurnsTheTransmitterOnOnlyWhenTheLinkIsSeen) {
  Rig rig;
  rig.process();
  rig.driver.probe();
  rig.card.link = false;
  rig.driver.open();
  rig.run();
  EXPECT_FALSE(field::TCTL_EN.in(rig.card.peek(regs::TCTL)));
  EXPECT_FALSE(rig.driver.carrier());
  EXPECT_TRUE(rig.stack.carrier.empty());

  rig.card.link = true;
  rig.card.raise(field::ICR_LSC);
  rig.run();
  EXPECT_TRUE(field::TCTL_EN.in(rig.card.peek(regs::TCTL)));
  EXPECT_TRUE(rig.driver.carrier());
  EXPECT_THAT(rig.stack.carrier, ElementsAre(true));
  rig.driver.stop();
}

TEST(Open, LosingTheLinkTakesTheCarrierAndItsReturnBringsItBack) {
  Rig rig;
  rig.up();
  rig.card.link = false;
  rig.card.raise(field::ICR_LSC);
  rig.run();
  rig.card.link = true;
  rig.card.raise(field::ICR_LSC);
  rig.run();
  EXPECT_THAT(rig.stack.carrier, ElementsAre(true, false, true));
}

TEST(Open, AfterAStopWorksLikeTheFirst) {
  Rig rig;
  rig.up();
  ASSERT_TRUE(rig.card.receive(frame_of(100, 1)));
  rig.run();
  rig.process();
  rig.driver.stop();
  rig.driver.open();
  rig.run();
  ASSERT_TRUE(rig.card.receive(frame_of(100, 2)));
  ASSERT_TRUE(rig.send(frame_of(100, 3)));
  rig.run();
  EXPECT_THAT(rig.stack.received, ElementsAre(frame_of(100, 1), frame_of(100, 2)));
  EXPECT_THAT(rig.card.sent, ElementsAre(frame_of(100, 3)));
}

TEST(Open, ThrottlesInterruptsAsConfigured) {
  Rig rig{{.itr = 195}};
  rig.up();
  EXPECT_EQ(rig.card.peek(regs::ITR), 195U);
}

TEST(DriverConfig, RefusesRingsTheCardCannotHaveAndJumboFrames) {
  for (const unsigned ring : {0U, 4U, 12U, 250U, 4104U}) {
    EXPECT_THROW(Rig({.rx_ring = ring}), std::invalid_argument) << ring;
    EXPECT_THROW(Rig({.tx_ring = ring}), std::invalid_argument) << ring;
  }
  EXPECT_THROW(Rig({.mtu = 1501}), std::invalid_argument);
  EXPECT_NO_THROW(Rig({.rx_ring = 8, .tx_ring = 4096, .mtu = 1500}));
}

// On an 82540EM, and only for this one register: the bus may have I/O space, and QEMU's and the family's windows agree.
TEST(Probe, WithIoSpaceTheResetGoesThroughTheWindow) {
  Rig rig;
  rig.card.io = true;
  rig.process();
  rig.driver.probe();
  EXPECT_EQ(rig.card.io_writes, 1U);
  bool seen = false;
  for (const auto& a : rig.card.log) seen = seen || (a.write && a.offset == regs::CTRL && field::CTRL_RST.in(a.value));
  EXPECT_TRUE(seen);
}

}  // namespace
}  // namespace nicosim
