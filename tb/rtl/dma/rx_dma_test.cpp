// Receive engine: every byte where it belongs, every descriptor as the 8254x family writes it.
#include <gtest/gtest.h>

#include <map>

#include "tb/rtl/dma/dma_bench.hpp"

namespace nicosim::test {
namespace {

constexpr unsigned kWrittenBack = 0;

class RxDma : public testing::Test {
 protected:
  void send(std::size_t length) {
    bench.rx_fifo.push_back({pattern(length, next_tag_), next_tag_, false, false, true});
    ++next_tag_;
  }
  bool all_written_back(std::size_t frames, std::uint64_t limit = 100'000) {
    return bench.run_until([&] { return bench.rx_events.size() >= frames; }, limit);
  }

  DmaBench bench;
  std::uint32_t next_tag_ = 0;
};

TEST_F(RxDma, BuffersOfAnyAlignmentGetTheFrameAndNothingElse) {
  std::vector<std::size_t> lengths;
  for (const std::size_t centre : {64, 128, 256, 512, 1024, 4096})
    for (std::size_t length = centre - 3; length <= centre + 19; ++length) lengths.push_back(length);
  for (const std::size_t length : {60, 1514, 1518, 1522, 9000, 16110}) lengths.push_back(length);

  bench.rx_setup(256, 16384);
  std::uint32_t tag = 0;
  for (const std::size_t length : lengths) {
    for (unsigned offset = 0; offset < 16; ++offset) {
      // Ends just before, at and beyond a page, as well as in its middle
      const std::uint64_t address = kBuffers + 0x8000 + (tag % 3 == 0 ? 0 : 4096 - (length / 2 & ~15ULL)) + offset;
      const Octets canary(16384 + 64, 0xc5);
      bench.put(address - 32, canary);
      const unsigned index = bench.top.rx_tail_i;
      bench.rx_post(address);
      send(length);
      ASSERT_TRUE(all_written_back(tag + 1U)) << "length " << length << " offset " << offset;
      Octets expected(length + 64, 0xc5);
      const Octets sent = pattern(length, tag);
      std::copy(sent.begin(), sent.end(), expected.begin() + 32);
      ASSERT_EQ(bench.at(address - 32, length + 64), expected) << "length " << length << " offset " << offset;
      const Descriptor descriptor = bench.rx_descriptor(index);
      ASSERT_EQ(descriptor.address, address);
      ASSERT_EQ(descriptor.length, length);
      ASSERT_EQ(descriptor.status, kDd | kEop | kIxsm);
      ASSERT_EQ(descriptor.errors, 0);
      ASSERT_EQ(descriptor.special, 0);
      ++tag;
    }
  }
}

TEST_F(RxDma, RingsWrapAtEverySize) {
  for (const unsigned size :
       {8U, 16U, 24U, 32U, 56U, 64U, 72U, 120U, 128U, 136U, 248U, 256U, 264U, 1000U, 2048U, 4096U}) {
    bench.rx_setup(size, 2048);
    bench.rx_events.clear();
    next_tag_ = 0;
    unsigned posted = 0;
    const unsigned frames = 2 * size + 3;
    for (; posted < size - 1; ++posted) bench.rx_post(kBuffers + posted % size * 2048);
    for (unsigned frame = 0; frame < frames; ++frame) {
      send(64 + frame % 7);
      ASSERT_TRUE(all_written_back(frame + 1));
      ASSERT_EQ(bench.rx_events.back().descriptor, kRxRing + 16 * (frame % size));
      ASSERT_EQ(bench.at(kBuffers + frame % size * 2048, 64 + frame % 7), pattern(64 + frame % 7, frame));
      ASSERT_EQ(bench.top.rx_head_o, (frame + 1) % size);
      bench.rx_post(kBuffers + posted++ % size * 2048);
    }
    // No descriptor was read beyond the ring or past the tail
    for (const auto& access : bench.memory.accesses())
      if (!access.write) {
        ASSERT_LE(access.address + access.bytes, kRxRing + 16UL * size);
      }
    bench.memory.forget();
    ASSERT_TRUE(bench.reset_core());
  }
}

TEST_F(RxDma, EmptyRingMakesTheFrameWaitAndIsReportedOnce) {
  bench.rx_setup(8, 2048);
  send(100);
  bench.run(300);
  EXPECT_EQ(bench.no_buffer, 1U);
  EXPECT_TRUE(bench.memory.accesses().empty());
  EXPECT_TRUE(bench.top.quiet_o);
  bench.rx_post(kBuffers);
  ASSERT_TRUE(all_written_back(1));
  EXPECT_EQ(bench.at(kBuffers, 100), pattern(100, 0));
  send(100);
  bench.run(300);
  EXPECT_EQ(bench.no_buffer, 2U);
}

TEST_F(RxDma, LongFrameGoesOnInTheNextBufferAndEndsInTheLast) {
  bench.rx_setup(16, 256);
  for (unsigned i = 0; i < 7; ++i) bench.rx_post(kBuffers + i * 1024 + i);
  send(1522);
  ASSERT_TRUE(all_written_back(1));
  const Octets sent = pattern(1522, 0);
  for (unsigned i = 0; i < 6; ++i) {
    const Descriptor descriptor = bench.rx_descriptor(i);
    const unsigned length = i < 5 ? 256 : 1522 - 5 * 256;
    EXPECT_EQ(descriptor.length, length);
    EXPECT_EQ(descriptor.status, i < 5 ? kDd | kIxsm : kDd | kEop | kIxsm);
    EXPECT_EQ(bench.at(kBuffers + i * 1024 + i, length),
              Octets(sent.begin() + i * 256, sent.begin() + i * 256 + length));
  }
  EXPECT_EQ(bench.rx_descriptor(6).status, 0);
  EXPECT_EQ(bench.rxt0, 1U);
  EXPECT_EQ(bench.rx_events[0].descriptor, kRxRing + 16 * 5);
}

TEST_F(RxDma, FrameThatJustFillsItsBufferNeedsNoOther) {
  bench.rx_setup(8, 256);
  bench.rx_post(kBuffers + 3);
  send(256);
  ASSERT_TRUE(all_written_back(1));
  EXPECT_EQ(bench.rx_descriptor(0).status, kDd | kEop | kIxsm);
  EXPECT_EQ(bench.rx_descriptor(0).length, 256);
}

TEST_F(RxDma, EveryBufferSizeTakesFramesUpTo16384BytesInWholeBuffers) {
  for (const unsigned buffer : {256U, 512U, 1024U, 2048U, 4096U, 8192U, 16384U}) {
    for (const bool strip : {false, true}) {
      SCOPED_TRACE(testing::Message() << buffer << " strip " << strip);
      bench.top.rx_strip_fcs_i = strip;
      bench.rx_setup(128, buffer);
      bench.rx_events.clear();
      next_tag_ = 0;
      unsigned index = 0, posted = 0;
      for (const std::size_t stored : {64U, buffer - 1, buffer, buffer + 1, 2 * buffer, 3 * buffer - 5, 16384U}) {
        if (stored > 16384U - (strip ? 4 : 0)) continue;
        const auto parts = static_cast<unsigned>((stored + buffer - 1) / buffer);
        const unsigned offset = posted % 16;
        for (unsigned i = 0; i < parts; ++i) bench.rx_post(kBuffers + posted++ % 128 * 16448UL + offset);
        const Octets sent = pattern(stored + (strip ? 4 : 0), next_tag_);
        send(sent.size());
        ASSERT_TRUE(all_written_back(next_tag_));
        for (unsigned i = 0; i < parts; ++i, ++index) {
          const std::size_t length = std::min<std::size_t>(buffer, stored - i * buffer);
          const Descriptor descriptor = bench.rx_descriptor(index % 128);
          ASSERT_EQ(descriptor.length, length);
          ASSERT_EQ(descriptor.status, i + 1 < parts ? kDd | kIxsm : kDd | kEop | kIxsm) << "EOP on the last alone";
          ASSERT_EQ(bench.at(descriptor.address, length),
                    Octets(sent.begin() + i * buffer, sent.begin() + i * buffer + length));
        }
      }
      ASSERT_TRUE(bench.reset_core());
    }
  }
}

// Fault 24: the driver rewrites a descriptor that it has already given away. The card may use either version, but
// stays inside one of the two buffers.
TEST_F(RxDma, ADescriptorRewrittenUnderTheCardIsUsedInOneOfItsVersionsWhole) {
  for (unsigned moment = 0; moment < 120; ++moment) {
    SCOPED_TRACE(moment);
    bench.memory.timing.read_latency = 30;
    bench.rx_setup(8, 2048);
    bench.rx_events.clear();
    next_tag_ = 0;
    for (const std::uint64_t offset : {0UL, 0x4000UL, 0x8000UL}) bench.put(kBuffers + offset, Octets(2048, 0xc5));
    bench.rx_post(kBuffers);
    bench.rx_post(kBuffers + 0x8000);
    send(200);
    bench.run(moment);
    const std::uint64_t other = kBuffers + 0x4000;
    std::memcpy(bench.memory.at(kRxRing), &other, 8);
    send(64);
    ASSERT_TRUE(all_written_back(2));
    const bool first = bench.at(kBuffers, 200) == pattern(200, 0);
    const bool second = bench.at(other, 200) == pattern(200, 0);
    EXPECT_NE(first, second);
    EXPECT_EQ(bench.at(first ? other : kBuffers, 2048), Octets(2048, 0xc5));
    EXPECT_EQ(bench.at(kBuffers + 0x8000, 64), pattern(64, 1));
    EXPECT_EQ(bench.rx_descriptor(0).status, kDd | kEop | kIxsm);
    ASSERT_TRUE(bench.reset_core());
  }
}

TEST_F(RxDma, NullBufferGetsDoneAloneAndIsSkipped) {
  bench.rx_setup(8, 256);
  bench.rx_post(0);
  bench.rx_post(0);
  bench.rx_post(kBuffers);
  bench.rx_post(0);
  bench.rx_post(kBuffers + 4096);
  send(300);
  ASSERT_TRUE(all_written_back(1));
  for (const unsigned index : {0U, 1U, 3U}) {
    EXPECT_EQ(bench.rx_descriptor(index).status, kDd);
    EXPECT_EQ(bench.rx_descriptor(index).length, 0xdead) << "nothing but the status is written";
  }
  EXPECT_EQ(bench.rx_descriptor(2).status, kDd | kIxsm);
  EXPECT_EQ(bench.rx_descriptor(4).status, kDd | kEop | kIxsm);
  EXPECT_EQ(bench.top.rx_head_o, 5);
  EXPECT_EQ(bench.rx_events.size(), 1U);
}

TEST_F(RxDma, StrippingTheFcsShortensTheFrameByFourBytes) {
  bench.top.rx_strip_fcs_i = 1;
  bench.rx_setup(128, 2048);
  for (unsigned i = 0; i < 40; ++i) {
    bench.put(kBuffers + i * 2048UL, Octets(128, 0xc5));
    bench.rx_post(kBuffers + i * 2048UL);
    send(64 + i);
  }
  ASSERT_TRUE(all_written_back(40));
  for (unsigned i = 0; i < 40; ++i) {
    Octets expected = pattern(64 + i, i);
    std::fill(expected.end() - 4, expected.end(), 0xc5);
    EXPECT_EQ(bench.rx_descriptor(i).length, 60 + i);
    EXPECT_EQ(bench.at(kBuffers + i * 2048UL, 64 + i), expected);
  }
}

TEST_F(RxDma, StatusAndErrorsTellWhatMacAndFilterSaw) {
  bench.rx_setup(8, 256);
  for (unsigned i = 0; i < 7; ++i) bench.rx_post(kBuffers + i * 2048UL);
  bench.rx_fifo.push_back({pattern(64, 0), 10, true, false, true});
  bench.rx_fifo.push_back({pattern(64, 1), 11, false, true, true});
  bench.rx_fifo.push_back({pattern(64, 2), 12, false, false, false});
  bench.rx_fifo.push_back({pattern(300, 3), 13, true, true, false});
  bench.rx_fifo.push_back({pattern(64, 4), 14, false, false, true, true});
  ASSERT_TRUE(all_written_back(5));
  EXPECT_EQ(bench.rx_descriptor(0).errors, kCe);
  EXPECT_EQ(bench.rx_descriptor(1).errors, kSe | kRxe);
  EXPECT_EQ(bench.rx_descriptor(2).errors, 0);
  EXPECT_EQ(bench.rx_descriptor(2).status, kDd | kEop | kIxsm | kPif);
  EXPECT_EQ(bench.rx_descriptor(3).errors, 0);  // errors are valid with EOP only
  EXPECT_EQ(bench.rx_descriptor(4).errors, kCe | kSe | kRxe);
  EXPECT_EQ(bench.rx_descriptor(5).errors, kSeq);
  EXPECT_EQ(bench.top.last_tag_o, 14U);
  EXPECT_EQ(bench.rx_events[3].tag, 13U);
}

TEST_F(RxDma, TagAndChecksumsStandInTheLastDescriptorAndIxsmWhenNothingWasVerified) {
  bench.rx_setup(16, 256);
  for (unsigned i = 0; i < 15; ++i) bench.rx_post(kBuffers + i * 2048UL);
  const unsigned verdicts[] = {0, 8, 12, 2, 3, 10, 15};
  const unsigned statuses[] = {kIxsm, kIpcs, kIpcs, kTcpcs, kTcpcs, kIpcs | kTcpcs, kIpcs | kTcpcs};
  const unsigned errors[] = {0, 0, kIpe, 0, kTcpe, 0, kIpe | kTcpe};
  for (unsigned i = 0; i < 7; ++i) {
    RxFrame frame{pattern(300, i), i, false, false, true};
    frame.stripped = i % 2 == 1;
    frame.tci = frame.stripped ? static_cast<std::uint16_t>(0xa123 + i) : 0;
    frame.verdicts = verdicts[i];
    frame.checksum = static_cast<std::uint16_t>(0x4321 + i);
    bench.rx_fifo.push_back(frame);
  }
  ASSERT_TRUE(all_written_back(7));
  for (unsigned i = 0; i < 7; ++i) {
    const Descriptor first = bench.rx_descriptor(2 * i);
    EXPECT_EQ(first.status, kDd | kIxsm);
    EXPECT_EQ(first.errors | first.checksum | first.special, 0);
    const Descriptor last = bench.rx_descriptor(2 * i + 1);
    EXPECT_EQ(last.status, kDd | kEop | statuses[i] | (i % 2 == 1 ? kVp : 0U));
    EXPECT_EQ(last.errors, errors[i]);
    EXPECT_EQ(last.checksum, 0x4321 + i);
    EXPECT_EQ(last.special, i % 2 == 1 ? 0xa123 + i : 0U);
  }
}

TEST_F(RxDma, DescriptorMinimumIsReportedWhenItIsCrossed) {
  for (const unsigned threshold : {0U, 1U, 2U}) {
    const unsigned left = 64U >> (threshold + 1);
    bench.rxdmt0 = 0;
    bench.top.rx_min_threshold_i = threshold & 3U;
    bench.rx_setup(64, 2048);
    bench.rx_events.clear();
    for (unsigned i = 0; i < 63; ++i) bench.rx_post(kBuffers + i * 2048UL);
    for (unsigned i = 0; i < 63 - left - 1; ++i) send(64);
    ASSERT_TRUE(all_written_back(63 - left - 1));
    bench.run(20);
    EXPECT_EQ(bench.rxdmt0, 0U) << left;
    send(64);
    ASSERT_TRUE(all_written_back(63 - left));
    bench.run(20);
    EXPECT_EQ(bench.rxdmt0, 1U) << left;
    send(64);
    ASSERT_TRUE(all_written_back(63 - left + 1));
    bench.run(20);
    EXPECT_EQ(bench.rxdmt0, 1U) << "a crossing, not a level";
    ASSERT_TRUE(bench.reset_core());
  }
}

TEST_F(RxDma, DescriptorMinimumIsReportedWhereverTheRingWraps) {
  bench.rx_setup(64, 2048);
  for (unsigned i = 0; i < 63; ++i) bench.rx_post(kBuffers + i * 2048UL);
  for (unsigned frame = 0; frame < 500; ++frame) {
    // 63 free, then down to 31 and up again, from another place each time
    if (frame % 32 == 31)
      while ((bench.top.rx_tail_i + 1U) % 64 != bench.top.rx_head_o) bench.rx_post(kBuffers);
    bench.rxdmt0 = 0;
    send(64);
    ASSERT_TRUE(all_written_back(frame + 1));
    bench.run(20);
    const unsigned left = (bench.top.rx_tail_i + 64U - bench.top.rx_head_o) % 64;
    ASSERT_EQ(bench.rxdmt0, left == 32 ? 1U : 0U) << "frame " << frame << ", " << left << " left";
  }
}

TEST_F(RxDma, UnusableRingsAreLeftAlone) {
  struct Case {
    unsigned bytes, tail;
  };
  for (const Case ring : {Case{0, 4}, Case{64, 2}, Case{200, 4}, Case{128, 8}, Case{128, 4000}}) {
    bench.rx_setup(8, 2048);
    for (unsigned i = 0; i < 7; ++i) bench.rx_post(kBuffers);
    bench.top.rx_bytes_i = ring.bytes;
    bench.top.rx_tail_i = static_cast<std::uint16_t>(ring.tail);
    send(64);
    bench.run(300);
    EXPECT_TRUE(bench.memory.accesses().empty()) << ring.bytes << " " << ring.tail;
    EXPECT_TRUE(bench.top.quiet_o);
    ASSERT_TRUE(bench.reset_core());
  }
}

TEST_F(RxDma, AHeadBeyondTheRingIsLeftAlone) {
  for (const unsigned head : {8U, 9U, 4000U}) {
    bench.rx_setup(8, 2048);
    bench.top.rx_enable_i = 0;
    for (unsigned i = 0; i < 4; ++i) bench.rx_post(kBuffers);
    bench.top.rx_head_write_i = 1;
    bench.top.rx_head_value_i = static_cast<std::uint16_t>(head);
    bench.run(1);
    bench.top.rx_head_write_i = 0;
    bench.top.rx_enable_i = 1;
    send(64);
    bench.run(300);
    EXPECT_TRUE(bench.memory.accesses().empty()) << head;
    EXPECT_EQ(bench.top.rx_head_o, head);
    EXPECT_TRUE(bench.top.quiet_o);
    ASSERT_TRUE(bench.reset_core());
  }
}

TEST_F(RxDma, TailThatComesBackIntoTheRingIsServed) {
  bench.rx_setup(8, 2048);
  for (unsigned i = 0; i < 3; ++i) bench.rx_post(kBuffers + i * 2048UL);
  bench.top.rx_tail_i = 77;
  send(64);
  bench.run(100);
  EXPECT_TRUE(bench.memory.accesses().empty());
  bench.top.rx_tail_i = 3;
  EXPECT_TRUE(all_written_back(1));
}

TEST_F(RxDma, DisablingFinishesTheFrameStartsNoOtherAndForgetsWhatWasPrefetched) {
  bench.memory.timing.write_latency = 30;
  bench.rx_setup(64, 2048);
  for (unsigned i = 0; i < 32; ++i) bench.rx_post(kBuffers + i * 2048UL);
  bench.run(100);
  send(1500);
  send(1500);
  bench.run(30);  // inside the first frame
  bench.top.rx_enable_i = 0;
  bench.run(600);
  EXPECT_EQ(bench.rx_events.size(), 1U);
  EXPECT_EQ(bench.rx_fifo.size(), 1U);
  EXPECT_TRUE(bench.top.quiet_o);
  // Software replaces a buffer that had been prefetched
  const std::uint64_t other = kBuffers + 0x40'0000;
  std::memcpy(bench.memory.at(kRxRing + 16), &other, 8);
  bench.top.rx_enable_i = 1;
  ASSERT_TRUE(all_written_back(2));
  EXPECT_EQ(bench.at(other, 1500), pattern(1500, 1));
}

TEST_F(RxDma, HeadWrittenWhileDisabledIsWhereReceptionGoesOn) {
  bench.rx_setup(16, 2048);
  for (unsigned i = 0; i < 15; ++i) bench.rx_post(kBuffers + i * 2048UL);
  send(64);
  ASSERT_TRUE(all_written_back(1));
  bench.top.rx_enable_i = 0;
  bench.run(1);
  bench.top.rx_head_write_i = 1;
  bench.top.rx_head_value_i = 9;
  bench.run(1);
  bench.top.rx_head_write_i = 0;
  bench.run(20);
  EXPECT_EQ(bench.top.rx_head_o, 9);
  bench.top.rx_enable_i = 1;
  send(64);
  ASSERT_TRUE(all_written_back(2));
  EXPECT_EQ(bench.rx_events[1].descriptor, kRxRing + 16 * 9);
}

TEST_F(RxDma, HeadWrittenWhileTheLastFrameIsStillInWorkCountsBehindIt) {
  bench.memory.timing.write_latency = 30;
  bench.rx_setup(64, 2048);
  for (unsigned i = 0; i < 32; ++i) bench.rx_post(kBuffers + i * 2048UL);
  bench.run(100);
  send(1500);
  bench.run(30);
  bench.top.rx_enable_i = 0;
  bench.run(2);
  bench.top.rx_head_write_i = 1;
  bench.top.rx_head_value_i = 20;
  bench.run(1);
  bench.top.rx_head_write_i = 0;
  EXPECT_EQ(bench.top.rx_head_o, 0);
  bench.run(600);
  ASSERT_EQ(bench.rx_events.size(), 1U);
  EXPECT_EQ(bench.rx_events[0].descriptor, kRxRing);
  EXPECT_EQ(bench.top.rx_head_o, 20);
  bench.top.rx_enable_i = 1;
  send(64);
  ASSERT_TRUE(all_written_back(2));
  EXPECT_EQ(bench.rx_events[1].descriptor, kRxRing + 16 * 20);
}

TEST_F(RxDma, FrameWithoutFurtherBuffersIsGivenUpWhenDisabled) {
  bench.rx_setup(8, 256);
  bench.rx_post(kBuffers);
  send(600);
  send(64);
  bench.run(200);
  EXPECT_EQ(bench.rx_fifo.size(), 2U);
  bench.top.rx_enable_i = 0;
  bench.run(100);
  ASSERT_EQ(bench.rx_events.size(), 1U);
  EXPECT_EQ(bench.rx_events[0].kind, 8U);
  EXPECT_EQ(bench.rx_events[0].tag, 0U);
  EXPECT_EQ(bench.rx_events[0].descriptor, kRxRing + 16) << "the one that it waited for";
  EXPECT_EQ(bench.rx_fifo.size(), 1U);
  EXPECT_FALSE(bench.top.rx_error_o);
  bench.top.rx_enable_i = 1;
  bench.rx_post(kBuffers + 4096);
  ASSERT_TRUE(all_written_back(2));
  EXPECT_EQ(bench.rx_events[1].tag, 1U);
  EXPECT_EQ(bench.rx_events[1].kind, kWrittenBack);
}

TEST_F(RxDma, NothingReachesTheBusWithoutBusMastering) {
  bench.top.bus_master_i = 0;
  bench.rx_setup(8, 2048);
  bench.rx_post(kBuffers);
  send(64);
  bench.run(200);
  EXPECT_TRUE(bench.memory.accesses().empty());
  EXPECT_TRUE(bench.top.quiet_o);
  bench.top.bus_master_i = 1;
  EXPECT_TRUE(all_written_back(1));
}

TEST_F(RxDma, DescriptorsAreFetchedAheadInLongBursts) {
  bench.memory.timing.read_latency = 100;
  bench.rx_setup(256, 2048);
  for (unsigned i = 0; i < 255; ++i) bench.rx_post(kBuffers + i * 2048UL);
  bench.run(1000);
  ASSERT_EQ(bench.memory.accesses().size(), 4U);
  for (const auto& access : bench.memory.accesses()) EXPECT_EQ(access.bytes, 256U);
  EXPECT_GE(bench.memory.most_reads_under_way(), 4U);
}

// Random sizes, alignments, latencies and back-pressure; then everything is compared.
TEST_F(RxDma, UnderBackPressureEveryByteArrivesAndDoneComesAfterItsData) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed, "rx-random");
    const unsigned size = 8U << rng.below(4);
    const unsigned buffer = 256U << rng.below(4);
    auto& timing = bench.memory.timing;
    timing.read_latency = static_cast<unsigned>(rng.below(200));
    timing.write_latency = static_cast<unsigned>(rng.below(60));
    timing.ar_chance = 20 + static_cast<unsigned>(rng.below(81));
    timing.r_chance = 20 + static_cast<unsigned>(rng.below(81));
    timing.aw_chance = 20 + static_cast<unsigned>(rng.below(81));
    timing.w_chance = 20 + static_cast<unsigned>(rng.below(81));
    bench.data_chance = 30 + static_cast<unsigned>(rng.below(71));
    bench.rx_gap = static_cast<unsigned>(rng.below(2));
    if (seed % 3 != 0) {  // RXDCTL
      bench.top.rx_pthresh_i = static_cast<std::uint8_t>(rng.below(64));
      bench.top.rx_hthresh_i = static_cast<std::uint8_t>(rng.below(16));
      bench.top.rx_wthresh_i = static_cast<std::uint8_t>(rng.below(64));
      bench.top.rx_gran_i = rng.chance(1, 2);
    }
    bench.memory.forget();
    bench.rx_events.clear();
    bench.rx_setup(size, buffer);
    next_tag_ = 0;
    const unsigned frames = 150;
    std::vector<std::size_t> lengths;
    for (unsigned i = 0; i < frames; ++i) {
      const std::uint64_t span = rng.chance(1, 4) ? 3000 : 200;
      lengths.push_back(64 + rng.below(span));
      send(lengths.back());
    }
    // The driver: keeps the ring filled, collects what is done
    std::vector<std::uint64_t> addresses(size, 0);
    unsigned clean = 0, frame = 0, in_ring = 0;
    Octets assembled;
    std::size_t checked = 0;
    for (std::uint64_t cycle = 0; cycle < 400'000 && frame < frames; ++cycle) {
      bench.cycle();
      if (in_ring < size - 1 && rng.chance(1, 3)) {
        const std::uint64_t draw = rng.below(64);
        const unsigned slot = bench.top.rx_tail_i;
        addresses[slot] = draw == 0 ? 0 : kBuffers + slot * 16384UL + rng.below(4096);
        bench.rx_post(addresses[slot]);
        ++in_ring;
      }
      const Descriptor descriptor = bench.rx_descriptor(clean);
      if (in_ring == 0 || (descriptor.status & kDd) == 0) continue;
      if (addresses[clean] != 0) {
        const Octets part = bench.at(addresses[clean], descriptor.length);
        assembled.insert(assembled.end(), part.begin(), part.end());
        // Complete at the moment DD is seen, so the data was there first
        if (descriptor.status & kEop) {
          ASSERT_EQ(assembled, pattern(lengths[frame], frame)) << "frame " << frame;
          assembled.clear();
          ++frame;
        }
        ++checked;
      }
      clean = (clean + 1) % size;
      --in_ring;
    }
    ASSERT_EQ(frame, frames);
    ASSERT_GE(checked, frames);
    // The answer to the last write-back may still be on its way
    ASSERT_TRUE(all_written_back(frames, 1'000));
    for (unsigned i = 0; i < frames; ++i) ASSERT_EQ(bench.rx_events[i].tag, i);
    ASSERT_TRUE(bench.reset_core());
  }
}

// More frames and skipped descriptors than the engine and the arbiter can keep in work.
TEST_F(RxDma, SlowWriteAnswersOnlySlowItDown) {
  bench.memory.timing.write_latency = 2'000;
  bench.rx_setup(512, 2048);
  for (unsigned i = 0; i < 511; ++i)
    bench.rx_post(i < 300 ? kBuffers + i * 2048UL : i < 500 ? 0 : kBuffers + i * 2048UL);
  for (unsigned i = 0; i < 305; ++i) send(64 + i % 3);
  ASSERT_TRUE(all_written_back(305));
  for (unsigned i = 0; i < 305; ++i) {
    const unsigned index = i < 300 ? i : i + 200;
    ASSERT_EQ(bench.rx_events[i].descriptor, kRxRing + 16 * index);
    ASSERT_EQ(bench.rx_descriptor(index).length, 64 + i % 3);
    ASSERT_EQ(bench.at(kBuffers + index * 2048UL, 64 + i % 3), pattern(64 + i % 3, i));
  }
  for (unsigned index = 300; index < 500; ++index) ASSERT_EQ(bench.rx_descriptor(index).status, kDd);
}

TEST_F(RxDma, QuietMeansThatNothingMoves) {
  bench.check_quiet = true;
  bench.memory.timing.read_latency = 50;
  bench.memory.timing.write_latency = 20;
  bench.rx_setup(16, 512);
  for (unsigned round = 0; round < 40; ++round) {
    if (round % 3 != 2) bench.rx_post(kBuffers + round * 2048UL);
    send(64 + round * 37 % 900);
    bench.run(round % 5 == 0 ? 7 : 150);
  }
  bench.run(500);
  EXPECT_GT(bench.quiet_cycles, 1000U);
}

}  // namespace
}  // namespace nicosim::test
