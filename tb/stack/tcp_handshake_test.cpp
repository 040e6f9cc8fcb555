// Opening: the three-way handshake both ways, its options, and what interrupts it.
#include "tb/stack/tcp_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;

struct TcpHandshake : TcpFixture {};

TEST_F(TcpHandshake, AnActiveOpenSendsLinuxsSynAndConnects) {
  const int fd = connect_nonblocking();
  const Out syn_out = heard();
  our_isn = syn_out.raw_seq;
  EXPECT_EQ(int{syn_out.flags}, kSyn);
  EXPECT_EQ(syn_out.window, 64240) << "65536 / 1460 * 1460";
  // MSS 1460, SACK permitted and timestamp, NOP, window scale 7: 20 bytes
  ASSERT_EQ(syn_out.options.size(), 20U);
  EXPECT_EQ(Packet(syn_out.options.begin(), syn_out.options.begin() + 8), bytes({2, 4, 5, 180, 4, 2, 8, 10}));
  EXPECT_EQ(Packet(syn_out.options.begin() + 16, syn_out.options.end()), bytes({1, 3, 3, 7}));
  EXPECT_EQ(syn_out.tsecr, 0U);
  inject_raw(kSyn | kAck, peer_isn, our_isn + 1, 65535, syn_options(), {});
  const Out final = heard();
  EXPECT_EQ(int{final.flags}, kAck);
  EXPECT_EQ(final.seq, 1U);
  EXPECT_EQ(final.ack, 1U);
  EXPECT_EQ(final.window, 64256 / 128) << "64240, rounded up to the scale";
  EXPECT_EQ(final.tsecr, peer_clock());
  EXPECT_EQ(state(fd), kEstablished);
  EXPECT_EQ(nstat("TcpActiveOpens"), 1U);
  EXPECT_EQ(nstat("TcpCurrEstab"), 1U);
}

TEST_F(TcpHandshake, APassiveOpenAnswersWithWhatTheSynOffered) {
  const int listening = listener();
  const Out answer = handshake(syn_options());
  EXPECT_EQ(answer.window, 65160) << "65536 / 1448 * 1448";
  ASSERT_EQ(answer.options.size(), 20U);
  EXPECT_EQ(Packet(answer.options.begin(), answer.options.begin() + 8), bytes({2, 4, 5, 180, 4, 2, 8, 10}));
  EXPECT_EQ(answer.ack, 1U);
  const int fd = accept(listening);
  EXPECT_EQ(state(fd), kEstablished);
  EXPECT_EQ(info(fd).tcpi_options, TCPI_OPT_TIMESTAMPS | TCPI_OPT_SACK | TCPI_OPT_WSCALE);
  EXPECT_EQ(info(fd).tcpi_snd_mss, 1448U);
  EXPECT_EQ(nstat("TcpPassiveOpens"), 1U);
}

TEST_F(TcpHandshake, APlainSynGetsAPlainAnswer) {
  const int listening = listener();
  const Out answer = handshake(bytes({2, 4, 5, 180}));
  EXPECT_EQ(answer.options, bytes({2, 4, 5, 180}));
  EXPECT_EQ(answer.window, 64240);
  accept(listening);
}

TEST_F(TcpHandshake, WithoutAnMssOptionSegmentsHave536Bytes) {
  const int fd = accepted_with({});
  write(fd, pattern(1000));
  expect(kAck, 1, 1, 536);
  expect(kAck | kPsh, 537, 1, 464);
}

TEST_F(TcpHandshake, ASynIsRepeatedAfterOneTwoFourSecondsAndThenTimesOut) {
  const int fd = connect_nonblocking();
  heard();
  SimTime gap = SimTime::s(1);
  for (int retry = 1; retry <= 6; ++retry) {
    advance(gap - SimTime::us(1));
    EXPECT_TRUE(silent());
    advance(SimTime::us(1));
    EXPECT_EQ(int{heard().flags}, kSyn);
    gap = gap * 2;
  }
  advance(gap);
  EXPECT_TRUE(silent());
  EXPECT_EQ(so_error(fd), ETIMEDOUT);
  EXPECT_EQ(nstat("TcpExtTCPSynRetrans"), 6U);
  EXPECT_EQ(nstat("TcpAttemptFails"), 1U);
}

TEST_F(TcpHandshake, AResetInSynSentRefusesTheConnection) {
  const int fd = connect_nonblocking();
  our_isn = heard().raw_seq;
  inject({.flags = kRst | kAck, .seq = 0});
  EXPECT_EQ(so_error(fd), ECONNREFUSED);
  EXPECT_EQ(dropped(Station::transport, DropReason::TCP_RESET), 1U);
}

TEST_F(TcpHandshake, AResetWithoutAckInSynSentIsIgnored) {
  const int fd = connect_nonblocking();
  our_isn = heard().raw_seq;
  inject({.flags = kRst, .seq = 0});
  EXPECT_EQ(state(fd), kSynSent);
}

TEST_F(TcpHandshake, AnAckOfAnOldConnectionInSynSentIsResetAndTheSynGoesAgain) {
  const int fd = connect_nonblocking();
  our_isn = heard().raw_seq;
  inject({.flags = kAck, .seq = 700, .ack = 900});
  expect(kRst, 900, 0);
  EXPECT_EQ(state(fd), kSynSent);
  advance(SimTime::ms(8));
  EXPECT_EQ(int{heard().flags}, kSyn);
}

TEST_F(TcpHandshake, ABlockingConnectSleepsUntilTheSynAck) {
  const int fd = tcp_socket();
  peer_port = 7777;
  runtime.on_sleep = [&] {
    sockaddr_in name{};
    stack->calls().getsockname(task, fd, name);
    our_port = ntohs(name.sin_port);
    our_isn = heard().raw_seq;
    inject_raw(kSyn | kAck, peer_isn, our_isn + 1, 65535, {}, {});
    return true;
  };
  EXPECT_EQ(sys().connect(task, fd, endpoint(kPeerIp, 7777)), 0);
  EXPECT_EQ(sys().connect(task, fd, endpoint(kPeerIp, 7777)), -EISCONN);
}

TEST_F(TcpHandshake, AConnectWhileOneIsPendingSaysAlready) {
  const int fd = connect_nonblocking();
  EXPECT_EQ(sys().connect(task, fd, endpoint(kPeerIp, 7777)), -EALREADY);
}

TEST_F(TcpHandshake, AConnectToNowhereSaysSo) {
  const int fd = tcp_socket();
  EXPECT_EQ(sys().connect(task, fd, endpoint({0x0808'0808}, 1)), -ENETUNREACH);
  EXPECT_EQ(sys().connect(task, fd, endpoint({0x0a4d'00ff}, 1)), -ENETUNREACH) << "broadcast";
}

TEST_F(TcpHandshake, ANeighbourThatDoesNotAnswerEndsAnAttemptAfterThreeSeconds) {
  peer_ip = kOtherIp;
  const int fd = connect_nonblocking();
  advance(SimTime::ms(2900));
  EXPECT_EQ(state(fd), kSynSent);
  advance(SimTime::ms(200));
  EXPECT_EQ(so_error(fd), EHOSTUNREACH);
  EXPECT_EQ(state(fd), kClose);
  EXPECT_GE(tx_dropped(Station::tx_queue, DropReason::NEIGH_FAILED), 1U);
}

TEST_F(TcpHandshake, AnIcmpErrorEndsAnAttempt) {
  const int fd = connect_nonblocking();
  const Out out = heard();
  const Packet quoted(out.frame.begin() + 14, out.frame.begin() + 14 + 28);
  receive(ethernet(ipv4(icmp(3, 1, 0, quoted), {.protocol = 1})));
  EXPECT_EQ(so_error(fd), EHOSTUNREACH);
  EXPECT_EQ(state(fd), kClose);
}

TEST_F(TcpHandshake, AnIcmpErrorForAnotherSequenceNumberIsIgnored) {
  const int fd = connect_nonblocking();
  const Out out = heard();
  Packet quoted(out.frame.begin() + 14, out.frame.begin() + 14 + 28);
  store_be32(quoted, 24, out.raw_seq + 5);
  receive(ethernet(ipv4(icmp(3, 1, 0, quoted), {.protocol = 1})));
  EXPECT_EQ(state(fd), kSynSent);
}

TEST_F(TcpHandshake, BothSidesOpenAtOnce) {
  const int fd = connect_nonblocking();
  our_isn = heard().raw_seq;
  syn(syn_options(false, false, -1));
  expect(kSyn | kAck, 0, 1);
  EXPECT_EQ(state(fd), kSynRecv);
  inject({.flags = kSyn | kAck, .seq = 0});
  expect_ack(1);
  inject({});
  EXPECT_EQ(state(fd), kEstablished);
  write(fd, text("hi"));
  expect(kAck | kPsh, 1, 1, 2);
}

TEST_F(TcpHandshake, AnAckOfNothingInSynReceivedIsReset) {
  const int fd = connect_nonblocking();
  our_isn = heard().raw_seq;
  syn(syn_options(false, false, -1));
  heard();
  inject({.flags = kAck, .ack = 900});
  expect(kRst, 900, 0);
  EXPECT_EQ(state(fd), kSynRecv);
}

TEST_F(TcpHandshake, AResetInSynReceivedOfAListenerDropsTheRequest) {
  listener();
  syn({});
  our_isn = heard().raw_seq;
  inject({.flags = kRst});
  EXPECT_EQ(nstat("TcpExtEmbryonicRsts"), 1U);
  inject({});
  expect(kRst, 1, 0);
}

TEST_F(TcpHandshake, AResetBesideTheNextNumberInSynReceivedIsChallenged) {
  listener();
  syn({});
  our_isn = heard().raw_seq;
  inject({.flags = kRst, .seq = 100});
  expect_ack(1);
  EXPECT_EQ(nstat("TcpExtEmbryonicRsts"), 0U);
}

TEST_F(TcpHandshake, ASynAgainGetsTheSynAckAgain) {
  listener();
  syn({});
  const Out first = heard();
  advance(SimTime::ms(600));
  syn({});
  const Out second = heard();
  EXPECT_EQ(first.raw_seq, second.raw_seq);
  EXPECT_EQ(nstat("TcpExtTCPSynRetrans"), 1U);
}

TEST_F(TcpHandshake, ASynAckIsRepeatedFiveTimesAndThenTheRequestIsForgotten) {
  listener();
  syn({});
  heard();
  SimTime gap = SimTime::s(1);
  for (int retry = 0; retry < 5; ++retry) {
    advance(gap);
    EXPECT_EQ(int{heard().flags}, kSyn | kAck);
    gap = gap * 2;
  }
  advance(gap);
  EXPECT_TRUE(silent());
  inject({});
  EXPECT_EQ(int{heard().flags}, kRst) << "nobody knows the connection any more";
}

TEST_F(TcpHandshake, DataWithTheLastAckOfTheHandshakeIsDelivered) {
  const int listening = listener();
  syn({});
  our_isn = heard().raw_seq;
  inject({.flags = kAck | kPsh, .payload = text("early")});
  const int fd = accept(listening);
  EXPECT_EQ(read(fd), text("early"));
}

TEST_F(TcpHandshake, SequenceNumbersStartElsewhereForEachConnection) {
  listener();
  syn({});
  const std::uint32_t first = heard().raw_seq;
  peer_port = 40001;
  syn({});
  EXPECT_NE(first, heard().raw_seq);
}

TEST_F(TcpHandshake, PortsInUseAreRefused) {
  listener(5, 80);
  const int fd = tcp_socket();
  EXPECT_EQ(sys().bind(task, fd, endpoint(Ipv4Address::any(), 80)), -EADDRINUSE);
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  EXPECT_EQ(sys().bind(task, fd, endpoint(Ipv4Address::any(), 80)), -EADDRINUSE) << "the other one listens";
}

TEST_F(TcpHandshake, TwoListenersMaySharePortWithReuseport) {
  for (int i = 0; i < 2; ++i) {
    const int fd = tcp_socket();
    set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    EXPECT_EQ(sys().bind(task, fd, endpoint(Ipv4Address::any(), 80)), 0);
    EXPECT_EQ(sys().listen(task, fd, 5), 0);
  }
}

}  // namespace
}  // namespace nicosim
