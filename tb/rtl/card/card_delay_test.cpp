// Delays of interrupts on the whole card: what else ends with them.
#include <gtest/gtest.h>

#include <cstring>

#include "tb/rtl/card/card_bench.hpp"

namespace nicosim::tb {
namespace {

class CardDelay : public testing::Test {
 protected:
  void post(unsigned index, std::uint64_t bytes) {
    const std::uint64_t descriptor[2] = {kTxBuffers, bytes | 0x8bULL << 24};  // EOP, IFCS, RS, IDE
    std::memcpy(bench.memory.at(kTxRing + index * 16ULL), descriptor, sizeof descriptor);
  }
  bool done(unsigned index) { return (*bench.memory.at(kTxRing + index * 16ULL + 12) & 1U) != 0; }

  CardBench bench;
};

// Four descriptors are a batch; two more wait for others while a long frame is being read, which then takes for ever.
TEST_F(CardDelay, WriteBacksHeldByWthreshLeaveWhenTheDelayOfTxdwEnds) {
  constexpr unsigned kUnits = 8, kCycles = kUnits * 160;
  bench.write(regs::CTRL, field::CTRL_SLU.mask());
  bench.write(regs::TXDCTL, field::TXDCTL_GRAN.mask() | field::TXDCTL_WTHRESH.put(4));
  bench.write(regs::TIDV, field::TIDV_IDV.put(kUnits));
  bench.write(regs::TDBAL, static_cast<std::uint32_t>(kTxRing));
  bench.write(regs::TDLEN, kDescriptors * 16);
  for (unsigned i = 0; i < 6; ++i) post(i, 60);
  post(6, 9000);
  bench.write(regs::TCTL, field::TCTL_EN.mask() | field::TCTL_PSP.mask());
  bench.write(regs::TDT, 7);
  for (unsigned i = 0; i < 1000 && bench.sent < 6; ++i) bench.step();
  ASSERT_EQ(bench.sent, 6U);
  bench.memory.timing.r_chance = 0;
  bench.run(kCycles / 2);
  EXPECT_TRUE(done(3));
  EXPECT_FALSE(done(4)) << "two are no batch";
  EXPECT_FALSE(done(5));
  bench.run(kCycles / 2 + 100);
  EXPECT_TRUE(done(4) && done(5)) << "TIDV is over";
  EXPECT_FALSE(done(6));
}

}  // namespace
}  // namespace nicosim::tb
