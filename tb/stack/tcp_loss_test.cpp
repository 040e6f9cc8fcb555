// Loss, repeated and taken back: RTO, fast retransmit with and without SACK, RACK, tail loss probe, F-RTO.
#include "tb/stack/tcp_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;

struct TcpLoss : TcpFixture {
  TcpLoss() { round_trip = SimTime::ms(20); }
  static Packet sack(std::uint32_t start, std::uint32_t end) {
    Packet o = bytes({1, 1, 5, 10});
    o.resize(12);
    store_be32(o, 4, start);
    store_be32(o, 8, end);
    return o;
  }
  Packet sack_of(std::uint32_t start, std::uint32_t end) const { return sack(peer_view(start), peer_view(end)); }
  std::uint32_t peer_view(std::uint32_t relative) const { return our_isn + relative; }
  int with_sack() { return accepted_with(syn_options(false, true, 7)); }
  int without_sack() { return accepted(); }
};

TEST_F(TcpLoss, AnUnansweredSegmentIsRepeatedWithDoubledWaits) {
  const int fd = without_sack();
  write(fd, text("hello"));
  heard();
  SimTime gap = SimTime::ms(220);  // 20 ms, and a deviation of at least 200 ms
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(until_heard(SimTime::s(30)), gap) << i;
    expect(kAck | kPsh, 1, 1, 5);
    gap = gap * 2;
  }
  EXPECT_EQ(nstat("TcpExtTCPTimeouts"), 6U);
  EXPECT_EQ(nstat("TcpRetransSegs"), 6U);
  EXPECT_EQ(info(fd).tcpi_backoff, 6U);
  EXPECT_EQ(info(fd).tcpi_snd_cwnd, 1U);
}

TEST_F(TcpLoss, AfterAboutFifteenMinutesTheConnectionTimesOut) {
  const int fd = without_sack();
  write(fd, text("hello"));
  advance(SimTime::s(900));
  EXPECT_EQ(state(fd), kEstablished);
  advance(SimTime::s(150));
  EXPECT_EQ(so_error(fd), ETIMEDOUT);
  EXPECT_EQ(nstat("TcpExtTCPAbortOnTimeout"), 1U);
}

TEST_F(TcpLoss, TheUserTimeoutEndsItEarlier) {
  const int fd = without_sack();
  set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 2000);
  write(fd, text("hello"));
  advance(SimTime::ms(1900));
  EXPECT_EQ(state(fd), kEstablished);
  advance(SimTime::ms(400));
  EXPECT_EQ(so_error(fd), ETIMEDOUT);
}

TEST_F(TcpLoss, ARepeatedSegmentGivesNoRoundTripTimeOfItsOwn) {
  const int fd = without_sack();
  write(fd, text("hello"));
  advance(SimTime::ms(700));
  forget_sent();
  inject({.ack = 6});
  EXPECT_EQ(info(fd).tcpi_rtt, 20'000U) << "Karn";
  EXPECT_EQ(info(fd).tcpi_backoff, 2U) << "and the back-off stays until there is a measurement";
  write(fd, text("again"));
  advance(SimTime::ms(50));
  inject({.ack = 11});
  EXPECT_EQ(info(fd).tcpi_rtt, 23'750U);
  EXPECT_EQ(info(fd).tcpi_backoff, 0U);
}

TEST_F(TcpLoss, ATimestampMeasuresARepeatedSegmentToo) {
  const int fd = accepted_with(syn_options(true, false, 7));
  write(fd, text("hello"));
  advance(SimTime::ms(700));
  forget_sent();
  advance(SimTime::ms(100));
  inject({.ack = 6});
  EXPECT_GT(info(fd).tcpi_rtt, 20'000U);
}

TEST_F(TcpLoss, ThreeDuplicateAcksRepeatTheFirstSegmentAtOnce) {
  const int fd = without_sack();
  advance(SimTime::ms(10));
  write(fd, pattern(14'600));
  forget_sent();
  for (int i = 0; i < 2; ++i) inject({});
  EXPECT_TRUE(silent());
  inject({});
  expect(kAck, 1, 1, 1460);
  EXPECT_EQ(nstat("TcpExtTCPRenoRecovery"), 1U);
  EXPECT_EQ(nstat("TcpExtTCPFastRetrans"), 1U);
  EXPECT_EQ(info(fd).tcpi_ca_state, 3U);
}

TEST_F(TcpLoss, APartialAckRepeatsTheNextHoleWithoutWaiting) {
  const int fd = without_sack();
  write(fd, pattern(14'600));
  forget_sent();
  for (int i = 0; i < 3; ++i) inject({});
  heard();
  inject({.ack = 1461});
  expect(kAck, 1461, 1, 1460);
  inject({.ack = 14'601});
  EXPECT_EQ(info(fd).tcpi_unacked, 0U);
  EXPECT_EQ(nstat("TcpExtTCPTimeouts"), 0U);
}

TEST_F(TcpLoss, DuplicatesStandForNoMoreThanIsUnderWay) {
  const int fd = without_sack();
  write(fd, pattern(14'600));
  for (int i = 0; i < 12; ++i) inject({});
  EXPECT_EQ(info(fd).tcpi_sacked, 9U);
  inject({.ack = 2921});
  EXPECT_EQ(info(fd).tcpi_unacked, 8U);
  EXPECT_EQ(info(fd).tcpi_lost, 1U);
  EXPECT_EQ(info(fd).tcpi_sacked, 7U);
  EXPECT_GE(nstat("TcpExtTCPRenoReorder"), 1U);
}

TEST_F(TcpLoss, DuplicatesStandForNothingThatIsTooBigForThePath) {
  const int fd = without_sack();
  write(fd, pattern(14'600));
  const Packet first = heard().frame;
  for (int i = 0; i < 2; ++i) inject({});
  EXPECT_EQ(info(fd).tcpi_sacked, 2U);
  const Packet quoted(first.begin() + 14, first.begin() + 14 + 28);
  receive(ethernet(ipv4(icmp(3, 4, 1000, quoted), {.protocol = 1})));
  EXPECT_EQ(info(fd).tcpi_lost, info(fd).tcpi_unacked);
  EXPECT_EQ(info(fd).tcpi_sacked, 0U);
}

TEST_F(TcpLoss, RenoHalvesItsWindowAndCubicTakesSevenTenths) {
  for (const char* const name : {"reno", "cubic"}) {
    ++peer_port;
    const int listening = listener(10, static_cast<std::uint16_t>(peer_port - 39000));
    our_port = static_cast<std::uint16_t>(peer_port - 39000);
    handshake(syn_options(false, true, 7));
    const int fd = accept(listening);
    std::array<char, 8> text_of{};
    std::ranges::copy(std::string_view{name}, text_of.begin());
    set_option(fd, IPPROTO_TCP, TCP_CONGESTION, text_of);
    write(fd, pattern(14'600));
    forget_sent();
    inject({.options = sack_of(1461, 1 + 4 * 1460)});
    forget_sent();
    inject({.ack = 14'601});
    EXPECT_EQ(info(fd).tcpi_snd_ssthresh, std::string_view{name} == "reno" ? 5U : 7U) << name;
    EXPECT_EQ(info(fd).tcpi_ca_state, 0U);
  }
}

TEST_F(TcpLoss, SackNamesTheHolesAndOnlyTheyAreRepeated) {
  const int fd = with_sack();
  write(fd, pattern(14'600));
  forget_sent();
  advance(SimTime::ms(20));
  inject({.options = sack_of(1461, 2921)});
  EXPECT_TRUE(silent());
  inject({.options = sack_of(1461, 4381)});
  EXPECT_TRUE(silent());
  inject({.options = sack_of(1461, 5841)});
  expect(kAck, 1, 1, 1460);
  EXPECT_EQ(info(fd).tcpi_sacked, 3U);
  EXPECT_EQ(nstat("TcpExtTCPSackRecovery"), 1U);
  while (!silent()) EXPECT_GT(heard().seq, 14'000U) << "nothing that was reported goes again";
}

TEST_F(TcpLoss, AWindowWithTwoHolesIsRepairedInOneRecovery) {
  const int fd = with_sack();
  write(fd, pattern(14'600));
  forget_sent();
  Packet two = bytes({1, 1, 5, 18});
  two.resize(20);
  store_be32(two, 4, peer_view(1461));
  store_be32(two, 8, peer_view(4381));
  store_be32(two, 12, peer_view(5841));
  store_be32(two, 16, peer_view(11'681));
  advance(SimTime::ms(20));
  inject({.options = two});
  std::vector<std::uint32_t> repeated;
  while (!silent()) repeated.push_back(heard().seq);
  advance(SimTime::ms(20));
  inject({.ack = 4381, .options = sack_of(5841, 11'681)});
  while (!silent()) repeated.push_back(heard().seq);
  EXPECT_EQ(std::ranges::count(repeated, 1U), 1);
  EXPECT_EQ(std::ranges::count(repeated, 4381U), 1);
  inject({.ack = 14'601});
  EXPECT_EQ(nstat("TcpExtTCPSackRecovery"), 1U);
  EXPECT_EQ(info(fd).tcpi_ca_state, 0U);
}

TEST_F(TcpLoss, TheLastSegmentIsProbedLongBeforeTheTimeOut) {
  const int fd = with_sack();
  // A round trip of 50 ms is known.
  write(fd, pattern(100));
  advance(SimTime::ms(50));
  inject({.ack = 101});
  write(fd, pattern(2920));
  forget_sent();
  const std::uint32_t srtt_us = info(fd).tcpi_rtt;
  advance(SimTime::us(2 * static_cast<std::int64_t>(srtt_us)) + SimTime::ms(9));
  ASSERT_EQ(waiting(), 1U);
  expect(kAck | kPsh, 1561, 1, 1460);
  EXPECT_EQ(nstat("TcpExtTCPLossProbes"), 1U);
  // The probe arrived and reports the hole before it.
  advance(SimTime::ms(25));
  inject({.ack = 101, .options = sack_of(1561, 3021)});
  advance(SimTime::ms(50));
  EXPECT_EQ(nstat("TcpExtTCPTimeouts"), 0U);
  expect(kAck, 101, 1, 1460);
}

TEST_F(TcpLoss, ATimeOutThatWasTooEarlyIsTakenBack) {
  const int fd = accepted_with(syn_options(true, true, 7));
  write(fd, pattern(4 * 1448));
  forget_sent();
  const std::uint32_t stamp = our_tsval;
  advance(SimTime::ms(300));
  ASSERT_GE(nstat("TcpExtTCPTimeouts"), 1U);
  forget_sent();
  our_tsval = stamp;  // the ACK of the original
  inject({.ack = 1 + 1448});
  EXPECT_EQ(nstat("TcpExtTCPLossUndo"), 1U);
  EXPECT_EQ(info(fd).tcpi_ca_state, 0U);
  EXPECT_GE(info(fd).tcpi_snd_cwnd, 10U);
}

TEST_F(TcpLoss, ADsackTakesAFastRetransmitBack) {
  const int fd = with_sack();
  advance(SimTime::ms(10));
  write(fd, pattern(14'600));
  forget_sent();
  inject({.options = sack_of(1461, 5841)});
  heard();
  // The original of the first segment was only late: both copies arrive.
  inject({.ack = 5841, .options = sack_of(1, 1461)});
  EXPECT_EQ(nstat("TcpExtTCPDSACKRecv"), 1U);
  EXPECT_EQ(nstat("TcpExtTCPDSACKUndo"), 1U);
  EXPECT_GE(info(fd).tcpi_snd_cwnd, 10U);
}

TEST_F(TcpLoss, AReceiverThatThrowsReportedDataAwayGetsThemAgain) {
  const int fd = with_sack();
  write(fd, pattern(5 * 1460));
  forget_sent();
  inject({.options = sack_of(1461, 2921)});
  inject({.ack = 1461});  // acknowledges up to data that it had reported, but not these
  advance(SimTime::s(1));
  bool again = false;
  while (!silent()) again = heard().seq == 1461 || again;
  EXPECT_TRUE(again);
  EXPECT_EQ(nstat("TcpExtTCPSACKReneging"), 1U);
  (void)fd;
}

TEST_F(TcpLoss, ALostRepetitionIsNoticedWithoutATimeOut) {
  const int fd = with_sack();
  write(fd, pattern(100));
  advance(SimTime::ms(20));
  inject({.ack = 101});
  write(fd, pattern(30 * 1460));
  forget_sent();
  advance(SimTime::ms(20));
  inject({.ack = 101, .options = sack_of(1561, 1561 + 4 * 1460)});
  std::uint32_t highest = 0;
  while (!silent()) highest = std::max(highest, heard().seq);
  ASSERT_GT(highest, 101U) << "the repetition, and new data behind it";
  advance(SimTime::ms(20));
  inject({.ack = 101, .options = sack_of(1561, highest + 1460)});
  bool again = false;
  while (!silent()) again = heard().seq == 101 || again;
  EXPECT_TRUE(again);
  EXPECT_EQ(nstat("TcpExtTCPLostRetransmit"), 1U);
  EXPECT_EQ(nstat("TcpExtTCPTimeouts"), 0U);
  (void)fd;
}

TEST_F(TcpLoss, AFullDeviceQueueSlowsTheConnectionDownAndLosesNothing) {
  const int fd = without_sack();
  card.room = 0;
  write(fd, pattern(5000));
  EXPECT_TRUE(silent());
  card.room = 1000;
  stack->tx_wake(card);
  run_softirqs();
  EXPECT_EQ(waiting(), 4U);
}

TEST_F(TcpLoss, ReorderingThatWasSeenOnceIsWaitedForTheNextTime) {
  const int fd = with_sack();
  write(fd, pattern(14'600));
  forget_sent();
  advance(SimTime::ms(20));
  // The first segment comes after the second to fourth: only late.
  inject({.options = sack_of(1461, 2921)});
  inject({.ack = 2921});
  EXPECT_EQ(nstat("TcpExtTCPSACKReorder"), 1U);
  EXPECT_EQ(nstat("TcpRetransSegs"), 0U);
  // From now on three reports are no proof: a quarter of the round trip passes first.
  forget_sent();
  inject({.ack = 2921, .options = sack_of(4381, 8761)});
  EXPECT_EQ(nstat("TcpRetransSegs"), 0U);
  advance(SimTime::ms(20));
  EXPECT_EQ(nstat("TcpRetransSegs"), 1U);
}

}  // namespace
}  // namespace nicosim
