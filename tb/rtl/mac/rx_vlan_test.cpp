// Tags on their way to the FIFO: which frames the VLAN filter refuses, and that stripping takes four octets and no
// more.
#include <gtest/gtest.h>

#include "tb/rtl/mac/receive_path.hpp"

namespace nicosim {
namespace {

const MacAddress kUs = *MacAddress::parse("02:00:00:00:00:01");

// A good frame of `length` bytes with FCS whose octets 12..15 are type and TCI.
xgmii::FrameBytes frame_of_type(Rng& rng, std::size_t length, unsigned type, unsigned tci) {
  xgmii::FrameBytes frame = xgmii::random_frame(rng, length, kUs);
  frame.resize(length - 4);
  frame[12] = static_cast<std::byte>(type >> 8U);
  frame[13] = static_cast<std::byte>(type);
  frame[14] = static_cast<std::byte>(tci >> 8U);
  frame[15] = static_cast<std::byte>(tci);
  return xgmii::with_fcs(std::move(frame));
}

xgmii::FrameBytes without_tag(xgmii::FrameBytes frame) {
  frame.erase(frame.begin() + 12, frame.begin() + 16);
  return frame;
}

class RxVlan : public ::testing::Test {
 protected:
  RxVlan() { path.read(true); }

  void set(const ReceivePath::Settings& settings) {
    path.set(settings);
    path.idle(4);
  }
  FilterKind send(const xgmii::FrameBytes& frame) {
    const std::uint32_t tag = path.pins().next_tag_o;
    xgmii::Encoder wire;
    wire.frame(frame);
    wire.idle_columns(4 + frame.size() / 8);
    path.run(wire);
    return path.stories[tag].filter.value_or(FilterKind::Reject);
  }

  Rng rng{1, "rx_vlan_test"};
  ReceivePath path;
};

TEST_F(RxVlan, EveryLengthInBothStartLanesLosesItsTagAndNothingElse) {
  set({.long_frames = true, .vlan_strip = true});
  std::vector<xgmii::FrameBytes> sent;
  xgmii::Encoder wire;
  for (std::size_t length = 64; length < 400; ++length) {
    for (const unsigned lane : {0U, 4U}) {
      sent.push_back(frame_of_type(rng, length, 0x8100, 0x2000U + static_cast<unsigned>(length)));
      wire.frame(sent.back(), {.lane = lane, .gap = 5});
    }
  }
  sent.push_back(frame_of_type(rng, 16'384, 0x8100, 0x6fff));
  wire.frame(sent.back());
  wire.idle_columns(1100);
  path.run(wire);
  ASSERT_EQ(path.read_frames.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const ReceivePath::ReadFrame& got = path.read_frames[i];
    ASSERT_EQ(got.tag, i);
    ASSERT_EQ(got.bytes, without_tag(sent[i])) << i;
    ASSERT_EQ(got.length, sent[i].size() - 4);
    ASSERT_TRUE(got.stripped);
    ASSERT_EQ(got.tci, i + 1 == sent.size() ? 0x6fffU : 0x2000U + 64 + i / 2);
    ASSERT_EQ(path.stats[i].length, sent[i].size()) << "counted as it was on the wire";
  }
}

TEST_F(RxVlan, AFrameWithoutATagPassesUnchangedWithStrippingOnOrOff) {
  for (const bool strip : {false, true}) {
    set({.vlan_strip = strip});
    for (const unsigned type : {0x0800U, 0x0081U, 0x8101U, 0x88a8U, 46U}) {
      const xgmii::FrameBytes frame = frame_of_type(rng, 64 + rng.below(100), type, 0x8100);
      EXPECT_EQ(send(frame), FilterKind::Promisc);
      EXPECT_EQ(path.read_frames.back().bytes, frame);
      EXPECT_FALSE(path.read_frames.back().stripped);
      EXPECT_EQ(path.read_frames.back().tci, 0U);
    }
  }
}

TEST_F(RxVlan, ATagStaysWhereItIsWithoutVme) {
  set({});
  const xgmii::FrameBytes frame = frame_of_type(rng, 100, 0x8100, 5);
  send(frame);
  EXPECT_EQ(path.read_frames.back().bytes, frame);
  EXPECT_FALSE(path.read_frames.back().stripped);
  EXPECT_EQ(path.read_frames.back().tci, 0U) << "the descriptor's special field is for a tag that was taken out";
}

TEST_F(RxVlan, OfTwoTagsOnlyTheOuterIsTakenOut) {
  set({.vlan_strip = true});
  xgmii::FrameBytes frame = frame_of_type(rng, 100, 0x8100, 5);
  frame.resize(96);
  frame[16] = std::byte{0x81};
  frame[17] = std::byte{0x00};
  frame = xgmii::with_fcs(std::move(frame));
  send(frame);
  EXPECT_EQ(path.read_frames.back().bytes, without_tag(frame));
  EXPECT_EQ(path.read_frames.back().tci, 5U);
}

TEST_F(RxVlan, TheFilterAsksTheTableForTheIdOfTaggedFramesOnly) {
  for (const bool strip : {false, true}) {
    set({.vlan_strip = strip, .vlan_filter = true, .vlan_id = 0xabc});
    for (const unsigned priority : {0U, 0x1000U, 0xf000U}) {
      EXPECT_EQ(send(frame_of_type(rng, 80, 0x8100, priority | 0xabc)), FilterKind::Promisc);
      for (const unsigned id : {0U, 0xabdU, 0x2bcU, 0xfffU})
        EXPECT_EQ(send(frame_of_type(rng, 80, 0x8100, priority | id)), FilterKind::VlanReject);
    }
    EXPECT_EQ(send(frame_of_type(rng, 80, 0x0800, 0)), FilterKind::Promisc) << "untagged";
  }
}

TEST_F(RxVlan, TheCanonicalFormBitIsComparedOnlyWithCfien) {
  for (const bool check : {false, true}) {
    for (const bool expected : {false, true}) {
      set({.vlan_check_cfi = check, .vlan_cfi = expected});
      for (const bool cfi : {false, true}) {
        const bool good = !check || cfi == expected;
        EXPECT_EQ(send(frame_of_type(rng, 80, 0x8100, cfi ? 0x1007 : 7)),
                  good ? FilterKind::Promisc : FilterKind::VlanReject);
      }
      EXPECT_EQ(send(frame_of_type(rng, 80, 0x0806, 0x1000)), FilterKind::Promisc);
    }
  }
}

TEST_F(RxVlan, AFrameThatTheFilterRefusesEndsThereAndTakesNoRoom) {
  set({.any_unicast = false, .vlan_filter = true, .vlan_id = 1});
  path.set_ra(0, kUs);
  const std::uint32_t tag = path.pins().next_tag_o;
  EXPECT_EQ(send(frame_of_type(rng, 80, 0x8100, 2)), FilterKind::VlanReject);
  EXPECT_FALSE(path.stories[tag].fifo);
  EXPECT_TRUE(path.read_frames.empty());
  EXPECT_FALSE(path.stats.back().accepted);
  EXPECT_EQ(path.pins().level_bytes_o, 0U);
  // An address that no filter passes is the first reason
  path.set_ra(0, kUs, false);
  EXPECT_EQ(send(frame_of_type(rng, 80, 0x8100, 2)), FilterKind::Reject);
}

TEST_F(RxVlan, TheSmallestGapsKeepFramesApartWhileStripping) {
  set({.vlan_strip = true});
  std::vector<xgmii::FrameBytes> sent, expected;
  xgmii::Encoder wire;
  for (std::size_t gap = 1; gap <= 12; ++gap) {
    for (std::size_t length = 64; length < 84; ++length) {
      for (const unsigned preamble : {7U, 3U}) {
        const bool tagged = rng.chance(2, 3);
        sent.push_back(frame_of_type(rng, length, tagged ? 0x8100 : 0x0800, 1));
        expected.push_back(tagged ? without_tag(sent.back()) : sent.back());
        wire.frame(sent.back(), {.gap = gap, .preamble = preamble});
        wire.frame(xgmii::FrameBytes(rng.below(30)), {.gap = gap, .preamble = 3});  // a fragment between
      }
    }
  }
  wire.idle_columns(8);
  path.run(wire);
  ASSERT_EQ(path.read_frames.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(path.read_frames[i].bytes, expected[i]) << i;
}

TEST_F(RxVlan, ChangingVmeUnderLoadHarmsNoFrame) {
  std::vector<xgmii::FrameBytes> sent;
  xgmii::Encoder wire;
  for (unsigned i = 0; i < 2000; ++i) {
    sent.push_back(frame_of_type(rng, 64 + rng.below(40), rng.chance(1, 2) ? 0x8100 : 0x0800, i & 0xfffU));
    wire.frame(sent.back(), {.gap = 1 + rng.below(16), .preamble = rng.chance(1, 2) ? 7U : 3U});
  }
  wire.idle_columns(20);
  bool strip = false;
  for (const xgmii::Column& column : wire.columns()) {
    if (rng.chance(1, 50)) {
      strip = !strip;
      path.set({.vlan_strip = strip});
    }
    path.cycle(column);
  }
  ASSERT_EQ(path.read_frames.size(), sent.size());
  unsigned stripped = 0, kept = 0;
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const ReceivePath::ReadFrame& got = path.read_frames[i];
    const bool tagged = sent[i][12] == std::byte{0x81};
    ASSERT_TRUE(tagged || !got.stripped);
    ASSERT_EQ(got.bytes, got.stripped ? without_tag(sent[i]) : sent[i]) << i;
    stripped += got.stripped;
    kept += tagged && !got.stripped;
  }
  EXPECT_GT(stripped, 100U);
  EXPECT_GT(kept, 100U);
}

TEST_F(RxVlan, WhileQuietNothingChanges) {
  for (int i = 0; i < 200; ++i) {
    path.set({.vlan_strip = rng.chance(1, 2)});
    if (rng.chance(3, 4)) send(frame_of_type(rng, 64 + rng.below(64), 0x8100, 1));
    path.until_quiet();
    path.cycle();  // the assertions keep their samples of the cycle before
    const auto before = path.state();
    path.idle(3);
    ASSERT_EQ(before, path.state()) << i;
  }
}

}  // namespace
}  // namespace nicosim
