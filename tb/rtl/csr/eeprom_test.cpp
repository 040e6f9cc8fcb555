// The EEPROM, reached as drivers reach it: bit banging in EECD, and EERD.
#include <gtest/gtest.h>

#include "regmap/regmap.hpp"
#include "tb/rtl/csr/csr_bench.hpp"

namespace nicosim::tb {
namespace {

constexpr std::uint64_t kEerdCycles = 4000;        // 25 clocks of 1.024 us
constexpr std::uint64_t kProgramCycles = 468'750;  // 3 ms

// What Microwire calls its commands: start bit, two bits of opcode; the first two address bits tell the last four
// apart.
constexpr unsigned kWrite = 0b101, kErase = 0b111, kExtended = 0b100;
constexpr unsigned kEwen = 0x30, kEwds = 0x00, kEral = 0x20, kWral = 0x10;

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
    EXPECT_FALSE(field::EERD_DONE.in(card.read(regs::EERD)));
    pass(card, kEerdCycles);
    const std::uint32_t value = card.read(regs::EERD);
    EXPECT_TRUE(field::EERD_DONE.in(value));
    return field::EERD_DATA.get(value);
  }

  void select() {
    pins(false, false, false);
    pins(true, false, false);
  }
  void command(unsigned opcode, unsigned address) {
    select();
    shift_out(opcode, 3);
    shift_out(address, 6);
    pins(false, false, false);
  }
  void write_word(unsigned address, unsigned value) {
    select();
    shift_out(kWrite, 3);
    shift_out(address, 6);
    shift_out(value, 16);
    pins(false, false, false);
  }
  bool ready() { return field::EECD_DO.in(card.read(regs::EECD)); }

  CsrBench card;
};

TEST_F(Eeprom, HoldsTheStationAddressInWireOrder) {
  EXPECT_EQ(bit_bang(0), 0x0002U);  // 02:00
  EXPECT_EQ(bit_bang(1), 0x0000U);  // 00:00
  EXPECT_EQ(bit_bang(2), 0x010aU);  // 0a:01
}

TEST_F(Eeprom, AsksForPauseBothWays) { EXPECT_EQ(bit_bang(0x0f), 0x3000U); }

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

TEST_F(Eeprom, AReadThatWasBrokenOffLeavesNothingBehind) {
  shift_out(0b110, 3);
  shift_out(0x0d, 6);
  shift_in(5);
  EXPECT_EQ(bit_bang(0), 0x0002U);
}

TEST_F(Eeprom, ReadingOnIsRightAfterAWordWasBrokenOffInItsMiddle) {
  for (const unsigned bits : {1U, 7U, 15U}) {
    select();
    shift_out(0b110, 3);
    shift_out(0x0d, 6);
    shift_in(bits);
    select();
    shift_out(0b110, 3);
    shift_out(0x0b, 6);
    for (const unsigned word : {0x001eU, 0x8086U, 0x100eU, 0x8086U}) EXPECT_EQ(shift_in(16), word) << bits;
  }
}

TEST_F(Eeprom, NothingIsWrittenBeforeEwenAndAfterEwds) {
  write_word(0x10, 0x1234);
  EXPECT_EQ(bit_bang(0x10), 0U);
  command(kExtended, kEwen);
  command(kExtended, kEwds);
  write_word(0x10, 0x1234);
  EXPECT_EQ(bit_bang(0x10), 0U);
}

TEST_F(Eeprom, AWriteTakesItsTimeAndIsReadByBothWays) {
  command(kExtended, kEwen);
  write_word(0x10, 0x1234);
  select();
  EXPECT_FALSE(ready());
  pass(card, kProgramCycles - 100);
  EXPECT_FALSE(ready());
  pass(card, 200);
  EXPECT_TRUE(ready());
  EXPECT_EQ(bit_bang(0x10), 0x1234U);
  EXPECT_EQ(eerd(0x10), 0x1234U);
  EXPECT_EQ(bit_bang(0x11), 0U);
}

TEST_F(Eeprom, ACommandWhileItIsBusyIsIgnored) {
  command(kExtended, kEwen);
  write_word(0x10, 0x1234);
  write_word(0x11, 0x5678);
  pass(card, kProgramCycles);
  EXPECT_EQ(bit_bang(0x10), 0x1234U);
  EXPECT_EQ(bit_bang(0x11), 0U);
}

TEST_F(Eeprom, AWriteWithTooFewBitsChangesNothing) {
  command(kExtended, kEwen);
  select();
  shift_out(kWrite, 3);
  shift_out(0x10, 6);
  shift_out(0x7, 5);
  pins(false, false, false);
  pass(card, kProgramCycles);
  EXPECT_EQ(bit_bang(0x10), 0U);
}

TEST_F(Eeprom, ClocksBehindACompleteCommandMeanNothing) {
  select();
  shift_out(kExtended, 3);
  shift_out(kEwen, 6);
  shift_out(0b110, 3);  // no start bit without a new selection
  pins(false, false, false);
  select();
  shift_out(kWrite, 3);
  shift_out(0x10, 6);
  shift_out(0x1234, 16);
  shift_out(0x5, 3);
  pins(false, false, false);
  pass(card, kProgramCycles);
  EXPECT_EQ(bit_bang(0x10), 0x1234U);
}

TEST_F(Eeprom, EraseAndTheBulkCommandsSetWholeWords) {
  command(kExtended, kEwen);
  command(kErase, 0x0d);
  pass(card, kProgramCycles);
  EXPECT_EQ(bit_bang(0x0d), 0xffffU);
  select();
  shift_out(kExtended, 3);
  shift_out(kWral, 6);
  shift_out(0x5aa5, 16);
  pins(false, false, false);
  pass(card, kProgramCycles);
  for (const unsigned address : {0x00U, 0x0dU, 0x3fU}) EXPECT_EQ(bit_bang(address), 0x5aa5U) << address;
  write_word(0x20, 0x0001);
  pass(card, kProgramCycles);
  EXPECT_EQ(bit_bang(0x20), 1U);
  command(kExtended, kEral);
  pass(card, kProgramCycles);
  for (const unsigned address : {0x02U, 0x20U, 0x3fU}) EXPECT_EQ(bit_bang(address), 0xffffU) << address;
}

TEST_F(Eeprom, EveryWordIsItsOwn) {
  command(kExtended, kEwen);
  const auto pattern = [](unsigned address) { return (address * 0x0421U ^ 0xa5a5U) & 0xffffU; };
  for (unsigned address = 0; address < 64; ++address) {
    write_word(address, pattern(address));
    pass(card, kProgramCycles);
  }
  for (unsigned address = 0; address < 64; ++address) {
    EXPECT_EQ(bit_bang(address), pattern(address)) << address;
    EXPECT_EQ(eerd(address), pattern(address)) << address;
  }
}

TEST_F(Eeprom, ANewStationAddressIsTakenAtTheNextReset) {
  command(kExtended, kEwen);
  const unsigned words[] = {0x5452, 0x1200, 0x5634};  // 52:54:00:12:34:56
  for (unsigned i = 0; i < 3; ++i) {
    write_word(i, words[i]);
    pass(card, kProgramCycles);
  }
  EXPECT_EQ(card.read(regs::RAL(0)), 0x0000'0002U);
  card.write(regs::CTRL_EXT, field::CTRL_EXT_EE_RST.mask());
  EXPECT_EQ(card.read(regs::RAL(0)), 0x1200'5452U);
  EXPECT_EQ(card.read(regs::RAH(0)), field::RAH_AV.mask() | 0x5634U);
  card.write(regs::RAL(0), 0);
  card.write(regs::CTRL, field::CTRL_RST.mask());
  EXPECT_EQ(card.read(regs::RAL(0)), 0x1200'5452U);
  EXPECT_EQ(bit_bang(0), 0x5452U);  // a reset does not touch the contents
}

// The pins are what the factory writes into the EEPROM, and they are looked at during power-on only.
TEST_F(Eeprom, TheAddressPinsMeanNothingAfterPowerOn) {
  card.pins().station_addr_i = 0x5254'0012'3456ULL;
  card.step(10);
  EXPECT_EQ(bit_bang(0), 0x0002U);
  card.write(regs::CTRL_EXT, field::CTRL_EXT_EE_RST.mask());
  EXPECT_EQ(card.read(regs::RAL(0)), 0x0000'0002U);
  card.write(regs::CTRL, field::CTRL_RST.mask());
  EXPECT_EQ(card.read(regs::RAL(0)), 0x0000'0002U);
  EXPECT_EQ(bit_bang(2), 0x010aU);
}

TEST_F(Eeprom, EerdIsDoneInItsCycleAndNoDeadlineIsLate) {
  card.write(regs::EERD, field::EERD_START.mask() | field::EERD_ADDR.put(0x0d));
  const std::uint64_t end = card.pins().next_deadline_o;
  ASSERT_NE(end, ~0ULL);
  EXPECT_TRUE(card.pins().quiescent_o);
  pass(card, end - card.cycle() - 12);
  EXPECT_FALSE(field::EERD_DONE.in(card.read(regs::EERD)));
  pass(card, 10);
  EXPECT_TRUE(field::EERD_DONE.in(card.read(regs::EERD)));
  EXPECT_EQ(card.pins().next_deadline_o, ~0ULL);
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

}  // namespace
}  // namespace nicosim::tb
