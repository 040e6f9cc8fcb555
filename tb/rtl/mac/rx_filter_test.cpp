// The filter's truth table: every mode times every class of address.
#include <gtest/gtest.h>

#include "tb/rtl/mac/receive_path.hpp"

namespace nicosim {
namespace {

// Linux's e1000_hash_mc_addr: the last two octets, four ways to take twelve bits of them.
unsigned multicast_hash(const MacAddress& address, unsigned offset) {
  const unsigned octet4 = address.octets[4];
  const unsigned octet5 = address.octets[5];
  switch (offset) {
    case 0:
      return (octet4 >> 4U | octet5 << 4U) & 0xfffU;
    case 1:
      return (octet4 >> 3U | octet5 << 5U) & 0xfffU;
    case 2:
      return (octet4 >> 2U | octet5 << 6U) & 0xfffU;
    default:
      return (octet4 | octet5 << 8U) & 0xfffU;
  }
}

class RxFilter : public ::testing::Test {
 protected:
  RxFilter() { path.read(true); }

  struct Outcome {
    FilterKind kind;
    bool exact;  // meaningless after a rejection
    bool operator==(const Outcome&) const = default;
  };

  Outcome send(const MacAddress& destination) {
    const std::uint32_t tag = path.pins().next_tag_o;
    const std::size_t read_before = path.read_frames.size();
    xgmii::Encoder wire;
    wire.frame(xgmii::random_frame(rng, 64, destination));
    wire.idle_columns(12);
    path.run(wire);
    const auto& story = path.stories[tag];
    EXPECT_EQ(story.mac, MacKind::Pass);
    EXPECT_TRUE(story.filter);
    const bool stored = path.read_frames.size() == read_before + 1;
    EXPECT_EQ(stored, story.filter != FilterKind::Reject);
    EXPECT_EQ(path.stats.back().accepted, stored);
    EXPECT_EQ(path.stats.back().multicast, destination.is_multicast() && !destination.is_broadcast());
    EXPECT_EQ(path.stats.back().broadcast, destination.is_broadcast());
    return {story.filter.value_or(FilterKind::Reject), stored && path.read_frames.back().exact};
  }

  Rng rng{1, "rx_filter_test"};
  ReceivePath path;
};

TEST_F(RxFilter, EveryModeTimesEveryClassOfAddress) {
  const MacAddress first = *MacAddress::parse("02:00:00:00:00:01");
  const MacAddress last = *MacAddress::parse("00:1b:21:12:34:56");
  const MacAddress invalid = *MacAddress::parse("02:00:00:00:00:07");
  const MacAddress stranger = *MacAddress::parse("02:00:00:00:00:02");
  const MacAddress group_in_ra = *MacAddress::parse("01:80:c2:00:00:01");
  const MacAddress group_in_mta = *MacAddress::parse("01:00:5e:11:c5:a3");
  const MacAddress group_elsewhere = *MacAddress::parse("33:33:00:01:3a:5c");
  path.set_ra(0, first);
  path.set_ra(7, group_in_ra);
  path.set_ra(9, invalid, false);
  path.set_ra(15, last);

  for (unsigned offset = 0; offset < 4; ++offset) {
    const unsigned hash = multicast_hash(group_in_mta, offset);
    ASSERT_NE(hash, multicast_hash(group_elsewhere, offset));
    path.set_mta(hash >> 5U, 1U << (hash & 31U));
    for (unsigned mode = 0; mode < 8; ++mode) {
      const bool upe = (mode & 1U) != 0;
      const bool mpe = (mode & 2U) != 0;
      const bool bam = (mode & 4U) != 0;
      SCOPED_TRACE(::testing::Message() << "MO=" << offset << " UPE=" << upe << " MPE=" << mpe << " BAM=" << bam);
      path.set({.any_unicast = upe, .any_multicast = mpe, .broadcast = bam, .multicast_offset = offset});
      path.idle(2);
      const Outcome rejected{FilterKind::Reject, false};
      const Outcome promiscuous = upe ? Outcome{FilterKind::Promisc, false} : rejected;
      const Outcome multicast{FilterKind::Multicast, true};
      EXPECT_EQ(send(first), (Outcome{FilterKind::Unicast, true}));
      EXPECT_EQ(send(last), (Outcome{FilterKind::Unicast, true}));
      EXPECT_EQ(send(invalid), promiscuous);
      EXPECT_EQ(send(stranger), promiscuous);
      EXPECT_EQ(send(group_in_ra), multicast);
      EXPECT_EQ(send(group_in_mta), multicast);
      EXPECT_EQ(send(group_elsewhere), mpe ? multicast : rejected);
      EXPECT_EQ(send(MacAddress::broadcast()), bam ? (Outcome{FilterKind::Broadcast, true}) : rejected);
    }
    path.set_mta(hash >> 5U, 0);
  }
}

TEST_F(RxFilter, ABroadcastAddressAmongTheReceiveAddressesIsAMatch) {
  path.set({.any_unicast = false, .any_multicast = false, .broadcast = false});
  path.set_ra(3, MacAddress::broadcast());
  EXPECT_EQ(send(MacAddress::broadcast()), (Outcome{FilterKind::Broadcast, true}));
}

TEST_F(RxFilter, ABroadcastDoesNotAskTheMulticastTable) {
  path.set({.any_unicast = true, .any_multicast = true, .broadcast = false});
  for (unsigned i = 0; i < 128; ++i) path.set_mta(i, 0xffff'ffff);
  EXPECT_EQ(send(MacAddress::broadcast()).kind, FilterKind::Reject);
}

TEST_F(RxFilter, AMulticastAddressIsLookedUpAtItsHashAndNowhereElse) {
  for (int i = 0; i < 200; ++i) {
    MacAddress group;
    for (std::uint8_t& octet : group.octets) octet = static_cast<std::uint8_t>(rng.next());
    group.octets[0] |= 1U;
    if (group.is_broadcast()) continue;
    const auto offset = static_cast<unsigned>(rng.below(4));
    const unsigned hash = multicast_hash(group, offset);
    path.set({.any_unicast = true, .any_multicast = false, .multicast_offset = offset});
    for (const bool hit : {true, false}) {
      const std::uint32_t bit = 1U << (hash & 31U);
      for (unsigned k = 0; k < 128; ++k) path.set_mta(k, hit ? 0 : 0xffff'ffff);
      path.set_mta(hash >> 5U, hit ? bit : ~bit);
      ASSERT_EQ(send(group).kind, hit ? FilterKind::Multicast : FilterKind::Reject) << group.text() << " MO=" << offset;
    }
  }
}

TEST_F(RxFilter, ARejectedAndAnErroredFrameEachEndWhereTheyShould) {
  path.set({.any_unicast = false});
  path.idle(2);
  xgmii::FrameBytes bad = xgmii::random_frame(rng, 64, *MacAddress::parse("02:00:00:00:00:02"));
  xgmii::Encoder wire;
  wire.frame(bad);
  bad[20] ^= std::byte{1};
  wire.frame(bad);
  wire.idle_columns(8);
  path.run(wire);
  EXPECT_EQ(path.stories[0].filter, FilterKind::Reject);
  EXPECT_FALSE(path.stories[0].fifo);
  EXPECT_EQ(path.stories[1].mac, MacKind::Crc);
  EXPECT_FALSE(path.stories[1].filter);
}

TEST_F(RxFilter, AShortFrameIsStillCountedAsForUsOrNot) {
  const MacAddress us = *MacAddress::parse("02:00:00:00:01:00");  // the last octet as if it had not come
  path.set({.any_unicast = false});
  path.set_ra(0, us);
  xgmii::Encoder wire;
  wire.frame(xgmii::random_frame(rng, 64, us));
  for (std::size_t length = 1; length < 40; ++length) {
    for (const bool for_us : {true, false}) {
      xgmii::FrameBytes frame = xgmii::random_frame(rng, 64, for_us ? us : *MacAddress::parse("02:00:00:00:00:02"));
      frame.resize(length);
      wire.frame(frame, {.gap = 1, .preamble = 3});
    }
  }
  wire.idle_columns(8);
  path.run(wire);
  ASSERT_EQ(path.stats.size(), 79U);
  ASSERT_TRUE(path.stats.front().accepted);
  path.stats.erase(path.stats.begin());
  for (std::size_t i = 0; i < path.stats.size(); ++i) {
    EXPECT_EQ(path.stats[i].length, i / 2 + 1);
    EXPECT_TRUE(path.stats[i].short_frame);
    // Without six octets there is no address, so the frame is nobody's
    EXPECT_EQ(path.stats[i].accepted, i % 2 == 0 && path.stats[i].length >= 6) << "length " << path.stats[i].length;
  }
}

}  // namespace
}  // namespace nicosim
