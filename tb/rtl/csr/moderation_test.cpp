// When interrupts come, to the cycle: ITR, RDTR and RADV, TIDV and TADV against the times that the manual gives.
//
// Times are cycles after those of an undelayed interrupt, so the way from a cause to the line does not count.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "regmap/regmap.hpp"
#include "tb/rtl/csr/csr_bench.hpp"

namespace nicosim::tb {
namespace {

constexpr std::uint64_t kNone = ~0ULL;

// One of the two directions: the same timers, other registers.
struct Direction {
  const char* name;
  std::uint32_t delay, absolute;  // registers
  unsigned cause;                 // that waits
  std::uint32_t bit, flush;       // in ICR; FPD
};
const Direction kReceive{"RDTR/RADV",           regs::RDTR, regs::RADV, kCauseRxt0, field::ICR_RXT0.mask(),
                         field::RDTR_FPD.mask()};
const Direction kTransmit{"TIDV/TADV",           regs::TIDV, regs::TADV, kCauseTxdwDelayed, field::ICR_TXDW.mask(),
                          field::TIDV_FPD.mask()};

// The cycle in whose end the line rises, or kNone.
std::uint64_t rise(CsrBench& card, std::uint64_t limit, bool skip) {
  while (card.cycle() < limit) {
    card.step();
    if (card.intr()) return card.cycle();
    if (skip && card.pins().quiescent_o && card.pins().next_deadline_o > card.cycle())
      card.skip_to(std::min<std::uint64_t>(limit, card.pins().next_deadline_o));
  }
  return kNone;
}

// From a cause's cycle to the line, with nothing in between.
std::uint64_t shortest_way() {
  CsrBench card;
  card.write(regs::IMS, kReceive.bit);
  const std::uint64_t at = card.cycle();
  card.cause(kCauseRxt0);
  return card.intr() ? card.cycle() - at : rise(card, at + 100, false) - at;
}

struct Row {
  const char* what;
  unsigned delay, absolute;             // 1.024 us each
  std::vector<std::uint64_t> causes;    // cycles after the first
  std::vector<std::uint64_t> expected;  // rises of the line after the first cause; ICR is read at once
};

const Row kRows[] = {
    {"no delay, whatever the limit", 0, 9, {0, 1000}, {0, 1000}},
    {"one unit", 1, 0, {0}, {160}},
    {"the drivers' default", 8, 32, {0}, {1280}},
    {"the longest", 65535, 0, {0}, {10'485'600}},
    {"each cause starts the silence again", 2, 0, {0, 100, 300}, {620}},
    {"one cycle before it ends", 2, 0, {0, 319}, {639}},
    {"in the cycle in which it ends: one interrupt for both", 2, 0, {0, 320}, {320, 640}},
    {"the limit counts from the first", 2, 3, {0, 300}, {480}},
    {"and holds against a stream", 2, 3, {0, 100, 200, 300, 400}, {480}},
    {"a limit below the delay", 3, 1, {0}, {160}},
    {"a limit equal to the delay", 2, 2, {0, 10}, {320}},
    {"a new wait has a new limit", 2, 3, {0, 300, 1000, 1300}, {480, 1480}},
    {"two waits", 1, 0, {0, 500}, {160, 660}},
};

// Those causes that come in the cycle in which the timer ends start the next wait: their descriptors may be later.
std::vector<std::uint64_t> measure(const Direction& way, const Row& row, bool skip) {
  const std::uint64_t lead = shortest_way();
  CsrBench card;
  card.write(way.delay, row.delay);
  card.write(way.absolute, row.absolute);
  card.write(regs::IMS, way.bit);
  const std::uint64_t start = card.cycle() + 10;
  std::vector<std::uint64_t> rises;
  std::size_t next = 0;
  const std::uint64_t end = start + row.expected.back() + 4000;
  bool line = false;
  unsigned reading = 0;
  while (card.cycle() < end) {
    if (next < row.causes.size() && card.cycle() == start + row.causes[next]) {
      card.pins().causes_i = static_cast<std::uint16_t>(way.cause);
      ++next;
    }
    card.step();
    card.pins().causes_i = 0;
    if (card.intr() && !line) {
      rises.push_back(card.cycle() - start - lead);
      card.pins().s_axil_arvalid_i = 1;  // the handler's read of ICR
      card.pins().s_axil_araddr_i = regs::ICR;
      reading = 2;
    } else if (reading > 0 && --reading == 0) {
      card.pins().s_axil_arvalid_i = 0;
    }
    line = card.intr();
    if (skip && reading == 0 && card.pins().quiescent_o && card.pins().next_deadline_o > card.cycle()) {
      const std::uint64_t cause = next < row.causes.size() ? start + row.causes[next] : end;
      card.skip_to(std::max(card.cycle(), std::min<std::uint64_t>(cause, card.pins().next_deadline_o)));
    }
  }
  return rises;
}

TEST(Moderation, DelayedCausesComeInTheManualsCycle) {
  for (const Direction* way : {&kReceive, &kTransmit}) {
    for (const Row& row : kRows) {
      SCOPED_TRACE(std::string{way->name} + ": " + row.what);
      EXPECT_EQ(measure(*way, row, true), row.expected);
      if (row.delay < 1000) {
        EXPECT_EQ(measure(*way, row, false), row.expected) << "every cycle evaluated";
      }
    }
  }
}

TEST(Moderation, FlushLetsWhatWaitsOutAtOnceAndOnlyOnce) {
  for (const Direction* way : {&kReceive, &kTransmit}) {
    SCOPED_TRACE(way->name);
    CsrBench card;
    card.write(way->delay, 1000);
    card.cause(way->cause);
    card.step(3);
    EXPECT_EQ(card.read(regs::ICR), 0U);
    EXPECT_NE(card.pins().next_deadline_o, kNone);
    card.write(way->delay, way->flush | 1000);
    EXPECT_EQ(card.read(regs::ICR), way->bit);
    EXPECT_EQ(card.pins().next_deadline_o, kNone);
    pass(card, 200'000);
    EXPECT_EQ(card.read(regs::ICR), 0U);
    card.write(way->delay, way->flush | 1000);  // nothing was waiting
    EXPECT_EQ(card.read(regs::ICR), 0U);
  }
}

TEST(Moderation, CtrlRstForgetsWhatWaits) {
  for (const Direction* way : {&kReceive, &kTransmit}) {
    SCOPED_TRACE(way->name);
    CsrBench card;
    card.write(way->delay, 2);
    card.cause(way->cause);
    card.step(3);
    card.write(regs::CTRL, field::CTRL_RST.mask());
    card.step(1000);
    EXPECT_EQ(card.read(regs::ICR), 0U);
    EXPECT_EQ(card.pins().next_deadline_o, kNone);
  }
}

TEST(Moderation, ADescriptorWithoutIdeTakesTheWaitingOnesWithIt) {
  CsrBench card;
  card.write(regs::TIDV, 10);
  card.cause(kCauseTxdwDelayed);
  card.step(20);
  EXPECT_EQ(card.read(regs::ICR), 0U);
  card.cause(kCauseTxdw);
  card.step(2);
  EXPECT_EQ(card.read(regs::ICR), field::ICR_TXDW.mask());
  EXPECT_EQ(card.pins().next_deadline_o, kNone);
  pass(card, 5000);
  EXPECT_EQ(card.read(regs::ICR), 0U);
}

TEST(Moderation, TheTwoDirectionsWaitApart) {
  CsrBench card;
  card.write(regs::RDTR, 2);
  card.write(regs::TIDV, 4);
  const std::uint64_t start = card.cycle();
  card.cause(kCauseRxt0 | kCauseTxdwDelayed);
  pass(card, start + 500 - card.cycle());
  EXPECT_EQ(card.read(regs::ICR), field::ICR_RXT0.mask());
  pass(card, start + 800 - card.cycle());
  EXPECT_EQ(card.read(regs::ICR), field::ICR_TXDW.mask());
}

// ---- ITR: from one rise of the line to the next

TEST(Moderation, ThrottledInterruptsAreExactlyOneIntervalApart) {
  for (const unsigned itr : {1U, 2U, 10U, 195U, 976U, 65535U}) {
    SCOPED_TRACE(itr);
    CsrBench card;
    card.write(regs::ITR, itr);
    card.write(regs::IMS, field::ICR_RXT0.mask());
    card.cause(kCauseRxt0);
    const std::uint64_t first = card.intr() ? card.cycle() : rise(card, card.cycle() + 10, false);
    card.write(regs::ICR, ~0U);
    ASSERT_FALSE(card.intr());
    card.cause(kCauseRxt0);
    const std::uint64_t second = rise(card, first + 3'000'000, true);
    EXPECT_EQ(second - first, 40ULL * itr);
  }
}

// A delayed cause that comes out inside the interval waits for its end; one that comes later is not held.
TEST(Moderation, ThrottleAndDelayAddNothingToEachOther) {
  struct Case {
    unsigned itr, delay;
    std::uint64_t cause, expected;  // cycles after the first rise
  };
  const Case cases[] = {{100, 2, 50, 4000}, {100, 20, 1000, 4200}, {10, 1, 300, 460}, {100, 25, 0, 4000}};
  const std::uint64_t lead = shortest_way();
  for (const bool transmit : {false, true}) {
    const Direction& way = transmit ? kTransmit : kReceive;
    for (const Case& c : cases) {
      SCOPED_TRACE(std::string{way.name} + " itr " + std::to_string(c.itr) + " delay " + std::to_string(c.delay));
      CsrBench card;
      card.write(regs::ITR, c.itr);
      card.write(way.delay, c.delay);
      card.write(regs::IMS, way.bit | field::ICR_RXO.mask());
      const std::uint64_t first_cause = card.cycle();
      card.pins().causes_i = kCauseRxo;  // undelayed, it opens the interval
      if (c.cause == 0) card.pins().causes_i |= static_cast<std::uint16_t>(way.cause);
      card.step();
      card.pins().causes_i = 0;
      card.step(2);
      ASSERT_TRUE(card.intr());
      const std::uint64_t first = first_cause + lead;
      card.write(regs::ICR, field::ICR_RXO.mask());
      if (c.cause != 0) {
        pass(card, first_cause + c.cause - card.cycle());
        card.cause(way.cause);
      }
      EXPECT_EQ(rise(card, first + 20'000, true) - first, c.expected);
    }
  }
}

}  // namespace
}  // namespace nicosim::tb
