// Which counter moves for which frame, read-clear, 64-bit pairs, saturation.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "Vcsr_tb___024root.h"
#include "regmap/regmap.hpp"
#include "tb/rtl/csr/csr_bench.hpp"

namespace nicosim::tb {
namespace {

// rx_stat_t of nic_pkg.sv, first member highest
struct RxFrame {
  bool accepted = true;
  bool stored = true;
  bool missed = false;
  bool crc_error = false;
  bool symbol_error = false;
  bool short_frame = false;
  bool long_frame = false;
  bool multicast = false;
  bool broadcast = false;
  unsigned length = 64;

  std::uint32_t pins() const {
    std::uint32_t v = 1;
    for (const bool b :
         {accepted, stored, missed, crc_error, symbol_error, short_frame, long_frame, multicast, broadcast})
      v = v << 1U | static_cast<std::uint32_t>(b);
    return v << 16U | length;
  }
};

class Stats : public testing::Test {
 protected:
  void receive(const RxFrame& frame) {
    card.pins().rx_stat_i = frame.pins();
    card.step();
    card.pins().rx_stat_i = 0;
  }
  void send(unsigned length, bool multicast = false, bool broadcast = false, bool pause = false) {
    card.pins().tx_stat_i = 1U << 19 | static_cast<unsigned>(pause) << 18 | static_cast<unsigned>(multicast) << 17 |
                            static_cast<unsigned>(broadcast) << 16 | length;
    card.step();
    card.pins().tx_stat_i = 0;
  }
  // Reads, and so clears, all of them; those that are not 0.
  std::map<std::string, std::uint32_t> counts() {
    std::map<std::string, std::uint32_t> out;
    for (const RegisterInfo& r : all_registers()) {
      if (r.group != "Statistics") continue;
      const std::uint32_t value = card.read(r.offset);
      if (value != 0) out[std::string{r.name}] = value;
    }
    return out;
  }

  CsrBench card;
};

using Counts = std::map<std::string, std::uint32_t>;

TEST_F(Stats, AGoodFrameCountsOnceInEachOfItsClasses) {
  receive({.length = 64});
  EXPECT_EQ(counts(), (Counts{{"TPR", 1}, {"GPRC", 1}, {"PRC64", 1}, {"GORCL", 64}, {"TORL", 64}}));
  receive({.broadcast = true, .length = 100});
  EXPECT_EQ(counts(), (Counts{{"TPR", 1}, {"GPRC", 1}, {"BPRC", 1}, {"PRC127", 1}, {"GORCL", 100}, {"TORL", 100}}));
  receive({.multicast = true, .length = 1522});
  EXPECT_EQ(counts(), (Counts{{"TPR", 1}, {"GPRC", 1}, {"MPRC", 1}, {"PRC1522", 1}, {"GORCL", 1522}, {"TORL", 1522}}));
}

TEST_F(Stats, SizeClassesChangeAtTheManualsLengths) {
  const std::pair<unsigned, const char*> classes[] = {
      {64, "PRC64"},   {65, "PRC127"},   {127, "PRC127"},   {128, "PRC255"},   {255, "PRC255"},   {256, "PRC511"},
      {511, "PRC511"}, {512, "PRC1023"}, {1023, "PRC1023"}, {1024, "PRC1522"}, {1518, "PRC1522"}, {9018, "PRC1522"}};
  for (const auto& [length, name] : classes) {
    receive({.length = length});
    send(length);
    const Counts seen = counts();
    EXPECT_EQ(seen.count(name), 1U) << length;
    EXPECT_EQ(seen.count("PT" + std::string{name}.substr(2)), 1U) << length;
    EXPECT_EQ(seen.size(), 10U) << length;  // TPR GPRC PRC* GORCL TORL TPT GPTC PTC* GOTCL TOTL
  }
}

TEST_F(Stats, AFrameThatTheFilterRejectsIsOnlyOnTheWire) {
  receive({.accepted = false, .stored = false, .length = 300});
  receive({.accepted = false, .stored = false, .crc_error = true, .length = 300});
  EXPECT_EQ(counts(), (Counts{{"TPR", 2}, {"TORL", 600}}));
}

TEST_F(Stats, AMissedFrameIsNotAGoodOne) {
  receive({.stored = false, .missed = true, .length = 64});
  EXPECT_EQ(counts(), (Counts{{"TPR", 1}, {"MPC", 1}, {"TORL", 64}}));
}

TEST_F(Stats, EachDamageHasItsCounter) {
  const Counts wire{{"TPR", 1}, {"TORL", 64}};
  const auto with = [&](Counts more) { return more.merge(Counts{wire}), more; };
  receive({.stored = false, .crc_error = true});
  EXPECT_EQ(counts(), with({{"CRCERRS", 1}}));
  receive({.stored = false, .symbol_error = true});
  EXPECT_EQ(counts(), with({{"RXERRC", 1}}));
  receive({.stored = false, .crc_error = true, .symbol_error = true});  // one frame, one error
  EXPECT_EQ(counts(), with({{"RXERRC", 1}}));
  receive({.stored = false, .short_frame = true});
  EXPECT_EQ(counts(), with({{"RLEC", 1}, {"RUC", 1}}));
  receive({.stored = false, .crc_error = true, .short_frame = true});
  EXPECT_EQ(counts(), with({{"RLEC", 1}, {"RFC", 1}}));
  receive({.stored = false, .long_frame = true});
  EXPECT_EQ(counts(), with({{"RLEC", 1}, {"ROC", 1}}));
  receive({.stored = false, .crc_error = true, .long_frame = true});
  EXPECT_EQ(counts(), with({{"CRCERRS", 1}, {"RLEC", 1}, {"RJC", 1}}));
}

// RCTL.SBP stores damaged frames; they are still no good ones.
TEST_F(Stats, AStoredBadFrameIsCountedAsBad) {
  receive({.crc_error = true});
  EXPECT_EQ(counts(), (Counts{{"TPR", 1}, {"CRCERRS", 1}, {"TORL", 64}}));
}

TEST_F(Stats, SentFramesCountInTheirClasses) {
  send(64);
  send(200, true);
  send(1518, false, true);
  EXPECT_EQ(counts(), (Counts{{"TPT", 3},
                              {"GPTC", 3},
                              {"MPTC", 1},
                              {"BPTC", 1},
                              {"PTC64", 1},
                              {"PTC255", 1},
                              {"PTC1522", 1},
                              {"GOTCL", 1782},
                              {"TOTL", 1782}}));
}

// TCTL.PSP off lets frames out as short as they are.
TEST_F(Stats, ASentRuntIsNoGoodFrameAndInNoClass) {
  send(63);
  EXPECT_EQ(counts(), (Counts{{"TPT", 1}, {"TOTL", 63}}));
}

TEST_F(Stats, TheCardsOwnPauseFramesCountAmongAllAndNotAmongTheGoodOnes) {
  send(64, true, false, true);
  EXPECT_EQ(counts(), (Counts{{"TPT", 1}, {"TOTL", 64}}));
}

TEST_F(Stats, AFrameWithoutADescriptorCountsInRnbc) {
  card.pins().no_buffer_i = 1;
  card.step(3);
  card.pins().no_buffer_i = 0;
  EXPECT_EQ(counts(), (Counts{{"RNBC", 3}}));
}

TEST_F(Stats, AReadClearsOnlyWhatItRead) {
  receive({});
  EXPECT_EQ(card.read(regs::GPRC), 1U);
  EXPECT_EQ(card.read(regs::GPRC), 0U);
  EXPECT_EQ(card.read(regs::TPR), 1U);
}

TEST_F(Stats, CtrlRstClearsThemAll) {
  receive({.multicast = true, .length = 300});
  receive({.stored = false, .crc_error = true});
  send(64, false, true);
  card.write(regs::CTRL, field::CTRL_RST.mask());
  EXPECT_EQ(counts(), Counts{});
}

TEST_F(Stats, TheLowHalfKeepsAPairAndTheHighHalfClearsIt) {
  receive({.length = 500});
  EXPECT_EQ(card.read(regs::GORCL), 500U);
  EXPECT_EQ(card.read(regs::GORCL), 500U);
  EXPECT_EQ(card.read(regs::GORCH), 0U);
  EXPECT_EQ(card.read(regs::GORCL), 0U);
  EXPECT_EQ(card.read(regs::TORL), 500U);
}

TEST_F(Stats, AFrameBesideAReadIsCountedInOneOfTwoReads) {
  for (unsigned phase = 0; phase < 10; ++phase) {
    card.pins().s_axil_arvalid_i = 1;
    card.pins().s_axil_araddr_i = regs::GPRC;
    std::uint32_t seen = 0;
    for (unsigned i = 0; i < 10; ++i) {
      card.pins().rx_stat_i = i == phase ? RxFrame{}.pins() : 0;
      if (card.pins().s_axil_rvalid_o) seen += card.pins().s_axil_rdata_o;
      card.step();
      if (!card.pins().s_axil_arready_o) card.pins().s_axil_arvalid_i = 0;
    }
    card.pins().rx_stat_i = 0;
    card.step(8);
    EXPECT_EQ(seen + card.read(regs::GPRC), 1U) << phase;
  }
}

TEST_F(Stats, CountsStayAtTheTop) {
  auto& inside = *card.pins().rootp;
  inside.csr_tb__DOT__u_stats__DOT__count_q[(regs::GPRC - regs::CRCERRS) / 4] = 0xffff'fffe;
  inside.csr_tb__DOT__u_stats__DOT__gorc_q = ~0ULL - 100;
  for (int i = 0; i < 3; ++i) receive({});
  card.step(2);
  EXPECT_EQ(card.read(regs::GPRC), 0xffff'ffffU);
  EXPECT_EQ(card.read(regs::GORCL), 0xffff'ffffU);
  EXPECT_EQ(card.read(regs::GORCH), 0xffff'ffffU);
}

TEST_F(Stats, BytesCarryIntoTheHighHalf) {
  card.pins().rootp->csr_tb__DOT__u_stats__DOT__gorc_q = 0xffff'fff0ULL;
  receive({.length = 64});
  card.step(2);
  EXPECT_EQ(card.read(regs::GORCL), 0x30U);
  EXPECT_EQ(card.read(regs::GORCH), 1U);
}

}  // namespace
}  // namespace nicosim::tb
