// The queues of a listener under load: half-open requests, cookies, the accept queue.
#include "tb/stack/tcp_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;

struct TcpListener : TcpFixture {
  void with(const std::function<void(Sysctl&)>& change) {
    StackConfig config;
    change(config.sysctl);
    rebuild(config);
    know_peer();
  }
  // Another client each time; returns what the SYN got, if anything.
  std::optional<Out> knock() {
    ++peer_port;
    timestamps = false;
    syn({});
    if (silent()) return {};
    Out answer = heard();
    our_isn = answer.raw_seq;
    return answer;
  }
};

TEST_F(TcpListener, OfFiveThousandSynsSixAreHeldAndTheRestGetCookies) {
  listener(5);
  for (int i = 0; i < 5000; ++i) {
    peer_port = static_cast<std::uint16_t>(1024 + i);
    syn({});
  }
  EXPECT_EQ(nstat("TcpExtTCPReqQFullDoCookies"), 4994U);
  EXPECT_EQ(nstat("TcpExtSyncookiesSent"), 4994U);
  EXPECT_EQ(nstat("TcpExtListenDrops"), 0U);
  EXPECT_EQ(fate(Fate::answered), 4994U);
  EXPECT_EQ(fate(Fate::consumed), 6U);
  forget_sent();
  advance(SimTime::s(1));
  EXPECT_EQ(waiting(), 6U) << "only the six are repeated: cookies keep nothing";
}

TEST_F(TcpListener, OfEightClientsThreeConnectToABacklogOfTwoThatNobodyAccepts) {
  const int fd = listener(2);
  unsigned connected = 0;
  for (int i = 0; i < 8; ++i) {
    if (!knock()) continue;
    inject({});
    // A client believes in its connection; what counts is whether we do.
    connected = info(fd).tcpi_unacked;
  }
  EXPECT_EQ(connected, 3U);
  EXPECT_EQ(info(fd).tcpi_sacked, 2U) << "Send-Q of ss";
  EXPECT_GE(nstat("TcpExtListenOverflows"), 5U);
  EXPECT_EQ(stack->listeners_table(),
            "State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess                       \n"
            "LISTEN 3      2            0.0.0.0:80        0.0.0.0:*    users:((\"reader\",pid=7,fd=3))\n");
}

TEST_F(TcpListener, ASynIsDroppedWhenTheAcceptQueueIsFull) {
  listener(0);
  ASSERT_TRUE(knock());
  inject({});
  EXPECT_FALSE(knock());
  EXPECT_EQ(nstat("TcpExtListenOverflows"), 1U);
  EXPECT_EQ(nstat("TcpExtListenDrops"), 1U);
  EXPECT_EQ(dropped(Station::transport, DropReason::TCP_LISTEN_OVERFLOW), 1U);
}

TEST_F(TcpListener, ALastAckThatFindsTheAcceptQueueFullIsIgnoredAndTheSynAckGoesAgain) {
  const int fd = listener(1);
  std::vector<std::pair<std::uint16_t, std::uint32_t>> clients;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(knock());
    clients.emplace_back(peer_port, our_isn);
  }
  knock();
  inject({});  // one is accepted (its SYN was held or answered with a cookie)
  for (const auto& [port, isn] : clients) {
    peer_port = port;
    our_isn = isn;
    inject({});
  }
  EXPECT_EQ(info(fd).tcpi_unacked, 2U);
  EXPECT_EQ(nstat("TcpExtListenOverflows"), 1U);
  forget_sent();
  advance(SimTime::s(1));
  ASSERT_EQ(waiting(), 1U);
  EXPECT_EQ(int{heard().flags}, kSyn | kAck);
  accept(fd);
  inject({});
  EXPECT_EQ(info(fd).tcpi_unacked, 2U) << "now there is room";
}

TEST_F(TcpListener, WithAbortOnOverflowThatClientIsReset) {
  with([](Sysctl& s) { s.tcp_abort_on_overflow = 1; });
  listener(1);
  std::vector<std::pair<std::uint16_t, std::uint32_t>> clients;
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(knock());
    clients.emplace_back(peer_port, our_isn);
  }
  knock();
  inject({});
  for (const auto& [port, isn] : clients) {
    peer_port = port;
    our_isn = isn;
    inject({});
  }
  EXPECT_EQ(int{heard().flags}, kRst);
  EXPECT_EQ(nstat("TcpExtEmbryonicRsts"), 1U);
}

TEST_F(TcpListener, ACookieComesBackAsAConnectionWithItsOptions) {
  with([](Sysctl& s) { s.tcp_syncookies = 2; });
  const int listening = listener();
  advance(SimTime::s(3));
  handshake(syn_options(true, true, 9, 1400));
  const int fd = accept(listening);
  EXPECT_EQ(nstat("TcpExtSyncookiesRecv"), 1U);
  const tcp_info i = info(fd);
  EXPECT_EQ(i.tcpi_options, TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE);
  EXPECT_EQ(i.tcpi_snd_wscale, 9U);
  EXPECT_EQ(i.tcpi_snd_mss, 1288U) << "of the four sizes a cookie knows, 1300 is the next below 1400";
  inject({.flags = kAck | kPsh, .payload = text("data")});
  EXPECT_EQ(read(fd), text("data"));
}

TEST_F(TcpListener, ACookieWithoutTimestampKeepsNoOptions) {
  with([](Sysctl& s) { s.tcp_syncookies = 2; });
  const int listening = listener();
  const Out answer = handshake(syn_options(false, true, 9));
  EXPECT_EQ(answer.options.size(), 4U) << "only the MSS";
  EXPECT_EQ(info(accept(listening)).tcpi_options, 0);
}

TEST_F(TcpListener, AForgedCookieIsResetAndCounted) {
  with([](Sysctl& s) { s.tcp_syncookies = 2; });
  listener();
  ASSERT_TRUE(knock());
  our_isn += 77;
  inject({});
  expect(kRst, 1, 0);
  EXPECT_EQ(nstat("TcpExtSyncookiesFailed"), 1U);
}

TEST_F(TcpListener, ACookieIsGoodForTwoMinutes) {
  with([](Sysctl& s) { s.tcp_syncookies = 2; });
  listener();
  ASSERT_TRUE(knock());
  advance(SimTime::s(121));
  inject({});
  EXPECT_EQ(int{heard().flags}, kRst);
}

TEST_F(TcpListener, WithoutAFloodNoCookieIsBelieved) {
  listener();
  inject({});
  EXPECT_EQ(int{heard().flags}, kRst);
  EXPECT_EQ(nstat("TcpExtSyncookiesFailed"), 0U);
}

TEST_F(TcpListener, WithoutCookiesAFullSynQueueDrops) {
  with([](Sysctl& s) { s.tcp_syncookies = 0; });
  listener(1);
  EXPECT_TRUE(knock());
  EXPECT_TRUE(knock());
  EXPECT_FALSE(knock());
  EXPECT_EQ(nstat("TcpExtTCPReqQFullDrop"), 1U);
  EXPECT_EQ(nstat("TcpExtListenDrops"), 1U);
}

TEST_F(TcpListener, WithoutCookiesTheLastQuarterIsForProvenPeers) {
  with([](Sysctl& s) {
    s.tcp_syncookies = 0;
    s.tcp_max_syn_backlog = 8;
  });
  listener(100);
  unsigned held = 0;
  for (int i = 0; i < 20; ++i) held += knock() ? 1 : 0;
  EXPECT_EQ(held, 7U);
}

TEST_F(TcpListener, ASynWithoutARouteBackIsDropped) {
  listener();
  peer_ip = {0x0808'0808};
  syn({});
  EXPECT_TRUE(silent());
  EXPECT_EQ(nstat("TcpExtListenDrops"), 1U);
  EXPECT_EQ(nstat("TcpExtListenOverflows"), 0U);
}

TEST_F(TcpListener, TheBacklogIsClampedToSomaxconn) {
  with([](Sysctl& s) { s.somaxconn = 3; });
  const int fd = listener(1000);
  EXPECT_EQ(info(fd).tcpi_sacked, 3U);
}

TEST_F(TcpListener, AQueueHalfFullOfOldRequestsGivesUpOnThemSooner) {
  listener(10);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(knock());
  advance(SimTime::s(10));
  const std::uint64_t retries = nstat("TcpExtTCPSynRetrans");
  advance(SimTime::s(60));
  EXPECT_LT(nstat("TcpExtTCPSynRetrans"), 8U * 5);
  EXPECT_GE(retries, 8U * 2);
}

TEST_F(TcpListener, AcceptSleepsUntilAConnectionIsThere) {
  const int listening = listener();
  runtime.on_sleep = [&] {
    handshake({});
    return true;
  };
  sockaddr_in peer{};
  const int fd = sys().accept4(task, listening, &peer, SOCK_NONBLOCK);
  EXPECT_GE(fd, 0);
  EXPECT_EQ(ntohs(peer.sin_port), peer_port);
  read(fd, 0);
  EXPECT_EQ(result, -EAGAIN) << "SOCK_NONBLOCK";
}

TEST_F(TcpListener, AcceptWithoutWaitingSaysTryAgain) {
  const int listening = listener();
  sys().set_nonblocking(task, listening, true);
  EXPECT_EQ(sys().accept4(task, listening, nullptr, 0), -EAGAIN);
}

TEST_F(TcpListener, AcceptOnASocketThatDoesNotListenIsRefused) {
  EXPECT_EQ(sys().accept4(task, tcp_socket(), nullptr, 0), -EINVAL);
  EXPECT_EQ(sys().accept4(task, udp_socket(99), nullptr, 0), -EOPNOTSUPP);
}

TEST_F(TcpListener, ListenWithoutBindTakesAPortOfItsOwn) {
  const int fd = tcp_socket();
  EXPECT_EQ(sys().listen(task, fd, 5), 0);
  sockaddr_in name{};
  sys().getsockname(task, fd, name);
  EXPECT_GE(ntohs(name.sin_port), 32768);
}

TEST_F(TcpListener, EstablishedConnectionsLiveThroughAFlood) {
  const int listening = listener(5);
  handshake(syn_options(false, false, -1));
  const int fd = accept(listening);
  const std::uint16_t port = peer_port;
  const std::uint32_t isn = our_isn;
  for (int i = 0; i < 200; ++i) {
    peer_port = static_cast<std::uint16_t>(1024 + i);
    syn({});
  }
  forget_sent();
  peer_port = port;
  our_isn = isn;
  inject({.flags = kAck | kPsh, .payload = text("alive")});
  EXPECT_EQ(read(fd), text("alive"));
}

}  // namespace
}  // namespace nicosim
