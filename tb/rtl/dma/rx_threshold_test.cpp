// RXDCTL: when descriptors are fetched, and in which company they are written back.
#include <gtest/gtest.h>

#include "tb/rtl/dma/dma_bench.hpp"

namespace nicosim::test {
namespace {

constexpr unsigned kStride = 2048;

class RxThresholds : public testing::Test {
 protected:
  RxThresholds() { bench.rx_gap = 0; }

  void set(unsigned pthresh, unsigned hthresh, unsigned wthresh, bool descriptors = true) {
    bench.top.rx_pthresh_i = static_cast<std::uint8_t>(pthresh);
    bench.top.rx_hthresh_i = static_cast<std::uint8_t>(hthresh);
    bench.top.rx_wthresh_i = static_cast<std::uint8_t>(wthresh);
    bench.top.rx_gran_i = descriptors;
  }
  void post(unsigned buffers) {
    for (unsigned i = 0; i < buffers; ++i) bench.rx_post(kBuffers + bench.top.rx_tail_i * kStride);
  }
  void send(unsigned frames, std::size_t length = 64) {
    for (unsigned i = 0; i < frames; ++i) {
      bench.rx_fifo.push_back({pattern(length, next_tag_), next_tag_, false, false, true});
      ++next_tag_;
    }
  }
  bool all_written_back(std::size_t frames) {
    return bench.run_until([&] { return bench.rx_events.size() >= frames; });
  }
  // Bytes of each access to the ring, writes or reads, since the last forget()
  std::vector<unsigned> ring_accesses(bool write) {
    std::vector<unsigned> sizes;
    for (const AxiMemory::Access& access : bench.memory.accesses())
      if (access.write == write && access.address < kBuffers) sizes.push_back(access.bytes);
    return sizes;
  }

  DmaBench bench;
  std::uint32_t next_tag_ = 0;
};

TEST_F(RxThresholds, WthreshGathersNeighboursIntoOneBurst) {
  set(0, 0, 8);
  bench.rx_setup(64, kStride);
  post(63);
  send(34);
  ASSERT_TRUE(all_written_back(34));
  // All but the first descriptor of a burst leave whole; the last two frames do not wait for company
  EXPECT_EQ(ring_accesses(true), (std::vector<unsigned>{120, 120, 120, 120, 24}));
  for (unsigned i = 0; i < 34; ++i) {
    EXPECT_EQ(bench.rx_descriptor(i).address, kBuffers + i * kStride);
    EXPECT_EQ(bench.rx_descriptor(i).length, 64);
    EXPECT_EQ(bench.rx_descriptor(i).status, kDd | kEop | kIxsm);
    EXPECT_EQ(bench.rx_events[i].tag, i);
    EXPECT_EQ(bench.rx_events[i].descriptor, kRxRing + 16 * i);
  }
  EXPECT_EQ(bench.rxt0, 34U);
}

TEST_F(RxThresholds, InCacheLinesAThresholdCountsFours) {
  set(0, 0, 3, false);
  bench.rx_setup(64, kStride);
  post(63);
  send(24);
  ASSERT_TRUE(all_written_back(24));
  EXPECT_EQ(ring_accesses(true), (std::vector<unsigned>{184, 56, 120}));  // 12; 4 to the boundary of 256 bytes; 8
}

TEST_F(RxThresholds, ABurstEndsAtTheRingsEndAndAtItsBoundary) {
  set(0, 0, 16);
  bench.rx_setup(24, kStride);
  bench.top.rx_base_i = kRxRing;
  std::size_t done = 0;
  for (unsigned round = 0; round < 12; ++round) {
    post(round == 0 ? 23 : 20);
    send(20);
    done += 20;
    ASSERT_TRUE(all_written_back(done));
    for (const AxiMemory::Access& access : bench.memory.accesses()) {
      if (access.address < kBuffers) {
        EXPECT_LE(access.address + access.bytes, kRxRing + 24 * 16);
      }
    }
  }
  for (std::size_t i = 0; i < done; ++i) ASSERT_EQ(bench.rx_events[i].descriptor, kRxRing + 16 * (i % 24));
}

TEST_F(RxThresholds, TheLastFrameIsNeverLeftWaiting) {
  for (unsigned wthresh = 0; wthresh < 64; wthresh += 3) {
    for (const unsigned frames : {1U, 2U, 7U}) {
      SCOPED_TRACE(testing::Message() << wthresh << " frames " << frames);
      set(0, 0, wthresh);
      bench.rx_setup(16, 256);
      bench.rx_events.clear();
      bench.rxt0 = 0;
      post(15);
      send(frames, 300);
      ASSERT_TRUE(bench.run_until([&] { return bench.rx_events.size() >= frames; }, 2'000));
      bench.run(2);
      EXPECT_EQ(bench.rxt0, frames);
      ASSERT_TRUE(bench.reset_core());
    }
  }
}

TEST_F(RxThresholds, AUsedUpRingIsWrittenBackThoughFramesWait) {
  set(0, 0, 40);
  bench.rx_setup(8, kStride);
  post(7);
  send(12);
  ASSERT_TRUE(all_written_back(7));
  bench.run(500);
  EXPECT_EQ(bench.rx_events.size(), 7U);
  EXPECT_EQ(bench.rx_fifo.size(), 5U);
  EXPECT_TRUE(bench.top.quiet_o);
}

TEST_F(RxThresholds, DisablingWritesBackWhatHasGathered) {
  set(0, 0, 40);
  bench.rx_setup(64, kStride);
  post(63);
  send(30, 1518);
  ASSERT_TRUE(bench.run_until([&] { return bench.rx_fifo.size() == 25; }));
  EXPECT_TRUE(bench.rx_events.empty());
  bench.top.rx_enable_i = 0;
  ASSERT_TRUE(all_written_back(5));
  bench.run(300);
  EXPECT_TRUE(bench.top.quiet_o);
  EXPECT_EQ(bench.rx_events.size() + bench.rx_fifo.size(), 30U);
}

TEST_F(RxThresholds, AFlushDoesNotWaitForTheThreshold) {
  set(0, 0, 40);
  bench.rx_setup(64, kStride);
  post(63);
  send(30, 1518);
  ASSERT_TRUE(bench.run_until([&] { return bench.rx_fifo.size() == 25; }));
  bench.run(20);
  EXPECT_TRUE(bench.rx_events.empty());
  bench.top.rx_flush_i = 1;
  bench.run(1);
  bench.top.rx_flush_i = 0;
  bench.run(120);
  EXPECT_GE(bench.rx_events.size(), 5U);
  EXPECT_LE(bench.rx_events.size(), 7U);
}

TEST_F(RxThresholds, ASkippedDescriptorInABurstKeepsEverythingButItsStatus) {
  set(0, 0, 6);
  bench.rx_setup(16, kStride);
  for (const bool null : {false, true, true, false, true, false, true})
    bench.rx_post(null ? 0 : kBuffers + bench.top.rx_tail_i * kStride);
  send(3);
  ASSERT_TRUE(all_written_back(3));
  for (const unsigned index : {1U, 2U, 4U}) {
    const Descriptor skipped = bench.rx_descriptor(index);
    EXPECT_EQ(skipped.address, 0U);
    EXPECT_EQ(skipped.length, 0xdead);
    EXPECT_EQ(skipped.checksum, 0xbeef);
    EXPECT_EQ(skipped.status, kDd);
    EXPECT_EQ(skipped.errors, 0xff);
    EXPECT_EQ(skipped.special, 0x1234);
  }
  EXPECT_EQ(ring_accesses(true), std::vector<unsigned>{88});
}

TEST_F(RxThresholds, DoneIsSeenOnlyBehindAllDataOfItsBurst) {
  set(0, 0, 8);
  bench.memory.timing.write_latency = 40;
  bench.memory.timing.w_chance = 60;
  bench.rx_setup(64, kStride);
  post(63);
  send(40, 200);
  unsigned clean = 0;
  for (unsigned cycle = 0; cycle < 20'000 && clean < 40; ++cycle) {
    bench.cycle();
    while (clean < 40 && (bench.rx_descriptor(clean).status & kDd) != 0) {
      ASSERT_EQ(bench.at(kBuffers + clean * kStride, 200), pattern(200, clean));
      ++clean;
    }
  }
  EXPECT_EQ(clean, 40U);
}

TEST_F(RxThresholds, PthreshZeroFillsTheCardAtOnce) {
  set(0, 63, 1);
  bench.rx_setup(256, kStride);
  post(255);
  bench.run(300);
  EXPECT_EQ(ring_accesses(false), (std::vector<unsigned>{256, 256, 256, 256}));
}

TEST_F(RxThresholds, AboveItNothingIsFetchedUntilFewerThanPthreshAreLeft) {
  set(4, 1, 1);
  bench.rx_setup(256, kStride);
  post(255);
  bench.run(300);
  EXPECT_EQ(ring_accesses(false).size(), 1U);
  send(12);
  ASSERT_TRUE(all_written_back(12));
  EXPECT_EQ(ring_accesses(false).size(), 1U) << "four are left";
  send(1);
  ASSERT_TRUE(all_written_back(13));
  bench.run(100);
  EXPECT_EQ(ring_accesses(false).size(), 2U);
}

TEST_F(RxThresholds, AFetchWaitsForHthreshDescriptorsInMemoryUnlessTheCardIsEmpty) {
  set(16, 6, 1);
  bench.rx_setup(64, kStride);
  post(3);
  bench.run(100);
  EXPECT_EQ(ring_accesses(false), (std::vector<unsigned>{48})) << "the empty card takes what there is";
  post(5);
  bench.run(100);
  EXPECT_EQ(ring_accesses(false).size(), 1U);
  post(1);
  bench.run(100);
  EXPECT_EQ(ring_accesses(false), (std::vector<unsigned>{48, 96}));
}

TEST_F(RxThresholds, QuietMeansThatNothingMovesWithAnyThreshold) {
  bench.check_quiet = true;
  Rng rng(3, "thresholds");
  for (unsigned round = 0; round < 40; ++round) {
    set(static_cast<unsigned>(rng.below(64)), static_cast<unsigned>(rng.below(16)),
        static_cast<unsigned>(rng.below(64)), rng.chance(1, 2));
    bench.rx_setup(16, kStride);
    post(static_cast<unsigned>(rng.below(16)));
    send(static_cast<unsigned>(rng.below(20)));
    bench.run(200);
    bench.top.rx_flush_i = rng.chance(1, 2);
    bench.run(1);
    bench.top.rx_flush_i = 0;
    bench.run(100);
    ASSERT_TRUE(bench.reset_core());
  }
  EXPECT_GT(bench.quiet_cycles, 1000U);
}

}  // namespace
}  // namespace nicosim::test
