// Addresses of 64 bits: rings and buffers may lie anywhere.
#include <gtest/gtest.h>

#include "tb/rtl/dma/dma_bench.hpp"

namespace nicosim::test {
namespace {

// Alternating bits, the opposite, the last bytes there are, and the first: every address bit is a 1 once and a 0 once.
constexpr std::uint64_t kBases[] = {0x5555'5555'5400'0000, 0xaaaa'aaaa'aa00'0000, 0xffff'ffff'fe00'0000, 0};

class DmaAddress : public testing::TestWithParam<std::uint64_t> {
 protected:
  static std::uint64_t moved(std::uint64_t address) { return address - kMemory + GetParam(); }
  void move_rings() {
    bench.memory.rebase(GetParam());
    bench.top.rx_base_i = moved(kRxRing);
    bench.top.tx_base_i = moved(kTxRing);
  }

  DmaBench bench;
};
INSTANTIATE_TEST_SUITE_P(Base, DmaAddress, testing::ValuesIn(kBases));

TEST_P(DmaAddress, FramesComeAndGoWhereverRingsAndBuffersLie) {
  for (unsigned round = 0; round < 2; ++round) {
    SCOPED_TRACE(round);
    bench.tx_restart();
    bench.rx_setup(16, 2048);
    bench.tx_setup(16);
    // Both ends of the memory, and unaligned
    std::uint64_t buffers[12];
    for (unsigned i = 0; i < 12; ++i)
      buffers[i] = i % 2 == 0 ? kBuffers + i * 0x15'5550UL + i : kMemory + kMemoryBytes - (i + 1) * 4096UL + i;
    for (unsigned i = 0; i < 12; ++i) {
      if (i < 6) {
        bench.rx_post(moved(buffers[i]));
        bench.rx_fifo.push_back({pattern(100 + 211 * i, i), i, false, false, true});
      } else {
        bench.put(buffers[i], pattern(60 + 211 * i, i));
        bench.tx_post(moved(buffers[i]), 60 + 211 * i, kCmdEop | kCmdIfcs | kCmdRs);
      }
    }
    bench.rx_events.clear();
    bench.tx_events.clear();
    bench.tx_frames.clear();
    move_rings();
    ASSERT_TRUE(bench.run_until([&] { return bench.rx_events.size() == 6 && bench.tx_in_ring() == 0; }));
    for (unsigned i = 0; i < 6; ++i) {
      EXPECT_EQ(bench.rx_events[i].descriptor, moved(kRxRing) + 16 * i);
      EXPECT_EQ(bench.tx_events[i].descriptor, moved(kTxRing) + 16 * i);
      EXPECT_EQ(bench.at(moved(buffers[i]), 100 + 211 * i), pattern(100 + 211 * i, i));
      EXPECT_EQ(bench.tx_frames[i].bytes, pattern(60 + 211 * (6 + i), 6 + i));
    }
    bench.memory.rebase(kMemory);
    for (unsigned i = 0; i < 6; ++i) {
      EXPECT_EQ(bench.rx_descriptor(i).status & (kDd | kEop), kDd | kEop);
      EXPECT_EQ(bench.tx_descriptor(i).status, kDd);
    }
    ASSERT_TRUE(bench.reset_core());
  }
}

}  // namespace
}  // namespace nicosim::test
