// MAC control frames: which are recognised, who is told, and that the host does not see them unless it wants to.
#include <gtest/gtest.h>

#include "tb/rtl/mac/receive_path.hpp"

namespace nicosim {
namespace {

const MacAddress kUs = *MacAddress::parse("02:00:00:00:00:01");
const MacAddress kGroup = *MacAddress::parse("01:80:c2:00:00:01");
const MacAddress kOwnGroup = *MacAddress::parse("03:11:22:33:44:55");
const MacAddress kOther = *MacAddress::parse("02:00:00:00:00:02");
constexpr std::uint64_t kOwnGroupNumber = 0x0311'2233'4455;

xgmii::FrameBytes control_frame(const MacAddress& destination, unsigned opcode, unsigned time, unsigned type = 0x8808) {
  xgmii::FrameBytes frame(60);
  destination.store(frame);
  const auto put = [&](std::size_t at, unsigned value) {
    frame[at] = static_cast<std::byte>(value >> 8U);
    frame[at + 1] = static_cast<std::byte>(value);
  };
  put(12, type);
  put(14, opcode);
  put(16, time);
  return xgmii::with_fcs(std::move(frame));
}

class RxControl : public ::testing::Test {
 protected:
  RxControl() {
    path.read(true);
    path.set_ra(0, kUs);
    set({});
  }
  // As a driver sets it up: the type, an address of its own, and no address filter but RA
  void set(ReceivePath::Settings settings) {
    settings.any_unicast = settings.any_multicast = false;
    settings.flow_type = 0x8808;
    settings.flow_address = kOwnGroupNumber;
    path.set(settings);
    path.idle(4);
  }
  FilterKind send(const xgmii::FrameBytes& frame) {
    const std::uint32_t tag = path.pins().next_tag_o;
    xgmii::Encoder wire;
    wire.frame(frame);
    wire.idle_columns(20);
    path.run(wire);
    return path.stories[tag].filter.value_or(FilterKind::Reject);
  }

  Rng rng{1, "rx_control_test"};
  ReceivePath path;
};

TEST_F(RxControl, PauseReachesTheTransmitterOnlyWithRfceAndTheHostNever) {
  for (const bool obey : {false, true}) {
    set({.flow_receive = obey});
    path.pauses.clear();
    for (const unsigned time : {0U, 1U, 0x1234U, 0xffffU})
      EXPECT_EQ(send(control_frame(kGroup, 1, time)), FilterKind::Control);
    EXPECT_EQ(path.pauses, obey ? (std::vector<unsigned>{0, 1, 0x1234, 0xffff}) : std::vector<unsigned>{});
  }
  EXPECT_EQ(path.xon, 2U);
  EXPECT_EQ(path.xoff, 6U);
  EXPECT_TRUE(path.read_frames.empty());
  EXPECT_EQ(path.pins().level_bytes_o, 0U);
  EXPECT_FALSE(path.stats.back().accepted);
}

TEST_F(RxControl, ThreeAddressesAreTheMacs) {
  set({.flow_receive = true});
  for (const MacAddress& address : {kGroup, kOwnGroup, kUs})
    EXPECT_EQ(send(control_frame(address, 1, 7)), FilterKind::Control);
  EXPECT_EQ(path.pauses.size(), 3U);
  EXPECT_EQ(send(control_frame(kOther, 1, 7)), FilterKind::Reject);
  EXPECT_EQ(send(control_frame(MacAddress::broadcast(), 1, 7)), FilterKind::Broadcast);
  EXPECT_EQ(path.pauses.size(), 3U);
}

TEST_F(RxControl, AnotherOpcodeIsCountedAsUnsupportedAndObeyedByNobody) {
  set({.flow_receive = true});
  for (const unsigned opcode : {0U, 2U, 0x0101U, 0x0100U})
    EXPECT_EQ(send(control_frame(kGroup, opcode, 9)), FilterKind::Control);
  EXPECT_EQ(path.unsupported, 4U);
  EXPECT_EQ(path.xon + path.xoff, 0U);
  EXPECT_TRUE(path.pauses.empty());
}

TEST_F(RxControl, PmcfHandsThemToTheAddressFilterAndDpfKeepsPauseToTheStationBack) {
  for (const bool discard : {false, true}) {
    set({.flow_receive = true, .flow_discard = discard, .flow_pass = true});
    path.pauses.clear();
    EXPECT_EQ(send(control_frame(kUs, 1, 3)), discard ? FilterKind::Control : FilterKind::Unicast);
    EXPECT_EQ(send(control_frame(kUs, 2, 3)), FilterKind::Unicast);
    EXPECT_EQ(send(control_frame(kGroup, 1, 3)), FilterKind::Reject) << "no address filter knows it";
    path.set_ra(3, kGroup);
    EXPECT_EQ(send(control_frame(kGroup, 1, 3)), FilterKind::Multicast);
    path.set_ra(3, kGroup, false);
    EXPECT_EQ(path.pauses, (std::vector<unsigned>{3, 3, 3})) << "whoever gets the frame";
  }
  EXPECT_EQ(path.read_frames.size(), 5U);
}

TEST_F(RxControl, ADamagedControlFrameMeansNothing) {
  for (const bool store_bad : {false, true}) {
    set({.store_bad = store_bad, .flow_receive = true});
    xgmii::FrameBytes bad = control_frame(kUs, 1, 3);
    bad[40] ^= std::byte{1};
    const std::uint32_t tag = path.pins().next_tag_o;
    send(bad);
    EXPECT_EQ(path.mac_kind(tag), store_bad ? MacKind::PassBad : MacKind::Crc);
    xgmii::Encoder wire;
    wire.frame(control_frame(kUs, 1, 3), {.error_at = 30});
    wire.frame(control_frame(kUs, 1, 3), {.terminate = false});
    xgmii::FrameBytes runt = control_frame(kUs, 1, 3);
    runt.resize(40);
    wire.frame(xgmii::with_fcs(runt), {});
    wire.idle_columns(20);
    path.run(wire);
  }
  EXPECT_TRUE(path.pauses.empty());
  EXPECT_EQ(path.xoff, 0U);
  EXPECT_EQ(path.read_frames.size(), 3U) << "with SBP the first three are seen as what they are: damaged";
}

TEST_F(RxControl, WithoutATypeInFctNothingIsRecognised) {
  ReceivePath::Settings settings;
  settings.any_multicast = false;
  path.set(settings);
  path.idle(4);
  EXPECT_EQ(send(control_frame(kUs, 1, 3, 0)), FilterKind::Unicast);
  EXPECT_EQ(send(control_frame(kUs, 1, 3)), FilterKind::Unicast);
}

TEST_F(RxControl, ATaggedFrameIsNoControlFrameWhereverItsTypeComesToLie) {
  for (const bool strip : {false, true}) {
    set({.vlan_strip = strip, .flow_receive = true});
    xgmii::FrameBytes frame = control_frame(kUs, 1, 3);
    frame.resize(60);
    const std::byte vlan[4] = {std::byte{0x81}, std::byte{0}, std::byte{0}, std::byte{7}};
    frame.insert(frame.begin() + 12, vlan, vlan + 4);
    EXPECT_EQ(send(xgmii::with_fcs(frame)), FilterKind::Unicast);
  }
  EXPECT_TRUE(path.pauses.empty());
}

TEST_F(RxControl, APauseIsFoundAmongFramesAtTheSmallestGaps) {
  for (const bool strip : {false, true}) {
    set({.vlan_strip = strip, .flow_receive = true});
    path.pauses.clear();
    const std::size_t before = path.read_frames.size();
    xgmii::Encoder wire;
    std::vector<unsigned> times;
    unsigned others = 0;
    for (unsigned i = 0; i < 3000; ++i) {
      const xgmii::Encoder::Options options{.gap = 1 + rng.below(12), .preamble = rng.chance(1, 2) ? 7U : 3U};
      const std::uint64_t draw = rng.below(4);
      if (draw == 0) {
        times.push_back(i);
        wire.frame(control_frame(rng.chance(1, 2) ? kGroup : kUs, 1, i), options);
      } else if (draw == 1) {
        wire.frame(xgmii::FrameBytes(rng.below(30)), options);
      } else {
        ++others;
        wire.frame(xgmii::random_frame(rng, 64 + rng.below(20), kUs), options);
      }
    }
    wire.idle_columns(30);
    path.run(wire);
    EXPECT_EQ(path.pauses, times);
    EXPECT_EQ(path.read_frames.size() - before, others);
  }
}

TEST_F(RxControl, WhileQuietNothingChanges) {
  set({.flow_receive = true});
  for (int i = 0; i < 50; ++i) {
    xgmii::Encoder wire;
    wire.frame(control_frame(kGroup, static_cast<unsigned>(rng.below(3)), static_cast<unsigned>(rng.below(3))));
    path.run(wire);
    path.until_quiet();
    path.cycle();  // the assertions keep their samples of the cycle before
    const auto before = path.state();
    path.idle(3);
    ASSERT_EQ(before, path.state()) << i;
  }
}

}  // namespace
}  // namespace nicosim
