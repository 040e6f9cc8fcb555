// Bytes both ways on an established connection: ACKs, windows, Nagle, order.
#include "tb/stack/tcp_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;

struct TcpData : TcpFixture {
  // Uses up the quick ACKs of a new connection, so that the delayed ones show.
  void end_quickack(int fd) { set_option(fd, IPPROTO_TCP, TCP_QUICKACK, 0); }
};

TEST_F(TcpData, BytesArriveInOrderAndAreRead) {
  const int fd = accepted();
  inject({.flags = kAck | kPsh, .payload = text("hello ")});
  expect_ack(7);
  inject({.flags = kAck | kPsh, .seq = 7, .payload = text("world")});
  expect_ack(12);
  EXPECT_EQ(read(fd), text("hello world"));
  EXPECT_EQ(fate(Fate::read), 2U);
  EXPECT_EQ(fate(Fate::consumed), 2U) << "SYN and the ACK of the handshake";
}

TEST_F(TcpData, AFrameIsReadWhenItsLastByteIs) {
  const int fd = accepted();
  inject({.flags = kAck | kPsh, .payload = text("abcdef")});
  EXPECT_EQ(read(fd, MSG_DONTWAIT, 5), text("abcde"));
  EXPECT_EQ(fate(Fate::read), 0U);
  EXPECT_EQ(read(fd, MSG_DONTWAIT, 5), text("f"));
  EXPECT_EQ(fate(Fate::read), 1U);
}

TEST_F(TcpData, PeekTakesNothing) {
  const int fd = accepted();
  inject({.flags = kAck | kPsh, .payload = text("abc")});
  EXPECT_EQ(read(fd, MSG_DONTWAIT | MSG_PEEK), text("abc"));
  EXPECT_EQ(read(fd), text("abc"));
}

TEST_F(TcpData, ABlockedReaderIsWokenByData) {
  const int fd = accepted();
  runtime.on_sleep = [&] {
    inject({.flags = kAck | kPsh, .payload = text("at last")});
    return true;
  };
  EXPECT_EQ(read(fd, 0), text("at last"));
}

TEST_F(TcpData, WaitallSleepsUntilEverythingIsThere) {
  const int fd = accepted();
  std::uint32_t seq = 1;
  runtime.on_sleep = [&] {
    inject({.flags = kAck | kPsh, .seq = seq, .payload = text("abc")});
    seq += 3;
    return true;
  };
  EXPECT_EQ(read(fd, MSG_WAITALL, 9), text("abcabcabc"));
}

TEST_F(TcpData, AReadThatTimesOutSaysTryAgain) {
  const int fd = accepted();
  set_option(fd, SOL_SOCKET, SO_RCVTIMEO, timeval{1, 0});
  runtime.on_sleep = [] { return false; };
  read(fd, 0);
  EXPECT_EQ(result, -EAGAIN);
}

TEST_F(TcpData, WhatIsWrittenLeavesInFullSegmentsAndThePushIsOnTheLast) {
  const int fd = accepted_with(syn_options(false, false, -1));
  EXPECT_EQ(write(fd, pattern(4000)), 4000);
  expect(kAck, 1, 1, 1460);
  expect(kAck, 1461, 1, 1460);
  expect(kAck | kPsh, 2921, 1, 1080);
  EXPECT_TRUE(silent());
}

TEST_F(TcpData, TheFirstWindowHasTenSegments) {
  const int fd = accepted();
  write(fd, pattern(20'000));
  EXPECT_EQ(waiting(), 10U);
  EXPECT_EQ(info(fd).tcpi_snd_cwnd, 10U);
}

TEST_F(TcpData, SlowStartOpensTheWindowByOneForEachSegmentAcknowledged) {
  const int fd = accepted();
  write(fd, pattern(40'000));
  forget_sent();
  inject({.ack = 1 + 2 * 1460});
  EXPECT_EQ(waiting(), 4U);
  EXPECT_EQ(info(fd).tcpi_snd_cwnd, 12U);
}

TEST_F(TcpData, AShortSegmentWaitsForTheAckOfAShortOne) {
  const int fd = accepted();
  write(fd, text("a"));
  expect(kAck | kPsh, 1, 1, 1);
  write(fd, text("b"));
  write(fd, text("c"));
  EXPECT_TRUE(silent()) << "Nagle";
  inject({.ack = 2});
  expect(kAck | kPsh, 2, 1, 2);
}

TEST_F(TcpData, NodelayTurnsNagleOff) {
  const int fd = accepted();
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  write(fd, text("a"));
  write(fd, text("b"));
  EXPECT_EQ(waiting(), 2U);
}

TEST_F(TcpData, NagleAndDelayedAckTogetherWaitFortyMilliseconds) {
  const int fd = accepted();
  end_quickack(fd);
  inject({.flags = kAck | kPsh, .payload = text("x")});
  EXPECT_TRUE(silent());
  advance(SimTime::ms(40) - SimTime::us(1));
  EXPECT_TRUE(silent());
  advance(SimTime::us(1));
  expect_ack(2);
  EXPECT_EQ(nstat("TcpExtDelayedACKs"), 1U);
}

TEST_F(TcpData, EverySecondFullSegmentIsAcknowledgedAtOnce) {
  const int fd = accepted();
  end_quickack(fd);
  inject({.payload = pattern(1460)});
  read(fd);
  EXPECT_TRUE(silent());
  inject({.seq = 1461, .payload = pattern(1460)});
  expect_ack(2921);
  EXPECT_TRUE(silent());
}

TEST_F(TcpData, AnAnswerCarriesTheAck) {
  const int fd = accepted();
  end_quickack(fd);
  inject({.flags = kAck | kPsh, .payload = text("ping")});
  EXPECT_TRUE(silent());
  EXPECT_EQ(read(fd), text("ping"));
  write(fd, text("pong"));
  expect(kAck | kPsh, 1, 5, 4);
  advance(SimTime::ms(199));
  EXPECT_TRUE(silent()) << "nothing is left to acknowledge";
}

TEST_F(TcpData, CorkHoldsPartOfASegmentBackUntilItIsTakenOut) {
  const int fd = accepted();
  set_option(fd, IPPROTO_TCP, TCP_CORK, 1);
  write(fd, pattern(2000));
  expect(kAck, 1, 1, 1460);
  EXPECT_TRUE(silent());
  set_option(fd, IPPROTO_TCP, TCP_CORK, 0);
  runtime.enter(Context::softirq);
  run_softirqs();
  expect(kAck, 1461, 1, 540);
}

TEST_F(TcpData, MaxsegLimitsSegmentsAndIsOffered) {
  const int listening = listener();
  set_option(listening, IPPROTO_TCP, TCP_MAXSEG, 500);
  const Out answer = handshake(syn_options(false, false, -1));
  EXPECT_EQ(answer.options, bytes({2, 4, 1, 244}));
  const int fd = accept(listening);
  write(fd, pattern(1000));
  expect(kAck, 1, 1, 500);
  expect(kAck | kPsh, 501, 1, 500);
}

TEST_F(TcpData, AHoleIsReportedWithDuplicateAcksAndFilled) {
  const int fd = accepted();
  inject({.seq = 11, .payload = text("klmno")});
  expect_ack(1);
  inject({.seq = 6, .payload = text("fghij")});
  expect_ack(1);
  inject({.seq = 1, .payload = text("abcde")});
  expect_ack(16);
  EXPECT_EQ(read(fd), text("abcdefghijklmno"));
  EXPECT_EQ(nstat("TcpExtTCPOFOQueue"), 2U);
}

TEST_F(TcpData, SackBlocksNameWhatArrivedTheNewestFirst) {
  accepted_with(syn_options(true, true, 7));
  inject({.seq = 101, .payload = pattern(100)});
  EXPECT_EQ(heard().sacks, (std::vector<std::pair<std::uint32_t, std::uint32_t>>{{101, 201}}));
  inject({.seq = 301, .payload = pattern(100)});
  EXPECT_EQ(heard().sacks, (std::vector<std::pair<std::uint32_t, std::uint32_t>>{{301, 401}, {101, 201}}));
  inject({.seq = 201, .payload = pattern(100)});
  EXPECT_EQ(heard().sacks, (std::vector<std::pair<std::uint32_t, std::uint32_t>>{{101, 401}}));
  inject({.seq = 1, .payload = pattern(100)});
  const Out done = heard();
  EXPECT_EQ(done.ack, 401U);
  EXPECT_TRUE(done.sacks.empty());
}

TEST_F(TcpData, ADuplicateIsReportedByDsack) {
  accepted_with(syn_options(true, true, 7));
  inject({.payload = pattern(100)});
  expect_ack(101);
  inject({.payload = pattern(100)});
  const Out ack = heard();
  EXPECT_EQ(ack.ack, 101U);
  EXPECT_EQ(ack.sacks, (std::vector<std::pair<std::uint32_t, std::uint32_t>>{{1, 101}}));
  EXPECT_EQ(nstat("TcpExtTCPDSACKOldSent"), 1U);
}

TEST_F(TcpData, ADuplicateFinIsReportedByDsackWithItsOwnNumber) {
  accepted_with(syn_options(true, true, 7));
  inject({.flags = kAck | kFin, .seq = 201});
  EXPECT_EQ(heard().sacks, (std::vector<std::pair<std::uint32_t, std::uint32_t>>{{201, 202}}));
  inject({.seq = 101, .payload = pattern(200)});  // a peer that goes on after its FIN
  EXPECT_EQ(heard().sacks.front(), (std::pair<std::uint32_t, std::uint32_t>{201, 202})) << "never an empty block";
}

TEST_F(TcpData, AFinInsideWhatHasArrivedEndsNothing) {
  accepted_with(syn_options(true, true, 7));
  inject({.seq = 101, .payload = pattern(200)});
  inject({.flags = kAck | kFin, .seq = 201});
  forget_sent();
  inject({.payload = pattern(100)});
  EXPECT_EQ(heard().ack, 301U);
  EXPECT_EQ(nstat("TcpExtTCPOFOMerge"), 1U) << "a duplicate, not a segment beside the other";
}

TEST_F(TcpData, AFinDoesNotMoveBehindDataThatCoversIt) {
  accepted_with(syn_options(true, true, 7));
  inject({.flags = kAck | kFin, .seq = 201});
  inject({.seq = 101, .payload = pattern(200)});
  forget_sent();
  inject({.payload = pattern(100)});
  EXPECT_EQ(heard().ack, 301U) << "nobody sent a FIN at 301";
}

TEST_F(TcpData, OverlappingSegmentsAreJoinedWithoutASeam) {
  const int fd = accepted_with(syn_options(true, true, 7));
  const Packet all = pattern(1000);
  const auto part = [&](std::size_t from, std::size_t to) {
    return Packet(all.begin() + static_cast<std::ptrdiff_t>(from), all.begin() + static_cast<std::ptrdiff_t>(to));
  };
  inject({.seq = 301, .payload = part(300, 600)});
  inject({.seq = 501, .payload = part(500, 900)});
  inject({.seq = 201, .payload = part(200, 1000)});
  inject({.seq = 101, .payload = part(100, 250)});
  inject({.seq = 1, .payload = part(0, 150)});
  EXPECT_EQ(read(fd), all);
  EXPECT_EQ(dropped(Station::socket, DropReason::TCP_OFOMERGE), 2U);
}

TEST_F(TcpData, DataWaitInTheOutOfOrderQueueWithTheirFin) {
  const int fd = accepted();
  inject({.flags = kAck | kFin, .seq = 4, .payload = text("def")});
  EXPECT_EQ(state(fd), kEstablished);
  inject({.seq = 1, .payload = text("abc")});
  EXPECT_EQ(state(fd), kCloseWait);
  EXPECT_EQ(read(fd), text("abcdef"));
  EXPECT_EQ(read(fd), Packet{});
  EXPECT_EQ(result, 0);
}

TEST_F(TcpData, ThePeersSequenceNumbersWrap) {
  peer_isn = 0xffff'ff00U;
  const int fd = accepted_with(syn_options(true, true, 7));
  Packet got;
  for (std::uint32_t i = 0; i < 4; ++i) {
    inject({.seq = 1 + 200 * i, .payload = pattern(200)});
    append(got, read(fd));
  }
  EXPECT_EQ(got.size(), 800U);
  EXPECT_EQ(info(fd).tcpi_bytes_received, 800U);
}

// ---- windows

TEST_F(TcpData, TheWindowFollowsTheFreeSpaceAndClosesWithoutRoom) {
  const int listening = listener();
  set_option(listening, SOL_SOCKET, SO_RCVBUF, 8192);
  handshake(syn_options(false, false, -1));
  const int fd = accept(listening);
  std::uint32_t seq = 1;
  std::uint32_t window = 65535;
  for (int i = 0; i < 12 && window > 0; ++i) {
    inject({.flags = kAck | kPsh, .seq = seq, .payload = pattern(700)});
    seq += 700;
    advance(SimTime::ms(250));
    while (!silent()) window = heard().window;
  }
  EXPECT_EQ(window, 0U);
  // Reading opens it again, and says so without being asked.
  read(fd);
  EXPECT_GT(heard().window, 2000);
  EXPECT_GE(nstat("TcpExtTCPToZeroWindowAdv"), 1U);
  EXPECT_GE(nstat("TcpExtTCPFromZeroWindowAdv"), 1U);
}

TEST_F(TcpData, DataIntoAClosedWindowAreDroppedAndAnswered) {
  const int listening = listener();
  set_option(listening, SOL_SOCKET, SO_RCVBUF, 2304);
  handshake(syn_options(false, false, -1));
  accept(listening);
  std::uint32_t seq = 1, window = 65535;
  for (int i = 0; i < 20 && window > 0; ++i) {
    inject({.flags = kAck | kPsh, .seq = seq, .payload = pattern(200)});
    seq += 200;
    advance(SimTime::ms(250));
    while (!silent()) window = heard().window;
  }
  ASSERT_EQ(window, 0U);
  inject({.seq = seq, .payload = text("x")});
  const Out answer = heard();
  EXPECT_EQ(answer.ack, seq);
  EXPECT_EQ(answer.window, 0U);
  EXPECT_EQ(nstat("TcpExtTCPZeroWindowDrop"), 1U);
  EXPECT_EQ(dropped(Station::transport, DropReason::TCP_ZEROWINDOW), 1U);
}

TEST_F(TcpData, ASenderWithoutAWindowProbesAndGoesOnWhenItOpens) {
  round_trip = SimTime::ms(20);
  const int fd = accepted_with(syn_options(false, false, -1), 0);
  write(fd, pattern(100));
  EXPECT_TRUE(silent());
  SimTime gap = SimTime::ms(220);
  for (int probe = 0; probe < 4; ++probe) {
    EXPECT_EQ(until_heard(SimTime::s(10)), gap);
    expect(kAck, 0, 1);
    inject({.window = 0});
    gap = gap * 2;
  }
  EXPECT_EQ(nstat("TcpExtTCPWinProbe"), 4U);
  inject({.window = 1000});
  expect(kAck | kPsh, 1, 1, 100);
}

TEST_F(TcpData, ZeroWindowProbesEndWithTheUserTimeout) {
  const int fd = accepted_with(syn_options(false, false, -1), 0);
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 3000);
  write(fd, pattern(100));
  for (int i = 0; i < 40 && state(fd) == kEstablished; ++i) {
    advance(SimTime::ms(100));
    if (!silent()) {
      forget_sent();
      inject({.window = 0});
    }
  }
  EXPECT_EQ(so_error(fd), ETIMEDOUT);
  EXPECT_EQ(nstat("TcpExtTCPAbortOnTimeout"), 1U);
}

TEST_F(TcpData, APartlyOpenWindowIsNotUsedForShortSegmentsAtOnce) {
  const int fd = accepted_with(syn_options(false, false, -1), 4000);
  write(fd, pattern(1460));
  heard();
  inject({.ack = 1461, .window = 500});
  write(fd, pattern(3000));
  EXPECT_TRUE(silent()) << "silly window";
  advance(SimTime::ms(201));
  expect(kAck | kPsh, 1461, 1, 500);
}

TEST_F(TcpData, AWindowThatShrinksLeavesTheConnectionAlive) {
  const int fd = accepted();
  write(fd, pattern(2920));
  forget_sent();
  inject({.ack = 1461, .window = 0});
  advance(SimTime::s(2));
  EXPECT_GE(waiting(), 2U) << "the first segment is tried again";
  EXPECT_EQ(state(fd), kEstablished);
  inject({.ack = 2921});
  EXPECT_EQ(info(fd).tcpi_unacked, 0U);
}

TEST_F(TcpData, WindowUpdatesOnDataSegmentsCount) {
  const int fd = accepted_with(syn_options(false, false, -1), 0);
  write(fd, pattern(100));
  inject({.flags = kAck | kPsh, .payload = text("data"), .window = 500});
  expect(kAck | kPsh, 1, 5, 100);
}

TEST_F(TcpData, DataBeyondTheWindowAreRefused) {
  accepted();
  inject({.seq = 100'001, .payload = text("x")});
  expect_ack(1);
  EXPECT_EQ(dropped(Station::transport, DropReason::TCP_INVALID_SEQUENCE), 1U);
}

TEST_F(TcpData, OldDataAreAcknowledgedAgainAndDropped) {
  const int fd = accepted();
  inject({.flags = kAck | kPsh, .payload = text("abc")});
  expect_ack(4);
  inject({.flags = kAck | kPsh, .seq = 2, .payload = text("bc")});
  expect_ack(4);
  EXPECT_EQ(read(fd), text("abc"));
  EXPECT_EQ(dropped(Station::transport, DropReason::TCP_INVALID_SEQUENCE) +
                dropped(Station::transport, DropReason::TCP_OLD_DATA),
            1U);
}

TEST_F(TcpData, AWriterSleepsWhenTheSendBufferIsFullAndGoesOnWithTheAcks) {
  const int fd = accepted();
  set_option(fd, SOL_SOCKET, SO_SNDBUF, 10'000);
  std::uint32_t acked = 1;
  unsigned sleeps = 0;
  runtime.on_sleep = [&] {
    ++sleeps;
    while (!silent()) acked += static_cast<std::uint32_t>(heard().payload.size());
    inject({.ack = acked});
    return true;
  };
  EXPECT_EQ(write(fd, pattern(100'000), 0), 100'000);
  EXPECT_GT(sleeps, 3U);
}

TEST_F(TcpData, AFullSendBufferWithoutWaitingTakesAPart) {
  const int fd = accepted();
  set_option(fd, SOL_SOCKET, SO_SNDBUF, 10'000);
  const long sent = write(fd, pattern(100'000));
  EXPECT_GT(sent, 10'000);
  EXPECT_LT(sent, 40'000);
  EXPECT_EQ(write(fd, pattern(1000)), -EAGAIN);
}

TEST_F(TcpData, ReceivedBytesWeighWhatTheirFramesWeigh) {
  const int listening = listener();
  set_option(listening, SOL_SOCKET, SO_RCVBUF, 20'000);
  handshake(syn_options(false, false, -1));
  const int fd = accept(listening);
  std::uint32_t seq = 1;
  for (int i = 0; i < 200; ++i) {  // one byte each: 768 bytes of memory
    inject({.seq = seq++, .payload = text("x")});
  }
  EXPECT_GT(nstat("TcpExtPruneCalled"), 0U);
  EXPECT_GT(nstat("TcpExtTCPRcvCollapsed"), 0U);
  EXPECT_EQ(read(fd).size(), 200U);
  EXPECT_EQ(fate(Fate::read), 200U) << "each id keeps its own end";
}

TEST_F(TcpData, DataQueuedBeforeTheConnectionStandsGoOutWithTheAck) {
  const int fd = tcp_socket();
  peer_port = 7777;
  sys().set_nonblocking(task, fd, true);
  EXPECT_EQ(sys().connect(task, fd, endpoint(kPeerIp, 7777)), -EINPROGRESS);
  sys().set_nonblocking(task, fd, false);
  sockaddr_in name{};
  sys().getsockname(task, fd, name);
  our_port = ntohs(name.sin_port);
  our_isn = heard().raw_seq;
  runtime.on_sleep = [&] {
    inject_raw(kSyn | kAck, peer_isn, our_isn + 1, 65535, {}, {});
    return true;
  };
  EXPECT_EQ(write(fd, text("first"), 0), 5);
  expect(kAck | kPsh, 1, 1, 5);
}

TEST_F(TcpData, TcpInfoTellsWhatHappened) {
  const int fd = accepted_with(syn_options(true, true, 7));
  write(fd, pattern(3000));
  forget_sent();
  advance(SimTime::ms(5));
  inject({.ack = 3001});
  inject({.ack = 3001, .payload = pattern(500), .window = 1000});
  const tcp_info i = info(fd);
  EXPECT_EQ(i.tcpi_bytes_acked, 3000U);
  EXPECT_EQ(i.tcpi_bytes_sent, 3000U);
  EXPECT_EQ(i.tcpi_bytes_received, 500U);
  EXPECT_EQ(i.tcpi_snd_wscale, 7U);
  EXPECT_EQ(i.tcpi_pmtu, 1500U);
  EXPECT_EQ(i.tcpi_advmss, 1448U);
  EXPECT_EQ(i.tcpi_min_rtt, 0U) << "the handshake took no time";
  EXPECT_GE(i.tcpi_rto, 200'000U);
  EXPECT_EQ(i.tcpi_segs_in, 3U);
}

TEST_F(TcpData, ASmallerPathMtuCutsWhatWasSent) {
  const int fd = accepted();
  write(fd, pattern(1460));
  const Out big = heard();
  const Packet quoted(big.frame.begin() + 14, big.frame.begin() + 14 + 28);
  receive(ethernet(ipv4(icmp(3, 4, 1000, quoted), {.protocol = 1})));
  expect(kAck, 1, 1, 960);
  expect(kAck | kPsh, 961, 1, 500);
  EXPECT_EQ(info(fd).tcpi_pmtu, 1000U);
}

TEST_F(TcpData, AReaderMaySleepBeforeTheConnectionStands) {
  const int fd = tcp_socket();
  peer_port = 7777;
  sys().set_nonblocking(task, fd, true);
  EXPECT_EQ(sys().connect(task, fd, endpoint(kPeerIp, 7777)), -EINPROGRESS);
  sys().set_nonblocking(task, fd, false);
  sockaddr_in name{};
  sys().getsockname(task, fd, name);
  our_port = ntohs(name.sin_port);
  our_isn = heard().raw_seq;
  runtime.on_sleep = [&] {
    inject_raw(kSyn | kAck, peer_isn, our_isn + 1, 65535, {}, {});
    inject({.flags = kAck | kPsh, .payload = text("welcome")});
    return true;
  };
  EXPECT_EQ(read(fd, 0), text("welcome"));
}

TEST_F(TcpData, OurSequenceNumbersWrapToo) {
  const int listening = listener();
  syn({});
  const std::uint32_t isn = heard().raw_seq;
  our_isn = isn;
  inject({.flags = kRst});
  // The clock of initial numbers ticks every 64 ns: wait until the next one is just below the wrap.
  const std::uint64_t ticks = (std::uint64_t{1} << 32U) - 1000 - isn;
  advance(SimTime::ns(static_cast<std::int64_t>(ticks * 64)));
  handshake(syn_options(false, false, -1));
  ASSERT_GT(our_isn, 0xffff'fc00U);
  const int fd = accept(listening);
  write(fd, pattern(4380));
  expect(kAck, 1, 1, 1460);
  expect(kAck, 1461, 1, 1460);
  expect(kAck | kPsh, 2921, 1, 1460);
  inject({.ack = 1461});
  inject({.ack = 4381});
  EXPECT_EQ(info(fd).tcpi_unacked, 0U);
  EXPECT_EQ(info(fd).tcpi_bytes_acked, 4380U);
}

}  // namespace
}  // namespace nicosim
