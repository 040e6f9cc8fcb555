// The PHY through MDIC: registers, the time of an access, negotiation, and the link that comes of it.
#include <gtest/gtest.h>

#include <utility>

#include "regmap/regmap.hpp"
#include "tb/rtl/csr/csr_bench.hpp"

namespace nicosim::tb {
namespace {

constexpr std::uint64_t kMdioCycles = 4000;  // 64 clocks of 400 ns

class Phy : public testing::Test {
 protected:
  std::uint32_t access(unsigned op, unsigned reg, unsigned data, unsigned phy, std::uint32_t flags) {
    card.write(regs::MDIC, field::MDIC_OP.put(op) | field::MDIC_PHYADD.put(phy) | field::MDIC_REGADD.put(reg) |
                               field::MDIC_DATA.put(data) | flags);
    pass(card, kMdioCycles);
    const std::uint32_t mdic = card.read(regs::MDIC);
    EXPECT_TRUE(field::MDIC_READY.in(mdic));
    return mdic;
  }
  unsigned read(unsigned reg) { return field::MDIC_DATA.get(access(2, reg, 0, 1, 0)); }
  void write(unsigned reg, unsigned data) { access(1, reg, data, 1, 0); }
  bool link() { return field::STATUS_LU.in(card.read(regs::STATUS)); }
  void set_link_up_without_cable() {
    card.write(regs::CTRL, field::CTRL_SLU.mask());
    card.step(5);
    card.read(regs::ICR);
  }
  void set_link_up() {
    card.write(regs::CTRL, field::CTRL_SLU.mask());
    pass(card, 2 + card.pins().autoneg_cycles_i);
    card.step(5);
    ASSERT_TRUE(link());
    card.read(regs::ICR);
  }

  CsrBench card;
};

TEST_F(Phy, IsTheMarvellThatDriversLookFor) {
  EXPECT_EQ(read(2), 0x0141U);
  EXPECT_EQ(read(3) & 0xfff0U, 0x0c20U);
}

TEST_F(Phy, AnotherAddressAnswersWithAnError) {
  for (unsigned phy = 0; phy < 32; ++phy) {
    EXPECT_EQ(field::MDIC_ERROR.in(access(2, 2, 0, phy, 0)), phy != 1) << phy;
  }
}

TEST_F(Phy, LinkIsLatchedLowUntilRead) {
  EXPECT_EQ(read(1), 0x7969U);
  EXPECT_EQ(read(1), 0x796dU);
  EXPECT_EQ(read(17), 0xac08U);
}

// IEEE 802.3, 22.2.4, and the 88E1011: what its registers hold with and without a partner.
TEST_F(Phy, EveryRegisterSaysWhatIsTrueOfAGigabitPartner) {
  struct Register {
    unsigned number, with_link, without;
  };
  const Register registers[] = {
      {0, 0x1140, 0x1140},
      {2, 0x0141, 0x0141},
      {3, 0x0c20, 0x0c20},
      {4, 0x0de1, 0x0de1},
      {5, 0x41e1, 0},
      {6, 0x0001, 0},
      {7, 0, 0},
      {8, 0, 0},
      {9, 0x0e00, 0x0e00},
      {10, 0x3c00, 0},
      {15, 0x3000, 0x3000},
      {16, 0x0360, 0x0360},
      {17, 0xac08, 0xa008},
      {18, 0, 0},
      {19, 0, 0},
      {20, 0x0d60, 0x0d60},
      {21, 0, 0},
      {31, 0, 0},
  };
  for (const Register& r : registers) EXPECT_EQ(read(r.number), r.with_link) << r.number;
  card.pins().cable_i = 0;
  for (const Register& r : registers) EXPECT_EQ(read(r.number), r.without) << r.number;
  EXPECT_EQ(read(1), 0x7949U);
}

TEST_F(Phy, AnAccessIsReadyInItsCycleAndRefusesOthersUntilThen) {
  card.write(regs::MDIC,
             field::MDIC_OP.put(2) | field::MDIC_PHYADD.put(1) | field::MDIC_REGADD.put(2) | field::MDIC_INT_EN.mask());
  const std::uint64_t end = card.pins().next_deadline_o;
  ASSERT_NE(end, ~0ULL);
  EXPECT_TRUE(card.pins().quiescent_o);
  card.write(regs::MDIC, field::MDIC_OP.put(1) | field::MDIC_PHYADD.put(1) | field::MDIC_REGADD.put(4) | 0x1234);
  pass(card, end - card.cycle() - 12);
  EXPECT_FALSE(field::MDIC_READY.in(card.read(regs::MDIC)));
  EXPECT_EQ(card.read(regs::ICR), 0U);
  pass(card, 10);
  EXPECT_EQ(field::MDIC_DATA.get(card.read(regs::MDIC)), 0x0141U);
  EXPECT_EQ(card.read(regs::ICR), field::ICR_MDAC.mask());
  EXPECT_EQ(card.pins().next_deadline_o, ~0ULL);
  EXPECT_EQ(read(4), 0x0de1U);
}

TEST_F(Phy, CtrlRstForgetsARunningAccess) {
  card.write(regs::MDIC, field::MDIC_OP.put(1) | field::MDIC_PHYADD.put(1) | field::MDIC_REGADD.put(4) | 0x1234 |
                             field::MDIC_INT_EN.mask());
  card.write(regs::CTRL, field::CTRL_RST.mask());
  pass(card, 2 * kMdioCycles);
  EXPECT_EQ(card.read(regs::ICR), 0U);
  EXPECT_EQ(read(4), 0x0de1U);
}

TEST_F(Phy, PowerDownTakesTheLinkDown) {
  set_link_up();
  write(0, 0x1940);
  EXPECT_FALSE(link());
  EXPECT_EQ(card.read(regs::ICR), field::ICR_LSC.mask());
  EXPECT_EQ(read(1), 0x7949U);
  EXPECT_EQ(read(17) & 0x0400U, 0U);
  write(0, 0x1140);
  card.step(5);
  EXPECT_TRUE(link());
  EXPECT_EQ(read(1) & 4U, 0U);  // it was down in between
  EXPECT_EQ(read(1) & 4U, 4U);
}

TEST_F(Phy, NegotiationTakesItsTimeToTheCycle) {
  for (const unsigned cycles : {0U, 1U, 2U, 100U, 156'250U}) {
    SCOPED_TRACE(cycles);
    card.pins().cable_i = 0;
    card.pins().autoneg_cycles_i = cycles;
    set_link_up_without_cable();
    card.pins().cable_i = 1;
    const std::uint64_t in = card.cycle();
    std::uint64_t up = 0;
    while (card.cycle() < in + 200'000 && up == 0) {
      card.step();
      if (card.pins().link_up_o) up = card.cycle();
      if (card.pins().quiescent_o && card.pins().next_deadline_o > card.cycle() + 1 && up == 0)
        card.skip_to(std::min<std::uint64_t>(in + 200'000, card.pins().next_deadline_o));
    }
    constexpr std::uint64_t kWay = 1;  // from the PHY to STATUS.LU
    EXPECT_EQ(up - in, std::max(cycles, 3U) + kWay);
    card.step(3);
    EXPECT_EQ(card.read(regs::ICR), field::ICR_LSC.mask());
  }
}

TEST_F(Phy, ACableThatComesAndGoesIsSeenEverywhere) {
  set_link_up();
  EXPECT_EQ(read(1), 0x7969U);
  EXPECT_EQ(read(1), 0x796dU);
  card.pins().cable_i = 0;
  card.step(5);
  EXPECT_FALSE(link());
  EXPECT_EQ(card.read(regs::ICR), field::ICR_LSC.mask());
  EXPECT_EQ(read(1), 0x7949U);
  EXPECT_EQ(read(5), 0U);
  EXPECT_EQ(read(10), 0U);
  EXPECT_EQ(read(17), 0xa008U);
  card.pins().autoneg_cycles_i = 20'000;
  card.pins().cable_i = 1;
  card.step(5);
  EXPECT_EQ(read(1), 0x7949U);  // negotiating
  EXPECT_FALSE(link());
  pass(card, 20'000);
  EXPECT_TRUE(link());
  EXPECT_EQ(card.read(regs::ICR), field::ICR_LSC.mask());
  EXPECT_EQ(read(1), 0x7969U);
  EXPECT_EQ(read(1), 0x796dU);
  EXPECT_EQ(read(5), 0x41e1U);
  EXPECT_EQ(read(10), 0x3c00U);
  EXPECT_EQ(read(17), 0xac08U);
}

TEST_F(Phy, RestartAndResetTakeTheLinkDownUntilNegotiated) {
  card.pins().autoneg_cycles_i = 20'000;
  set_link_up();
  for (const unsigned control : {0x1340U, 0x9140U}) {
    SCOPED_TRACE(control);
    card.read(regs::ICR);
    write(0, control);
    EXPECT_FALSE(link());
    EXPECT_EQ(card.read(regs::ICR), field::ICR_LSC.mask());
    pass(card, 20'000);
    EXPECT_TRUE(link());
    EXPECT_EQ(card.read(regs::ICR), field::ICR_LSC.mask());
  }
}

TEST_F(Phy, WithoutNegotiationTheLinkIsThereAtOnce) {
  card.pins().autoneg_cycles_i = 20'000;
  write(0, 0x0140);
  card.pins().cable_i = 0;
  set_link_up_without_cable();
  card.pins().cable_i = 1;
  card.step(5);
  EXPECT_TRUE(link());
  EXPECT_EQ(read(1) & 0x20U, 0U);  // nothing was negotiated
  EXPECT_EQ(read(5), 0U);
}

TEST_F(Phy, WithoutSluTheMacSeesNoLink) {
  card.step(5);
  EXPECT_FALSE(link());
  read(1);
  EXPECT_EQ(read(1) & 4U, 4U);
  card.write(regs::CTRL, field::CTRL_SLU.mask());
  card.step(5);
  EXPECT_TRUE(link());
  card.write(regs::CTRL, field::CTRL_SLU.mask() | field::CTRL_PHY_RST.mask());
  card.step(5);
  EXPECT_FALSE(link());
}

TEST_F(Phy, ResetAndRestartBitsClearThemselves) {
  write(4, 0x0101);
  write(0, 0x9140);
  EXPECT_EQ(read(0), 0x1140U);
  EXPECT_EQ(read(4), 0x0de1U);
  write(0, 0x1340);
  EXPECT_EQ(read(0), 0x1140U);
}

// A write to Marvell's registers takes effect by a reset through register 0, so that one leaves them alone.
TEST_F(Phy, ASoftwareResetKeepsMarvellsRegistersAndCtrlPhyRstDoesNot) {
  const std::pair<unsigned, unsigned> writes[] = {{16, 0x0b68}, {18, 0x5555}, {20, 0x0170}};
  for (const auto& [reg, data] : writes) write(reg, data);
  write(0, 0x9140);
  for (const auto& [reg, data] : writes) EXPECT_EQ(read(reg), data) << reg;
  card.write(regs::CTRL, field::CTRL_PHY_RST.mask());
  card.write(regs::CTRL, 0);
  for (const auto& [reg, reset] : {std::pair{16U, 0x0360U}, {18U, 0U}, {20U, 0x0d60U}})
    EXPECT_EQ(read(reg), reset) << reg;
}

TEST_F(Phy, CtrlPhyRstResetsItAndCtrlRstDoesNot) {
  write(9, 0x0200);
  card.write(regs::CTRL, field::CTRL_RST.mask());
  EXPECT_EQ(read(9), 0x0200U);
  card.write(regs::CTRL, field::CTRL_PHY_RST.mask());
  card.write(regs::CTRL, 0);
  EXPECT_EQ(read(9), 0x0e00U);
}

TEST_F(Phy, WritableRegistersKeepWhatLinuxWrites) {
  const std::pair<unsigned, unsigned> writes[] = {{4, 0x0de1}, {9, 0x0e00}, {16, 0x0b68}, {20, 0x0170}, {18, 0x5555}};
  for (const auto& [reg, data] : writes) write(reg, data);
  for (const auto& [reg, data] : writes) EXPECT_EQ(read(reg), data) << reg;
  write(2, 0xffff);
  EXPECT_EQ(read(2), 0x0141U);
}

TEST_F(Phy, EveryWritableBitIsKept) {
  card.pins().cable_i = 0;
  for (const unsigned reg : {4U, 9U, 16U, 18U, 20U}) {
    for (const unsigned value : {0xffffU, 0U, 0x5aa5U}) {
      write(reg, value);
      EXPECT_EQ(read(reg), value) << reg;
    }
  }
  write(0, 0x7fff);  // all but the reset
  EXPECT_EQ(read(0), 0x7d40U) << "restart clears itself, the low bits are reserved";
  write(0, 0);
  EXPECT_EQ(read(0), 0U);
}

TEST_F(Phy, MdacComesOnlyWhenAskedFor) {
  read(2);
  EXPECT_EQ(card.read(regs::ICR), 0U);
  access(2, 2, 0, 1, field::MDIC_INT_EN.mask());
  EXPECT_EQ(card.read(regs::ICR), field::ICR_MDAC.mask());
}

TEST_F(Phy, AWriteWithReadySetStartsNothing) {
  card.write(regs::MDIC, field::MDIC_READY.mask() | field::MDIC_OP.put(1) | field::MDIC_PHYADD.put(1) |
                             field::MDIC_REGADD.put(4) | 0x1234);
  EXPECT_EQ(read(4), 0x0de1U);
}

}  // namespace
}  // namespace nicosim::tb
