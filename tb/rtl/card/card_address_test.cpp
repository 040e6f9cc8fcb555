// Host memory anywhere in 64 bits of address, seen by the whole card.
#include "tb/rtl/card/card_bench.hpp"

namespace nicosim::tb {
namespace {

// Alternating bits, the opposite, the last bytes there are, and the first
constexpr std::uint64_t kBases[] = {0x5555'5555'5550'0000, 0xaaaa'aaaa'aaa0'0000, 0xffff'ffff'fff0'0000, 0};

TEST(CardAddress, FramesComeAndGoWhereverHostMemoryLies) {
  CardBench card;
  for (const std::uint64_t base : kBases) {
    SCOPED_TRACE(base);
    card.start_traffic(base);
    card.write(regs::RCTL, field::RCTL_EN.mask() | field::RCTL_UPE.mask() | field::RCTL_LPE.mask());
    card.sent = card.received = 0;
    for (const unsigned length : {64U, 1518U, 9000U, 16'000U}) {
      card.send_frame(length);
      card.run(length / 4 + 400);
      EXPECT_EQ(card.read(regs::RNBC), 0U);
    }
    EXPECT_EQ(card.received, 4U);
    EXPECT_EQ(card.sent, kDescriptors - 1);
    // 1, 1, 5 and 8 buffers of 2048 bytes
    EXPECT_EQ(card.last_descriptor, base + (kRxRing - kMemory) + 14 * 16);
    std::uint64_t status = 0;
    std::memcpy(&status, card.memory.at(card.last_descriptor + 8), 8);
    EXPECT_EQ(status & 0xffffU, 16'000U - 7 * 2048U);
    EXPECT_EQ(status >> 32 & 3U, 3U) << "DD, EOP";
    EXPECT_EQ(card.read(regs::DMA_STATUS), 0U);
    card.write(regs::CTRL, field::CTRL_RST.mask());
    card.run(200);
  }
}

}  // namespace
}  // namespace nicosim::tb
