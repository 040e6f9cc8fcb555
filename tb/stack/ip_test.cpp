#include "stack/ip/ipv4.hpp"
#include "tb/stack/stack_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;

struct Ip : StackFixture {
  // A good UDP packet, with one thing changed and the header checksum right again.
  template <class Change>
  void receive_changed(Change change) {
    Packet p = ipv4(udp(text("hello")));
    change(std::span{p});
    fix_ip_checksum(p);
    receive(ethernet(p));
  }
};

TEST_F(Ip, AVersionOtherThanFourIsAHeaderError) {
  receive_changed([](auto p) { store8(p, 0, 0x55); });
  EXPECT_EQ(dropped(Station::ip, DropReason::IP_INHDR), 1U);
  EXPECT_EQ(nstat("IpInHdrErrors"), 1U);
}

TEST_F(Ip, AHeaderLengthBelowFiveWordsIsAHeaderError) {
  receive_changed([](auto p) { store8(p, 0, 0x44); });
  EXPECT_EQ(dropped(Station::ip, DropReason::IP_INHDR), 1U);
}

TEST_F(Ip, AHeaderLongerThanTheFrameIsAHeaderError) {
  Packet p = ipv4({});
  store8(p, 0, 0x4f);
  receive(ethernet(p));
  EXPECT_EQ(dropped(Station::ip, DropReason::IP_INHDR), 1U);
}

TEST_F(Ip, LessThanTwentyBytesIsAHeaderError) {
  receive(ethernet(pattern(19)));
  EXPECT_EQ(dropped(Station::ip, DropReason::IP_INHDR), 1U);
}

TEST_F(Ip, ATotalLengthBelowTheHeaderIsAHeaderError) {
  receive_changed([](auto p) { store_be16(p, 2, 19); });
  EXPECT_EQ(dropped(Station::ip, DropReason::IP_INHDR), 1U);
}

TEST_F(Ip, ATotalLengthBeyondTheFrameIsTooSmallAndCountsAsTruncated) {
  receive_changed([](auto p) { store_be16(p, 2, static_cast<std::uint16_t>(p.size() + 1)); });
  EXPECT_EQ(dropped(Station::ip, DropReason::PKT_TOO_SMALL), 1U);
  EXPECT_EQ(nstat("IpExtInTruncatedPkts"), 1U);
  EXPECT_EQ(nstat("IpInHdrErrors"), 0U);
}

TEST_F(Ip, AWrongHeaderChecksumIsDropped) {
  Packet p = ipv4(udp(text("x")));
  store8(p, 10, static_cast<std::uint8_t>(load8(p, 10) ^ 1U));
  receive(ethernet(p));
  EXPECT_EQ(dropped(Station::ip, DropReason::IP_CSUM), 1U);
  EXPECT_EQ(nstat("IpExtInCsumErrors"), 1U);
}

TEST_F(Ip, EthernetPaddingIsTrimmed) {
  const int fd = udp_socket();
  Packet frame = udp_frame(text("ab"));
  frame.resize(60, std::byte{0xee});
  receive(frame);
  EXPECT_EQ(read(fd), text("ab"));
}

TEST_F(Ip, APacketForSomebodyElseIsDroppedWhenWeDoNotForward) {
  receive(ethernet(ipv4(udp(text("x")), {.to = {0x0808'0808}})));
  EXPECT_EQ(dropped(Station::ip, DropReason::IP_INADDRERRORS), 1U);
  EXPECT_EQ(nstat("IpInAddrErrors"), 1U);
  EXPECT_TRUE(card.sent.empty()) << "a host does not send ICMP about it";
}

TEST_F(Ip, SourcesThatCannotBeAreMartians) {
  const Ipv4Address impossible[] = {Ipv4Address::broadcast(), {0xe000'0001}, {0x7f00'0001}, {0x0000'0001},
                                    Ipv4Address::any(),       kOurIp,        {0x0a4d'00ff}};
  for (const Ipv4Address from : impossible) receive(ethernet(ipv4(udp(text("x"), {.ip_from = from}), {.from = from})));
  EXPECT_EQ(dropped(Station::ip, DropReason::IP_RPFILTER), std::size(impossible));
}

TEST_F(Ip, LoopbackAndZeroDestinationsNeverComeFromAWire) {
  receive(ethernet(ipv4(udp(text("x")), {.to = {0x7f00'0001}})));
  receive(ethernet(ipv4(udp(text("x")), {.to = {0x0000'0001}})));
  EXPECT_EQ(dropped(Station::ip, DropReason::IP_INADDRERRORS), 2U);
}

TEST_F(Ip, OrdinaryOptionsPass) {
  const int fd = udp_socket();
  receive(ethernet(ipv4(udp(text("a")), {.options = bytes({7, 7, 4, 0, 0, 0, 0, 0})})));   // record route
  receive(ethernet(ipv4(udp(text("b")), {.options = bytes({148, 4, 0, 0})})));             // router alert
  receive(ethernet(ipv4(udp(text("c")), {.options = bytes({68, 8, 5, 0, 0, 0, 0, 0})})));  // timestamp
  receive(ethernet(ipv4(udp(text("d")), {.options = bytes({1, 1, 1, 0})})));               // padding
  EXPECT_EQ(read(fd), text("a"));
  EXPECT_EQ(read(fd), text("b"));
  EXPECT_EQ(read(fd), text("c"));
  EXPECT_EQ(read(fd), text("d"));
}

TEST_F(Ip, MalformedOptionsAreAnsweredWithAPointerToTheByte) {
  know_peer();
  const std::pair<Packet, int> cases[] = {
      {bytes({7, 0, 0, 0}), 20},              // length 0
      {bytes({7, 1, 0, 0}), 20},              // length 1
      {bytes({1, 7, 9, 4}), 21},              // runs over the end
      {bytes({1, 1, 1, 7}), 23},              // no room for a length
      {bytes({7, 7, 3, 0, 0, 0, 0, 0}), 22},  // record route: pointer into its own header
  };
  for (const auto& [options, at] : cases) {
    receive(ethernet(ipv4(udp(text("x")), {.options = options})));
    ASSERT_FALSE(card.sent.empty());
    const Packet& answer = card.sent.back();
    EXPECT_EQ(load8(answer, 34), 12U);
    EXPECT_EQ(load8(answer, 38), at);
  }
  EXPECT_EQ(fate(Fate::answered), std::size(cases));
  EXPECT_EQ(nstat("IpInHdrErrors"), std::size(cases));
}

TEST_F(Ip, SourceRoutesAreRefusedInSilence) {
  receive(ethernet(ipv4(udp(text("x")), {.options = bytes({131, 7, 4, 10, 0, 0, 1, 0})})));
  receive(ethernet(ipv4(udp(text("x")), {.options = bytes({137, 7, 4, 10, 0, 0, 1, 0})})));
  EXPECT_EQ(dropped(Station::ip, DropReason::IP_INHDR), 2U);
  EXPECT_TRUE(card.sent.empty());
}

TEST_F(Ip, AnUnknownProtocolIsAnsweredWithProtocolUnreachable) {
  know_peer();
  receive(ethernet(ipv4(pattern(20), {.protocol = 99})));
  EXPECT_EQ(fate(Fate::answered), 1U);
  EXPECT_EQ(nstat("IpInUnknownProtos"), 1U);
  ASSERT_EQ(card.sent.size(), 1U);
  EXPECT_EQ(load_be16(card.sent[0], 34), 0x0302);
}

TEST_F(Ip, AnUnknownProtocolInABroadcastIsDroppedWithoutAnAnswer) {
  receive(
      ethernet(ipv4(pattern(20), {.to = Ipv4Address::broadcast(), .protocol = 99}), {.to = MacAddress::broadcast()}));
  EXPECT_EQ(dropped(Station::transport, DropReason::IP_NOPROTO), 1U);
}

TEST_F(Ip, AMulticastGroupThatNobodyJoinedIsNotOurs) {
  const Ipv4Address group{0xe101'0101};
  receive(ethernet(ipv4(udp(text("x"), {.ip_to = group}), {.to = group}), {.to = {{1, 0, 0x5e, 1, 1, 1}}}));
  EXPECT_EQ(dropped(Station::ip, DropReason::IP_INADDRERRORS), 1U);
}

TEST_F(Ip, EverySentHeaderDiffersInItsIdentification) {
  know_peer();
  const int fd = udp_socket();
  const auto to = endpoint(kPeerIp, 1);
  std::set<unsigned> ids;
  for (int i = 0; i < 100; ++i) {
    send(fd, text("x"), &to);
    ids.insert(load_be16(card.sent.back(), 18));
  }
  EXPECT_EQ(ids.size(), 100U);
}

struct Router : StackFixture {
  Router() {
    StackConfig config;
    config.sysctl.ip_forward = true;
    rebuild(config);
    stack->attach(far);
    stack->add_address(far, {0x0a63'0002}, 24);  // 10.99.0.2/24
    stack->set_neighbour(far, kFarHost, MacAddress{{2, 0, 0, 0, 9, 9}});
    know_peer();
  }
  static constexpr Ipv4Address kFarHost{0x0a63'0009};
  FakeDevice far{ledger, runtime, 1};
  ~Router() override { stack.reset(); }
};

TEST_F(Router, ForwardsWithOneHopLessAndARightChecksum) {
  receive(ethernet(ipv4(udp(text("x"), {.ip_to = kFarHost}), {.to = kFarHost, .ttl = 9})));
  EXPECT_EQ(fate(Fate::forwarded), 1U);
  ASSERT_EQ(far.sent.size(), 1U);
  const Bytes ip = Bytes{far.sent[0]}.subspan(14);
  EXPECT_EQ(load8(ip, 8), 8U);
  EXPECT_EQ(naive_checksum(ip.first(20)), 0U);
  EXPECT_EQ(nstat("IpForwDatagrams"), 1U);
}

TEST_F(Router, TheLastHopIsAnsweredWithTimeExceeded) {
  receive(ethernet(ipv4(udp(text("x"), {.ip_to = kFarHost}), {.to = kFarHost, .ttl = 1})));
  EXPECT_EQ(fate(Fate::answered), 1U);
  EXPECT_EQ(load_be16(card.sent.at(0), 34), 0x0b00);
}

TEST_F(Router, TooBigWithDontFragmentIsAnsweredWithTheMtu) {
  far.mtu_bytes = 576;
  receive(ethernet(ipv4(udp(pattern(1000), {.ip_to = kFarHost}), {.to = kFarHost, .dont_fragment = true})));
  EXPECT_EQ(fate(Fate::answered), 1U);
  EXPECT_EQ(load_be16(card.sent.at(0), 34), 0x0304);
  EXPECT_EQ(load_be16(card.sent.at(0), 40), 576);
}

TEST_F(Router, TooBigIsFragmentedWithItsOptionsKept) {
  far.mtu_bytes = 576;
  receive(ethernet(
      ipv4(udp(pattern(1000), {.ip_to = kFarHost}), {.to = kFarHost, .options = bytes({148, 4, 0, 0, 7, 3, 4, 0})})));
  ASSERT_EQ(far.sent.size(), 2U);
  for (const Packet& p : far.sent) EXPECT_EQ(naive_checksum(Bytes{p}.subspan(14, 28)), 0U);
  EXPECT_EQ(load8(far.sent[0], 38), 7U);
  EXPECT_EQ(load8(far.sent[1], 34), 148U) << "copied into every fragment";
  EXPECT_EQ(load8(far.sent[1], 38), 1U) << "record route stays in the first";
}

TEST_F(Router, WithoutARouteTheSenderIsTold) {
  receive(ethernet(ipv4(udp(text("x")), {.to = {0x0808'0808}})));
  EXPECT_EQ(fate(Fate::answered), 1U);
  EXPECT_EQ(load_be16(card.sent.at(0), 34), 0x0300);
}

TEST_F(Router, NeverForwardsWhatWasBroadcastOnTheLink) {
  receive(ethernet(ipv4(udp(text("x")), {.to = kFarHost}), {.to = MacAddress::broadcast()}));
  EXPECT_EQ(dropped(Station::ip, DropReason::UNICAST_IN_L2_MULTICAST), 1U);
}

TEST_F(Router, RefusalsAreDropsOnceTheRateLimitIsReached) {
  for (int i = 0; i < 6; ++i) receive(ethernet(ipv4(udp(text("x")), {.to = kFarHost, .ttl = 1})));
  receive(ethernet(ipv4(udp(text("x")), {.to = kFarHost, .ttl = 1})));
  receive(ethernet(ipv4(udp(text("x")), {.to = {0x0808'0808}})));
  receive(ethernet(ipv4(udp(text("x")), {.options = bytes({7, 0, 0, 0})})));
  EXPECT_EQ(fate(Fate::answered), 6U);
  EXPECT_EQ(dropped(Station::ip, DropReason::IP_INHDR), 2U);
  EXPECT_EQ(dropped(Station::ip, DropReason::IP_INNOROUTES), 1U);
}

}  // namespace
}  // namespace nicosim
