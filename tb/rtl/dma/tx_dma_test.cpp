// Transmit engine: frames leave as they lie in memory, in order; descriptors come back as asked.
#include <gtest/gtest.h>

#include <map>

#include "tb/rtl/dma/dma_bench.hpp"

namespace nicosim::test {
namespace {

constexpr unsigned kOk = 0;
constexpr unsigned kError = 8;
constexpr unsigned kWhole = kCmdEop | kCmdIfcs | kCmdRs;

class TxDma : public testing::Test {
 protected:
  bool committed(std::size_t frames, std::uint64_t limit = 100'000) {
    return bench.run_until([&] { return bench.tx_frames.size() >= frames; }, limit);
  }
  bool emptied(std::uint64_t limit = 100'000) {
    return bench.run_until([&] { return bench.tx_in_ring() == 0; }, limit);
  }

  DmaBench bench;
};

TEST_F(TxDma, EveryLengthAtEveryAlignmentLeavesUnchanged) {
  bench.tx_setup(256);
  std::map<std::uint32_t, std::size_t> sent;
  std::uint32_t tag = 0;
  for (std::size_t length = 1; length <= 1522; ++length, ++tag) {
    const std::uint64_t address = kBuffers + tag % 256 * 8192ULL + tag * 7 % 4096;
    ASSERT_TRUE(bench.run_until([&] { return bench.tx_in_ring() < 200; }));
    bench.put(address, pattern(length, tag));
    bench.tx_post(address, static_cast<unsigned>(length), kWhole);
  }
  ASSERT_TRUE(committed(1522));
  ASSERT_TRUE(emptied());
  bench.run(5);
  for (tag = 0; tag < 1522; ++tag) {
    ASSERT_EQ(bench.tx_frames[tag].bytes, pattern(tag + 1, tag)) << "length " << tag + 1;
    ASSERT_EQ(bench.tx_frames[tag].tag, tag);
    ASSERT_TRUE(bench.tx_frames[tag].ifcs);
    ASSERT_EQ(bench.tx_events[tag].kind, kOk);
    ASSERT_EQ(bench.tx_events[tag].tag, tag);
    ASSERT_EQ(bench.tx_events[tag].descriptor, kTxRing + 16 * (tag % 256));
  }
  EXPECT_EQ(bench.top.tx_next_tag_o, 1522U);
  EXPECT_EQ(bench.txdw, 1522U);
}

TEST_F(TxDma, AlignmentsAroundWordsAndPagesAllWork) {
  bench.tx_setup(8);
  unsigned frames = 0;
  for (unsigned offset = 0; offset < 16; ++offset) {
    for (const unsigned length :
         {1U, 15U, 16U, 17U, 31U, 32U, 33U, 240U, 255U, 256U, 257U, 511U, 4096U, 4097U, 9000U}) {
      const std::uint64_t address = kBuffers + 8192 - length / 2 / 16 * 16 + offset;
      bench.put(address, pattern(length, frames));
      bench.tx_post(address, length, kWhole);
      ASSERT_TRUE(committed(++frames)) << length << " at " << offset;
      ASSERT_EQ(bench.tx_frames.back().bytes, pattern(length, frames - 1)) << length << " at " << offset;
    }
  }
}

TEST_F(TxDma, DoneIsWrittenOnlyWhereAskedAndOnlyIntoTheStatusByte) {
  bench.tx_setup(16);
  bench.put(kBuffers, pattern(300, 1));
  bench.tx_write(kBuffers, 100, 0);
  bench.tx_write(kBuffers + 100, 100, kCmdRs);
  bench.tx_write(kBuffers + 200, 100, kWhole);
  bench.tx_write(kBuffers, 60, kCmdEop);         // no report, no FCS
  bench.tx_write(kBuffers, 60, kCmdEop | 0x10);  // RPS
  bench.tx_ring_bell();
  ASSERT_TRUE(emptied());
  const unsigned expected[] = {0, kDd, kDd, 0, kDd};
  for (unsigned i = 0; i < 5; ++i) {
    const Descriptor descriptor = bench.tx_descriptor(i);
    EXPECT_EQ(descriptor.status, expected[i]) << i;
    EXPECT_EQ(descriptor.errors, 0x5a) << "the bytes beside the status are left alone";
    EXPECT_EQ(descriptor.special, 0xa5a5);
    EXPECT_NE(descriptor.length, 0);
  }
  ASSERT_EQ(bench.tx_frames.size(), 3U);
  EXPECT_EQ(bench.tx_frames[0].bytes, pattern(300, 1));
  EXPECT_TRUE(bench.tx_frames[0].ifcs);
  EXPECT_FALSE(bench.tx_frames[1].ifcs);
  bench.run(5);
  EXPECT_EQ(bench.txdw, 3U);
  EXPECT_EQ(bench.txqe, 1U);
  EXPECT_EQ(bench.top.tx_head_o, 5);
}

TEST_F(TxDma, DoneComesAfterTheFrameHasBeenCommitted) {
  bench.memory.timing.read_latency = 60;
  bench.tx_setup(8);
  bench.tx_post(kBuffers, 1000, kWhole);
  ASSERT_TRUE(bench.run_until([&] { return bench.tx_descriptor(0).status == kDd; }));
  ASSERT_EQ(bench.tx_frames.size(), 1U);
  EXPECT_EQ(bench.txdw, 0U) << "the cause waits for the bus to accept the write-back";
  bench.run(5);
  EXPECT_EQ(bench.txdw, 1U);
}

TEST_F(TxDma, EmptyDescriptorsAreDoneWithoutAFrame) {
  bench.tx_setup(16);
  bench.put(kBuffers, pattern(64, 1));
  bench.tx_write(kBuffers, 0, kWhole);  // no bytes
  bench.tx_write(0, 64, kWhole);        // no address
  bench.tx_write(kBuffers, 64, kWhole);
  bench.tx_ring_bell();
  ASSERT_TRUE(emptied());
  for (unsigned i = 0; i < 3; ++i) EXPECT_EQ(bench.tx_descriptor(i).status, kDd);
  ASSERT_EQ(bench.tx_frames.size(), 1U);
  EXPECT_EQ(bench.tx_frames[0].tag, 0U);
  EXPECT_EQ(bench.tx_events.size(), 1U);
}

TEST_F(TxDma, EmptyLastDescriptorEndsTheFrame) {
  bench.memory.timing.read_latency = 40;
  bench.tx_setup(16);
  bench.put(kBuffers, pattern(64, 1));
  bench.tx_write(kBuffers, 64, kCmdRs);
  bench.tx_write(kBuffers, 0, kWhole);
  bench.tx_write(kBuffers, 48, kWhole);
  bench.tx_ring_bell();
  ASSERT_TRUE(emptied());
  ASSERT_EQ(bench.tx_frames.size(), 2U);
  EXPECT_EQ(bench.tx_frames[0].bytes, pattern(64, 1));
  EXPECT_EQ(bench.tx_frames[1].bytes.size(), 48U);
  EXPECT_EQ(bench.tx_events[0].descriptor, kTxRing + 16);
  bench.run(5);
  EXPECT_EQ(bench.txdw, 3U);
}

TEST_F(TxDma, FormsMixInOneRingAndUnknownTypesAddNothing) {
  bench.tx_setup(16);
  bench.put(kBuffers, pattern(100, 1));
  bench.tx_write(kBuffers, 100, kCmdDext | kCmdRs | kCmdEop, 0);  // context: bit 0 is TCP, not EOP
  bench.tx_write(kBuffers, 100, kWhole);
  bench.tx_write(kBuffers, 100, kCmdDext | kCmdIfcs, 1);
  bench.tx_write(kBuffers, 100, kCmdDext | kWhole, 1);
  bench.tx_write(kBuffers, 100, 0);
  bench.tx_write(kBuffers, 100, kCmdDext, 0);           // context in mid-frame
  bench.tx_write(kBuffers, 100, kCmdDext | kWhole, 7);  // a type that does not exist
  bench.tx_write(kBuffers, 50, kWhole);
  bench.tx_ring_bell();
  ASSERT_TRUE(emptied());
  const unsigned expected[] = {kDd, kDd, 0, kDd, 0, 0, kDd, kDd};
  for (unsigned i = 0; i < 8; ++i) EXPECT_EQ(bench.tx_descriptor(i).status, expected[i]) << i;
  ASSERT_EQ(bench.tx_frames.size(), 3U);
  EXPECT_EQ(bench.tx_frames[0].bytes.size(), 100U);
  EXPECT_EQ(bench.tx_frames[1].bytes.size(), 200U);
  EXPECT_EQ(bench.tx_frames[2].bytes.size(), 150U);
  ASSERT_EQ(bench.tx_events.size(), 3U);
  EXPECT_EQ(bench.tx_events[1].kind, kOk);
  EXPECT_EQ(bench.tx_events[1].descriptor, kTxRing + 16 * 3);
}

TEST_F(TxDma, ADelayedReportGoesToTheTimers) {
  bench.tx_setup(16);
  bench.tx_write(kBuffers, 60, kWhole | kCmdIde);
  bench.tx_write(kBuffers, 60, kWhole);
  bench.tx_write(kBuffers, 60, kCmdEop | kCmdIfcs | kCmdIde);  // without RS there is nothing to delay
  bench.tx_ring_bell();
  ASSERT_TRUE(emptied());
  bench.run(5);
  EXPECT_EQ(bench.txdw_delayed, 1U);
  EXPECT_EQ(bench.txdw, 1U);
}

TEST_F(TxDma, LowIsRaisedOnceWhenTheQueueFallsBelowItsThreshold) {
  bench.top.tx_lwthresh_i = 2;  // 16 descriptors
  bench.tx_setup(64);
  for (unsigned i = 0; i < 15; ++i) bench.tx_post(kBuffers, 60, kWhole);
  ASSERT_TRUE(emptied());
  bench.run(5);
  EXPECT_EQ(bench.txd_low, 0U) << "it was never above";
  for (unsigned i = 0; i < 40; ++i) bench.tx_write(kBuffers, 60, kWhole);
  bench.tx_ring_bell();
  ASSERT_TRUE(bench.run_until([&] { return bench.tx_in_ring() == 16; }));
  EXPECT_EQ(bench.txd_low, 0U);
  ASSERT_TRUE(emptied());
  bench.run(5);
  EXPECT_EQ(bench.txd_low, 1U);
}

TEST_F(TxDma, WriteBacksComeInBatchesAndTheLastNeverWaits) {
  bench.top.tx_wthresh_i = 8;
  bench.tx_setup(64);
  bench.tx_cycles_per_beat = 40;
  for (unsigned i = 0; i < 30; ++i) bench.tx_write(kBuffers, 1000, kWhole);
  bench.tx_ring_bell();
  std::vector<std::uint64_t> written;
  ASSERT_TRUE(emptied(300'000));
  for (const auto& access : bench.memory.accesses()) {
    if (access.write) written.push_back(access.cycle);
  }
  ASSERT_EQ(written.size(), 30U);
  unsigned batches = 1;
  for (std::size_t i = 1; i < written.size(); ++i) batches += written[i] - written[i - 1] > 10;
  EXPECT_LE(batches, 5U);
  bench.run(5);
  EXPECT_EQ(bench.txdw, 30U);
  bench.tx_post(kBuffers, 60, kWhole);
  ASSERT_TRUE(emptied(200)) << "one alone is written back because nothing else is in the ring";
}

TEST_F(TxDma, WaitingWriteBacksAreFlushedWhenTheTransmitterIsSwitchedOff) {
  bench.top.tx_wthresh_i = 63;
  bench.tx_setup(64);
  bench.tx_drains = false;
  for (unsigned i = 0; i < 40; ++i) bench.tx_write(kBuffers, 1000, kWhole);
  bench.tx_ring_bell();
  bench.run(3'000);
  EXPECT_EQ(bench.top.tx_head_o, 0U) << "the FIFO is full, so the rest of the ring cannot follow";
  bench.top.tx_enable_i = 0;
  bench.run(200);
  EXPECT_GE(bench.top.tx_head_o, 10U);
}

TEST_F(TxDma, ChainWithoutEndIsBoundedAndDroppedAtItsEop) {
  bench.tx_setup(8);
  bench.tx_cycles_per_beat = 2;
  for (unsigned i = 0; i < 100; ++i) {
    ASSERT_TRUE(bench.run_until([&] { return bench.tx_in_ring() < 7; })) << i;
    bench.tx_post(kBuffers + i, 1000, kCmdRs);
  }
  ASSERT_TRUE(emptied());
  std::size_t reads = 0;
  for (const auto& access : bench.memory.accesses()) reads += !access.write && access.address >= kBuffers;
  EXPECT_LE(reads, 5 * 16U + 5) << "nothing is read for what cannot be sent";
  EXPECT_TRUE(bench.tx_events.empty());
  bench.tx_post(kBuffers, 1000, kWhole);
  bench.put(kBuffers, pattern(77, 5));
  ASSERT_TRUE(emptied());
  bench.tx_post(kBuffers, 77, kWhole);
  ASSERT_TRUE(committed(1));
  EXPECT_EQ(bench.tx_frames[0].bytes, pattern(77, 5));
  ASSERT_EQ(bench.tx_events.size(), 2U);
  EXPECT_EQ(bench.tx_events[0].kind, kError);
  EXPECT_EQ(bench.tx_events[1].kind, kOk);
  EXPECT_EQ(bench.tx_events[1].tag, 1U);
  EXPECT_EQ(bench.aborts, 1U);
  EXPECT_FALSE(bench.top.tx_error_o);
}

TEST_F(TxDma, LongestFrameOfTheFamilyFitsAndOneByteMoreIsDropped) {
  bench.tx_setup(8);
  bench.tx_cycles_per_beat = 1;
  for (unsigned i = 0; i < 3; ++i) {
    bench.put(kBuffers, pattern(16128, i));
    bench.tx_post(kBuffers, 16128, kWhole);
    ASSERT_TRUE(emptied());
    ASSERT_EQ(bench.tx_frames.back().bytes, pattern(16128, i));
  }
  bench.tx_post(kBuffers, 16129, kWhole);
  bench.tx_post(kBuffers, 65535, kWhole);
  ASSERT_TRUE(emptied());
  bench.run(10);
  EXPECT_EQ(bench.tx_frames.size(), 3U);
  ASSERT_EQ(bench.tx_events.size(), 5U);
  EXPECT_EQ(bench.tx_events[4].kind, kError);
}

TEST_F(TxDma, ManyTinyDescriptorsReserveOnlyTheRoomTheyFill) {
  bench.tx_setup(4096);
  bench.put(kBuffers, pattern(2000, 3));
  for (unsigned i = 0; i < 2000; ++i) bench.tx_write(kBuffers + i, 1, i == 1999 ? kWhole : 0);
  bench.tx_drains = false;
  bench.tx_ring_bell();
  ASSERT_TRUE(committed(1));
  EXPECT_EQ(bench.tx_frames[0].bytes, pattern(2000, 3));
}

TEST_F(TxDma, DroppedFramesGiveTheirReservedRoomBack) {
  bench.tx_setup(8);
  for (unsigned i = 0; i < 60; ++i) {
    bench.tx_post(kBuffers, 10, 0);
    bench.tx_post(kBuffers, 65535, kWhole);  // too long: its first ten bytes were read in vain
    ASSERT_TRUE(emptied());
  }
  EXPECT_EQ(bench.aborts, 60U);
  bench.put(kBuffers, pattern(16128, 1));
  bench.tx_post(kBuffers, 16128, kWhole);
  ASSERT_TRUE(committed(1));
  EXPECT_EQ(bench.tx_frames[0].bytes, pattern(16128, 1));
}

// More write-backs of both engines than the arbiter can keep under way.
TEST_F(TxDma, SlowWriteAnswersToBothEnginesOnlySlowThemDown) {
  bench.memory.timing.write_latency = 2'000;
  bench.tx_setup(256);
  bench.rx_setup(256, 256);
  for (unsigned i = 0; i < 255; ++i) bench.rx_post(kBuffers + 0x20'0000 + i * 512UL);
  for (unsigned i = 0; i < 250; ++i) {
    bench.rx_fifo.push_back({pattern(64, i), i, false, false, true});
    bench.put(kBuffers + i * 64UL, pattern(60, i));
    bench.tx_write(kBuffers + i * 64UL, 60, kWhole);
  }
  bench.tx_ring_bell();
  ASSERT_TRUE(emptied());
  ASSERT_TRUE(bench.run_until([&] { return bench.rx_events.size() == 250; }));
  bench.run(5);
  EXPECT_EQ(bench.txdw, 250U);
  EXPECT_EQ(bench.rxt0, 250U);
  for (unsigned i = 0; i < 250; ++i) {
    ASSERT_EQ(bench.tx_frames[i].bytes, pattern(60, i));
    ASSERT_EQ(bench.rx_events[i].tag, i);
    ASSERT_EQ(bench.at(kBuffers + 0x20'0000 + i * 512UL, 64), pattern(64, i));
  }
}

TEST_F(TxDma, FullFifoHoldsReadsBackAndLosesNothing) {
  bench.tx_setup(256);
  bench.tx_drains = false;
  for (unsigned i = 0; i < 40; ++i) {
    bench.put(kBuffers + i * 2048UL, pattern(1500, i));
    bench.tx_post(kBuffers + i * 2048UL, 1500, kWhole);
  }
  bench.run(3'000);
  EXPECT_EQ(bench.tx_frames.size(), 10U);  // 94 words each, 1024 in all
  EXPECT_TRUE(bench.top.quiet_o);
  bench.tx_drains = true;
  bench.tx_cycles_per_beat = 2;
  ASSERT_TRUE(committed(40));
  for (unsigned i = 0; i < 40; ++i) ASSERT_EQ(bench.tx_frames[i].bytes, pattern(1500, i));
}

TEST_F(TxDma, DisabledEngineFetchesNothing) {
  bench.tx_setup(8);
  bench.top.tx_enable_i = 0;
  bench.tx_post(kBuffers, 64, kWhole);
  bench.run(200);
  EXPECT_TRUE(bench.memory.accesses().empty());
  bench.top.tx_enable_i = 1;
  ASSERT_TRUE(committed(1));
}

TEST_F(TxDma, DisablingFinishesTheFrameAndStartsNoOther) {
  bench.memory.timing.read_latency = 50;
  bench.tx_setup(32);
  for (unsigned i = 0; i < 4; ++i) bench.tx_write(kBuffers, 1000, i == 3 ? kWhole : 0);
  for (unsigned i = 0; i < 4; ++i) bench.tx_write(kBuffers + 8192, 64, kWhole);
  bench.tx_ring_bell();
  bench.run(66);  // the first descriptors are here
  bench.top.tx_enable_i = 0;
  bench.run(1'000);
  ASSERT_EQ(bench.tx_frames.size(), 1U);
  EXPECT_EQ(bench.tx_frames[0].bytes.size(), 4000U);
  EXPECT_EQ(bench.top.tx_head_o, 4);
  EXPECT_TRUE(bench.top.quiet_o);
  bench.top.tx_enable_i = 1;
  ASSERT_TRUE(committed(5));
}

TEST_F(TxDma, UnfinishedFrameIsDroppedWhenDisabled) {
  bench.tx_setup(8);
  bench.tx_post(kBuffers, 100, 0);
  bench.run(100);
  bench.top.tx_enable_i = 0;
  bench.run(100);
  ASSERT_EQ(bench.tx_events.size(), 1U);
  EXPECT_EQ(bench.tx_events[0].kind, kError);
  EXPECT_FALSE(bench.top.tx_error_o);
  bench.top.tx_enable_i = 1;
  bench.tx_post(kBuffers, 64, kWhole);
  ASSERT_TRUE(committed(1));
  EXPECT_EQ(bench.tx_frames[0].bytes.size(), 64U);
  EXPECT_EQ(bench.tx_frames[0].tag, 1U);
}

// The FIFO is so full that the end of the frame waits in the card while software has the ring elsewhere already.
TEST_F(TxDma, AFrameGivenUpIsNamedInTheRingThatItCameFrom) {
  bench.tx_drains = false;
  bench.tx_setup(16);
  for (unsigned i = 0; i < 10; ++i) bench.tx_post(kBuffers, 1500, kCmdEop);
  bench.tx_post(kBuffers, 1240, 0);
  ASSERT_TRUE(emptied());
  bench.top.tx_enable_i = 0;
  bench.run(100);
  EXPECT_EQ(bench.tx_events.size(), 10U) << "the test no longer fills the FIFO";
  bench.top.tx_base_i = kTxRing + 0x1000;
  bench.top.tx_enable_i = 1;
  bench.run(100);
  bench.tx_drains = true;
  bench.run(100);
  ASSERT_EQ(bench.tx_events.size(), 11U);
  EXPECT_EQ(bench.tx_events[10].kind, kError);
  EXPECT_EQ(bench.tx_events[10].descriptor, kTxRing + 16 * 10);
}

TEST_F(TxDma, RingsWrapAtEverySize) {
  std::uint32_t sent = 0;
  for (const unsigned size : {8U, 16U, 256U, 4096U}) {
    bench.tx_restart();
    bench.tx_setup(size);
    const std::size_t before = bench.tx_frames.size();
    for (unsigned i = 0; i < 2 * size + 3; ++i, ++sent) {
      ASSERT_TRUE(bench.run_until([&] { return bench.tx_in_ring() < std::min(size - 1, 60U); }));
      const std::uint64_t address = kBuffers + i % 64 * 256ULL + i % 16;
      bench.put(address, pattern(60 + i % 5, i));
      bench.tx_post(address, 60 + i % 5, kWhole);
    }
    ASSERT_TRUE(emptied());
    for (unsigned i = 0; i < 2 * size + 3; ++i) ASSERT_EQ(bench.tx_frames[before + i].bytes, pattern(60 + i % 5, i));
    ASSERT_TRUE(bench.reset_core());
    EXPECT_EQ(bench.top.tx_next_tag_o, sent) << "the tag counter outlives a reset of the core";
  }
}

TEST_F(TxDma, RandomChainsUnderBackPressureLeaveInOrderAndWhole) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed, "tx-random");
    const unsigned size = 8U << rng.below(5);
    auto& timing = bench.memory.timing;
    timing.read_latency = static_cast<unsigned>(rng.below(300));
    timing.write_latency = static_cast<unsigned>(rng.below(60));
    timing.ar_chance = 20 + static_cast<unsigned>(rng.below(81));
    timing.r_chance = 20 + static_cast<unsigned>(rng.below(81));
    timing.aw_chance = 20 + static_cast<unsigned>(rng.below(81));
    timing.w_chance = 20 + static_cast<unsigned>(rng.below(81));
    bench.tx_cycles_per_beat = static_cast<unsigned>(rng.below(4));
    bench.tx_restart();
    bench.tx_setup(size);
    const std::size_t before = bench.tx_frames.size();
    const std::size_t events = bench.tx_events.size();
    std::vector<Octets> sent;
    std::uint64_t free_address = kBuffers;
    unsigned reports = 0;
    bench.txdw = 0;
    for (unsigned frame = 0; frame < 120; ++frame) {
      Octets bytes;
      const std::uint64_t parts = 1 + rng.below(4);
      for (std::uint64_t part = 0; part < parts; ++part) {
        const std::uint64_t span = rng.chance(1, 4) ? 900 : 70;
        const bool last = part + 1 == parts;
        const unsigned length = static_cast<unsigned>(rng.below(span)) + (part == 0 ? 1 : 0);
        const std::uint64_t skip = rng.below(40);
        free_address += skip;
        if (free_address > kBuffers + 0x40'0000) free_address = kBuffers;
        const Octets data = pattern(length, seed * 1000 + frame * 10 + part);
        const bool report = rng.chance(1, 2);
        ASSERT_TRUE(bench.run_until([&] { return bench.tx_in_ring() < size - 1; }));
        bench.put(free_address, data);
        bench.tx_write(free_address, length, (last ? kCmdEop | kCmdIfcs : 0) | (report ? kCmdRs : 0));
        reports += report;
        if (rng.chance(2, 3) || bench.tx_in_ring() == size - 1) bench.tx_ring_bell();
        bytes.insert(bytes.end(), data.begin(), data.end());
        free_address += length;
      }
      sent.push_back(bytes);
    }
    bench.tx_ring_bell();
    ASSERT_TRUE(emptied());
    bench.run(5);
    ASSERT_EQ(bench.tx_frames.size() - before, sent.size());
    for (std::size_t i = 0; i < sent.size(); ++i)
      ASSERT_EQ(bench.tx_frames[before + i].bytes, sent[i]) << "frame " << i;
    ASSERT_EQ(bench.tx_events.size() - events, sent.size());
    ASSERT_EQ(bench.txdw, reports);
    ASSERT_TRUE(bench.reset_core());
  }
}

// Both rings want 64 descriptors while the bus takes no address: what waits then is served in turn.
TEST_F(TxDma, TheBusIsSharedInTurn) {
  bench.memory.timing.ar_chance = 0;
  bench.memory.timing.read_latency = 200;
  bench.tx_setup(128);
  bench.rx_setup(128, 2048);
  for (unsigned i = 0; i < 100; ++i) {
    bench.rx_post(kBuffers);
    bench.tx_write(kBuffers, 60, kWhole);
  }
  bench.tx_ring_bell();
  bench.run(50);
  bench.memory.timing.ar_chance = 10;
  ASSERT_TRUE(bench.run_until([&] { return bench.memory.accesses().size() == 8; }));
  for (std::size_t i = 1; i < 8; ++i)
    EXPECT_NE(bench.memory.accesses()[i].address < kTxRing, bench.memory.accesses()[i - 1].address < kTxRing) << i;
}

TEST_F(TxDma, QuietMeansThatNothingMoves) {
  bench.check_quiet = true;
  bench.memory.timing.read_latency = 50;
  bench.memory.timing.write_latency = 20;
  bench.tx_setup(16);
  for (unsigned round = 0; round < 40; ++round) {
    bench.tx_post(kBuffers + round, 1 + round * 37, round % 4 == 3 ? kWhole : kCmdRs);
    bench.run(round % 5 == 0 ? 7 : 250);
  }
  EXPECT_GT(bench.quiet_cycles, 1000U);
}

// ---- faults

void load_chain(DmaBench& bench) {
  bench.memory.timing.read_latency = 20;
  bench.memory.timing.write_latency = 15;
  bench.tx_restart();
  bench.tx_setup(32);
  for (unsigned i = 0; i < 10; ++i) {
    bench.put(kBuffers + i * 4096UL, pattern(900, i));
    bench.tx_write(kBuffers + i * 4096UL + 3, 60 + i * 77, kCmdRs);
    bench.tx_write(kBuffers + i * 4096UL + 2048, 30, kWhole);
  }
  bench.tx_ring_bell();
}

TEST(TxDmaFault, ErrorOnAnyAccessLeavesItsDescriptorUndoneAndTheEngineStanding) {
  std::size_t total = 0;
  {
    DmaBench bench;
    load_chain(bench);
    ASSERT_TRUE(bench.run_until([&] { return bench.tx_in_ring() == 0; }));
    total = bench.memory.accesses().size();
  }
  ASSERT_GT(total, 40U);
  unsigned on_data = 0, on_back = 0, on_fetch = 0;
  for (std::size_t victim = 0; victim < total; ++victim) {
    SCOPED_TRACE("access " + std::to_string(victim));
    DmaBench bench;
    load_chain(bench);
    bench.memory.fail = [&](const AxiMemory::Access&, std::size_t number) { return number == victim; };
    bench.run(2'000);
    const std::size_t accesses = bench.memory.accesses().size();
    ASSERT_GT(accesses, victim);
    const AxiMemory::Access failed = bench.memory.accesses()[victim];
    EXPECT_TRUE(bench.top.tx_error_o);
    std::map<std::uint32_t, std::vector<unsigned>> kinds;
    for (const Event& event : bench.tx_events) kinds[event.tag].push_back(event.kind);
    unsigned errors = 0;
    for (const auto& [tag, list] : kinds) {
      ASSERT_EQ(list.size(), 1U) << "frame " << tag;
      errors += list[0] == kError;
    }
    if (failed.write) {
      ++on_back;
      const unsigned index = static_cast<unsigned>(failed.address - kTxRing) / 16;
      EXPECT_EQ(bench.tx_descriptor(index).status, 0);
      EXPECT_EQ(bench.top.tx_head_o, index) << "the head does not pass it";
      EXPECT_EQ(errors, 0U);
    } else if (failed.address < kBuffers) {
      ++on_fetch;
      for (std::uint64_t at = failed.address; at < failed.address + failed.bytes; at += 16)
        EXPECT_EQ(bench.tx_descriptor(static_cast<unsigned>(at - kTxRing) / 16).status, 0);
    } else {
      ++on_data;
      const unsigned frame = static_cast<unsigned>(failed.address - kBuffers) / 4096;
      const unsigned part = (failed.address - kBuffers) % 4096 >= 2048;
      EXPECT_EQ(bench.tx_descriptor(2 * frame + part).status, 0);
      EXPECT_EQ(errors, 1U);
      ASSERT_FALSE(bench.tx_events.empty());
      EXPECT_EQ(bench.tx_events.back().tag, frame);
      EXPECT_EQ(bench.tx_events.back().descriptor, kTxRing + 16 * (2 * frame + part));
      EXPECT_EQ(bench.tx_frames.size(), frame) << "frames before it are sent, it and those behind are not";
    }
    bench.run(500);
    EXPECT_EQ(bench.memory.accesses().size(), accesses);
    EXPECT_TRUE(bench.top.quiet_o);
    bench.memory.fail = nullptr;
    ASSERT_TRUE(bench.reset_core());
    EXPECT_FALSE(bench.top.tx_error_o);
    bench.tx_frames.clear();
    load_chain(bench);
    ASSERT_TRUE(bench.run_until([&] { return bench.tx_frames.size() == 10; }));
  }
  EXPECT_GT(on_data, 20U);
  EXPECT_EQ(on_back, 20U);
  EXPECT_GE(on_fetch, 2U);
}

// Write-backs that gather when the next descriptors cannot be read stay where they are: the engine stands.
TEST(TxDmaFault, AfterAFailedFetchNothingThatWaitsIsWrittenBack) {
  DmaBench bench;
  bench.top.tx_wthresh_i = 63;
  bench.tx_setup(64);
  for (unsigned i = 0; i < 40; ++i) bench.tx_write(kBuffers, 60, kWhole);
  bench.memory.fail = [](const AxiMemory::Access& access, std::size_t) {
    return !access.write && access.address == kTxRing + 16 * 16;
  };
  bench.tx_ring_bell();
  bench.run(1'000);
  EXPECT_TRUE(bench.top.tx_error_o);
  EXPECT_EQ(bench.tx_frames.size(), 16U);
  bench.top.tx_enable_i = 0;  // which would flush them
  bench.run(300);
  for (unsigned i = 0; i < 40; ++i) EXPECT_EQ(bench.tx_descriptor(i).status, 0) << i;
  EXPECT_EQ(bench.top.tx_head_o, 0);
  EXPECT_EQ(bench.txdw, 0U);
}

// What the bus refuses once may not be tried again beside it: nothing new is read or written.
TEST(TxDmaFault, AfterARefusedWriteBackNothingMoreIsSent) {
  DmaBench bench;
  bench.tx_setup(64);
  bench.memory.fail = [](const AxiMemory::Access& access, std::size_t) { return access.write; };
  bench.tx_post(kBuffers, 60, kWhole);
  bench.run(300);
  EXPECT_TRUE(bench.top.tx_error_o);
  const std::size_t before = bench.memory.accesses().size();
  for (unsigned i = 0; i < 4; ++i) bench.tx_post(kBuffers, 60, kWhole);
  bench.run(500);
  EXPECT_EQ(bench.memory.accesses().size(), before);
  EXPECT_EQ(bench.tx_frames.size(), 1U);
  EXPECT_EQ(bench.top.tx_head_o, 0);
}

TEST(TxDmaFault, NothingIsWrittenAfterAResetThatCameAtAnyMoment) {
  for (unsigned moment = 0; moment < 300; ++moment) {
    SCOPED_TRACE("cycle " + std::to_string(moment));
    DmaBench bench;
    load_chain(bench);
    bench.memory.timing.w_chance = 50;
    bench.memory.timing.aw_chance = 60;
    bench.memory.timing.ar_chance = 70;
    bench.run(moment);
    ASSERT_TRUE(bench.reset_core());
    ASSERT_TRUE(bench.memory.idle());
    const std::size_t accesses = bench.memory.accesses().size();
    bench.run(100);
    ASSERT_EQ(bench.memory.accesses().size(), accesses);
    bench.tx_frames.clear();
    load_chain(bench);
    ASSERT_TRUE(bench.run_until([&] { return bench.tx_frames.size() == 10; }));
    for (unsigned i = 0; i < 10; ++i) {
      Octets expected = bench.at(kBuffers + i * 4096UL + 3, 60 + i * 77);
      const Octets tail = bench.at(kBuffers + i * 4096UL + 2048, 30);
      expected.insert(expected.end(), tail.begin(), tail.end());
      ASSERT_EQ(bench.tx_frames[i].bytes, expected) << "nothing is left of what the reset cut off";
    }
  }
}

}  // namespace
}  // namespace nicosim::test
