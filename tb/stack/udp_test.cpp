#include "tb/stack/stack_fixture.hpp"

#include <sys/time.h>

namespace nicosim {
namespace {

using namespace packets;

struct Udp : StackFixture {
  Udp() { know_peer(); }
};

TEST_F(Udp, ADatagramReachesItsSocketWithItsSender) {
  const int fd = udp_socket(9);
  receive(udp_frame(text("hello"), {.from = 5555}));
  sockaddr_in from{};
  EXPECT_EQ(read(fd, 0, 100, &from), text("hello"));
  EXPECT_EQ(ntohs(from.sin_port), 5555);
  EXPECT_EQ(ntohl(from.sin_addr.s_addr), kPeerIp.value);
  EXPECT_EQ(fate(Fate::read), 1U);
  EXPECT_EQ(nstat("UdpInDatagrams"), 1U);
}

struct UdpSize : Udp, ::testing::WithParamInterface<std::size_t> {};

TEST_P(UdpSize, IsReceivedWhole) {
  const int fd = udp_socket(9);
  const Packet data = pattern(GetParam());
  for (const Packet& frame : fragments(packets::udp(data), 1480)) receive(frame);
  EXPECT_EQ(read(fd), data);
  EXPECT_EQ(result, static_cast<long>(data.size()));
}

TEST_P(UdpSize, IsSentWhole) {
  const int fd = udp_socket(9);
  const Packet data = pattern(GetParam());
  const auto to = endpoint(kPeerIp, 77);
  EXPECT_EQ(send(fd, data, &to), static_cast<long>(data.size()));
  Packet segment;
  for (const Packet& p : card.sent) append(segment, Bytes{p}.subspan(34));
  ASSERT_EQ(segment.size(), data.size() + 8);
  EXPECT_EQ(transport_checksum(kOurIp, kPeerIp, 17, segment), 0U);
  EXPECT_EQ(load_be16(segment, 2), 77);
  EXPECT_TRUE(std::ranges::equal(Bytes{segment}.subspan(8), data));
  EXPECT_EQ(ledger.opened_from_host(), card.sent.size()) << "one id per frame";
  for (const auto& ids : card.sent_ids) EXPECT_EQ(ids.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(FromEmptyToTheLargest, UdpSize,
                         ::testing::Values(0, 1, 17, 18, 19, 100, 511, 1471, 1472, 1473, 1480, 2952, 2953, 8000, 32768,
                                           65506, 65507));

TEST_F(Udp, MoreThan65507BytesAreTooLong) {
  const int fd = udp_socket();
  const auto to = endpoint(kPeerIp, 1);
  EXPECT_EQ(send(fd, pattern(65508), &to), -EMSGSIZE);
  EXPECT_EQ(send(fd, pattern(70000), &to), -EMSGSIZE);
}

TEST_F(Udp, AZeroChecksumMeansNoneAndIsAccepted) {
  const int fd = udp_socket();
  receive(udp_frame(text("plain"), {.checksum = false}));
  EXPECT_EQ(read(fd), text("plain"));
}

TEST_F(Udp, AComputedChecksumOfZeroIsSentAsAllOnes) {
  const int fd = udp_socket(9);
  const auto to = endpoint(kPeerIp, 1);
  // A first word that makes the sum come out as 0: what the checksum would be with that word 0.
  send(fd, bytes({0, 0}), &to);
  const std::uint16_t needed = load_be16(card.sent[0], 40);
  send(fd, bytes({needed >> 8, needed & 0xff}), &to);
  EXPECT_EQ(load_be16(card.sent[1], 40), 0xffff);
}

TEST_F(Udp, AWrongChecksumIsDropped) {
  udp_socket();
  Packet frame = udp_frame(text("x"));
  frame.back() = std::byte{'y'};
  receive(frame);
  EXPECT_EQ(dropped(Station::transport, DropReason::UDP_CSUM), 1U);
  EXPECT_EQ(nstat("UdpInCsumErrors"), 1U);
  EXPECT_EQ(nstat("UdpInErrors"), 1U);
}

TEST_F(Udp, AChecksumThatTheCardHasVerifiedIsNotLookedAt) {
  const int fd = udp_socket();
  Packet bad = udp_frame(text("x"));
  bad.back() = std::byte{'y'};
  FramePtr frame = frame_of(bad);
  frame->rx_checksum = RxChecksum::unnecessary;
  stack->receive(card, std::move(frame));
  run_softirqs();
  EXPECT_EQ(read(fd), text("y"));
  EXPECT_EQ(runtime.charged[static_cast<std::size_t>(Cost::checksum_per_byte)], 0U);
}

TEST_F(Udp, ALengthBelowEightOrBeyondThePacketIsTooSmall) {
  for (const std::uint16_t length : {std::uint16_t{0}, std::uint16_t{7}, std::uint16_t{10}}) {
    Packet datagram = udp(text("x"), {.checksum = false});
    store_be16(datagram, 4, length);
    receive(ethernet(ipv4(datagram)));
  }
  receive(ethernet(ipv4(pattern(7))));
  EXPECT_EQ(dropped(Station::transport, DropReason::PKT_TOO_SMALL), 4U);
}

TEST_F(Udp, BytesBehindTheUdpLengthAreNotDelivered) {
  const int fd = udp_socket();
  Packet datagram = udp(text("abc"), {.checksum = false});
  store_be16(datagram, 4, 10);
  receive(ethernet(ipv4(datagram)));
  EXPECT_EQ(read(fd), text("ab"));
}

TEST_F(Udp, AConnectedSocketGoesBeforeAnUnconnectedOne) {
  const int any = udp_socket(0);
  const int one = 1;
  set_option(any, SOL_SOCKET, SO_REUSEADDR, one);
  sys().bind(task, any, endpoint(kOurIp, 9));
  const int connected = udp_socket(0);
  set_option(connected, SOL_SOCKET, SO_REUSEADDR, one);
  sys().bind(task, connected, endpoint(kOurIp, 9));
  EXPECT_EQ(sys().connect(task, connected, endpoint(kPeerIp, 5000)), 0);
  receive(udp_frame(text("to the connection"), {.from = 5000}));
  receive(udp_frame(text("to the rest"), {.from = 5001}));
  EXPECT_EQ(read(connected), text("to the connection"));
  EXPECT_EQ(read(any), text("to the rest"));
}

TEST_F(Udp, ASocketBoundToTheAddressGoesBeforeAWildcard) {
  const int one = 1;
  const int exact = udp_socket(0);
  set_option(exact, SOL_SOCKET, SO_REUSEADDR, one);
  EXPECT_EQ(sys().bind(task, exact, endpoint(kOurIp, 9)), 0);
  const int wildcard = udp_socket(0);
  set_option(wildcard, SOL_SOCKET, SO_REUSEADDR, one);
  EXPECT_EQ(sys().bind(task, wildcard, endpoint(Ipv4Address::any(), 9)), 0);
  receive(udp_frame(text("x")));
  EXPECT_EQ(read(exact), text("x"));
}

TEST_F(Udp, AmongEqualsTheSocketBoundLastGetsIt) {
  const int one = 1;
  int fds[2];
  for (int& fd : fds) {
    fd = udp_socket(0);
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, one);
    EXPECT_EQ(sys().bind(task, fd, endpoint(Ipv4Address::any(), 9)), 0);
  }
  receive(udp_frame(text("x")));
  EXPECT_EQ(read(fds[1]), text("x"));
}

TEST_F(Udp, AConnectedSocketDoesNotGetDatagramsFromOthers) {
  const int fd = udp_socket(9);
  sys().connect(task, fd, endpoint(kPeerIp, 5000));
  receive(udp_frame(text("x"), {.from = 5001}));
  EXPECT_EQ(fate(Fate::answered), 1U) << "for the stranger the port is closed";
  read(fd);
  EXPECT_EQ(result, -EAGAIN);
}

TEST_F(Udp, ABroadcastReachesEverySocketOnThePortAndCountsOnce) {
  const int one = 1;
  int fds[2];
  for (int& fd : fds) {
    fd = udp_socket(0);
    set_option(fd, SOL_SOCKET, SO_REUSEADDR, one);
    sys().bind(task, fd, endpoint(Ipv4Address::any(), 9));
  }
  receive(ethernet(ipv4(udp(text("all"), {.ip_to = Ipv4Address::broadcast()}), {.to = Ipv4Address::broadcast()}),
                   {.to = MacAddress::broadcast()}));
  EXPECT_EQ(read(fds[0]), text("all"));
  EXPECT_EQ(read(fds[1]), text("all"));
  EXPECT_EQ(fate(Fate::read), 1U);
}

TEST_F(Udp, AJoinedGroupIsReceivedAndToldToTheCard) {
  const int fd = udp_socket(9);
  ip_mreq request{};
  request.imr_multiaddr.s_addr = htonl(0xe101'0203);
  EXPECT_EQ(set_option(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, request), -ENODEV) << "no route to the group";
  request.imr_interface.s_addr = htonl(kOurIp.value);
  EXPECT_EQ(set_option(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, request), 0);
  EXPECT_EQ(set_option(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, request), -EADDRINUSE);
  const MacAddress mac{{1, 0, 0x5e, 1, 2, 3}};
  EXPECT_EQ(std::ranges::count(card.groups, mac), 1);
  const Ipv4Address group{0xe101'0203};
  receive(ethernet(ipv4(udp(text("x"), {.ip_to = group}), {.to = group}), {.to = mac}));
  EXPECT_EQ(read(fd), text("x"));
  EXPECT_EQ(set_option(fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, request), 0);
  EXPECT_EQ(set_option(fd, IPPROTO_IP, IP_DROP_MEMBERSHIP, request), -EADDRNOTAVAIL);
  EXPECT_EQ(std::ranges::count(card.groups, mac), 0);
}

TEST_F(Udp, TheReceiveBufferCountsTruesizeAndDropsWhatComesWhenItIsOver) {
  StackConfig config;
  config.sysctl.rmem_default = 3 * 768;
  rebuild(config);
  const int fd = udp_socket();
  for (int i = 0; i < 6; ++i) receive(udp_frame(text("x")));
  EXPECT_EQ(dropped(Station::socket, DropReason::SOCKET_RCVBUFF), 2U) << "the fourth still fits: checked before it";
  EXPECT_EQ(nstat("UdpRcvbufErrors"), 2U);
  read(fd);
  receive(udp_frame(text("x")));
  EXPECT_EQ(nstat("UdpRcvbufErrors"), 2U) << "reading makes room";
  stack->close_queued(runtime.now());
  EXPECT_EQ(fate(Fate::queued), 4U);
}

TEST_F(Udp, ATooSmallBufferCutsTheDatagramAndTheRestIsGone) {
  const int fd = udp_socket();
  receive(udp_frame(text("abcdef")));
  receive(udp_frame(text("ghi")));
  EXPECT_EQ(read(fd, 0, 2), text("ab"));
  EXPECT_EQ(result, 2);
  EXPECT_EQ(read(fd, 0, 2), text("gh"));
}

TEST_F(Udp, MsgTruncTellsTheRealLength) {
  const int fd = udp_socket();
  receive(udp_frame(text("abcdef")));
  EXPECT_EQ(read(fd, MSG_TRUNC, 2), text("ab"));
  EXPECT_EQ(result, 6);
}

TEST_F(Udp, MsgPeekLeavesTheDatagram) {
  const int fd = udp_socket();
  receive(udp_frame(text("abc")));
  EXPECT_EQ(read(fd, MSG_PEEK, 2), text("ab"));
  EXPECT_EQ(fate(Fate::read), 0U);
  EXPECT_EQ(read(fd), text("abc"));
}

TEST_F(Udp, BindRefusesWhatIsTakenForeignOrTwice) {
  const int a = udp_socket(9);
  const int b = udp_socket(0);
  EXPECT_EQ(sys().bind(task, b, endpoint(kOurIp, 9)), -EADDRINUSE);
  EXPECT_EQ(sys().bind(task, b, endpoint(kPeerIp, 10)), -EADDRNOTAVAIL);
  EXPECT_EQ(sys().bind(task, a, endpoint(kOurIp, 10)), -EINVAL);
  sockaddr_in six = endpoint(kOurIp, 10);
  six.sin_family = AF_INET6;
  EXPECT_EQ(sys().bind(task, b, six), -EAFNOSUPPORT);
  EXPECT_EQ(sys().bind(task, b, endpoint(kOurIp, 10)), 0);
}

TEST_F(Udp, EphemeralPortsComeFromTheRangeAndNeverTwice) {
  std::set<unsigned> ports;
  for (int i = 0; i < 200; ++i) {
    const int fd = udp_socket(0);
    EXPECT_EQ(sys().bind(task, fd, endpoint(Ipv4Address::any(), 0)), 0);
    sockaddr_in name{};
    sys().getsockname(task, fd, name);
    EXPECT_GE(ntohs(name.sin_port), 32768);
    EXPECT_LE(ntohs(name.sin_port), 60999);
    ports.insert(ntohs(name.sin_port));
  }
  EXPECT_EQ(ports.size(), 200U);
}

TEST_F(Udp, ConnectFixesAddressesAndUnspecUndoesIt) {
  const int fd = udp_socket(0);
  EXPECT_EQ(sys().connect(task, fd, endpoint({0x0808'0808}, 1)), -ENETUNREACH);
  EXPECT_EQ(sys().connect(task, fd, endpoint(Ipv4Address::broadcast(), 1)), -ENETUNREACH);
  EXPECT_EQ(sys().connect(task, fd, endpoint({0x0a4d'00ff}, 1)), -EACCES) << "broadcast without SO_BROADCAST";
  EXPECT_EQ(sys().connect(task, fd, endpoint(kPeerIp, 1)), 0);
  sockaddr_in name{};
  sys().getsockname(task, fd, name);
  EXPECT_EQ(ntohl(name.sin_addr.s_addr), kOurIp.value);
  EXPECT_EQ(send(fd, text("x"), nullptr), 1);
  sockaddr_in unspec{};
  unspec.sin_family = AF_UNSPEC;
  EXPECT_EQ(sys().connect(task, fd, unspec), 0);
  EXPECT_EQ(send(fd, text("x"), nullptr), -EDESTADDRREQ);
}

TEST_F(Udp, SendingRefusesBadDestinations) {
  const int fd = udp_socket();
  EXPECT_EQ(send(fd, text("x"), nullptr), -EDESTADDRREQ);
  auto to = endpoint(kPeerIp, 0);
  EXPECT_EQ(send(fd, text("x"), &to), -EINVAL);
  to = endpoint({0x0808'0808}, 1);
  EXPECT_EQ(send(fd, text("x"), &to), -ENETUNREACH);
  to = endpoint({0x0a4d'00ff}, 1);
  EXPECT_EQ(send(fd, text("x"), &to), -EACCES);
  const int one = 1;
  set_option(fd, SOL_SOCKET, SO_BROADCAST, one);
  EXPECT_EQ(send(fd, text("x"), &to), 1);
  EXPECT_TRUE(MacAddress::from(card.sent.back()).is_broadcast());
  to.sin_family = AF_INET6;
  EXPECT_EQ(send(fd, text("x"), &to), -EAFNOSUPPORT);
  to = endpoint(kPeerIp, 1);
  EXPECT_EQ(send(fd, text("x"), &to, MSG_OOB), -EOPNOTSUPP);
}

TEST_F(Udp, APacketToAGatewayCarriesItsMacAndTheFinalAddress) {
  stack->add_route(Ipv4Address::any(), 0, kPeerIp, card);
  const int fd = udp_socket();
  const auto to = endpoint({0x0808'0808}, 1);
  EXPECT_EQ(send(fd, text("x"), &to), 1);
  EXPECT_EQ(MacAddress::from(card.sent.at(0)), kPeerMac);
  EXPECT_EQ(load_be32(card.sent[0], 30), 0x0808'0808U);
  EXPECT_EQ(load_be32(card.sent[0], 26), kOurIp.value);
}

TEST_F(Udp, PathMtuDiscoveryDecidesOnDontFragment) {
  const int fd = udp_socket();
  const auto to = endpoint(kPeerIp, 1);
  send(fd, text("x"), &to);
  EXPECT_EQ(load_be16(card.sent.back(), 20), 0x4000);
  set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, int{IP_PMTUDISC_DONT});
  send(fd, text("x"), &to);
  EXPECT_EQ(load_be16(card.sent.back(), 20), 0);
  set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, int{IP_PMTUDISC_DO});
  EXPECT_EQ(send(fd, pattern(1473), &to), -EMSGSIZE);
  EXPECT_EQ(send(fd, pattern(1472), &to), 1472);
}

TEST_F(Udp, ReceiveBufferSizesAreDoubledAndClamped) {
  const int fd = udp_socket();
  EXPECT_EQ(get_option<int>(fd, SOL_SOCKET, SO_RCVBUF), 212992);
  set_option(fd, SOL_SOCKET, SO_RCVBUF, 10000);
  EXPECT_EQ(get_option<int>(fd, SOL_SOCKET, SO_RCVBUF), 20000);
  set_option(fd, SOL_SOCKET, SO_RCVBUF, 1);
  EXPECT_EQ(get_option<int>(fd, SOL_SOCKET, SO_RCVBUF), 2304);
  set_option(fd, SOL_SOCKET, SO_RCVBUF, 1 << 30);
  EXPECT_EQ(get_option<int>(fd, SOL_SOCKET, SO_RCVBUF), 425984);
  set_option(fd, SOL_SOCKET, SO_SNDBUF, 1);
  EXPECT_EQ(get_option<int>(fd, SOL_SOCKET, SO_SNDBUF), 4608);
}

TEST_F(Udp, OptionsThatDoNotExistAreRefused) {
  const int fd = udp_socket();
  EXPECT_EQ(set_option(fd, SOL_SOCKET, 9999, 1), -ENOPROTOOPT);
  EXPECT_EQ(set_option(fd, IPPROTO_IP, 9999, 1), -ENOPROTOOPT);
  EXPECT_EQ(set_option(fd, SOL_SOCKET, SO_RCVBUF, std::uint8_t{1}), -EINVAL);
  EXPECT_EQ(set_option(fd, SOL_SOCKET, SO_RCVTIMEO, timeval{1, 1'000'000}), -EDOM);
  EXPECT_EQ(set_option(fd, IPPROTO_IP, IP_TTL, 256), -EINVAL);
  EXPECT_EQ(get_option<int>(fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
}

TEST_F(Udp, DescriptorsAreTheLowestFreeAndLimited) {
  EXPECT_EQ(udp_socket(0), 3);
  EXPECT_EQ(udp_socket(0), 4);
  EXPECT_EQ(sys().close(task, 3), 0);
  EXPECT_EQ(udp_socket(0), 3);
  EXPECT_EQ(sys().close(task, 99), -EBADF);
  EXPECT_EQ(sys().close(task, -1), -EBADF);
  EXPECT_EQ(sys().close(task, 0), -EBADF);
  for (int i = 5; i < 1024; ++i) EXPECT_EQ(udp_socket(0), i);
  EXPECT_EQ(sys().socket(task, AF_INET, SOCK_DGRAM, 0), -EMFILE);
  EXPECT_EQ(sys().socket(task, AF_INET6, SOCK_DGRAM, 0), -EAFNOSUPPORT);
  EXPECT_EQ(sys().socket(task, AF_INET, SOCK_DGRAM, IPPROTO_TCP), -EPROTONOSUPPORT);
  TestTask other{8};
  EXPECT_EQ(sys().close(other, 4), -EBADF) << "descriptors belong to a process";
}

TEST_F(Udp, TheCountersReadLikeNstat) {
  udp_socket(9);
  receive(udp_frame(text("x")));
  EXPECT_EQ(stack->nstat_text().substr(0, 7), "#kernel");
  const std::string text = stack->nstat_text();
  EXPECT_NE(text.find("\nIpInReceives                    1                  0.0\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("UdpNoPorts"), std::string::npos) << "zeros are left out";
}

TEST_F(Udp, TheSocketsTableReadsLikeSs) {
  const int fd = udp_socket(9);
  udp_socket(0);  // unbound: not shown
  receive(udp_frame(text("x")));
  EXPECT_EQ(stack->sockets_table(),
            "Netid State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess                       \n"
            "udp   UNCONN 768    0            0.0.0.0:9         0.0.0.0:*    users:((\"reader\",pid=7,fd=3))\n");
  read(fd);
}

}  // namespace
}  // namespace nicosim
