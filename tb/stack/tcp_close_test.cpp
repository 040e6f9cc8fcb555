// Closing: FIN both ways, RST, TIME_WAIT, and sockets that nobody has any more.
#include "tb/stack/tcp_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;

struct TcpClose : TcpFixture {
  // Our close first, up to FIN_WAIT_2 of an orphan.
  void to_fin_wait2(int fd) {
    close(fd);
    expect(kAck | kFin, 1, 1);
    inject({.ack = 2});
  }
  void to_time_wait(int fd) {
    to_fin_wait2(fd);
    inject({.flags = kAck | kFin, .ack = 2});
    expect(kAck, 2, 2);
  }
};

TEST_F(TcpClose, WeCloseFirstAndEndInTimeWait) {
  const int fd = accepted();
  to_time_wait(fd);
  EXPECT_EQ(nstat("TcpExtTW"), 1U);
  EXPECT_EQ(nstat("TcpCurrEstab"), 0U);
  inject({.flags = kAck | kFin, .ack = 2});
  expect(kAck, 2, 2);
  advance(SimTime::s(61));
  inject({.flags = kAck, .seq = 2, .ack = 2});
  expect(kRst, 2, 0);
}

TEST_F(TcpClose, ThePeerClosesFirst) {
  const int fd = accepted();
  inject({.flags = kAck | kFin});
  read(fd);
  EXPECT_EQ(result, 0);
  EXPECT_EQ(state(fd), kCloseWait);
  while (!silent()) EXPECT_EQ(heard().ack, 2U);
  close(fd);
  expect(kAck | kFin, 1, 2);
  inject({.seq = 2, .ack = 2});
  inject({.seq = 2, .ack = 2});
  expect(kRst, 2, 0);
  EXPECT_EQ(nstat("TcpExtTW"), 0U);
}

TEST_F(TcpClose, BothCloseAtOnce) {
  const int fd = accepted();
  close(fd);
  expect(kAck | kFin, 1, 1);
  inject({.flags = kAck | kFin, .ack = 1});
  expect(kAck, 2, 2);
  inject({.seq = 2, .ack = 2});
  EXPECT_EQ(nstat("TcpExtTW"), 1U);
}

TEST_F(TcpClose, AHalfClosedConnectionStillReceives) {
  const int fd = accepted();
  EXPECT_EQ(shutdown(fd, SHUT_WR), 0);
  expect(kAck | kFin, 1, 1);
  inject({.ack = 2});
  EXPECT_EQ(state(fd), kFinWait2);
  inject({.flags = kAck | kPsh, .ack = 2, .payload = text("late")});
  EXPECT_EQ(read(fd), text("late"));
  EXPECT_EQ(write(fd, text("x")), -EPIPE);
}

TEST_F(TcpClose, APeerThatHalfClosedStillReceives) {
  const int fd = accepted();
  inject({.flags = kAck | kFin});
  EXPECT_TRUE(silent()) << "the answer may carry the ACK";
  write(fd, text("still"));
  expect(kAck | kPsh, 1, 2, 5);
}

TEST_F(TcpClose, AFinIsRepeatedUntilItIsAcknowledged) {
  const int fd = accepted();
  close(fd);
  expect(kAck | kFin, 1, 1);
  advance(SimTime::ms(250));
  expect(kAck | kFin, 1, 1);
  advance(SimTime::ms(500));
  expect(kAck | kFin, 1, 1);
}

TEST_F(TcpClose, TheFinRidesOnTheLastDataThatWait) {
  const int fd = accepted();
  set_option(fd, IPPROTO_TCP, TCP_CORK, 1);
  write(fd, text("bye"));
  EXPECT_TRUE(silent());
  close(fd);
  expect(kAck | kFin, 1, 1, 3);
}

TEST_F(TcpClose, AnOrphanInFinWait2GoesAwayAfterAMinute) {
  const int fd = accepted();
  to_fin_wait2(fd);
  advance(SimTime::s(59));
  inject({.ack = 2});
  EXPECT_TRUE(silent()) << "still known";
  advance(SimTime::s(2));
  inject({.flags = kAck | kFin, .ack = 2});
  expect(kRst, 2, 0);
}

TEST_F(TcpClose, Linger2ShortensFinWait2) {
  const int fd = accepted();
  set_option(fd, IPPROTO_TCP, TCP_LINGER2, 5);
  to_fin_wait2(fd);
  advance(SimTime::s(6));
  inject({.flags = kAck | kFin, .ack = 2});
  expect(kRst, 2, 0);
}

TEST_F(TcpClose, DataForAClosedSocketAreReset) {
  const int fd = accepted();
  to_fin_wait2(fd);
  inject({.flags = kAck | kPsh, .ack = 2, .payload = text("for nobody")});
  EXPECT_EQ(int{heard().flags}, kRst);
}

TEST_F(TcpClose, ClosingWithUnreadDataResets) {
  const int fd = accepted();
  inject({.flags = kAck | kPsh, .payload = text("unread")});
  heard();
  close(fd);
  expect(kRst | kAck, 1, 7);
  EXPECT_EQ(nstat("TcpExtTCPAbortOnClose"), 1U);
  EXPECT_EQ(dropped(Station::socket, DropReason::SOCKET_CLOSED), 1U);
}

TEST_F(TcpClose, LingerOfZeroSecondsResets) {
  const int fd = accepted();
  set_option(fd, SOL_SOCKET, SO_LINGER, linger{1, 0});
  write(fd, text("x"));
  heard();
  close(fd);
  expect(kRst | kAck, 2, 1);
  EXPECT_EQ(nstat("TcpExtTCPAbortOnData"), 1U);
}

TEST_F(TcpClose, LingerWaitsForTheFinToBeAcknowledged) {
  const int fd = accepted();
  set_option(fd, SOL_SOCKET, SO_LINGER, linger{1, 5});
  unsigned slept = 0;
  runtime.on_sleep = [&] {
    if (slept++ == 0) {
      runtime.advance(SimTime::ms(10));
      return true;
    }
    expect(kAck | kFin, 1, 1);
    inject({.ack = 2});
    runtime.advance(SimTime::ms(10));
    return true;
  };
  EXPECT_EQ(close(fd), 0);
  EXPECT_EQ(slept, 2U);
}

TEST_F(TcpClose, AResetEndsTheConnectionAndTheReaderHearsOfIt) {
  const int fd = accepted();
  inject({.flags = kRst});
  read(fd);
  EXPECT_EQ(result, -ECONNRESET);
  read(fd);
  EXPECT_EQ(result, 0) << "once";
  EXPECT_EQ(write(fd, text("x")), -EPIPE);
  EXPECT_EQ(nstat("TcpEstabResets"), 1U);
  EXPECT_EQ(dropped(Station::transport, DropReason::TCP_RESET), 1U);
}

TEST_F(TcpClose, AResetAfterThePeersFinBreaksThePipe) {
  const int fd = accepted();
  inject({.flags = kAck | kFin});
  inject({.flags = kRst, .seq = 2});
  EXPECT_EQ(so_error(fd), EPIPE);
}

// ---- TIME_WAIT

TEST_F(TcpClose, AnOldDuplicateInTimeWaitIsAnsweredWithTheLastAck) {
  const int fd = accepted();
  to_time_wait(fd);
  advance(SimTime::s(1));
  inject({.flags = kAck | kPsh, .ack = 2, .payload = text("old")});
  expect(kAck, 2, 2);
}

TEST_F(TcpClose, TimeWaitIsNotAssassinatedByADelayedReset) {
  const int fd = accepted();
  to_time_wait(fd);
  inject({.flags = kRst, .seq = 1});
  inject({.flags = kAck | kFin, .ack = 2});
  expect(kAck, 2, 2);
}

struct TcpRfc1337 : TcpClose {
  TcpRfc1337() {
    StackConfig config;
    config.sysctl.tcp_rfc1337 = 1;
    rebuild(config);
    know_peer();
  }
};

TEST_F(TcpRfc1337, EvenTheExactResetLeavesTimeWaitAlone) {
  const int fd = accepted();
  to_time_wait(fd);
  inject({.flags = kRst, .seq = 2});
  inject({.flags = kAck | kFin, .ack = 2});
  expect(kAck, 2, 2);
}

TEST_F(TcpClose, TheExactResetEndsTimeWaitAsLinuxHasIt) {
  const int fd = accepted();
  to_time_wait(fd);
  inject({.flags = kRst, .seq = 2});
  inject({.flags = kAck, .seq = 2, .ack = 2});
  expect(kRst, 2, 0);
}

TEST_F(TcpClose, ANewSynBeyondTheOldNumbersReopensATupleInTimeWait) {
  const int listening = listener();
  handshake(syn_options(false, false, -1));
  const int fd = accept(listening);
  to_time_wait(fd);
  const std::uint32_t old_isn = our_isn;
  peer_isn += 1000;
  syn(syn_options(false, false, -1));
  const Out answer = heard();
  EXPECT_EQ(int{answer.flags}, kSyn | kAck);
  EXPECT_EQ(answer.raw_seq, old_isn + 2 + 65537) << "beyond everything the old one sent";
}

TEST_F(TcpClose, AnOldSynInTimeWaitIsAnsweredWithTheLastAck) {
  const int listening = listener();
  handshake(syn_options(false, false, -1));
  const int fd = accept(listening);
  to_time_wait(fd);
  advance(SimTime::s(1));
  inject_raw(kSyn, peer_isn - 100, 0, 65535, {}, {});
  expect(kAck, 2, 2);
}

TEST_F(TcpClose, APortInTimeWaitNeedsReuseaddr) {
  const int listening = tcp_socket();
  sys().bind(task, listening, endpoint(Ipv4Address::any(), 80));
  sys().listen(task, listening, 5);
  runtime.enter(Context::softirq);
  handshake(syn_options(false, false, -1));
  const int fd = accept(listening);
  to_time_wait(fd);
  close(listening);
  const int again = tcp_socket();
  EXPECT_EQ(sys().bind(task, again, endpoint(Ipv4Address::any(), 80)), -EADDRINUSE);
  advance(SimTime::s(61));
  EXPECT_EQ(sys().bind(task, again, endpoint(Ipv4Address::any(), 80)), 0);
}

// ---- keepalive

TEST_F(TcpClose, KeepaliveFindsADeadPeer) {
  const int fd = accepted();
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 2);
  set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
  runtime.enter(Context::softirq);
  advance(SimTime::s(10));
  expect(kAck, 0, 1);
  advance(SimTime::s(2));
  expect(kAck, 0, 1);
  advance(SimTime::s(2));
  expect(kAck, 0, 1);
  advance(SimTime::s(2));
  expect(kRst | kAck, 1, 1);
  EXPECT_EQ(so_error(fd), ETIMEDOUT);
  EXPECT_EQ(nstat("TcpExtTCPKeepAlive"), 3U);
}

TEST_F(TcpClose, AnAnsweredKeepaliveStartsTheWaitAgain) {
  const int fd = accepted();
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  runtime.enter(Context::softirq);
  for (int i = 0; i < 5; ++i) {
    advance(SimTime::s(i == 0 ? 10 : 75));
    while (!silent()) {
      expect(kAck, 0, 1);
      inject({});
    }
  }
  EXPECT_EQ(state(fd), kEstablished);
  EXPECT_GE(nstat("TcpExtTCPKeepAlive"), 5U);
}

TEST_F(TcpClose, AKeepaliveProbeOfThePeerIsAnswered) {
  accepted();
  inject({.seq = 0});
  expect(kAck, 1, 1);
}

// ---- waiting processes

TEST_F(TcpClose, AReaderThatSleepsSeesTheFin) {
  const int fd = accepted();
  runtime.on_sleep = [&] {
    inject({.flags = kAck | kFin});
    return true;
  };
  read(fd, 0);
  EXPECT_EQ(result, 0);
}

TEST_F(TcpClose, ClosingAListenerResetsWhomNobodyAccepted) {
  const int listening = listener();
  handshake({});
  close(listening);
  expect(kRst | kAck, 1, 1);
  inject({});
  expect(kRst, 1, 0);
}

TEST_F(TcpClose, ShutdownOfAListenerWakesWhoSleepsInAccept) {
  const int listening = listener();
  runtime.on_sleep = [&] {
    EXPECT_EQ(stack->calls().shutdown(task, listening, SHUT_RDWR), 0);
    return true;
  };
  EXPECT_EQ(sys().accept4(task, listening, nullptr, 0), -EINVAL);
}

TEST_F(TcpClose, ADisconnectedSocketMayConnectAgain) {
  const int fd = accepted();
  sockaddr_in nowhere{};
  nowhere.sin_family = AF_UNSPEC;
  EXPECT_EQ(sys().connect(task, fd, nowhere), 0);
  expect(kRst | kAck, 1, 1);
  so_error(fd);
  sys().set_nonblocking(task, fd, true);
  EXPECT_EQ(sys().connect(task, fd, endpoint(kPeerIp, 7)), -EINPROGRESS);
}

TEST_F(TcpClose, ExitClosesConnectionsInOrder) {
  accepted();
  sys().exit(task);
  runtime.enter(Context::softirq);
  run_softirqs();
  EXPECT_EQ(waiting(), 1U);
  expect(kAck | kFin, 1, 1);
}

}  // namespace
}  // namespace nicosim
