// A host between two networks, both cards real RTL: what passes from wire to wire, what does not, and what the sender
// is told.
#include "tb/system/rig.hpp"
#include "tb/system/run_in_child.hpp"
#include "tb/system/wire_check.hpp"

#include <gtest/gtest.h>

namespace nicosim {
namespace {

using namespace packets;

constexpr Ipv4Address kFarIp{0x0a4e'0002};   // 10.78.0.2: our address on eth1
constexpr Ipv4Address kServer{0x0a4e'0009};  // 10.78.0.9
const MacAddress kFarMac{{0x02, 0, 0, 0, 0, 0x12}}, kServerMac{{0x02, 0, 0, 0, 0, 0x99}};

Rig& gateway(bool forwards = true) {  // as long as the process
  Rig& rig = *new Rig;
  rig.add_card(kFarMac, kFarIp);
  rig.peers[1].mac = kServerMac;
  rig.setup.stack.sysctl.ip_forward = forwards;
  return rig;
}

Packet datagram(Ipv4Address from, Ipv4Address to, std::size_t bytes, std::uint8_t ttl = 64, bool df = false) {
  return ipv4(udp(pattern(bytes), {.from = 5000, .to = 9, .ip_from = from, .ip_to = to}),
              {.from = from, .to = to, .ttl = ttl, .dont_fragment = df});
}
Packet from_client(const Packet& ip) { return ethernet(ip, {.to = kOurMac, .from = kPeerMac}); }

TEST(Forward, PacketsPassBothWaysWithOneHopLessAndTheNeighboursAddress) {
  in_child([] {
    Rig& rig = gateway();
    rig.peers[0].send(SimTime::us(10), from_client(datagram(kPeerIp, kServer, 100)));
    rig.peers[1].send(SimTime::us(60), ethernet(datagram(kServer, kPeerIp, 200), {.to = kFarMac, .from = kServerMac}));
    rig.run();
    rig.expect_sums();
    for (const unsigned port : {0U, 1U}) {
      const auto got = ip_packets(rig.peers[port].received, port == 0 ? kOurMac : kFarMac);
      ASSERT_EQ(got.size(), 1U) << port;
      EXPECT_EQ(got[0].to, port == 0 ? kPeerMac : kServerMac);
      EXPECT_EQ(load8(rig.peers[port].received.back(), 22), 63) << "TTL";
      EXPECT_EQ(got[0].ip_from, port == 0 ? kServer : kPeerIp) << "nobody translates";
      EXPECT_EQ(Packet(got[0].body.begin() + 8, got[0].body.end()), pattern(port == 0 ? 200 : 100));
    }
    EXPECT_EQ(rig.sim->ledger().count(false, Fate::forwarded), 2U);
    EXPECT_EQ(rig.sim->stack().nstat().value("IpForwDatagrams"), 2U);
  });
}

TEST(Forward, WithoutIpForwardTheyAreDroppedAndCountedAndNobodyIsTold) {
  in_child([] {
    Rig& rig = gateway(false);
    rig.peers[0].send(SimTime::us(10), from_client(datagram(kPeerIp, kServer, 100)));
    rig.run();
    rig.expect_sums();
    EXPECT_TRUE(rig.peers[0].received.empty());
    EXPECT_TRUE(rig.peers[1].received.empty());
    EXPECT_EQ(rig.sim->ledger().dropped(false, Station::ip, DropReason::IP_INADDRERRORS), 1U);
    EXPECT_EQ(rig.sim->stack().nstat().value("IpInAddrErrors"), 1U);
  });
}

TEST(Forward, TheLastHopIsAnsweredWithTimeExceeded) {
  in_child([] {
    Rig& rig = gateway();
    const Packet sent = datagram(kPeerIp, kServer, 100, 1);
    rig.peers[0].send(SimTime::us(10), from_client(sent));
    rig.run();
    rig.expect_sums();
    EXPECT_TRUE(rig.peers[1].received.empty());
    const auto got = ip_packets(rig.peers[0].received);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].ip_from, kOurIp);
    EXPECT_EQ(load_be16(got[0].body, 0), 0x0b00);
    EXPECT_EQ(Packet(got[0].body.begin() + 8, got[0].body.end()), sent) << "quotes the packet";
    EXPECT_EQ(rig.sim->ledger().count(false, Fate::answered), 1U);
    EXPECT_EQ(rig.sim->stack().nstat().value("IcmpOutTimeExcds"), 1U);
  });
}

TEST(Forward, TooBigForTheOtherNetworkIsCutOrAnsweredWithItsMtu) {
  in_child([] {
    Rig& rig = gateway();
    rig.setup.nics[1].driver.mtu = 600;
    rig.peers[0].send(SimTime::us(10), from_client(datagram(kPeerIp, kServer, 1000)));
    rig.peers[0].send(SimTime::us(80), from_client(datagram(kPeerIp, kServer, 1000, 64, true)));
    rig.run();
    rig.expect_sums();
    EXPECT_EQ(rig.peers[1].received.size(), 3U) << "the ARP request and two fragments";
    const auto whole = ip_packets(rig.peers[1].received, kFarMac);
    ASSERT_EQ(whole.size(), 1U);
    EXPECT_EQ(Packet(whole[0].body.begin() + 8, whole[0].body.end()), pattern(1000));
    const auto told = ip_packets(rig.peers[0].received);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(load_be16(told[0].body, 0), 0x0304);
    EXPECT_EQ(load_be16(told[0].body, 6), 600);
    EXPECT_EQ(rig.sim->stack().nstat().value("IpFragCreates"), 2U);
    EXPECT_EQ(rig.sim->stack().nstat().value("IpFragFails"), 1U);
  });
}

TEST(Forward, AGatewayBeyondTheServersNetworkIsUsed) {
  in_child([] {
    Rig& rig = gateway();
    rig.setup.nics[1].routes.push_back({Ipv4Address::any(), 0, kServer});
    rig.peers[0].send(SimTime::us(10), from_client(datagram(kPeerIp, {0x0808'0808}, 50)));
    rig.run();
    rig.expect_sums();
    const auto got = ip_packets(rig.peers[1].received, kFarMac);
    ASSERT_EQ(got.size(), 1U);
    EXPECT_EQ(got[0].to, kServerMac);
    EXPECT_EQ(got[0].ip_to, Ipv4Address{0x0808'0808});
    const Packet& question = rig.peers[1].received.front();
    EXPECT_EQ(load_be32(question, 38), kServer.value) << "ARP asks for the gateway";
  });
}

}  // namespace
}  // namespace nicosim
