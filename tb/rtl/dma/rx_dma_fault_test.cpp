// Receive engine when things go wrong: bus errors of every kind, and resets at every moment.
#include <gtest/gtest.h>

#include <map>

#include "tb/rtl/dma/dma_bench.hpp"

namespace nicosim::test {
namespace {

constexpr unsigned kWrittenBack = 0;
constexpr unsigned kError = 8;
constexpr unsigned kBufferBytes = 512;
constexpr unsigned kStride = 2048;

// Ten frames, some over several buffers, unaligned, with a few cycles of latency.
void load_frames(DmaBench& bench) {
  bench.memory.timing.read_latency = 20;
  bench.memory.timing.write_latency = 15;
  bench.rx_setup(32, kBufferBytes);
  for (unsigned i = 0; i < 31; ++i) bench.rx_post(kBuffers + i * kStride + 5);
  for (unsigned i = 0; i < 10; ++i) bench.rx_fifo.push_back({pattern(64 + i * 173, i), i, false, false, true});
}

// With RXDCTL.WTHRESH as it resets, and with write-backs that gather.
class RxDmaFaultAt : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Wthresh, RxDmaFaultAt, testing::Values(1U, 5U));

TEST_P(RxDmaFaultAt, ErrorOnAnyAccessLeavesItsDescriptorUndoneAndTheEngineStanding) {
  std::size_t total = 0;
  const auto load = [](DmaBench& bench) {
    bench.top.rx_wthresh_i = static_cast<std::uint8_t>(GetParam());
    bench.rx_gap = 0;
    load_frames(bench);
  };
  {
    DmaBench bench;
    load(bench);
    ASSERT_TRUE(bench.run_until([&] { return bench.rx_events.size() == 10; }));
    total = bench.memory.accesses().size();
  }
  ASSERT_GT(total, 40U);
  unsigned on_data = 0, on_back = 0, on_fetch = 0;
  for (std::size_t victim = 0; victim < total; ++victim) {
    SCOPED_TRACE("access " + std::to_string(victim));
    DmaBench bench;
    load(bench);
    bench.memory.fail = [&](const AxiMemory::Access&, std::size_t number) { return number == victim; };
    bench.run(3'000);
    const std::size_t accesses = bench.memory.accesses().size();
    ASSERT_GT(accesses, victim);
    const AxiMemory::Access failed = bench.memory.accesses()[victim];

    EXPECT_TRUE(bench.top.rx_error_o);
    std::map<std::uint32_t, std::vector<unsigned>> kinds;
    for (const Event& event : bench.rx_events) kinds[event.tag].push_back(event.kind);
    unsigned errors = 0;
    for (const auto& [tag, list] : kinds) {
      ASSERT_EQ(list.size(), 1U) << "frame " << tag;
      errors += list[0] == kError;
    }

    if (!failed.write) {
      ++on_fetch;
      for (std::uint64_t at = failed.address; at < failed.address + failed.bytes; at += 16)
        EXPECT_EQ(bench.rx_descriptor(static_cast<unsigned>(at - kRxRing) / 16).status, 0);
      EXPECT_EQ(errors, bench.rx_fifo.empty() ? 0U : 1U);  // a frame that needed the descriptor
    } else if (failed.address < kBuffers) {
      ++on_back;
      for (std::uint64_t at = failed.address & ~15ULL; at < failed.address + failed.bytes; at += 16)
        EXPECT_EQ(bench.rx_descriptor(static_cast<unsigned>(at - kRxRing) / 16).status, 0);
      EXPECT_EQ(errors, 1U);
    } else {
      ++on_data;
      EXPECT_EQ(bench.rx_descriptor(static_cast<unsigned>(failed.address - kBuffers) / kStride).status, 0);
      EXPECT_EQ(errors, 1U);
    }
    // Frames reported as written back are whole in memory
    for (const Event& event : bench.rx_events) {
      if (event.kind != kWrittenBack) continue;
      EXPECT_NE(bench.rx_descriptor(static_cast<unsigned>(event.descriptor - kRxRing) / 16).status & kEop, 0U);
    }
    EXPECT_EQ(bench.rxt0, bench.rx_events.size() - errors);

    bench.run(500);
    EXPECT_EQ(bench.memory.accesses().size(), accesses) << "stands still";
    EXPECT_TRUE(bench.top.quiet_o);
    bench.memory.fail = nullptr;
    ASSERT_TRUE(bench.reset_core());
    EXPECT_FALSE(bench.top.rx_error_o);
    bench.rx_events.clear();
    load(bench);
    ASSERT_TRUE(bench.run_until([&] { return bench.rx_events.size() == 10; }));
    EXPECT_EQ(bench.rx_events[9].kind, kWrittenBack);
  }
  EXPECT_GT(on_data, 20U);
  EXPECT_GE(on_back, GetParam() == 1 ? 11U : 4U);
  EXPECT_GE(on_fetch, 2U);
}

TEST(RxDmaFault, BufferOutsideTheMapIsAnErrorAndTouchesNoMemory) {
  for (const std::uint64_t address : {std::uint64_t{16}, kMemory + kMemoryBytes - 32, ~std::uint64_t{0} - 40}) {
    DmaBench bench;
    bench.rx_setup(8, 2048);
    bench.rx_post(address);
    bench.rx_post(kBuffers);
    bench.rx_fifo.push_back({pattern(100, 0), 0, false, false, true});
    bench.run(300);
    ASSERT_EQ(bench.rx_events.size(), 1U);
    EXPECT_EQ(bench.rx_events[0].kind, kError);
    EXPECT_TRUE(bench.top.rx_error_o);
    EXPECT_EQ(bench.rx_descriptor(0).status, 0);
  }
}

TEST(RxDmaFault, RingOutsideTheMapIsAnError) {
  DmaBench bench;
  bench.rx_setup(8, 2048);
  bench.top.rx_base_i = 0x1000;
  bench.top.rx_tail_i = 4;
  bench.rx_fifo.push_back({pattern(100, 0), 7, false, false, true});
  bench.run(300);
  ASSERT_EQ(bench.rx_events.size(), 1U);
  EXPECT_EQ(bench.rx_events[0].kind, kError);
  EXPECT_EQ(bench.rx_events[0].tag, 7U);
  EXPECT_TRUE(bench.top.rx_error_o);
}

TEST(RxDmaFault, NothingIsWrittenAfterAResetThatCameAtAnyMoment) {
  for (unsigned moment = 0; moment < 420; moment += 1) {
    SCOPED_TRACE("cycle " + std::to_string(moment));
    DmaBench bench;
    load_frames(bench);
    bench.memory.timing.w_chance = 50;
    bench.memory.timing.aw_chance = 60;
    bench.run(moment);
    ASSERT_TRUE(bench.reset_core());
    ASSERT_TRUE(bench.memory.idle());
    const std::size_t accesses = bench.memory.accesses().size();
    bench.run(100);
    ASSERT_EQ(bench.memory.accesses().size(), accesses);
    EXPECT_EQ(bench.top.rx_head_o, 0);
    bench.rx_events.clear();
    load_frames(bench);
    ASSERT_TRUE(bench.run_until([&] { return bench.rx_events.size() == 10; }));
    for (unsigned i = 0, index = 0; i < 10; ++i) {
      const Octets sent = pattern(64 + i * 173, i);
      for (std::size_t at = 0; at < sent.size(); at += kBufferBytes, ++index) {
        const std::size_t length = std::min<std::size_t>(kBufferBytes, sent.size() - at);
        ASSERT_EQ(bench.at(kBuffers + index * kStride + 5, length),
                  Octets(sent.begin() + at, sent.begin() + at + length));
      }
    }
  }
}

TEST(RxDmaFault, ResetWithoutBusMasteringDrainsAtOnce) {
  DmaBench bench;
  load_frames(bench);
  bench.run(60);
  bench.top.bus_master_i = 0;
  bench.run(100);
  const std::size_t accesses = bench.memory.accesses().size();
  bench.run(100);
  EXPECT_EQ(bench.memory.accesses().size(), accesses);
  ASSERT_TRUE(bench.reset_core());
  bench.top.bus_master_i = 1;
  bench.run(100);
  EXPECT_EQ(bench.memory.accesses().size(), accesses);
}

}  // namespace
}  // namespace nicosim::test
