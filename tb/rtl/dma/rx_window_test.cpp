// The receive window: frames read word by word, in the card's order, and no descriptor touched.
#include <gtest/gtest.h>

#include "tb/rtl/dma/dma_bench.hpp"

namespace nicosim::test {
namespace {

constexpr unsigned kWindow = 1;

class RxWindow : public testing::Test {
 protected:
  void send(std::size_t length) {
    bench.rx_fifo.push_back({pattern(length, next_tag_), next_tag_, false, false, true});
    ++next_tag_;
  }
  void enable(bool on) {
    bench.top.rxw_enable_i = on;
    bench.run(4);
  }
  bool waiting() { return (bench.top.rxw_status_o >> 31U) != 0; }
  unsigned length() { return bench.top.rxw_status_o & 0xffffU; }
  // A register read as the bus does it: the strobe is high for one cycle, and the word is taken in it.
  std::uint32_t read_word(unsigned pause) {
    const std::uint32_t word = bench.top.rxw_data_o;
    bench.top.rxw_data_read_i = 1;
    bench.run(1);
    bench.top.rxw_data_read_i = 0;
    bench.run(2 + pause);
    return word;
  }
  void next() {
    bench.top.rxw_next_i = 1;
    bench.run(1);
    bench.top.rxw_next_i = 0;
    bench.run(8);
  }
  Octets read_frame(unsigned pause = 2) {
    const unsigned bytes = length();
    Octets frame;
    while (frame.size() < bytes) {
      const std::uint32_t word = read_word(pause);
      for (unsigned i = 0; i < 4; ++i) frame.push_back(static_cast<std::uint8_t>(word >> (8 * i)));
    }
    frame.resize(bytes);
    return frame;
  }

  DmaBench bench;
  std::uint32_t next_tag_ = 0;
};

TEST_F(RxWindow, EveryLengthIsReadWholeAtAnyPace) {
  enable(true);
  for (std::size_t length = 60; length < 140; ++length) {
    for (const unsigned pause : {0U, 2U, 7U}) {
      send(length);
      bench.run(4);
      ASSERT_TRUE(waiting());
      ASSERT_EQ(read_frame(pause), pattern(length, next_tag_ - 1)) << length;
      next();
    }
  }
  EXPECT_FALSE(waiting());
  EXPECT_EQ(bench.top.rxw_status_o, 0U);
  EXPECT_TRUE(bench.memory.accesses().empty());
}

TEST_F(RxWindow, BehindTheEndOfAFrameItReadsZero) {
  enable(true);
  send(64);
  send(64);
  bench.run(4);
  read_frame();
  for (int i = 0; i < 9; ++i) EXPECT_EQ(read_word(1), 0U);
  next();
  EXPECT_EQ(read_frame(), pattern(64, 1)) << "the next one starts at its beginning";
  next();
  EXPECT_EQ(read_word(1), 0U) << "no frame";
}

TEST_F(RxWindow, EachFrameThatBecomesTheOldestRaisesRxt0AndItsEventOnce) {
  enable(true);
  for (unsigned i = 0; i < 5; ++i) send(64 + i);
  bench.run(50);
  EXPECT_EQ(bench.rxt0, 1U);
  for (unsigned i = 0; i < 5; ++i) {
    ASSERT_EQ(bench.rx_events.size(), i + 1);
    EXPECT_EQ(bench.rx_events[i].kind, kWindow);
    EXPECT_EQ(bench.rx_events[i].tag, i);
    EXPECT_EQ(bench.rx_events[i].descriptor, 0U);
    EXPECT_EQ(length(), 64 + i);
    read_word(0);  // a frame may be left half read
    next();
  }
  bench.run(50);
  EXPECT_EQ(bench.rxt0, 5U);
  EXPECT_TRUE(bench.rx_fifo.empty());
}

TEST_F(RxWindow, NoDescriptorIsUsedThoughTheRingIsFull) {
  bench.rx_setup(16, 2048);
  for (unsigned i = 0; i < 15; ++i) bench.rx_post(kBuffers + i * 2048UL);
  bench.run(200);
  enable(true);
  send(100);
  bench.run(200);
  EXPECT_TRUE(waiting());
  EXPECT_EQ(bench.top.rx_head_o, 0);
  for (const AxiMemory::Access& access : bench.memory.accesses()) EXPECT_FALSE(access.write);
  EXPECT_EQ(bench.no_buffer, 0U);
}

TEST_F(RxWindow, ErrorsAndTheLengthAreThoseOfTheDescriptor) {
  bench.top.rx_strip_fcs_i = 1;
  enable(true);
  RxFrame frame{pattern(100, 0), 0, true, true, true, true};
  frame.verdicts = 15;
  bench.rx_fifo.push_back(frame);
  bench.run(4);
  EXPECT_EQ(bench.top.rxw_status_o, 0x8000'0000U | (kCe | kSe | kSeq | kTcpe | kIpe | kRxe) << 16U | 96U);
}

TEST_F(RxWindow, NextWithoutAFrameDoesNothing) {
  enable(true);
  next();
  send(64);
  bench.run(4);
  EXPECT_EQ(read_frame(), pattern(64, 0));
  bench.top.rxw_enable_i = 0;
  next();
  next();
  EXPECT_FALSE(waiting());
}

// The switch is thrown at any moment; every frame comes out once, whole and in order, on one side or the other.
TEST_F(RxWindow, TheFifoChangesHandsBetweenFramesOnly) {
  Rng rng(5, "rx-window");
  bench.memory.timing.write_latency = 20;
  bench.memory.timing.w_chance = 70;
  bench.rx_setup(64, 256);
  std::vector<std::size_t> lengths;
  for (unsigned i = 0; i < 300; ++i) {
    lengths.push_back(64 + rng.below(600));
    send(lengths.back());
  }
  unsigned posted = 0, clean = 0, by_window = 0, by_dma = 0;
  Octets assembled;
  std::uint32_t expected = 0;
  for (unsigned cycle = 0; cycle < 400'000 && expected < 300; ++cycle) {
    if (posted - clean < 63) bench.rx_post(kBuffers + posted++ % 64 * 512UL);
    if (rng.chance(1, 200)) bench.top.rxw_enable_i = !bench.top.rxw_enable_i;
    bench.cycle();
    while (posted != clean && (bench.rx_descriptor(clean % 64).status & kDd) != 0) {
      const Descriptor done = bench.rx_descriptor(clean % 64);
      const Octets part = bench.at(done.address, done.length);
      assembled.insert(assembled.end(), part.begin(), part.end());
      if ((done.status & kEop) != 0) {
        ASSERT_EQ(assembled, pattern(lengths[expected], expected));
        assembled.clear();
        ++expected;
        ++by_dma;
      }
      bench.put(kRxRing + clean % 64 * 16UL, Octets(16, 0));
      ++clean;
    }
    if (waiting() && rng.chance(1, 20)) {
      ASSERT_EQ(read_frame(0), pattern(lengths[expected], expected));
      next();
      ++expected;
      ++by_window;
    }
  }
  EXPECT_EQ(expected, 300U);
  EXPECT_GT(by_window, 30U);
  EXPECT_GT(by_dma, 30U);
  bench.run(100);
  ASSERT_EQ(bench.rx_events.size(), 300U);
  for (unsigned i = 0; i < 300; ++i) EXPECT_EQ(bench.rx_events[i].tag, i);
}

TEST_F(RxWindow, AResetForgetsTheFrameInIt) {
  enable(true);
  send(64);
  bench.run(4);
  ASSERT_TRUE(waiting());
  read_word(0);
  ASSERT_TRUE(bench.reset_core());
  EXPECT_FALSE(waiting());
  send(70);
  bench.run(4);
  EXPECT_EQ(read_frame(), pattern(70, 1));
}

TEST_F(RxWindow, QuietMeansThatNothingMoves) {
  bench.check_quiet = true;
  bench.rx_setup(16, 2048);
  for (unsigned i = 0; i < 15; ++i) bench.rx_post(kBuffers + i * 2048UL);
  for (unsigned round = 0; round < 40; ++round) {
    bench.top.rxw_enable_i = round % 3 != 0;
    if (round % 2 == 0) send(80);
    bench.run(60);
    if (waiting() && round % 5 < 3) next();
    bench.run(60);
  }
  EXPECT_GT(bench.quiet_cycles, 1000U);
  EXPECT_GT(bench.rx_events.size(), 10U);
}

}  // namespace
}  // namespace nicosim::test
