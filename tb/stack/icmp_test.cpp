#include "tb/stack/stack_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;

struct Icmp : StackFixture {
  Icmp() { know_peer(); }
  void receive_icmp(const Packet& message) { receive(ethernet(ipv4(message, {.protocol = 1}))); }
  // The transport payload of what was sent, put together from its fragments and checked as the far end would.
  Packet sent_payload() {
    Packet out;
    for (std::size_t i = 0; i < card.sent.size(); ++i) {
      const Bytes ip = Bytes{card.sent[i]}.subspan(14);
      EXPECT_LE(ip.size(), card.mtu_bytes);
      EXPECT_EQ(naive_checksum(ip.first(20)), 0U);
      EXPECT_EQ((load_be16(ip, 6) & 0x1fffU) * 8U, out.size());
      EXPECT_EQ((load_be16(ip, 6) & 0x2000U) != 0, i + 1 < card.sent.size());
      append(out, ip.subspan(20));
    }
    return out;
  }
  // What we sent, quoted in an error about it.
  static Packet quote(std::uint8_t type, std::uint8_t code, std::uint16_t from, std::uint16_t to) {
    Packet original = ipv4(udp(text("lost"), {.from = from, .to = to, .ip_from = kOurIp, .ip_to = kPeerIp}),
                           {.from = kOurIp, .to = kPeerIp});
    original.resize(28);
    return icmp(type, code, 0, original);
  }
};

struct EchoSize : Icmp, ::testing::WithParamInterface<std::size_t> {};

TEST_P(EchoSize, IsAnsweredWithTheSameBytes) {
  const Packet data = pattern(GetParam());
  for (const Packet& frame : fragments(echo(data), 1480, {.protocol = 1})) receive(frame);
  const Packet reply = sent_payload();
  ASSERT_EQ(reply.size(), data.size() + 8);
  EXPECT_EQ(load8(reply, 0), 0U);
  EXPECT_EQ(load_be32(reply, 4), 0x1234'0001U);
  EXPECT_EQ(naive_checksum(reply), 0U);
  EXPECT_TRUE(std::ranges::equal(Bytes{reply}.subspan(8), data));
  EXPECT_EQ(fate(Fate::answered), (data.size() + 8 + 1479) / 1480);
  EXPECT_EQ(ledger.count(true, Fate::sent), card.sent.size());
}

INSTANTIATE_TEST_SUITE_P(FromEmptyToTheLargest, EchoSize,
                         ::testing::Values(0, 1, 2, 17, 18, 56, 1471, 1472, 1473, 2952, 2953, 9000, 30001, 65506,
                                           65507));

TEST_F(Icmp, AWrongChecksumIsDropped) {
  Packet message = echo(text("x"));
  store8(message, 8, 0);
  receive_icmp(message);
  EXPECT_EQ(dropped(Station::transport, DropReason::ICMP_CSUM), 1U);
  EXPECT_EQ(nstat("IcmpInCsumErrors"), 1U);
}

TEST_F(Icmp, AMessageShorterThanItsHeaderIsDropped) {
  Packet message(4);
  store8(message, 0, 8);
  store_be16(message, 2, naive_checksum(message));
  receive_icmp(message);
  EXPECT_EQ(dropped(Station::transport, DropReason::PKT_TOO_SMALL), 1U);
}

TEST_F(Icmp, AnUnknownTypeIsDropped) {
  receive_icmp(icmp(42, 0, 0, {}));
  EXPECT_EQ(dropped(Station::transport, DropReason::UNHANDLED_PROTO), 1U);
}

TEST_F(Icmp, ABroadcastEchoIsIgnored) {
  receive(ethernet(ipv4(echo(text("x")), {.to = {0x0a4d'00ff}, .protocol = 1}), {.to = MacAddress::broadcast()}));
  EXPECT_EQ(dropped(Station::transport, DropReason::ICMP_IGNORED), 1U);
}

TEST_F(Icmp, EchoIsIgnoredWhenTheKnobSaysSo) {
  StackConfig config;
  config.sysctl.icmp_echo_ignore_all = 1;
  rebuild(config);
  receive_icmp(echo(text("x")));
  EXPECT_EQ(dropped(Station::transport, DropReason::ICMP_IGNORED), 1U);
}

TEST_F(Icmp, AnEchoReplyThatNobodyAskedForHasNoSocket) {
  receive_icmp(icmp(0, 0, 0, text("x")));
  EXPECT_EQ(dropped(Station::transport, DropReason::NO_SOCKET), 1U);
}

TEST_F(Icmp, ATimestampIsAnsweredWithTheSimulatedTimeOfDay) {
  advance(SimTime::ms(1234));
  receive_icmp(icmp(13, 0, 7, pattern(12)));
  const Packet reply = sent_payload();
  EXPECT_EQ(load8(reply, 0), 14U);
  EXPECT_EQ(load_be32(reply, 12), 1234U);
  receive_icmp(icmp(13, 0, 7, pattern(11)));
  EXPECT_EQ(dropped(Station::transport, DropReason::PKT_TOO_SMALL), 1U);
}

TEST_F(Icmp, AnEchoFromWhereNoRouteLeadsBackIsDropped) {
  receive(ethernet(ipv4(echo(text("x")), {.from = {0x0808'0808}, .protocol = 1})));
  EXPECT_EQ(dropped(Station::transport, DropReason::IP_OUTNOROUTES), 1U);
}

TEST_F(Icmp, AClosedPortIsAnsweredAndTheOriginalQuoted) {
  const Packet original = ipv4(udp(text("nobody")));
  receive(ethernet(original));
  EXPECT_EQ(fate(Fate::answered), 1U);
  EXPECT_EQ(nstat("UdpNoPorts"), 1U);
  const Packet error = sent_payload();
  EXPECT_EQ(load_be16(error, 0), 0x0303);
  EXPECT_EQ(naive_checksum(error), 0U);
  EXPECT_TRUE(std::ranges::equal(Bytes{error}.subspan(8), original));
  EXPECT_EQ(load8(card.sent[0], 15), 0xc0U) << "precedence internetwork control";
}

TEST_F(Icmp, AnErrorIsNoLongerThan576Bytes) {
  receive(udp_frame(pattern(1400)));
  EXPECT_EQ(card.sent.at(0).size(), 14U + 576U);
}

TEST_F(Icmp, ErrorsToOneTargetAreLimitedToSixAndThenOnePerSecond) {
  for (int i = 0; i < 10; ++i) receive(udp_frame(text("x")));
  EXPECT_EQ(fate(Fate::answered), 6U);
  EXPECT_EQ(dropped(Station::transport, DropReason::NO_SOCKET), 4U);
  advance(SimTime::s(1));
  receive(udp_frame(text("x")));
  receive(udp_frame(text("x")));
  EXPECT_EQ(fate(Fate::answered), 7U);
  stack->set_neighbour(card, kOtherIp, kPeerMac);
  receive(udp_frame(text("x"), {.ip_from = kOtherIp}));
  EXPECT_EQ(fate(Fate::answered), 8U) << "another target has its own allowance";
}

TEST_F(Icmp, NoErrorIsSentAboutABroadcast) {
  receive(ethernet(ipv4(udp(text("x"), {.ip_to = Ipv4Address::broadcast()}), {.to = Ipv4Address::broadcast()}),
                   {.to = MacAddress::broadcast()}));
  receive(ethernet(ipv4(udp(text("x"))), {.to = MacAddress::broadcast()}));  // our address, everybody's frame
  EXPECT_EQ(dropped(Station::transport, DropReason::NO_SOCKET), 2U);
  EXPECT_TRUE(card.sent.empty());
}

TEST_F(Icmp, NoErrorIsSentAboutAnIcmpError) {
  receive(ethernet(ipv4(quote(3, 1, 1, 2), {.protocol = 1, .options = bytes({7, 0, 0, 0})})));
  EXPECT_EQ(dropped(Station::ip, DropReason::IP_INHDR), 1U);
  EXPECT_TRUE(card.sent.empty());
}

TEST_F(Icmp, NoErrorIsSentAboutALaterFragment) {
  receive(ethernet(ipv4(pattern(64), {.offset = 64, .options = bytes({7, 0, 0, 0})})));
  EXPECT_EQ(dropped(Station::ip, DropReason::IP_INHDR), 1U);
  EXPECT_TRUE(card.sent.empty());
}

TEST_F(Icmp, PortUnreachableReachesAConnectedSocketOnce) {
  const int fd = udp_socket(4000);
  EXPECT_EQ(sys().connect(task, fd, endpoint(kPeerIp, 7)), 0);
  receive_icmp(quote(3, 3, 4000, 7));
  EXPECT_EQ(fate(Fate::consumed), 1U);
  read(fd);
  EXPECT_EQ(result, -ECONNREFUSED);
  read(fd);
  EXPECT_EQ(result, -EAGAIN);
}

TEST_F(Icmp, PortUnreachableFailsTheNextSendOfAConnectedSocket) {
  const int fd = udp_socket(4000);
  sys().connect(task, fd, endpoint(kPeerIp, 7));
  receive_icmp(quote(3, 3, 4000, 7));
  EXPECT_EQ(send(fd, text("x"), nullptr), -ECONNREFUSED);
  EXPECT_EQ(send(fd, text("x"), nullptr), 1);
}

TEST_F(Icmp, AnUnconnectedSocketHearsNothingOfErrors) {
  const int fd = udp_socket(4000);
  receive_icmp(quote(3, 3, 4000, 7));
  read(fd);
  EXPECT_EQ(result, -EAGAIN);
  EXPECT_EQ(get_option<int>(fd, SOL_SOCKET, SO_ERROR), 0);
}

TEST_F(Icmp, HostUnreachableIsTransientAndNotReported) {
  const int fd = udp_socket(4000);
  sys().connect(task, fd, endpoint(kPeerIp, 7));
  receive_icmp(quote(3, 1, 4000, 7));
  EXPECT_EQ(get_option<int>(fd, SOL_SOCKET, SO_ERROR), 0);
}

TEST_F(Icmp, AnErrorWithoutAWholeQuoteIsDropped) {
  receive_icmp(icmp(3, 3, 0, pattern(20)));
  receive_icmp(icmp(3, 3, 0, {}));
  EXPECT_EQ(dropped(Station::transport, DropReason::PKT_TOO_SMALL), 2U);
  EXPECT_EQ(nstat("IcmpInErrors"), 2U);
}

TEST_F(Icmp, AnErrorAboutAConversationThatIsNotOursIsCountedAndConsumed) {
  receive_icmp(quote(3, 3, 4000, 7));
  EXPECT_EQ(fate(Fate::consumed), 1U);
  EXPECT_EQ(nstat("IcmpInErrors"), 1U);
}

}  // namespace
}  // namespace nicosim
