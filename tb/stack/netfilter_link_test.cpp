// Table bridge: rules in front of the MAC address check.
#include "tb/stack/netfilter_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;
using namespace rules;

const MacAddress kForeign{{2, 0, 0, 0, 0, 0x77}};

NfRule bridge(NfTarget target) { return {.table = NfTable::bridge, .chain = NfHook::pre_routing, .target = target}; }

struct NetfilterLink : NetfilterFixture {
  void to_foreign(const Packet& ip, std::uint16_t type = 0x0800) {
    receive(ethernet(ip, {.to = kForeign, .type = type}));
  }
};

TEST_F(NetfilterLink, ARewrittenDestinationMacLetsAnotherStationsFrameIn) {
  NfRule rule = bridge(NfTarget::mac_dnat);
  rule.mac_destination = is(kForeign);
  rule.to_mac = kOurMac;
  with({rule});
  const int fd = udp_socket();
  to_foreign(udp_packet(kClient, 5000, kInside, 9));
  EXPECT_EQ(read(fd), text("hello"));
  EXPECT_EQ(dropped(Station::link, DropReason::OTHERHOST), 0U);
  EXPECT_EQ(counter("bridge.PREROUTING.1.packets"), 1U);
  EXPECT_EQ(counter("bridge.PREROUTING.1.bytes"), 14U + 33U);
}

TEST_F(NetfilterLink, AnAcceptedFrameForAnotherStationIsStillOtherhost) {
  with({bridge(NfTarget::accept)});
  to_foreign(udp_packet(kClient, 5000, kInside, 9));
  EXPECT_EQ(dropped(Station::link, DropReason::OTHERHOST), 1U);
}

TEST_F(NetfilterLink, ADroppedFrameEndsAtLinkBeforeItsAddressIsLookedAt) {
  NfRule rule = bridge(NfTarget::drop);
  rule.mac_source = is(kPeerMac);
  with({rule});
  to_foreign(udp_packet(kClient, 5000, kInside, 9));
  from_client(udp_packet(kClient, 5000, kInside, 9));
  EXPECT_EQ(dropped(Station::link, DropReason::NETFILTER_DROP), 2U);
}

TEST_F(NetfilterLink, AFrameMadeSomebodyElsesIsNoLongerOurs) {
  NfRule rule = bridge(NfTarget::mac_dnat);
  rule.to_mac = kForeign;
  with({rule});
  from_client(udp_packet(kClient, 5000, kInside, 9));
  EXPECT_EQ(dropped(Station::link, DropReason::OTHERHOST), 1U);
}

TEST_F(NetfilterLink, TheEtherTypeTellsArpFromIp) {
  NfRule rule = bridge(NfTarget::drop);
  rule.ether_type = is(std::uint16_t{0x0806});
  with({rule});
  const int fd = udp_socket();
  receive(arp_frame({}));
  from_client(udp_packet(kClient, 5000, kInside, 9));
  EXPECT_EQ(dropped(Station::link, DropReason::NETFILTER_DROP), 1U);
  EXPECT_EQ(read(fd), text("hello"));
}

TEST_F(NetfilterLink, PortsAndAddressesOfIpInsideMatchToo) {
  NfRule rule = bridge(NfTarget::drop);
  rule.source = is(NfPrefix{kClient, 32});
  rule.protocol = is(std::uint8_t{17});
  rule.dport = is(NfPorts{9, 9});
  with({rule});
  from_client(udp_packet(kClient, 5000, kInside, 9));
  from_client(udp_packet(kClient, 5000, kServer, 10));
  receive(arp_frame({}));  // no IP in it, so a rule about IP does not match
  EXPECT_EQ(dropped(Station::link, DropReason::NETFILTER_DROP), 1U);
}

TEST_F(NetfilterLink, ThePolicyOfTheBridgeTableDropsWhatNoRuleAccepts) {
  config.netfilter.drop_policy[{NfTable::bridge, NfHook::pre_routing}] = true;
  NfRule rule = bridge(NfTarget::accept);
  rule.mac_source = is(kPeerMac);
  with({rule});
  const int fd = udp_socket();
  from_client(udp_packet(kClient, 5000, kInside, 9));
  receive(ethernet(udp_packet(kClient, 5000, kInside, 9), {.from = kForeign}));
  EXPECT_EQ(dropped(Station::link, DropReason::NETFILTER_DROP), 1U);
  EXPECT_EQ(read(fd), text("hello"));
}

TEST_F(NetfilterLink, AForwardedFrameTakenInByItsMacLeavesTheOtherCard) {
  NfRule rule = bridge(NfTarget::mac_dnat);
  rule.mac_destination = is(kForeign);
  rule.to_mac = kOurMac;
  with({rule});
  to_foreign(udp_packet(kClient, 5000, kServer, 9));
  ASSERT_EQ(far.sent.size(), 1U);
  EXPECT_EQ(to_server(0).mac_to, kServerMac);
}

}  // namespace
}  // namespace nicosim
