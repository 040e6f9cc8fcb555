// EEPROM and PHY, reached as the Linux driver reaches them: bit banging in EECD, EERD, MDIC.
#include <gtest/gtest.h>

#include "regmap/regmap.hpp"
#include "tb/rtl/csr/csr_bench.hpp"

namespace nicosim::tb {
namespace {

class Eeprom : public testing::Test {
 protected:
  void pins(bool select, bool clock, bool data) {
    card.write(regs::EECD, field::EECD_REQ.mask() | field::EECD_CS.put(select) | field::EECD_SK.put(clock) |
                               field::EECD_DI.put(data));
  }
  void shift_out(unsigned value, unsigned bits) {
    for (unsigned i = bits; i-- > 0;) {
      const bool bit = (value >> i & 1U) != 0;
      pins(true, false, bit);
      pins(true, true, bit);
      pins(true, false, bit);
    }
  }
  unsigned shift_in(unsigned bits) {
    unsigned value = 0;
    for (unsigned i = 0; i < bits; ++i) {
      pins(true, true, false);
      value = value << 1U | field::EECD_DO.get(card.read(regs::EECD));
      pins(true, false, false);
    }
    return value;
  }
  unsigned bit_bang(unsigned address) {
    pins(false, false, false);
    pins(false, true, false);
    pins(true, true, false);
    pins(true, false, false);
    shift_out(0b110, 3);
    shift_out(address, 6);
    const unsigned word = shift_in(16);
    pins(false, false, false);
    return word;
  }
  unsigned eerd(unsigned address) {
    card.write(regs::EERD, field::EERD_START.mask() | field::EERD_ADDR.put(address));
    const std::uint32_t value = card.read(regs::EERD);
    EXPECT_TRUE(field::EERD_DONE.in(value));
    return field::EERD_DATA.get(value);
  }

  CsrBench card;
};

TEST_F(Eeprom, HoldsTheStationAddressInWireOrder) {
  EXPECT_EQ(bit_bang(0), 0x0002U);  // 02:00
  EXPECT_EQ(bit_bang(1), 0x0000U);  // 00:00
  EXPECT_EQ(bit_bang(2), 0x010aU);  // 0a:01
}

TEST_F(Eeprom, AllWordsAddUpToBaba) {
  unsigned sum = 0;
  for (unsigned address = 0; address < 64; ++address) sum += bit_bang(address);
  EXPECT_EQ(sum & 0xffffU, 0xbabaU);
}

TEST_F(Eeprom, EerdAndThePinsAgree) {
  for (unsigned address = 0; address < 64; ++address) EXPECT_EQ(eerd(address), bit_bang(address)) << address;
  EXPECT_EQ(eerd(64), 0U);
  EXPECT_EQ(eerd(0x0d), 0x100eU);
  EXPECT_EQ(eerd(0x0e), 0x8086U);
}

TEST_F(Eeprom, ReadingOnGivesTheNextWords) {
  pins(false, false, false);
  shift_out(0b110, 3);
  shift_out(0x0b, 6);
  for (const unsigned word : {0x001eU, 0x8086U, 0x100eU, 0x8086U}) EXPECT_EQ(shift_in(16), word);
}

TEST_F(Eeprom, WritesAreNotAnsweredAndADeselectStartsAfresh) {
  shift_out(0b101, 3);  // write
  shift_out(0x00, 6);
  EXPECT_EQ(shift_in(16), 0U);
  EXPECT_EQ(bit_bang(0), 0x0002U);
}

TEST_F(Eeprom, GrantFollowsTheRequest) {
  card.write(regs::EECD, field::EECD_REQ.mask());
  EXPECT_TRUE(field::EECD_GNT.in(card.read(regs::EECD)));
  card.write(regs::EECD, 0);
  EXPECT_FALSE(field::EECD_GNT.in(card.read(regs::EECD)));
}

TEST_F(Eeprom, EerdWithoutStartIsNotDone) {
  card.write(regs::EERD, field::EERD_ADDR.put(3));
  EXPECT_FALSE(field::EERD_DONE.in(card.read(regs::EERD)));
}

class Phy : public testing::Test {
 protected:
  std::uint32_t access(unsigned op, unsigned reg, unsigned data, unsigned phy, std::uint32_t flags) {
    card.write(regs::MDIC, field::MDIC_OP.put(op) | field::MDIC_PHYADD.put(phy) | field::MDIC_REGADD.put(reg) |
                               field::MDIC_DATA.put(data) | flags);
    const std::uint32_t mdic = card.read(regs::MDIC);
    EXPECT_TRUE(field::MDIC_READY.in(mdic));
    return mdic;
  }
  unsigned read(unsigned reg) { return field::MDIC_DATA.get(access(2, reg, 0, 1, 0)); }
  void write(unsigned reg, unsigned data) { access(1, reg, data, 1, 0); }

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

TEST_F(Phy, PowerDownTakesTheLinkDown) {
  card.write(regs::CTRL, field::CTRL_SLU.mask());
  read(1);
  ASSERT_TRUE(field::STATUS_LU.in(card.read(regs::STATUS)));
  card.read(regs::ICR);
  write(0, 0x1940);
  EXPECT_FALSE(field::STATUS_LU.in(card.read(regs::STATUS)));
  EXPECT_EQ(card.read(regs::ICR), field::ICR_LSC.mask());
  EXPECT_EQ(read(1), 0x7949U);
  EXPECT_EQ(read(17) & 0x0400U, 0U);
  write(0, 0x1140);
  EXPECT_TRUE(field::STATUS_LU.in(card.read(regs::STATUS)));
  EXPECT_EQ(read(1) & 4U, 0U);  // it was down in between
  EXPECT_EQ(read(1) & 4U, 4U);
}

TEST_F(Phy, ResetAndRestartBitsClearThemselves) {
  write(4, 0x0101);
  write(0, 0x9140);
  EXPECT_EQ(read(0), 0x1140U);
  EXPECT_EQ(read(4), 0x0de1U);
  write(0, 0x1340);
  EXPECT_EQ(read(0), 0x1140U);
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
