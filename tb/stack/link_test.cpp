#include "tb/stack/stack_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;

struct Link : StackFixture {};

TEST_F(Link, AFrameForAnotherStationIsDroppedAsOtherhost) {
  receive(ethernet(ipv4(udp(text("x"))), {.to = MacAddress{{0x02, 9, 9, 9, 9, 9}}}));
  EXPECT_EQ(dropped(Station::link, DropReason::OTHERHOST), 1U);
  EXPECT_EQ(stack->device_stats(card).rx_otherhost_dropped, 1U);
  EXPECT_EQ(nstat("IpInReceives"), 0U);
}

TEST_F(Link, LengthFramesUnknownTypesAndVlanTagsHaveNoHandler) {
  receive(ethernet(pattern(46), {.type = 46}));      // IEEE 802.3 length
  receive(ethernet(pattern(46), {.type = 0x86dd}));  // IPv6
  receive(ethernet(pattern(46), {.type = 0x8100}));  // VLAN tag
  EXPECT_EQ(dropped(Station::link, DropReason::UNHANDLED_PROTO), 3U);
  EXPECT_EQ(stack->device_stats(card).rx_dropped, 3U);
}

TEST_F(Link, AFrameShorterThanItsHeaderIsDroppedAsTruncated) {
  receive(pattern(13));
  EXPECT_EQ(dropped(Station::link, DropReason::HDR_TRUNC), 1U);
}

TEST_F(Link, TheTapSeesWhatUpperLayersDropLater) {
  unsigned seen = 0;
  stack->on_tap([&](const Frame& frame, const NetDevice& device, SimTime) {
    ++seen;
    EXPECT_EQ(device.name(), "eth0");
    EXPECT_EQ(frame.size(), 14U + 46U);
  });
  receive(ethernet(pattern(46), {.type = 0x86dd}));
  EXPECT_EQ(seen, 1U);
}

TEST_F(Link, TheTapSeesSentFramesJustBeforeTheDriver) {
  std::vector<bool> from_host;
  stack->on_tap(
      [&](const Frame& frame, const NetDevice&, SimTime) { from_host.push_back(frame.ids.at(0).from_host()); });
  receive(arp_frame({}));
  EXPECT_EQ(from_host, (std::vector<bool>{false, true}));
}

TEST_F(Link, ATapSeesOnlyTheInterfaceAndTheDirectionItAskedFor) {
  FakeDevice other{ledger, runtime, 1};
  unsigned in = 0, out = 0, elsewhere = 0;
  stack->on_tap([&](const Frame&, const NetDevice&, SimTime) { ++in; }, {.device = &card, .out = false});
  stack->on_tap([&](const Frame&, const NetDevice&, SimTime) { ++out; }, {.in = false});
  stack->on_tap([&](const Frame&, const NetDevice&, SimTime) { ++elsewhere; }, {.device = &other});
  const std::uint64_t before = runtime.charged[static_cast<std::size_t>(Cost::tap_copy)];
  receive(arp_frame({}));  // and its answer
  receive(ethernet(pattern(46), {.type = 0x86dd}));
  EXPECT_EQ(in, 2U);
  EXPECT_EQ(out, 1U);
  EXPECT_EQ(elsewhere, 0U);
  EXPECT_EQ(runtime.charged[static_cast<std::size_t>(Cost::tap_copy)] - before, 3U)
      << "who does not look costs nothing";
}

TEST_F(Link, CountersOfADeviceThatWasNeverAttachedAreZero) {
  FakeDevice other{ledger, runtime, 1};
  EXPECT_EQ(stack->device_stats(other).rx_dropped, 0U);
  EXPECT_EQ(stack->device_stats(other).tx_dropped, 0U);
}

TEST_F(Link, AnArpRequestForUsIsAnswered) {
  receive(arp_frame({}));
  EXPECT_EQ(fate(Fate::answered), 1U);
  ASSERT_EQ(card.sent.size(), 1U);
  const Packet expected = ethernet(
      arp({.operation = 2, .sender_mac = kOurMac, .sender_ip = kOurIp, .target_mac = kPeerMac, .target_ip = kPeerIp}),
      {.to = kPeerMac, .from = kOurMac, .type = 0x0806});
  EXPECT_EQ(card.sent[0], expected);
}

TEST_F(Link, AnArpProbeFromNobodyIsAnsweredAndNotLearned) {
  receive(arp_frame({.sender_ip = Ipv4Address::any()}));
  EXPECT_EQ(fate(Fate::answered), 1U);
  const int fd = udp_socket();
  const auto to = endpoint(Ipv4Address::any(), 1);
  EXPECT_EQ(send(fd, text("x"), &to), -ENETUNREACH);
}

TEST_F(Link, AnArpRequestForSomebodyElseIsIgnored) {
  receive(arp_frame({.target_ip = kOtherIp}));
  EXPECT_EQ(dropped(Station::link, DropReason::ARP_IGNORED), 1U);
  EXPECT_TRUE(card.sent.empty());
}

TEST_F(Link, MalformedArpIsIgnored) {
  Packet frame = arp_frame({});
  store8(frame, 14 + 4, 8);  // hardware address length
  receive(frame);
  frame = arp_frame({.operation = 3});
  receive(frame);
  frame = arp_frame({});
  frame.resize(14 + 27);
  receive(frame);
  EXPECT_EQ(dropped(Station::link, DropReason::ARP_IGNORED), 3U);
}

TEST_F(Link, TheAskerIsLearnedSoTheAnswerNeedsNoArpOfOurOwn) {
  receive(arp_frame({}));
  const int fd = udp_socket();
  const auto to = endpoint(kPeerIp, 1);
  EXPECT_EQ(send(fd, text("x"), &to), 1);
  ASSERT_EQ(card.sent.size(), 2U);
  EXPECT_EQ(load_be16(card.sent[1], 12), 0x0800);
  EXPECT_EQ(MacAddress::from(card.sent[1]), kPeerMac);
}

TEST_F(Link, APacketWaitsForTheNeighbourAndGoesWhenItAnswers) {
  const int fd = udp_socket();
  const auto to = endpoint(kPeerIp, 1);
  EXPECT_EQ(send(fd, text("hello"), &to), 5);
  ASSERT_EQ(card.sent.size(), 1U);
  EXPECT_EQ(card.sent[0], ethernet(arp({.sender_mac = kOurMac, .sender_ip = kOurIp, .target_ip = kPeerIp}),
                                   {.to = MacAddress::broadcast(), .from = kOurMac, .type = 0x0806}));
  receive(arp_frame({.operation = 2, .target_mac = kOurMac}, kOurMac));
  EXPECT_EQ(fate(Fate::consumed), 1U);
  ASSERT_EQ(card.sent.size(), 2U);
  EXPECT_EQ(load_be16(card.sent[1], 12), 0x0800);
  EXPECT_TRUE(stack->next_deadline().is_never()) << "a resolved neighbour needs no timer";
}

TEST_F(Link, ThreeUnansweredRequestsOneSecondApartFailTheNeighbour) {
  const int fd = udp_socket();
  const auto to = endpoint(kPeerIp, 1);
  send(fd, text("x"), &to);
  advance(SimTime::ms(999));
  EXPECT_EQ(card.sent.size(), 1U);
  advance(SimTime::ms(1));
  EXPECT_EQ(card.sent.size(), 2U);
  advance(SimTime::s(1));
  EXPECT_EQ(card.sent.size(), 3U);
  EXPECT_EQ(tx_dropped(Station::tx_queue, DropReason::NEIGH_FAILED), 0U);
  advance(SimTime::s(1));
  EXPECT_EQ(card.sent.size(), 3U);
  EXPECT_EQ(tx_dropped(Station::tx_queue, DropReason::NEIGH_FAILED), 1U);
  EXPECT_TRUE(stack->next_deadline().is_never());
  send(fd, text("x"), &to);  // and the next packet tries again
  EXPECT_EQ(card.sent.size(), 4U);
}

TEST_F(Link, TheOldestPacketGivesWayWhenTooMuchWaitsForANeighbour) {
  StackConfig config;
  config.sysctl.unres_qlen_bytes = 3 * 768;
  rebuild(config);
  const int fd = udp_socket();
  const auto to = endpoint(kPeerIp, 1);
  for (int i = 0; i < 4; ++i) send(fd, bytes({i}), &to);
  EXPECT_EQ(tx_dropped(Station::tx_queue, DropReason::NEIGH_QUEUEFULL), 1U);
  receive(arp_frame({.operation = 2, .target_mac = kOurMac}, kOurMac));
  ASSERT_EQ(card.sent.size(), 4U);
  for (int i = 1; i < 4; ++i) EXPECT_EQ(card.sent[static_cast<std::size_t>(i)].back(), std::byte(i));
}

TEST_F(Link, AFloodOfAskersLeavesTheNeighbourTableBounded) {
  StackConfig config;
  config.sysctl.gc_thresh3 = 16;
  rebuild(config);
  for (unsigned i = 0; i < 40; ++i)
    receive(arp_frame(
        {.sender_mac = MacAddress{{2, 1, 1, 1, 1, static_cast<std::uint8_t>(i)}}, .sender_ip = {0x0a4d'0010U + i}}));
  EXPECT_EQ(fate(Fate::answered), 16U);
  EXPECT_EQ(dropped(Station::link, DropReason::NEIGH_CREATEFAIL), 24U);
  advance(SimTime::s(6));  // entries at rest for 5 s may be replaced
  receive(arp_frame({.sender_ip = {0x0a4d'00f0U}}));
  EXPECT_EQ(fate(Fate::answered), 17U);
}

TEST_F(Link, SendingToMoreNeighboursThanTheTableHoldsDrops) {
  StackConfig config;
  config.sysctl.gc_thresh3 = 2;
  rebuild(config);
  const int fd = udp_socket();
  for (unsigned i = 0; i < 3; ++i) {
    const auto to = endpoint({kPeerIp.value + 16 + i}, 1);
    send(fd, text("x"), &to);
  }
  EXPECT_EQ(tx_dropped(Station::tx_queue, DropReason::NEIGH_CREATEFAIL), 1U);
  EXPECT_EQ(nstat("UdpSndbufErrors"), 1U);
}

TEST_F(Link, ASecondAnswerWithAnotherAddressWithinASecondIsNotBelieved) {
  receive(arp_frame({}));
  const MacAddress liar{{2, 6, 6, 6, 6, 6}};
  receive(arp_frame({.operation = 2, .sender_mac = liar, .target_mac = kOurMac}, kOurMac));
  const int fd = udp_socket();
  const auto to = endpoint(kPeerIp, 1);
  send(fd, text("x"), &to);
  EXPECT_EQ(MacAddress::from(card.sent.back()), kPeerMac);
  advance(SimTime::ms(1001));
  receive(arp_frame({.operation = 2, .sender_mac = liar, .target_mac = kOurMac}, kOurMac));
  send(fd, text("x"), &to);
  EXPECT_EQ(MacAddress::from(card.sent.back()), liar);
}

TEST_F(Link, AStaleNeighbourIsUsedAndProbedFiveSecondsLater) {
  receive(arp_frame({}));  // learned from a request: stale
  const int fd = udp_socket();
  const auto to = endpoint(kPeerIp, 1);
  send(fd, text("x"), &to);
  card.sent.clear();
  advance(SimTime::ms(4999));
  EXPECT_TRUE(card.sent.empty());
  advance(SimTime::ms(1));
  ASSERT_EQ(card.sent.size(), 1U);
  EXPECT_EQ(MacAddress::from(card.sent[0]), kPeerMac) << "a probe goes to the known address";
  advance(SimTime::s(3));
  EXPECT_EQ(card.sent.size(), 3U);
  EXPECT_TRUE(stack->next_deadline().is_never()) << "and then it has failed";
}

TEST_F(Link, AnUnknownStrangersReplyIsNotLearned) {
  receive(arp_frame({.operation = 2, .target_mac = kOurMac}, kOurMac));
  EXPECT_EQ(dropped(Station::link, DropReason::ARP_IGNORED), 1U);
}

}  // namespace
}  // namespace nicosim
