// Causes, mask, line and throttle, as software sees them through the registers.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "common/rng.hpp"
#include "regmap/regmap.hpp"
#include "tb/rtl/csr/csr_bench.hpp"

namespace nicosim::tb {
namespace {

constexpr std::uint32_t kRxt0 = field::ICR_RXT0.mask();
constexpr std::uint32_t kTxdw = field::ICR_TXDW.mask();
constexpr std::uint32_t kAll = 0xffff'ffffU;

// First cycle after now in which the line is up; 0 if it is not within `limit` cycles.
std::uint64_t wait_for_line(CsrBench& card, unsigned limit) {
  for (unsigned i = 0; i < limit; ++i) {
    if (card.intr()) return card.cycle();
    card.step();
  }
  return 0;
}

TEST(Interrupt, EachCauseHasItsOwnBit) {
  const std::pair<unsigned, Field> causes[] = {{kCauseTxdw, field::ICR_TXDW},   {kCauseTxqe, field::ICR_TXQE},
                                               {kCauseRxseq, field::ICR_RXSEQ}, {kCauseRxdmt0, field::ICR_RXDMT0},
                                               {kCauseRxo, field::ICR_RXO},     {kCauseRxt0, field::ICR_RXT0},
                                               {kCauseMdac, field::ICR_MDAC},   {kCauseTxdLow, field::ICR_TXD_LOW}};
  CsrBench card;
  for (const auto& [strobe, bit] : causes) {
    card.cause(strobe);
    EXPECT_EQ(card.read(regs::ICR), bit.mask());
  }
}

TEST(Interrupt, ReadingIcrReturnsAndClearsAllCauses) {
  CsrBench card;
  card.cause(kCauseRxt0 | kCauseTxdw);
  EXPECT_EQ(card.read(regs::ICR), kRxt0 | kTxdw);
  EXPECT_EQ(card.read(regs::ICR), 0U);
}

TEST(Interrupt, WritingOnesToIcrClearsOnlyThose) {
  CsrBench card;
  card.write(regs::ICS, kRxt0 | kTxdw);
  card.write(regs::ICR, kRxt0);
  EXPECT_EQ(card.read(regs::ICR), kTxdw);
}

TEST(Interrupt, IcsSetsExactlyTheCausesThatExist) {
  CsrBench card;
  card.write(regs::ICS, kAll);
  EXPECT_EQ(card.read(regs::ICR), find_register("ICS")->writable);
  EXPECT_EQ(card.read(regs::ICS), 0U);
}

TEST(Interrupt, ImsEnablesAndImcDisablesBitByBit) {
  CsrBench card;
  card.write(regs::IMS, kAll);
  EXPECT_EQ(card.read(regs::IMS), find_register("IMS")->writable);
  card.write(regs::IMC, kTxdw);
  EXPECT_EQ(card.read(regs::IMS), find_register("IMS")->writable & ~kTxdw);
  card.write(regs::IMC, kAll);
  EXPECT_EQ(card.read(regs::IMS), 0U);
  card.write(regs::IMS, 0x9d);
  card.write(regs::IMS, 0);
  EXPECT_EQ(card.read(regs::IMS), 0x9dU);
  EXPECT_EQ(card.read(regs::IMC), 0U);
}

TEST(Interrupt, AMaskedCauseDoesNotRaiseTheLine) {
  CsrBench card;
  card.write(regs::IMS, kTxdw);
  card.cause(kCauseRxt0);
  card.step(10);
  EXPECT_FALSE(card.intr());
}

// This closes the NAPI race: a frame that came after the last look at the ring interrupts when polling ends.
TEST(Interrupt, RaisingTheMaskOverAPendingCauseRaisesTheLine) {
  CsrBench card;
  card.cause(kCauseRxt0);
  card.step(10);
  EXPECT_FALSE(card.intr());
  card.write(regs::IMS, kRxt0);
  EXPECT_TRUE(card.intr());
}

TEST(Interrupt, MaskingLowersTheLineAndKeepsTheCause) {
  CsrBench card;
  card.write(regs::IMS, kRxt0);
  card.cause(kCauseRxt0);
  card.step(2);
  EXPECT_TRUE(card.intr());
  card.write(regs::IMC, kAll);
  EXPECT_FALSE(card.intr());
  EXPECT_EQ(card.read(regs::ICR), kRxt0);
}

TEST(Interrupt, TheLineIsLowBeforeTheAnswerOfTheIcrReadLeaves) {
  CsrBench card;
  card.write(regs::IMS, kRxt0);
  card.cause(kCauseRxt0);
  card.step(2);
  ASSERT_TRUE(card.intr());
  card.pins().s_axil_arvalid_i = 1;
  card.pins().s_axil_araddr_i = regs::ICR;
  card.step();
  card.pins().s_axil_arvalid_i = 0;
  std::uint64_t low_at = 0;
  while (!card.pins().s_axil_rvalid_o) {
    if (!card.intr() && low_at == 0) low_at = card.cycle();
    card.step();
  }
  EXPECT_NE(low_at, 0U);
  EXPECT_LT(low_at, card.cycle());
}

// Whatever the phase between a frame and the handler's ICR read, the cause is seen: now or in the next read.
TEST(Interrupt, NoCauseIsLostBesideAnIcrRead) {
  for (unsigned phase = 0; phase < 12; ++phase) {
    CsrBench card;
    unsigned seen = 0;
    card.pins().s_axil_arvalid_i = 1;
    card.pins().s_axil_araddr_i = regs::ICR;
    for (unsigned i = 0; i < 12; ++i) {
      card.pins().causes_i = i == phase ? kCauseTxdw : 0;
      if (card.pins().s_axil_rvalid_o && (card.pins().s_axil_rdata_o & kTxdw) != 0) ++seen;
      card.step();
      if (!card.pins().s_axil_arready_o) card.pins().s_axil_arvalid_i = 0;
    }
    card.pins().causes_i = 0;
    card.step(8);
    if ((card.read(regs::ICR) & kTxdw) != 0) ++seen;
    EXPECT_EQ(seen, 1U) << "phase " << phase;
  }
}

TEST(Interrupt, TheEventNamesTheLastFrameWrittenBack) {
  CsrBench card;
  card.write(regs::IMS, kRxt0);
  card.pins().last_rx_tag_i = 0xdead'beef;
  card.cause(kCauseRxt0);
  std::vector<std::uint64_t> events;
  for (int i = 0; i < 6; ++i) {
    card.step();
    if ((card.pins().event_o >> 36 & 1U) != 0) events.push_back(card.pins().event_o);
  }
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0], 1ULL << 36 | 0ULL << 32 | 0xdead'beefULL);  // valid, INTR_EV_RAISED, tag
}

// ---- throttle (manual, section 13.4.18)

TEST(Itr, AnInterruptAfterAQuietIntervalIsNotDelayed) {
  CsrBench card;
  card.write(regs::ITR, 10);
  card.write(regs::IMS, kRxt0);
  card.cause(kCauseRxt0);
  card.step(2);
  card.read(regs::ICR);
  card.step(500);
  card.cause(kCauseRxt0);
  const std::uint64_t asked = card.cycle();
  EXPECT_LE(wait_for_line(card, 1000) - asked, 3U);
}

TEST(Itr, WritingZeroLetsAThrottledInterruptOutAtOnce) {
  CsrBench card;
  card.write(regs::ITR, 0xffff);
  card.write(regs::IMS, kRxt0);
  card.cause(kCauseRxt0);
  card.step(2);
  card.read(regs::ICR);
  card.cause(kCauseRxt0);
  card.step(100);
  ASSERT_FALSE(card.intr());
  card.write(regs::ITR, 0);
  card.step(2);
  EXPECT_TRUE(card.intr());
}

TEST(Itr, ALineThatIsUpStaysUpUntilSoftwareActs) {
  CsrBench card;
  card.write(regs::ITR, 4);
  card.write(regs::IMS, kRxt0);
  card.cause(kCauseRxt0);
  card.step(2);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(card.intr());
    card.step();
  }
}

// ---- receive delay (manual, sections 13.4.30 and 13.4.31)

TEST(Rdtr, WithoutRdtrRadvDoesNothing) {
  CsrBench card;
  card.write(regs::RADV, 8);
  card.cause(kCauseRxt0);
  card.step(2);
  EXPECT_EQ(card.read(regs::ICR), kRxt0);
}

TEST(Rdtr, DelaysOnlyReceiveCauses) {
  CsrBench card;
  card.write(regs::RDTR, 1000);
  card.cause(kCauseTxdw | kCauseRxo | kCauseRxdmt0);
  card.step(2);
  EXPECT_EQ(card.read(regs::ICR), kTxdw | field::ICR_RXO.mask() | field::ICR_RXDMT0.mask());
}

// ---- against a model, and with idle time jumped over

// ICR, IMS and the line without moderation, in the manual's words.
TEST(Interrupt, AgreesWithTheManualOverRandomSequences) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng{seed, "interrupt registers"};
    CsrBench card;
    std::uint32_t icr = 0;
    std::uint32_t ims = 0;
    const std::uint32_t exists = find_register("ICS")->writable;
    for (int i = 0; i < 300; ++i) {
      const std::uint64_t what = rng.below(6);
      const std::uint64_t drawn = rng.next();
      const auto bits = static_cast<std::uint32_t>(drawn & drawn >> 32U);
      switch (what) {
        case 0:
          card.write(regs::ICS, bits), icr |= bits & exists;
          break;
        case 1:
          card.write(regs::IMS, bits), ims |= bits & exists;
          break;
        case 2:
          card.write(regs::IMC, bits), ims &= ~bits;
          break;
        case 3:
          card.write(regs::ICR, bits), icr &= ~bits;
          break;
        case 4:
          ASSERT_EQ(card.read(regs::ICR), std::exchange(icr, 0U));
          break;
        default:
          card.cause(kCauseTxdw | kCauseRxt0);
          card.step(2);
          icr |= kTxdw | kRxt0;
      }
      ASSERT_EQ(card.intr(), (icr & ims) != 0) << "step " << i;
      ASSERT_EQ(card.read(regs::IMS), ims);
    }
  }
}

// Of the line, as seen after the cycle before `cycle`.
struct LineChange {
  std::uint64_t cycle;
  bool up;
  bool operator==(const LineChange&) const = default;
};

// Frames at random times, a handler that answers each interrupt, timers on; every cycle evaluated or idle ones skipped.
std::vector<LineChange> moderated_run(unsigned seed, bool skip, int power_on_seed, std::uint64_t& skipped) {
  skipped = 0;
  Rng rng{seed, "moderated run"};
  CsrBench card{power_on_seed};
  card.write(regs::ITR, static_cast<std::uint32_t>(rng.below(40)));
  card.write(regs::RDTR, static_cast<std::uint32_t>(rng.below(6)));
  card.write(regs::RADV, static_cast<std::uint32_t>(rng.below(12)));
  card.write(regs::TIDV, static_cast<std::uint32_t>(rng.below(6)));
  card.write(regs::TADV, static_cast<std::uint32_t>(rng.below(12)));
  card.write(regs::IMS, kRxt0 | kTxdw);
  std::vector<LineChange> log;
  bool line = card.intr();
  std::uint64_t handler_at = ~0ULL;
  std::uint64_t frame_at = card.cycle() + rng.below(3000);
  const std::uint64_t end = card.cycle() + 200'000;
  while (card.cycle() < end) {
    if (card.cycle() == frame_at) {
      constexpr unsigned kCauses[] = {kCauseRxt0, kCauseTxdw, kCauseTxdwDelayed, kCauseTxdwDelayed};
      card.cause(kCauses[rng.below(4)]);
      frame_at = card.cycle() + 1 + rng.below(3000);
    } else if (card.cycle() >= handler_at) {
      card.pins().s_axil_arvalid_i = 1;
      card.pins().s_axil_araddr_i = regs::ICR;
      card.step();
      card.pins().s_axil_arvalid_i = 0;
      handler_at = ~0ULL;
    } else if (skip && card.pins().quiescent_o && card.pins().next_deadline_o > card.cycle()) {
      std::uint64_t to = std::min(end, std::min(frame_at, handler_at));
      to = std::min<std::uint64_t>(to, card.pins().next_deadline_o);
      skipped += to - card.cycle();
      card.skip_to(to);
      if (to != frame_at && to != handler_at && to != end) card.step();
    } else {
      card.step();
    }
    if (card.intr() != line) {
      line = card.intr();
      log.push_back({card.cycle(), line});
      if (line) handler_at = card.cycle() + 150;
    }
  }
  return log;
}

TEST(Interrupt, SkippingIdleCyclesAndPowerOnValuesChangeNothing) {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    std::uint64_t skipped = 0;
    const std::vector<LineChange> every_cycle = moderated_run(seed, false, 1, skipped);
    EXPECT_GT(every_cycle.size(), 20U);
    EXPECT_EQ(skipped, 0U);
    EXPECT_EQ(moderated_run(seed, true, 1, skipped), every_cycle);
    EXPECT_GT(skipped, 150'000U);  // of 200 000: most of the time nothing happens
    EXPECT_EQ(moderated_run(seed, true, 77, skipped), every_cycle);
  }
}

}  // namespace
}  // namespace nicosim::tb
