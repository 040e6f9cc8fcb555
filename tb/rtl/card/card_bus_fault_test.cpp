// A host bus that fails the whole card: reads that never complete, errors on every channel.
#include "tb/rtl/card/card_bench.hpp"

namespace nicosim::tb {
namespace {

constexpr unsigned kUnit = 40;  // cycles in 256 ns

class CardBusFault : public testing::Test {
 protected:
  std::uint32_t dma_status() { return card.read(regs::DMA_STATUS); }
  void expect_to_work() {
    card.received = card.sent = 0;
    card.start_traffic();
    card.send_frame(64);
    card.run(2000);
    EXPECT_EQ(card.received, 1U);
    EXPECT_EQ(card.sent, kDescriptors - 1);
    EXPECT_EQ(dma_status(), 0U);
  }
  CardBench card;
};

TEST_F(CardBusFault, AReadThatNeverCompletesEndsAsAnErrorInItsCycle) {
  for (const unsigned units : {5U, 40U, 400U}) {
    SCOPED_TRACE(units);
    card.sent = 0;
    card.memory.timing.r_chance = 0;
    card.write(regs::DMA_TIMEOUT, units);
    card.start_traffic();
    card.run(20);
    EXPECT_TRUE(card.pins().quiescent_o);
    EXPECT_LE(card.pins().next_deadline_o, card.cycle() + units * kUnit);
    card.run(units * kUnit + 10);
    EXPECT_EQ(dma_status(), field::DMA_STATUS_RX_ERROR.mask() | field::DMA_STATUS_TX_ERROR.mask());
    EXPECT_EQ(card.pins().next_deadline_o, ~0ULL);
    EXPECT_EQ(card.sent, 0U);

    card.write(regs::CTRL, field::CTRL_RST.mask());
    card.run(100);
    EXPECT_TRUE(card.pins().quiescent_o) << "the reset does not wait for what was given up";
    card.memory.timing.r_chance = 100;  // the bus recovers, and the late beats come first
    card.run(200);
    expect_to_work();
    card.write(regs::CTRL, field::CTRL_RST.mask());
    card.run(200);
  }
}

TEST_F(CardBusFault, LateBeatsAreDiscardedWithoutAReset) {
  card.memory.timing.r_chance = 0;
  card.write(regs::DMA_TIMEOUT, 1);
  card.start_traffic();
  card.run(100);
  const std::size_t before = card.memory.accesses().size();
  card.memory.timing.r_chance = 100;
  card.run(500);
  EXPECT_TRUE(card.memory.idle());
  EXPECT_EQ(card.memory.accesses().size(), before) << "the engines stand";
  EXPECT_EQ(card.sent, 0U);
}

TEST_F(CardBusFault, ASlowBusIsNotALostOne) {
  card.write(regs::DMA_TIMEOUT, 30);
  card.memory.timing.read_latency = 900;
  card.memory.timing.r_chance = 5;
  card.start_traffic();
  card.run(20'000);
  EXPECT_EQ(dma_status(), 0U);
  EXPECT_EQ(card.sent, kDescriptors - 1);
}

TEST_F(CardBusFault, ZeroWaitsForEver) {
  card.memory.timing.r_chance = 0;
  card.write(regs::DMA_TIMEOUT, 0);
  card.start_traffic();
  card.run(5000);
  EXPECT_EQ(dma_status(), 0U);
  EXPECT_EQ(card.pins().next_deadline_o, ~0ULL);
  card.memory.timing.r_chance = 100;
  card.run(2000);
  EXPECT_EQ(card.sent, kDescriptors - 1);
}

TEST_F(CardBusFault, TheDefaultIsFiftyMilliseconds) {
  card.memory.timing.r_chance = 0;
  card.start_traffic();
  card.run(20);
  const double ms = static_cast<double>(card.pins().next_deadline_o - card.cycle()) * 6.4e-6;
  EXPECT_NEAR(ms, 50, 0.1);
}

// Whatever access fails, the engine whose it was stands, the other goes on, and a reset brings it back.
TEST_F(CardBusFault, AnErrorOnAnyAccessStopsOnlyItsEngineUntilAReset) {
  unsigned stopped = 0;
  for (std::size_t number = 0; number < 60; ++number) {
    SCOPED_TRACE(number);
    const std::size_t base = card.memory.accesses().size();
    card.memory.fail = [base, number](const test::AxiMemory::Access&, std::size_t n) { return n == base + number; };
    card.start_traffic();
    card.busy_wire();
    card.run(1500);
    card.quiet_wire();
    card.run(300);
    const std::uint32_t status = dma_status();
    EXPECT_NE(status, field::DMA_STATUS_RX_ERROR.mask() | field::DMA_STATUS_TX_ERROR.mask())
        << "one access, one engine";
    stopped += status != 0 ? 1U : 0U;
    EXPECT_TRUE(card.pins().quiescent_o);
    card.memory.fail = nullptr;
    card.write(regs::CTRL, field::CTRL_RST.mask());
    card.run(200);
    expect_to_work();
    card.write(regs::CTRL, field::CTRL_RST.mask());
    card.run(200);
  }
  EXPECT_GT(stopped, 50U);
}

TEST_F(CardBusFault, WithoutBusMasteringNothingReachesTheBus) {
  card.pins().bus_master_i = 0;
  card.run(5);
  card.start_traffic();
  card.busy_wire();
  card.run(1000);
  EXPECT_TRUE(card.memory.accesses().empty());
  card.pins().bus_master_i = 1;
  card.run(1000);
  EXPECT_GT(card.received, 0U);
  EXPECT_EQ(card.sent, kDescriptors - 1);
}

}  // namespace
}  // namespace nicosim::tb
