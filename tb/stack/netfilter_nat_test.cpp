// Address translation: what the first packet decides holds for the connection, both ways, and in ICMP errors.
#include "tb/stack/netfilter_fixture.hpp"

#include <set>

namespace nicosim {
namespace {

using namespace packets;
using namespace rules;

constexpr std::uint8_t kSyn = 0x02, kSynAck = 0x12, kAck = 0x10;

struct NetfilterNat : NetfilterFixture {
  static NfRule forward_port(std::uint16_t from, std::uint16_t to) {  // a port of ours is the server's
    NfRule rule = dnat(kServer, NfPorts{to, to});
    rule.in = is(std::string{"eth0"});
    rule.protocol = is(std::uint8_t{6});
    rule.dport = is(NfPorts{from, from});
    return rule;
  }
};

TEST_F(NetfilterNat, MasqueradeGivesTheAddressOfTheOutgoingCardAndTheAnswerFindsItsWayBack) {
  with({masquerade("eth1")});
  from_client(udp_packet(kClient, 5000, kServer, 53));
  ASSERT_EQ(far.sent.size(), 1U);
  EXPECT_EQ(to_server(0).from, kOutside);
  EXPECT_EQ(to_server(0).sport(), 5000) << "a free port is kept";
  from_server(udp_packet(kServer, 53, kOutside, 5000, text("answer")));
  ASSERT_EQ(card.sent.size(), 1U);
  EXPECT_EQ(to_client(0).to, kClient);
  EXPECT_EQ(to_client(0).from, kServer);
  EXPECT_EQ(to_client(0).dport(), 5000);
  EXPECT_EQ(fate(Fate::forwarded), 2U);
}

TEST_F(NetfilterNat, AnAnswerThatNobodyAskedForIsNotTranslated) {
  with({masquerade("eth1")});
  from_server(udp_packet(kServer, 53, kOutside, 5000));
  EXPECT_TRUE(card.sent.empty());
  EXPECT_EQ(far.sent.size(), 1U) << "the host itself is meant, and has no such port";
}

TEST_F(NetfilterNat, ASecondClientWithTheSamePortGetsAnotherOne) {
  with({masquerade("eth1")});
  stack->set_neighbour(card, kOtherIp, kPeerMac);
  from_client(udp_packet(kClient, 5000, kServer, 53));
  from_client(udp_packet(kOtherIp, 5000, kServer, 53));
  ASSERT_EQ(far.sent.size(), 2U);
  const std::uint16_t second = to_server(1).sport();
  EXPECT_EQ(to_server(0).sport(), 5000);
  EXPECT_NE(second, 5000);
  EXPECT_GE(second, 1024);
  from_server(udp_packet(kServer, 53, kOutside, second));
  from_server(udp_packet(kServer, 53, kOutside, 5000));
  EXPECT_EQ(to_client(0).to, kOtherIp);
  EXPECT_EQ(to_client(0).dport(), 5000);
  EXPECT_EQ(to_client(1).to, kClient);
}

TEST_F(NetfilterNat, LowPortsStayAmongThemselves) {
  with({masquerade("eth1")});
  from_client(udp_packet(kClient, 300, kServer, 53));
  from_client(udp_packet(kOtherIp, 300, kServer, 53));
  from_client(udp_packet(kClient, 700, kServer, 53));
  from_client(udp_packet(kOtherIp, 700, kServer, 53));
  EXPECT_LT(to_server(1).sport(), 512);
  EXPECT_GE(to_server(3).sport(), 600);
  EXPECT_LT(to_server(3).sport(), 1024);
}

TEST_F(NetfilterNat, TheChoiceOfAPortDependsOnTheSeedAlone) {
  std::vector<std::uint16_t> ports;
  for (int run = 0; run < 2; ++run) {
    TestRuntime fresh;
    runtime = fresh;
    far.sent.clear();
    with({masquerade("eth1")});
    from_client(udp_packet(kClient, 5000, kServer, 53));
    from_client(udp_packet(kOtherIp, 5000, kServer, 53));
    ports.push_back(to_server(1).sport());
  }
  EXPECT_EQ(ports[0], ports[1]);
}

TEST_F(NetfilterNat, SnatUsesTheAddressAndPortsItWasGiven) {
  const Ipv4Address given{0x0a63'0063};
  with({snat(given, NfPorts{61'000, 61'001})});
  from_client(udp_packet(kClient, 5000, kServer, 53));
  from_client(udp_packet(kClient, 5001, kServer, 53));
  std::set<std::uint16_t> ports;
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(to_server(i).from, given);
    ports.insert(to_server(i).sport());
  }
  EXPECT_EQ(ports, (std::set<std::uint16_t>{61'000, 61'001}));
}

TEST_F(NetfilterNat, WhenAllPortsAreTakenThePacketIsDroppedAndCounted) {
  with({snat(kOutside, NfPorts{61'000, 61'000})});
  from_client(udp_packet(kClient, 5000, kServer, 53));
  from_client(udp_packet(kClient, 5001, kServer, 53));
  EXPECT_EQ(far.sent.size(), 1U);
  EXPECT_EQ(conntrack("insert_failed"), 1U);
  EXPECT_EQ(tx_dropped(Station::tx_ip, DropReason::NETFILTER_DROP), 1U);
}

TEST_F(NetfilterNat, DnatLeadsAPortOfOursToTheServerAndItsAnswersSeemToComeFromUs) {
  with({forward_port(80, 8080)});
  from_client(tcp_packet(kClient, 40'000, kInside, 80, kSyn, 1000));
  ASSERT_EQ(far.sent.size(), 1U);
  EXPECT_EQ(to_server(0).from, kClient) << "the server sees the client";
  EXPECT_EQ(to_server(0).to, kServer);
  EXPECT_EQ(to_server(0).dport(), 8080);
  EXPECT_EQ(to_server(0).ttl, 63);
  from_server(tcp_packet(kServer, 8080, kClient, 40'000, kSynAck, 500, 1001));
  ASSERT_EQ(card.sent.size(), 1U);
  EXPECT_EQ(to_client(0).from, kInside);
  EXPECT_EQ(to_client(0).sport(), 80);
  from_client(tcp_packet(kClient, 40'000, kInside, 80, kAck, 1001, 501));
  EXPECT_EQ(to_server(1).dport(), 8080);
  EXPECT_EQ(counter("nat.PREROUTING.1.packets"), 1U) << "only the first packet asks the table";
}

TEST_F(NetfilterNat, DnatOverARangeOfServersKeepsAClientAtOneOfThem) {
  NfRule rule = dnat(kServer);
  rule.to.last = {kServer.value + 3};
  with({rule});
  for (std::uint32_t i = 0; i < 4; ++i) stack->set_neighbour(far, {kServer.value + i}, kServerMac);
  std::set<std::uint32_t> servers;
  for (std::uint32_t client = 0x0a4d'0010; client < 0x0a4d'0040; ++client) {
    far.sent.clear();
    from_client(udp_packet({client}, 5000, kInside, 53));
    from_client(udp_packet({client}, 5001, kInside, 53));
    ASSERT_EQ(far.sent.size(), 2U);
    EXPECT_EQ(to_server(0).to, to_server(1).to);
    servers.insert(to_server(0).to.value);
  }
  EXPECT_EQ(servers.size(), 4U) << "and clients spread";
}

TEST_F(NetfilterNat, RedirectBringsAForeignDestinationToALocalPort) {
  NfRule rule{.table = NfTable::nat, .chain = NfHook::pre_routing, .target = NfTarget::redirect};
  rule.protocol = is(std::uint8_t{17});
  rule.to.ports = NfPorts{9, 9};
  with({rule});
  const int fd = udp_socket(9);
  from_client(udp_packet(kClient, 5000, kServer, 53));
  EXPECT_EQ(read(fd), text("hello"));
  const auto to = endpoint(kClient, 5000);
  send(fd, text("yes"), &to);
  ASSERT_EQ(card.sent.size(), 1U);
  EXPECT_EQ(to_client(0).from, kServer) << "the client hears whom it asked";
  EXPECT_EQ(to_client(0).sport(), 53);
}

TEST_F(NetfilterNat, DnatOnOutputSendsWhatAProcessSendsSomewhereElse) {
  NfRule rule = dnat(kServer, NfPorts{53, 53});
  rule.chain = NfHook::local_out;
  with({rule});
  const int fd = udp_socket(5000);
  const auto to = endpoint(kClient, 7);
  send(fd, text("x"), &to);
  EXPECT_TRUE(card.sent.empty());
  ASSERT_EQ(far.sent.size(), 1U) << "it leaves by the other card";
  EXPECT_EQ(to_server(0).to, kServer);
  EXPECT_EQ(to_server(0).dport(), 53);
  from_server(udp_packet(kServer, 53, to_server(0).from, 5000, text("y")));
  sockaddr_in from{};
  EXPECT_EQ(read(fd, MSG_DONTWAIT, 100, &from), text("y"));
  EXPECT_EQ(from.sin_addr.s_addr, htonl(kClient.value)) << "the process hears whom it asked";
  EXPECT_EQ(from.sin_port, htons(7));
}

// The card's own look at what it is given (FakeDevice) and to_client() judge the sum.
TEST_F(NetfilterNat, AChecksumThatIsLeftToTheCardIsRightBehindATranslation) {
  NfRule rule{.table = NfTable::nat, .chain = NfHook::pre_routing, .target = NfTarget::redirect};
  rule.protocol = is(std::uint8_t{17});
  rule.to.ports = NfPorts{9, 9};
  with({rule});
  card.offers.tx_checksum = true;
  const int fd = udp_socket(9);
  const auto to = endpoint(kClient, 5000);
  for (std::uint8_t i = 0; i < 40; ++i) {
    from_client(udp_packet(kClient, 5000, {kServer.value + i * 0x0113'0725U}, 53));
    read(fd);
    send(fd, Packet(i, std::byte{i}), &to);
    ASSERT_EQ(card.sent.size(), 1U);
    EXPECT_TRUE(card.left.at(0)) << "the card does it";
    EXPECT_EQ(to_client(0).sport(), 53);
    ASSERT_FALSE(HasFailure()) << "packet " << int{i};
    card.sent.clear();
    card.left.clear();
  }
}

TEST_F(NetfilterNat, PingsAreToldApartByTheirIdentifier) {
  with({masquerade("eth1")});
  from_client(ipv4(echo(pattern(16)), {.from = kClient, .to = kServer, .protocol = 1}));
  from_client(ipv4(echo(pattern(16)), {.from = kOtherIp, .to = kServer, .protocol = 1}));
  stack->set_neighbour(card, kOtherIp, kPeerMac);
  ASSERT_EQ(far.sent.size(), 2U);
  const std::uint16_t first = load_be16(to_server(0).body, 4), second = load_be16(to_server(1).body, 4);
  EXPECT_EQ(first, 0x1234);
  EXPECT_NE(second, first);
  Packet reply = icmp(0, 0, (std::uint32_t{second} << 16U) | 1U, pattern(16));
  from_server(ipv4(reply, {.from = kServer, .to = kOutside, .protocol = 1}));
  ASSERT_EQ(card.sent.size(), 1U);
  EXPECT_EQ(to_client(0).to, kOtherIp);
  EXPECT_EQ(load_be16(to_client(0).body, 4), 0x1234);
}

// An error from the far side about a masqueraded packet quotes the translated one; the client must know it.
TEST_F(NetfilterNat, AnIcmpErrorIsTranslatedOutsideAndInside) {
  with({masquerade("eth1")});
  const Packet sent = udp_packet(kClient, 5000, kServer, 53);
  from_client(sent);
  const Packet outside(far.sent.at(0).begin() + 14, far.sent.at(0).end());
  from_server(ipv4(icmp(3, 3, 0, outside), {.from = kServer, .to = kOutside, .protocol = 1}));
  ASSERT_EQ(card.sent.size(), 1U);
  const Seen error = to_client(0);
  EXPECT_EQ(error.to, kClient);
  const Packet quote(error.body.begin() + 8, error.body.end());
  EXPECT_EQ(naive_checksum(Bytes{quote}.first(20)), 0U);
  EXPECT_EQ(load_be32(quote, 12), kClient.value);
  EXPECT_EQ(load_be32(quote, 16), kServer.value);
  EXPECT_EQ(load_be16(quote, 20), 5000);
  EXPECT_EQ(load_be16(quote, 26), load_be16(sent, 26)) << "the UDP checksum is the client's again";
}

TEST_F(NetfilterNat, AnErrorThatQuotesEightBytesOfTcpIsTranslatedToo) {
  with({masquerade("eth1")});
  from_client(tcp_packet(kClient, 40'000, kServer, 80, kSyn));
  const auto& frame = far.sent.at(0);
  const Packet outside(frame.begin() + 14, frame.begin() + 14 + 28);
  from_server(ipv4(icmp(3, 1, 0, outside), {.from = kServer, .to = kOutside, .protocol = 1}));
  ASSERT_EQ(card.sent.size(), 1U);
  EXPECT_EQ(load_be32(to_client(0).body, 8 + 12), kClient.value);
  EXPECT_EQ(load_be16(to_client(0).body, 8 + 20), 40'000);
}

// Our own errors about a packet after DNAT speak of what the client sent, in the name that the client used.
TEST_F(NetfilterNat, FragmentationNeededAboutATranslatedPacketNamesTheOldDestination) {
  with({dnat(kServer)});
  far.mtu_bytes = 600;
  Packet big = udp_packet(kClient, 5000, kInside, 53, pattern(1000));
  store_be16(big, 6, 0x4000);
  fix_ip_checksum(big);
  from_client(big);
  ASSERT_EQ(card.sent.size(), 1U);
  const Seen error = to_client(0);
  EXPECT_EQ(load_be16(error.body, 0), 0x0304);
  EXPECT_EQ(load_be16(error.body, 6), 600);
  EXPECT_EQ(load_be32(error.body, 8 + 16), kInside.value) << "the quote";
  EXPECT_EQ(error.to, kClient);
  EXPECT_EQ(error.from, kInside);
}

TEST_F(NetfilterNat, AResetFromARejectComesFromTheAddressThatTheClientUsed) {
  NfRule refuse = on(NfHook::forward, NfTarget::reject);
  refuse.reject_with = NfRejectWith::tcp_reset;
  with({forward_port(80, 8080), refuse});
  from_client(tcp_packet(kClient, 40'000, kInside, 80, kSyn));
  ASSERT_EQ(card.sent.size(), 1U);
  EXPECT_EQ(to_client(0).from, kInside);
  EXPECT_EQ(to_client(0).sport(), 80);
}

TEST_F(NetfilterNat, FragmentsAreJoinedTranslatedAndCutAgain) {
  with({masquerade("eth1")});
  const Packet datagram = udp(pattern(2000), {.from = 5000, .to = 53, .ip_from = kClient, .ip_to = kServer});
  for (const Packet& piece : fragments(datagram, 1000, {.from = kClient, .to = kServer, .id = 9})) receive(piece);
  ASSERT_EQ(far.sent.size(), 2U);
  Packet joined;
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(to_server(i).from, kOutside);
    append(joined, to_server(i).body);
  }
  ASSERT_EQ(joined.size(), datagram.size());
  EXPECT_EQ(transport_checksum(kOutside, kServer, 17, joined), 0U);
  EXPECT_EQ(fate(Fate::forwarded), 3U) << "each of the three that came shares the fate of both";
}

TEST_F(NetfilterNat, ADatagramWithoutAChecksumStaysWithoutOne) {
  with({masquerade("eth1")});
  from_client(ipv4(udp(text("x"), {.from = 5000, .to = 53, .checksum = false}), {.from = kClient, .to = kServer}));
  EXPECT_EQ(load_be16(to_server(0).body, 6), 0);
}

// Incremental updates of random packets agree with checksums made anew.
TEST_F(NetfilterNat, ChecksumsAreRightWhateverTheBytes) {
  with({snat({0x0a63'00fe}, NfPorts{1024, 65'535})});
  std::uint32_t state = 20'26;
  std::printf("seed %u\n", state);
  const auto draw = [&] { return state = state * 1'664'525U + 1'013'904'223U; };
  for (int i = 0; i < 500; ++i) {
    const auto sport = static_cast<std::uint16_t>(draw() >> 16U | 1U),
               dport = static_cast<std::uint16_t>(draw() >> 16U);
    const Ipv4Address from{0x0a4d'0000U | (draw() >> 26U) | 0x80U};
    Packet payload = pattern(draw() >> 26U, draw());
    if (i % 2 == 0)
      from_client(udp_packet(from, sport, kServer, dport, payload));
    else
      from_client(tcp_packet(from, sport, kServer, dport, kSyn, draw()));
    ASSERT_FALSE(far.sent.empty()) << i;
    to_server(0);  // looks at all checksums
    ASSERT_FALSE(HasFailure()) << "packet " << i;
    far.sent.clear();
  }
}

}  // namespace
}  // namespace nicosim
