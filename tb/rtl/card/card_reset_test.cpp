// CTRL.RST in the middle of traffic, on the whole card.
#include "tb/rtl/card/card_bench.hpp"

namespace nicosim::tb {
namespace {

constexpr unsigned kMicrosecond = 157;  // cycles

// How long a read of host memory takes decides how long the bus drains.
class CardReset : public testing::TestWithParam<unsigned> {};

TEST_P(CardReset, NothingIsWrittenAfterAnyResetAndTheCardStartsAgain) {
  for (unsigned offset = 0; offset < 240; ++offset) {
    SCOPED_TRACE(offset);
    CardBench card;
    card.memory.timing.read_latency = GetParam();
    card.memory.timing.write_latency = GetParam() / 2;
    card.start_traffic();
    card.busy_wire();
    card.run(150 + offset);
    card.write(regs::CTRL, field::CTRL_RST.mask());
    card.run(kMicrosecond);
    const std::size_t accesses = card.memory.accesses().size();
    card.run(400);
    ASSERT_EQ(card.memory.accesses().size(), accesses);
    card.quiet_wire();
    card.run(300);
    ASSERT_TRUE(card.pins().quiescent_o);

    card.received = card.sent = 0;
    card.start_traffic();
    card.send_frame(64);
    card.run(2000);
    ASSERT_EQ(card.received, 1U);
    ASSERT_EQ(card.sent, kDescriptors - 1);
  }
}

// While the bus still finishes what it had begun, registers take writes: none of them is lost.
TEST_P(CardReset, WritesWhileTheBusDrainsAreKept) {
  unsigned while_draining = 0;
  for (unsigned offset = 0; offset < 120; ++offset) {
    SCOPED_TRACE(offset);
    CardBench card;
    card.memory.timing.read_latency = GetParam();
    card.start_traffic();
    card.busy_wire();
    card.run(150 + offset);
    card.write(regs::CTRL, field::CTRL_RST.mask());
    while_draining += card.memory.idle() ? 0U : 1U;
    card.write(regs::IMS, 0x9d);
    card.write(regs::RDH, 5);
    card.write(regs::TDH, 7);
    card.write(regs::ITR, 195);
    card.write(regs::ICS, field::ICS_TXQE.mask());
    card.write(regs::VFTA(3), 0x1234);
    EXPECT_EQ(card.read(regs::RDH), 5U);
    EXPECT_EQ(card.read(regs::TDH), 7U);
    card.run(3 * kMicrosecond);
    EXPECT_EQ(card.read(regs::IMS), 0x9dU);
    EXPECT_EQ(card.read(regs::RDH), 5U);
    EXPECT_EQ(card.read(regs::TDH), 7U);
    EXPECT_EQ(card.read(regs::ITR), 195U);
    EXPECT_EQ(card.read(regs::VFTA(3)), 0x1234U);
    EXPECT_EQ(card.read(regs::ICR), field::ICR_TXQE.mask());
  }
  if (GetParam() > 50) {
    EXPECT_GT(while_draining, 60U) << "the test did not meet the window it is for";
  }
}

INSTANTIATE_TEST_SUITE_P(Latency, CardReset, testing::Values(0U, 60U));

}  // namespace
}  // namespace nicosim::tb
