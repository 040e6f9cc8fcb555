// The receive MAC: which starts become frames, and what is said about each.
#include <gtest/gtest.h>

#include "tb/rtl/mac/receive_path.hpp"

namespace nicosim {
namespace {

using xgmii::Encoder;
using xgmii::FrameBytes;
using xgmii::kIdle;

const MacAddress kUs = *MacAddress::parse("02:00:00:00:00:01");

// What a frame without symbol errors has to be called.
MacKind expected_kind(std::size_t length, bool good_fcs, std::size_t longest = 1522) {
  if (length > longest) return good_fcs ? MacKind::Oversize : MacKind::Jabber;
  if (length < 64) return good_fcs ? MacKind::Runt : MacKind::Fragment;
  return good_fcs ? MacKind::Pass : MacKind::Crc;
}

FrameBytes any_frame(Rng& rng, std::size_t length, bool good_fcs = true) {
  FrameBytes data(length < 4 ? 0 : length - 4);
  for (std::byte& b : data) b = static_cast<std::byte>(rng.next());
  FrameBytes frame = xgmii::with_fcs(data);
  if (!good_fcs) frame[rng.below(frame.size())] ^= std::byte{0x10};
  frame.resize(length);
  return frame;
}

class MacRx : public ::testing::Test {
 protected:
  MacRx() { path.read(true); }

  void run(std::size_t idle_behind = 8) {
    wire.idle_columns(idle_behind);
    path.run(wire);
  }
  // A frame that must come through, whatever happened before.
  void expect_good_frame() {
    const FrameBytes frame = xgmii::random_frame(rng, 80, kUs);
    const std::uint32_t tag = path.pins().next_tag_o;
    wire.frame(frame);
    run();
    EXPECT_EQ(path.mac_kind(tag), MacKind::Pass);
    ASSERT_FALSE(path.mac_frames.empty());
    EXPECT_EQ(path.mac_frames.back().bytes, frame);
    EXPECT_EQ(path.mac_frames.back().tag, tag);
  }

  Rng rng{1, "mac_rx_test"};
  Encoder wire;
  ReceivePath path;
};

TEST_F(MacRx, EveryLengthInBothStartLanesEndsAsItsLengthAndFcsSay) {
  std::vector<FrameBytes> sent;
  std::vector<MacKind> expected;
  for (std::size_t length = 1; length <= 1600; ++length) {
    for (const unsigned lane : {0U, 4U}) {
      for (const bool good : {true, false}) {
        const bool right = good && length >= 4;
        sent.push_back(any_frame(rng, length, good));
        expected.push_back(expected_kind(length, right));
        wire.frame(sent.back(), {.lane = lane});
      }
    }
    path.run(wire);
  }
  run();
  ASSERT_EQ(path.mac_frames.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const ReceivePath::MacFrame& got = path.mac_frames[i];
    const std::size_t length = sent[i].size();
    ASSERT_EQ(path.mac_kind(static_cast<std::uint32_t>(i)), expected[i]) << "length " << length << ", frame " << i;
    ASSERT_EQ(got.tag, i);
    ASSERT_EQ(got.length, length);
    ASSERT_EQ(got.keep, expected[i] == MacKind::Pass) << "length " << length;
    ASSERT_EQ(got.short_frame, length < 64);
    ASSERT_EQ(got.long_frame, length > 1522);
    ASSERT_FALSE(got.symbol_error);
    if (length <= 1522) {
      ASSERT_EQ(got.bytes, sent[i]) << "length " << length;
    }
  }
}

TEST_F(MacRx, AnyFlippedBitIsAnFcsError) {
  const FrameBytes frame = any_frame(rng, 100);
  for (std::size_t bit = 0; bit < 8 * frame.size(); ++bit) {
    FrameBytes bad = frame;
    bad[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    wire.frame(bad);
  }
  run();
  ASSERT_EQ(path.mac_frames.size(), 800U);
  for (const ReceivePath::MacFrame& got : path.mac_frames) {
    ASSERT_EQ(path.mac_kind(got.tag), MacKind::Crc) << "bit " << got.tag;
    ASSERT_TRUE(got.crc_error);
    ASSERT_FALSE(got.keep);
  }
}

TEST_F(MacRx, AFrameWithoutAByteIsAFragment) {
  for (const unsigned lane : {0U, 4U}) {
    for (const unsigned preamble : {7U, 3U}) {
      wire.frame({}, {.lane = lane, .preamble = preamble});
      wire.frame(any_frame(rng, 64));
    }
  }
  run();
  ASSERT_EQ(path.mac_frames.size(), 8U);
  for (std::uint32_t tag = 0; tag < 8; ++tag) {
    EXPECT_EQ(path.mac_kind(tag), tag % 2 == 0 ? MacKind::Fragment : MacKind::Pass);
    EXPECT_EQ(path.mac_frames[tag].length, tag % 2 == 0 ? 0U : 64U);
  }
}

TEST_F(MacRx, AShortPreambleIsAccepted) {
  std::vector<FrameBytes> sent;
  for (std::size_t length = 60; length < 140; ++length) {
    for (const unsigned lane : {0U, 4U}) {
      sent.push_back(any_frame(rng, length));
      wire.frame(sent.back(), {.lane = lane, .preamble = 3});
      sent.push_back(any_frame(rng, length));
      wire.frame(sent.back(), {.gap = 5});
    }
  }
  run();
  ASSERT_EQ(path.mac_frames.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    ASSERT_EQ(path.mac_frames[i].bytes, sent[i]);
    ASSERT_EQ(path.mac_kind(static_cast<std::uint32_t>(i)), expected_kind(sent[i].size(), true));
  }
}

TEST_F(MacRx, AStartWithoutADelimiterInItsPlaceIsNoFrame) {
  std::uint32_t tag = 0;
  for (const unsigned lane : {0U, 4U}) {
    for (unsigned preamble = 1; preamble <= 12; ++preamble) {
      for (const bool delimiter : {true, false}) {
        if (delimiter && (preamble == 7 || preamble == 3)) continue;
        wire.frame(any_frame(rng, 70), {.lane = lane, .preamble = preamble, .delimiter = delimiter});
        wire.frame(any_frame(rng, 70), {.lane = lane});
        run();
        ASSERT_EQ(path.mac_kind(tag), MacKind::NoSfd) << "lane " << lane << ", preamble " << preamble;
        ASSERT_EQ(path.mac_kind(tag + 1), MacKind::Pass);
        tag += 2;
      }
    }
  }
  EXPECT_EQ(path.mac_frames.size(), tag / 2);
  EXPECT_EQ(path.stats.size(), tag / 2);  // what never was a frame is not counted as one
}

TEST_F(MacRx, AControlCharacterInThePreambleIsNoPreamble) {
  const FrameBytes frame = any_frame(rng, 64);
  for (const unsigned lane : {0U, 4U}) {
    for (const unsigned preamble : {7U, 3U}) {
      for (unsigned at = 1; at <= preamble; ++at) {
        const std::uint32_t tag = path.pins().next_tag_o;
        wire.align(8, lane);
        wire.control(xgmii::kStart);
        for (unsigned i = 1; i <= preamble; ++i) {
          const std::uint8_t byte = i == preamble ? xgmii::kDelimiter : xgmii::kPreamble;
          i == at ? wire.control(byte) : wire.data(byte);
        }
        for (const std::byte b : frame) wire.data(std::to_integer<std::uint8_t>(b));
        wire.control(xgmii::kTerminate);
        run();
        ASSERT_EQ(path.mac_kind(tag), MacKind::NoSfd) << "lane " << lane << ", preamble " << preamble << ", at " << at;
      }
    }
  }
  expect_good_frame();
}

TEST_F(MacRx, AnErrorBehindTerminateIsNotTheFramesError) {
  for (std::size_t length = 64; length < 80; ++length) {
    wire.frame(any_frame(rng, length));
    wire.control(xgmii::kError);
    wire.control(xgmii::kError);
    wire.align(8);
  }
  run();
  for (std::uint32_t tag = 0; tag < 16; ++tag) EXPECT_EQ(path.mac_kind(tag), MacKind::Pass) << tag;
}

TEST_F(MacRx, AnErrorCharacterAnywhereSpoilsTheFrameButNotItsLength) {
  for (std::size_t at = 0; at < 90; ++at) {
    for (const unsigned lane : {0U, 4U}) wire.frame(any_frame(rng, 90), {.lane = lane, .error_at = at});
  }
  run();
  ASSERT_EQ(path.mac_frames.size(), 180U);
  for (const ReceivePath::MacFrame& got : path.mac_frames) {
    ASSERT_EQ(path.mac_kind(got.tag), MacKind::Symbol) << got.tag;
    ASSERT_TRUE(got.symbol_error);
    ASSERT_FALSE(got.keep);
    ASSERT_EQ(got.length, 90U);
  }
  EXPECT_TRUE(path.read_frames.empty());
}

TEST_F(MacRx, AnyOtherControlCharacterEndsTheFrame) {
  std::uint32_t tag = 0;
  for (const std::uint8_t character : {kIdle, xgmii::kSequence, std::uint8_t{0x00}, std::uint8_t{0x1c}}) {
    for (std::size_t at = 0; at < 90; ++at) {
      wire.frame(any_frame(rng, 90), {.lane = at % 2 * 4, .error_at = at, .error = character});
      wire.frame(any_frame(rng, 64));
      run(4);
      ASSERT_EQ(path.mac_kind(tag), MacKind::Symbol) << "at " << at;
      ASSERT_EQ(path.mac_frames[tag].length, at);
      ASSERT_EQ(path.mac_kind(tag + 1), MacKind::Pass) << "at " << at;
      tag += 2;
    }
  }
  EXPECT_EQ(path.mac_frames.size(), tag);
}

TEST_F(MacRx, ACarrierThatDropsLeavesASymbolError) {
  wire.frame(any_frame(rng, 200), {.terminate = false});
  run();
  EXPECT_EQ(path.mac_kind(0), MacKind::Symbol);
  expect_good_frame();
}

TEST_F(MacRx, AStartInsideAFrameEndsItAndBeginsTheNext) {
  std::uint32_t tag = 0;
  for (const unsigned lane : {0U, 4U}) {
    for (std::size_t cut = 0; cut < 100; cut += 4) {
      const FrameBytes second = any_frame(rng, 72);
      wire.frame(any_frame(rng, cut), {.lane = lane, .terminate = false});
      wire.frame(second, {.gap = 0});
      run();
      ASSERT_EQ(path.mac_kind(tag), MacKind::Symbol) << "lane " << lane << ", cut " << cut;
      ASSERT_EQ(path.mac_kind(tag + 1), MacKind::Pass) << "lane " << lane << ", cut " << cut;
      ASSERT_EQ(path.mac_frames.back().bytes, second);
      tag += 2;
    }
  }
}

TEST_F(MacRx, FramesSurviveTheSmallestGaps) {
  std::vector<FrameBytes> sent;
  for (std::size_t gap = 1; gap <= 12; ++gap) {
    for (std::size_t length = 64; length < 80; ++length) {
      for (const unsigned preamble : {7U, 3U}) {
        sent.push_back(any_frame(rng, length));
        wire.frame(sent.back(), {.gap = gap, .preamble = preamble});
      }
    }
  }
  run();
  ASSERT_EQ(path.mac_frames.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    ASSERT_EQ(path.mac_frames[i].bytes, sent[i]) << i;
    ASSERT_EQ(path.mac_kind(static_cast<std::uint32_t>(i)), MacKind::Pass);
  }
}

TEST_F(MacRx, TinyFramesAtTheSmallestGapsEachHaveTheirEvent) {
  std::uint32_t tags = 0;
  for (std::size_t length = 0; length < 20; ++length) {
    for (std::size_t next = 0; next < 20; ++next) {
      for (const unsigned preamble : {7U, 3U}) {
        for (const unsigned lane : {0U, 4U}) {
          wire.frame(any_frame(rng, length), {.lane = lane, .gap = 1, .preamble = preamble});
          wire.frame(any_frame(rng, next), {.gap = 1, .preamble = preamble});
          wire.frame({}, {.gap = 1, .preamble = preamble, .delimiter = false});
          wire.frame(any_frame(rng, 64), {.gap = 1});
          tags += 4;
        }
      }
    }
  }
  run(16);
  ASSERT_EQ(path.stories.size(), tags);
  for (std::uint32_t tag = 0; tag < tags; tag += 4) {
    ASSERT_EQ(path.mac_kind(tag + 2), MacKind::NoSfd) << tag;
    ASSERT_EQ(path.mac_kind(tag + 3), MacKind::Pass) << tag;
  }
  EXPECT_EQ(path.read_frames.size(), tags / 4);
}

TEST_F(MacRx, WithoutLongFramesTheLimitIs1522Bytes) {
  wire.frame(any_frame(rng, 1522));
  wire.frame(any_frame(rng, 1523));
  wire.frame(any_frame(rng, 1523, false));
  run();
  EXPECT_EQ(path.mac_kind(0), MacKind::Pass);
  EXPECT_EQ(path.mac_kind(1), MacKind::Oversize);
  EXPECT_EQ(path.mac_kind(2), MacKind::Jabber);
}

TEST_F(MacRx, WithLongFramesTheLimitIs16384Bytes) {
  path.set({.long_frames = true});
  path.idle(2);
  for (const std::size_t length : {1523U, 9018U, 16383U, 16384U, 16385U, 16390U}) wire.frame(any_frame(rng, length));
  wire.frame(any_frame(rng, 16385, false));
  run();
  for (std::uint32_t tag = 0; tag < 4; ++tag) EXPECT_EQ(path.mac_kind(tag), MacKind::Pass) << tag;
  EXPECT_EQ(path.mac_kind(4), MacKind::Oversize);
  EXPECT_EQ(path.mac_kind(5), MacKind::Oversize);
  EXPECT_EQ(path.mac_kind(6), MacKind::Jabber);
  EXPECT_TRUE(path.mac_frames[4].long_frame);
}

TEST_F(MacRx, AGiantIsHandedOutNoFurtherThanTheLimitAndStillMeasured) {
  for (const bool long_frames : {false, true}) {
    path.set({.long_frames = long_frames});
    path.idle(2);
    wire.frame(any_frame(rng, 40'000));
    run();
    EXPECT_EQ(path.mac_kind(path.mac_frames.back().tag), MacKind::Oversize);
    EXPECT_EQ(path.mac_frames.back().length, 40'000U);
    EXPECT_LE(path.mac_frames.back().bytes.size(), long_frames ? 16'384U + 8 : 1522U + 8);
    expect_good_frame();
  }
}

TEST_F(MacRx, TheLengthSaturatesInsteadOfWrapping) {
  path.set({.store_bad = true, .long_frames = true});
  path.idle(2);
  wire.frame(any_frame(rng, 65'536 + 100));
  run();
  EXPECT_EQ(path.mac_frames.back().length, 65'535U);
  EXPECT_EQ(path.mac_kind(0), MacKind::Oversize);
  expect_good_frame();
}

TEST_F(MacRx, StoreBadPacketsLetsErroredFramesPassExceptShortAndLongOnes) {
  path.set({.store_bad = true});
  path.idle(2);
  const FrameBytes bad_fcs = any_frame(rng, 100, false);
  wire.frame(bad_fcs);
  wire.frame(any_frame(rng, 100), {.error_at = 50});
  wire.frame(any_frame(rng, 63, false));
  wire.frame(any_frame(rng, 1523, false));
  wire.frame(any_frame(rng, 30), {.error_at = 10});
  run(30);
  EXPECT_EQ(path.mac_kind(0), MacKind::PassBad);
  EXPECT_EQ(path.mac_kind(1), MacKind::PassBad);
  EXPECT_EQ(path.mac_kind(2), MacKind::Fragment);
  EXPECT_EQ(path.mac_kind(3), MacKind::Jabber);
  EXPECT_EQ(path.mac_kind(4), MacKind::Symbol);
  ASSERT_EQ(path.read_frames.size(), 2U);
  EXPECT_EQ(path.read_frames[0].bytes, bad_fcs);
  EXPECT_TRUE(path.read_frames[0].crc_error);
  EXPECT_FALSE(path.read_frames[0].symbol_error);
  EXPECT_TRUE(path.read_frames[1].symbol_error);
  EXPECT_FALSE(path.read_frames[1].sequence_error);
  ASSERT_EQ(path.stats.size(), 5U);
  const bool symbol_errors[] = {false, true, false, false, true};
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(path.stats[i].symbol_error, symbol_errors[i]) << i;
}

TEST_F(MacRx, StoreBadPacketsTellsAFrameWithoutTerminateByItsSequenceError) {
  path.set({.store_bad = true});
  path.idle(2);
  wire.frame(any_frame(rng, 100), {.terminate = false});
  wire.frame(any_frame(rng, 100), {.error_at = 80, .error = kIdle});
  wire.frame(any_frame(rng, 100), {.error_at = 70, .terminate = false});
  run(40);
  ASSERT_EQ(path.read_frames.size(), 3U);
  for (const ReceivePath::ReadFrame& frame : path.read_frames) EXPECT_TRUE(frame.sequence_error);
  EXPECT_FALSE(path.read_frames[0].symbol_error);
  EXPECT_TRUE(path.read_frames[0].length == 100 && !path.read_frames[0].crc_error) << "every byte of it came";
  EXPECT_EQ(path.read_frames[1].length, 80U);
  EXPECT_TRUE(path.read_frames[2].symbol_error);
  for (std::uint32_t tag = 0; tag < 3; ++tag) EXPECT_EQ(path.mac_kind(tag), MacKind::PassBad);
  ASSERT_EQ(path.stats.size(), 3U);
  for (const ReceivePath::Stat& stat : path.stats) EXPECT_TRUE(stat.symbol_error) << "RXERRC counts either";
}

TEST_F(MacRx, WhileReceptionIsOffFramesOnlyGetTheirTag) {
  path.set({.enable = false});
  path.idle(2);
  wire.frame(any_frame(rng, 64));
  wire.frame(any_frame(rng, 64), {.delimiter = false});
  wire.frame(any_frame(rng, 3000));
  wire.frame(any_frame(rng, 80), {.error_at = 20, .error = kIdle});
  run();
  ASSERT_EQ(path.stories.size(), 4U);
  for (std::uint32_t tag = 0; tag < 4; ++tag) EXPECT_EQ(path.mac_kind(tag), MacKind::NotReceiving);
  EXPECT_TRUE(path.mac_frames.empty());
  EXPECT_EQ(path.dest_strobes, 0U);
  path.set({});
  path.idle(2);
  expect_good_frame();
}

TEST_F(MacRx, TheEnableBitCountsWhenTheFrameStarts) {
  for (const bool at_start : {false, true}) {
    path.set({.enable = at_start});
    path.idle(2);
    wire.frame(any_frame(rng, 200));
    const auto columns = wire.columns();
    path.run(std::span(columns).first(10));
    path.set({.enable = !at_start});
    path.run(std::span(columns).subspan(10));
    path.idle(8);
  }
  EXPECT_EQ(path.mac_kind(0), MacKind::NotReceiving);
  EXPECT_EQ(path.mac_kind(1), MacKind::Pass);
  EXPECT_EQ(path.mac_frames.size(), 1U);
}

TEST_F(MacRx, ACoreResetAbandonsTheFrameInsideAndKeepsTheTagCount) {
  // Wherever the reset comes: the frame either had its event before or never gets one
  for (std::size_t at = 0; at < 24; ++at) {
    const std::uint32_t tag = path.pins().next_tag_o;
    wire.frame(any_frame(rng, 100), {.lane = at % 2 * 4});
    wire.idle_columns(12);
    const auto columns = wire.columns();
    path.run(std::span(columns).first(at));
    path.pins().rst_ni = 0;
    path.run(std::span(columns).subspan(at, 2));
    path.pins().rst_ni = 1;
    path.run(std::span(columns).subspan(at + 2));
    EXPECT_EQ(path.pins().next_tag_o, tag + 1) << at;
    if (path.stories.contains(tag)) {
      const MacKind kind = path.mac_kind(tag);
      EXPECT_TRUE(kind == MacKind::NotReceiving ? at <= 2 : kind == MacKind::Pass && (at == 0 || at >= 14)) << at;
    }
    expect_good_frame();
  }
}

TEST_F(MacRx, EveryStartDuringALongResetGetsItsEvent) {
  wire.frame(any_frame(rng, 100));
  wire.frame(any_frame(rng, 64));
  wire.frame(any_frame(rng, 64));
  wire.idle_columns(4);
  const auto columns = wire.columns();
  path.run(std::span(columns).first(6));
  path.pins().rst_ni = 0;
  path.run(std::span(columns).subspan(6));
  path.pins().rst_ni = 1;
  path.idle(4);
  EXPECT_FALSE(path.stories.contains(0));  // its fate is the reset
  EXPECT_EQ(path.mac_kind(1), MacKind::NotReceiving);
  EXPECT_EQ(path.mac_kind(2), MacKind::NotReceiving);
  expect_good_frame();
}

TEST_F(MacRx, ATwinStartInOneColumnIsOneStart) {
  path.cycle({.data = 0x5555'55fb'5555'55fb, .control = 0x11});
  path.idle(4);
  EXPECT_EQ(path.pins().next_tag_o, 1U);
  EXPECT_EQ(path.mac_kind(0), MacKind::NoSfd);
  expect_good_frame();
}

TEST_F(MacRx, OnRandomColumnsEveryStartGetsExactlyOneEvent) {
  // Pieces of frames, and characters chosen so that the grammar is often nearly right
  const std::uint8_t controls[] = {kIdle, xgmii::kStart, xgmii::kTerminate, xgmii::kError, xgmii::kSequence};
  std::uint32_t starts = 0;
  for (int i = 0; i < 300'000; ++i) {
    xgmii::Column column{.data = 0, .control = 0};
    const std::uint64_t mood = rng.below(4);
    for (unsigned lane = 0; lane < 8; ++lane) {
      const bool control = rng.chance(mood, 8);
      std::uint8_t byte = controls[rng.below(5)];
      if (!control) byte = rng.chance(1, 8) ? xgmii::kDelimiter : xgmii::kPreamble;
      column.data |= std::uint64_t{byte} << (8 * lane);
      column.control = static_cast<std::uint8_t>(column.control | (control ? 1U << lane : 0U));
    }
    if (rng.chance(1, 8)) column = {.data = 0xd555'5555'5555'55fb, .control = 0x01};
    starts += column.is(0, xgmii::kStart) || column.is(4, xgmii::kStart);
    path.cycle(column);
  }
  path.idle(8);
  EXPECT_EQ(path.pins().next_tag_o, starts);
  ASSERT_EQ(path.stories.size(), starts);
  for (const auto& [tag, story] : path.stories) ASSERT_TRUE(story.mac) << tag;
  expect_good_frame();
}

TEST_F(MacRx, WhileQuietNothingChanges) {
  for (int i = 0; i < 200; ++i) {
    const std::uint64_t length = rng.below(200);
    const std::uint64_t fault = rng.below(400);
    wire.frame(any_frame(rng, length), {.delimiter = fault != 3, .error_at = fault, .terminate = fault % 16 != 5});
    path.run(wire);
    path.until_quiet();
    path.cycle();  // the assertions keep their samples of the cycle before
    const auto before = path.state();
    path.idle(3);
    ASSERT_EQ(before, path.state()) << "after " << i << " frames";
  }
}

}  // namespace
}  // namespace nicosim
