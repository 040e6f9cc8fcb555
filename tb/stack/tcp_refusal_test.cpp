// What a connection does not take, and how it says so: PAWS, challenge ACKs, every TCP drop reason, every state.
#include "tb/stack/tcp_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;

struct TcpRefusal : TcpFixture {
  std::uint64_t refused(DropReason reason) const { return dropped(Station::transport, reason); }
};

TEST_F(TcpRefusal, AnOldTimestampIsRefusedAndAnswered) {
  accepted_with(syn_options(true, true, 7));
  advance(SimTime::s(2));
  inject({.flags = kAck | kPsh, .payload = text("new")});
  heard();
  inject({.flags = kAck | kPsh, .seq = 4, .payload = text("old"), .tsval = 900});
  expect_ack(4);
  EXPECT_EQ(nstat("TcpExtPAWSEstab"), 1U);
  EXPECT_EQ(refused(DropReason::TCP_RFC7323_PAWS), 1U);
}

TEST_F(TcpRefusal, AResetIsTakenInSpiteOfAnOldTimestamp) {
  const int fd = accepted_with(syn_options(true, true, 7));
  advance(SimTime::s(2));
  inject({.flags = kRst, .tsval = 900});
  EXPECT_EQ(state(fd), kClose);
}

TEST_F(TcpRefusal, AResetInTheWindowButNotExactIsChallenged) {
  const int fd = accepted();
  inject({.flags = kRst, .seq = 100});
  expect_ack(1);
  EXPECT_EQ(state(fd), kEstablished);
  EXPECT_EQ(nstat("TcpExtTCPChallengeACK"), 1U);
  EXPECT_EQ(refused(DropReason::TCP_RESET), 1U);
}

TEST_F(TcpRefusal, AResetOutsideTheWindowIsIgnored) {
  const int fd = accepted();
  inject({.flags = kRst, .seq = 100'000});
  EXPECT_TRUE(silent());
  EXPECT_EQ(state(fd), kEstablished);
  EXPECT_EQ(refused(DropReason::TCP_INVALID_SEQUENCE), 1U);
}

TEST_F(TcpRefusal, AnExactResetBehindWhatSackReportedIsTaken) {
  const int fd = accepted_with(syn_options(false, true, 7));
  inject({.seq = 101, .payload = pattern(100)});
  heard();
  inject({.flags = kRst, .seq = 201});
  EXPECT_EQ(state(fd), kClose);
}

TEST_F(TcpRefusal, ASynOnAConnectionIsChallengedWhereverItIs) {
  const int fd = accepted();
  inject({.flags = kSyn, .seq = 10});
  expect_ack(1);
  advance(SimTime::s(1));
  inject({.flags = kSyn, .seq = 1'000'000});
  expect_ack(1);
  EXPECT_EQ(state(fd), kEstablished);
  EXPECT_EQ(nstat("TcpExtTCPSYNChallenge"), 2U);
  EXPECT_EQ(refused(DropReason::TCP_INVALID_SYN), 2U);
}

TEST_F(TcpRefusal, ChallengesAreLimitedToTwoASecond) {
  accepted();
  for (int i = 0; i < 10; ++i) inject({.flags = kSyn, .seq = 10});
  EXPECT_EQ(waiting(), 1U);
  EXPECT_EQ(nstat("TcpExtTCPACKSkippedChallenge"), 9U);
  advance(SimTime::ms(500));
  inject({.flags = kSyn, .seq = 10});
  EXPECT_EQ(waiting(), 2U);
}

TEST_F(TcpRefusal, AnAckOfWhatWasNeverSentIsDropped) {
  const int fd = accepted();
  inject({.ack = 5000});
  EXPECT_EQ(refused(DropReason::TCP_ACK_UNSENT_DATA), 1U);
  EXPECT_EQ(state(fd), kEstablished);
}

TEST_F(TcpRefusal, AnAckFromLongAgoIsChallenged) {
  const int fd = accepted();
  write(fd, pattern(100));
  heard();
  inject({.ack = 101});
  inject({.seq = 1, .ack = 0U - 1000U});
  EXPECT_EQ(refused(DropReason::TCP_TOO_OLD_ACK), 1U);
  expect_ack(1);
}

TEST_F(TcpRefusal, ALateAckIsDroppedQuietly) {
  const int fd = accepted();
  write(fd, pattern(100));
  heard();
  inject({.ack = 101});
  inject({.ack = 51});
  EXPECT_EQ(refused(DropReason::TCP_OLD_ACK), 1U);
  EXPECT_TRUE(silent());
}

TEST_F(TcpRefusal, ASegmentWithoutAckIsDropped) {
  accepted();
  inject({.flags = kPsh, .payload = text("x")});
  inject({.flags = 0});
  inject({.flags = kFin | kPsh | kUrg});
  EXPECT_EQ(refused(DropReason::TCP_FLAGS), 3U);
  EXPECT_TRUE(silent());
}

TEST_F(TcpRefusal, AListenerRefusesStrangeFlags) {
  listener();
  inject_raw(kSyn | kFin, 1, 0, 100, {}, {});
  inject_raw(0, 1, 0, 100, {}, {});
  inject_raw(kFin, 1, 0, 100, {}, {});
  EXPECT_EQ(refused(DropReason::TCP_FLAGS), 3U);
  inject_raw(kSyn | kAck, 1, 77, 100, {}, {});
  expect(kRst, 77 - our_isn, 0);
}

TEST_F(TcpRefusal, OptionsThatMakeNoSenseAreLeftOut) {
  listener();
  for (const Packet& odd : {bytes({2, 0, 0, 0}), bytes({2, 1, 0, 0}), bytes({3, 40, 1, 1}), bytes({8, 10, 0, 0}),
                            bytes({255, 2, 1, 0}), bytes({1, 1, 1, 2})}) {
    ++peer_port;
    syn(odd);
    EXPECT_EQ(int{heard().flags}, kSyn | kAck);
  }
}

TEST_F(TcpRefusal, DataFarBeyondTheWindowAreRefusedByWhereTheyBegin) {
  accepted();
  inject({.seq = 64'242, .payload = text("x")});
  EXPECT_EQ(refused(DropReason::TCP_INVALID_SEQUENCE), 1U);
  inject({.seq = 64'241, .payload = text("x")});
  EXPECT_EQ(refused(DropReason::TCP_OVERWINDOW), 1U);
}

TEST_F(TcpRefusal, AllThatWasReceivedAlreadyIsOld) {
  accepted();
  inject({.payload = pattern(1000)});
  inject({.payload = pattern(600)});
  inject({.payload = pattern(1000)});
  EXPECT_EQ(refused(DropReason::TCP_OLD_DATA) + refused(DropReason::TCP_INVALID_SEQUENCE), 2U);
  EXPECT_GE(refused(DropReason::TCP_OLD_DATA), 1U);
}

TEST_F(TcpRefusal, SegmentsInTheOutOfOrderQueueThatAreOvertakenAreDropped) {
  const int fd = accepted();
  inject({.seq = 101, .payload = pattern(100)});
  inject({.seq = 151, .payload = pattern(100)});
  inject({.seq = 1, .payload = pattern(300)});
  EXPECT_EQ(dropped(Station::socket, DropReason::TCP_OFO_DROP), 2U);
  EXPECT_EQ(read(fd).size(), 300U);
}

TEST_F(TcpRefusal, WithoutRoomTheOutOfOrderQueueIsPrunedFromItsEnd) {
  const int listening = listener();
  set_option(listening, SOL_SOCKET, SO_RCVBUF, 8192);
  handshake(syn_options(false, true, -1));
  accept(listening);
  for (std::uint32_t i = 0; i < 40; ++i) inject({.seq = 201 + 200 * i, .payload = pattern(100)});
  EXPECT_GT(dropped(Station::socket, DropReason::TCP_OFO_QUEUE_PRUNE) + refused(DropReason::TCP_OFO_DROP), 0U);
  EXPECT_GT(nstat("TcpExtOfoPruned"), 0U);
}

TEST_F(TcpRefusal, WithoutRoomInOrderDataAreDroppedToo) {
  const int fd = accepted();
  set_option(fd, SOL_SOCKET, SO_RCVBUF, 2304);
  // The window had been promised before.
  std::uint32_t seq = 1;
  for (int i = 0; i < 12; ++i) {
    inject({.seq = seq, .payload = pattern(650)});
    seq += 650;
  }
  EXPECT_GT(nstat("TcpExtTCPRcvQDrop"), 0U);
  EXPECT_EQ(refused(DropReason::PROTO_MEM), nstat("TcpExtTCPRcvQDrop"));
}

// While a process is in a call that takes time, frames arrive: they wait in the backlog of the socket it owns.
struct TcpBacklog : TcpRefusal {
  TcpBacklog() {
    const int listening = listener();
    set_option(listening, SOL_SOCKET, SO_RCVBUF, 2304);
    set_option(listening, SOL_SOCKET, SO_SNDBUF, 4608);
    handshake(syn_options(false, false, -1));
    fd = accept(listening);
  }
  int fd = -1;
};

TEST_F(TcpBacklog, SegmentsWaitWhileAProcessOwnsTheSocketAndTooManyAreDropped) {
  inject({.flags = kAck | kPsh, .payload = text("abcd")});
  runtime.on_catch_up = [&] {
    for (std::uint32_t i = 0; i < 200; ++i) inject({.seq = 5 + i, .payload = text("y")});
  };
  runtime.catch_ups_before = 1;  // not the one before the lock is taken, but the one at the copy
  const Packet got = read(fd);
  EXPECT_GT(nstat("TcpExtTCPBacklogDrop"), 0U);
  EXPECT_EQ(refused(DropReason::SOCKET_BACKLOG), nstat("TcpExtTCPBacklogDrop"));
  EXPECT_GE(got.size(), 4U);
}

// ---- every state with every kind of segment

struct Kind {
  const char* name;
  std::uint8_t flags;
  std::uint32_t seq;
  bool data;
};
constexpr std::array kKinds{Kind{"ack", kAck, 0, false},
                            Kind{"data", kAck | kPsh, 0, true},
                            Kind{"fin", kAck | kFin, 0, false},
                            Kind{"fin+data", kAck | kFin, 0, true},
                            Kind{"rst", kRst, 0, false},
                            Kind{"rst in window", kRst, 100, false},
                            Kind{"rst outside", kRst, 0x4000'0000, false},
                            Kind{"syn", kSyn, 0, false},
                            Kind{"syn outside", kSyn, 0x4000'0000, false},
                            Kind{"syn+ack", kSyn | kAck, 0, false},
                            Kind{"syn+fin", kSyn | kFin, 0, false},
                            Kind{"null", 0, 0, false},
                            Kind{"xmas", kFin | kPsh | kUrg, 0, true},
                            Kind{"old data", kAck | kPsh, 0xffff'fff0, true},
                            Kind{"data outside", kAck, 0x4000'0000, true},
                            Kind{"urgent", kAck | kUrg, 0, true}};

struct TcpStates : TcpFixture, ::testing::WithParamInterface<std::size_t> {
  // Brings a fresh connection into the state; returns its descriptor. next_seq, next_ack: what the peer says next.
  int reach(const std::string& name) {
    next_seq = next_ack = 1;
    if (name == "SYN_SENT") {
      const int fd = connect_nonblocking();
      our_isn = heard().raw_seq;
      next_seq = 0;
      return fd;
    }
    if (name == "SYN_RECV") {
      const int fd = connect_nonblocking();
      our_isn = heard().raw_seq;
      syn(syn_options(false, false, -1));
      return fd;
    }
    const int fd = accepted();
    if (name == "CLOSE_WAIT" || name == "LAST_ACK") {
      inject({.flags = kAck | kFin});
      next_seq = 2;
    }
    if (name != "ESTABLISHED" && name != "CLOSE_WAIT") shutdown(fd, SHUT_WR);
    if (name == "FIN_WAIT2") {
      inject({.ack = 2});
      next_ack = 2;
    }
    if (name == "CLOSING") {
      inject({.flags = kAck | kFin});
      next_seq = 2;
    }
    return fd;
  }
  std::uint32_t next_seq = 1, next_ack = 1;
};

// The state after each kind, in Linux's numbers: 1 ESTABLISHED, 2 SYN_SENT, 3 SYN_RECV, 4 FIN_WAIT1, 5 FIN_WAIT2,
// 7 CLOSE (TIME_WAIT looks like that to the socket), 8 CLOSE_WAIT, 9 LAST_ACK, 11 CLOSING.
struct Expected {
  const char* name;
  std::array<int, kKinds.size()> after;
};
//                             ack data fin f+d rst r-in r-out syn s-out s+a s+f null xmas old out urg
constexpr std::array kExpected{
    Expected{"SYN_SENT", {2, 2, 2, 2, 2, 2, 2, 3, 3, 1, 3, 2, 2, 2, 2, 2}},
    Expected{"SYN_RECV", {1, 1, 8, 8, 7, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 1}},
    Expected{"ESTABLISHED", {1, 1, 8, 8, 7, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}},
    Expected{"FIN_WAIT1", {4, 4, 11, 11, 7, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4}},
    Expected{"FIN_WAIT2", {5, 5, 7, 7, 7, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5}},
    Expected{"CLOSING", {11, 11, 11, 11, 7, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11, 11}},
    Expected{"CLOSE_WAIT", {8, 8, 8, 8, 7, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8}},
    Expected{"LAST_ACK", {9, 9, 9, 9, 7, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9}},
};

TEST_P(TcpStates, EveryKindOfSegmentLeadsWhereTheTableSays) {
  const Expected& row = kExpected[GetParam()];
  for (std::size_t k = 0; k < kKinds.size(); ++k) {
    StackConfig fresh;
    rebuild(fresh);
    know_peer();
    read_so_far = card.sent.size();
    peer_isn += 7919;
    const int fd = reach(row.name);
    forget_sent();
    const Kind& kind = kKinds[k];
    In in;
    in.flags = kind.flags;
    in.seq = next_seq + kind.seq;
    in.ack = next_ack;
    if (kind.data) in.payload = pattern(10);
    inject(in);
    EXPECT_EQ(state(fd), row.after[k]) << row.name << " got " << kind.name;
    EXPECT_LE(waiting(), 2U) << row.name << " got " << kind.name;
    advance(SimTime::s(1));
  }
}

INSTANTIATE_TEST_SUITE_P(Rows, TcpStates, ::testing::Range(std::size_t{0}, kExpected.size()),
                         [](const auto& row) { return kExpected[row.param].name; });

}  // namespace
}  // namespace nicosim
