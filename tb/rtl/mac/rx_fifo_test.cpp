// The receive FIFO: whole frames, in order, and a full one loses whole frames and says so.
#include <gtest/gtest.h>

#include <deque>

#include "tb/rtl/mac/receive_path.hpp"

namespace nicosim {
namespace {

constexpr std::size_t kPairs = 48 * 1024 / 16;

const MacAddress kUs = *MacAddress::parse("02:00:00:00:00:01");
const MacAddress kOther = *MacAddress::parse("02:00:00:00:00:02");

class RxFifo : public ::testing::Test {
 protected:
  RxFifo() {
    path.set({.any_unicast = false});
    path.set_ra(0, kUs);
  }

  void send(const xgmii::FrameBytes& frame) {
    xgmii::Encoder wire;
    wire.frame(frame);
    wire.idle_columns(3);
    path.run(wire);
  }
  FifoKind fate(std::uint32_t tag) { return path.stories[tag].fifo.value_or(FifoKind::Overflow); }

  Rng rng{1, "rx_fifo_test"};
  ReceivePath path;
};

TEST_F(RxFifo, HoldsExactly768FramesOf64BytesAndLosesTheNextOnesWhole) {
  std::vector<xgmii::FrameBytes> sent;
  for (int i = 0; i < 778; ++i) {
    sent.push_back(xgmii::random_frame(rng, 64, kUs));
    send(sent.back());
  }
  for (std::uint32_t tag = 0; tag < 778; ++tag) {
    ASSERT_EQ(fate(tag), tag < 768 ? FifoKind::Stored : FifoKind::Overflow) << tag;
    ASSERT_EQ(path.stats[tag].stored, tag < 768);
    ASSERT_EQ(path.stats[tag].missed, tag >= 768);
  }
  EXPECT_EQ(path.overruns, 10U);

  path.read(true);
  path.idle(768 * 6 + 10);
  ASSERT_EQ(path.read_frames.size(), 768U);
  for (std::uint32_t tag = 0; tag < 768; ++tag) {
    ASSERT_EQ(path.read_frames[tag].tag, tag);
    ASSERT_EQ(path.read_frames[tag].bytes, sent[tag]);
  }
  const xgmii::FrameBytes later = xgmii::random_frame(rng, 1000, kUs);
  send(later);
  path.idle(100);
  EXPECT_EQ(path.read_frames.back().bytes, later);
}

TEST_F(RxFifo, ALargeFrameThatFindsNoRoomLeavesTheRoomToASmallOne) {
  for (int i = 0; i < 31; ++i) send(xgmii::random_frame(rng, 1522, kUs));  // 96 pairs each: 96 are left
  send(xgmii::random_frame(rng, 1500, kUs));                               // 94 pairs
  send(xgmii::random_frame(rng, 64, kUs));                                 // 4 pairs, 2 left: lost
  EXPECT_EQ(fate(31), FifoKind::Stored);
  EXPECT_EQ(fate(32), FifoKind::Overflow);

  path.read(true, 1);
  path.idle(97);  // one frame leaves
  path.read(false);
  path.set({.long_frames = true, .any_unicast = false});
  send(xgmii::random_frame(rng, 1570, kUs));  // 99 pairs where 98 are free
  const xgmii::FrameBytes small = xgmii::random_frame(rng, 1568, kUs);
  send(small);
  send(xgmii::random_frame(rng, 64, kUs));
  EXPECT_EQ(path.read_frames.size(), 1U);
  EXPECT_EQ(fate(33), FifoKind::Overflow);
  EXPECT_EQ(fate(34), FifoKind::Stored);
  EXPECT_EQ(fate(35), FifoKind::Overflow);
  path.read(true, 1);
  path.until_quiet(10'000);
  path.idle(4000);
  EXPECT_EQ(path.read_frames.back().bytes, small);
}

TEST_F(RxFifo, RejectedAndBrokenFramesTakeNoRoom) {
  for (int i = 0; i < 2000; ++i) {
    xgmii::FrameBytes frame = xgmii::random_frame(rng, 200, i % 2 == 0 ? kOther : kUs);
    if (i % 2 == 1) frame[100] ^= std::byte{4};
    send(frame);
  }
  EXPECT_EQ(path.overruns, 0U);
  for (int i = 0; i < 768; ++i) send(xgmii::random_frame(rng, 64, kUs));
  EXPECT_EQ(path.overruns, 0U);
}

TEST_F(RxFifo, ARejectedFrameIsNoOverrunEvenWhenFull) {
  for (int i = 0; i < 768; ++i) send(xgmii::random_frame(rng, 64, kUs));
  send(xgmii::random_frame(rng, 64, kOther));
  EXPECT_EQ(path.stories[768].filter, FilterKind::Reject);
  EXPECT_EQ(path.overruns, 0U);
  EXPECT_FALSE(path.stats.back().missed);
}

TEST_F(RxFifo, AJumboFrameComesOutAsItWentIn) {
  path.set({.long_frames = true, .any_unicast = false});
  path.read(true);
  for (const std::size_t length : {16'384U, 16'383U, 9018U, 16'384U, 16'377U}) {
    const xgmii::FrameBytes frame = xgmii::random_frame(rng, length, kUs);
    send(frame);
    path.idle(1100);
    ASSERT_EQ(path.read_frames.back().bytes, frame) << length;
  }
}

TEST_F(RxFifo, TheReaderGetsSixteenBytesEveryCycle) {
  for (const std::size_t length : {64U, 1522U, 65U}) send(xgmii::random_frame(rng, length, kUs));
  path.read(true, 1);
  path.idle(4 + 96 + 5);  // one cycle for the pin's flop, then a pair each, also across frames
  EXPECT_EQ(path.read_frames.size(), 2U);
  path.cycle();
  EXPECT_EQ(path.read_frames.size(), 3U);
}

TEST_F(RxFifo, WhateverTheReaderLeavesOfAFrameIsDropped) {
  path.read(true, 2);
  std::vector<xgmii::FrameBytes> sent;
  for (std::size_t length = 64; length < 464; ++length) {
    sent.push_back(xgmii::random_frame(rng, length, kUs));
    send(sent.back());
  }
  path.idle(4);
  ASSERT_EQ(path.read_frames.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    sent[i].resize(16);
    ASSERT_EQ(path.read_frames[i].bytes, sent[i]);
  }
}

// The FIFO against a model that only counts pairs: what is stored, in which order, and when losing was right.
class RxFifoRandom : public ::testing::TestWithParam<int> {};

TEST_P(RxFifoRandom, AgreesWithTheModel) {
  const auto seed = static_cast<std::uint64_t>(GetParam());
  RecordProperty("seed", GetParam());
  Rng rng{seed, "rx_fifo_random"};
  ReceivePath path{GetParam()};
  path.set({.long_frames = true, .any_unicast = false});
  path.set_ra(0, kUs);

  std::deque<std::pair<std::uint32_t, xgmii::FrameBytes>> model;  // stored, not yet read
  std::size_t used = 0;                                           // pairs of those
  std::size_t lost = 0;
  std::size_t checked = 0;
  const auto check_reads = [&] {
    for (; checked < path.read_frames.size(); ++checked) {
      const ReceivePath::ReadFrame& got = path.read_frames[checked];
      ASSERT_FALSE(model.empty());
      ASSERT_EQ(got.tag, model.front().first);
      ASSERT_EQ(got.bytes, model.front().second);
      used -= (model.front().second.size() + 15) / 16;
      model.pop_front();
    }
  };
  for (std::uint32_t tag = 0; tag < 4000; ++tag) {
    std::size_t length = 64 + rng.below(200);
    if (rng.chance(1, 10)) length = 64 + rng.below(9000);
    const bool for_us = rng.chance(3, 4);
    const bool good = rng.chance(7, 8);
    xgmii::FrameBytes frame = xgmii::random_frame(rng, length, for_us ? kUs : kOther);
    if (!good) frame[rng.below(length)] ^= std::byte{0x40};
    xgmii::Encoder wire;
    wire.frame(frame, {.gap = 5 + rng.below(20)});
    wire.idle_columns(3);                      // the verdict is in when the model looks
    const std::uint64_t pace = tag / 500 % 4;  // reader: 0 of 4 cycles, 1 of 4, ...
    std::size_t used_at_start = used;
    for (const xgmii::Column& column : wire.columns()) {
      const bool read_now = rng.chance(pace, 4);
      path.read(read_now, 1);
      path.cycle(column);
      if (path.pins().word_valid_o && path.pins().word_sof_o) {
        check_reads();
        used_at_start = used;
      }
    }
    const auto& story = path.stories[tag];
    if (!good) {
      // A flip in the address changes for whom the frame is, but never that it is broken
      ASSERT_EQ(story.mac, MacKind::Crc);
      ASSERT_FALSE(story.filter);
    } else if (!for_us) {
      ASSERT_EQ(story.filter, FilterKind::Reject);
      ASSERT_FALSE(story.fifo);
    } else {
      ASSERT_TRUE(story.fifo);
      if (story.fifo == FifoKind::Stored) {
        used += (length + 15) / 16;
        model.emplace_back(tag, frame);
      } else {
        ++lost;
        ASSERT_GT(used_at_start + (length + 15) / 16, kPairs) << "lost with room for it, tag " << tag;
      }
    }
    check_reads();
    ASSERT_LE(used, kPairs);
  }
  EXPECT_EQ(path.overruns, lost);
  EXPECT_GT(lost, 10U) << "the test no longer fills the FIFO";
  path.read(true, 0);
  path.idle(8000);
  check_reads();
  EXPECT_TRUE(model.empty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, RxFifoRandom, ::testing::Range(1, 5));

TEST_F(RxFifo, ACoreResetEmptiesIt) {
  for (int i = 0; i < 100; ++i) send(xgmii::random_frame(rng, 1000, kUs));
  path.reset_core();
  path.read(true);
  path.idle(100);
  EXPECT_TRUE(path.read_frames.empty());
  path.read(false);
  const std::uint32_t next = path.pins().next_tag_o;
  for (int i = 0; i < 768; ++i) send(xgmii::random_frame(rng, 64, kUs));
  EXPECT_EQ(fate(next + 767), FifoKind::Stored);
}

TEST_F(RxFifo, IsQuietWithAFrameNobodyReads) {
  send(xgmii::random_frame(rng, 100, kUs));
  path.until_quiet();
  path.cycle();  // the assertions keep their samples of the cycle before
  const auto before = path.state();
  path.idle(5);
  EXPECT_EQ(before, path.state());
  EXPECT_TRUE(path.pins().frame_valid_o);
}

}  // namespace
}  // namespace nicosim
