#include "tb/stack/stack_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;

enum Flags : std::uint8_t { kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16, kUrg = 32 };

struct Tcp : StackFixture {
  Tcp() { know_peer(); }
  struct Answer {
    std::uint32_t seq, ack;
    std::uint8_t flags;
  };
  Answer answer() {
    EXPECT_EQ(card.sent.size(), 1U);
    const Bytes segment = Bytes{card.sent.at(0)}.subspan(34);
    EXPECT_EQ(segment.size(), 20U);
    EXPECT_EQ(transport_checksum(kOurIp, kPeerIp, 6, segment), 0U);
    EXPECT_EQ(load_be16(segment, 0), 80);
    EXPECT_EQ(load_be16(segment, 2), 40000);
    EXPECT_EQ(load_be16(segment, 14), 0) << "a reset offers no window";
    return {load_be32(segment, 4), load_be32(segment, 8), load8(segment, 13)};
  }
};

TEST_F(Tcp, ASynToAClosedPortIsResetWithItsSequenceAcknowledged) {
  receive(tcp_frame({.seq = 1000}));
  const Answer reset = answer();
  EXPECT_EQ(reset.flags, kRst | kAck);
  EXPECT_EQ(reset.seq, 0U);
  EXPECT_EQ(reset.ack, 1001U);
  EXPECT_EQ(fate(Fate::answered), 1U);
  EXPECT_EQ(nstat("TcpOutRsts"), 1U);
}

TEST_F(Tcp, AnAckIsResetAtTheNumberItAcknowledges) {
  receive(tcp_frame({.seq = 5, .ack = 777, .flags = kAck}));
  const Answer reset = answer();
  EXPECT_EQ(reset.flags, kRst);
  EXPECT_EQ(reset.seq, 777U);
}

TEST_F(Tcp, DataWithoutAckIsResetBehindItsLastByte) {
  receive(tcp_frame({.seq = 0xffff'fffe, .flags = kPsh}, text("hello")));
  const Answer reset = answer();
  EXPECT_EQ(reset.flags, kRst | kAck);
  EXPECT_EQ(reset.ack, 3U) << "sequence numbers wrap";
}

TEST_F(Tcp, DataWithAckIsResetLikeAnAck) {
  receive(tcp_frame({.seq = 5, .ack = 90, .flags = kAck | kPsh}, text("hello")));
  EXPECT_EQ(answer().seq, 90U);
}

TEST_F(Tcp, SynAndFinBothCountInTheResetsAcknowledgement) {
  receive(tcp_frame({.seq = 10, .flags = kSyn | kFin}));
  EXPECT_EQ(answer().ack, 12U);
}

TEST_F(Tcp, ANullSegmentIsResetToo) {
  receive(tcp_frame({.seq = 10, .flags = 0}));
  EXPECT_EQ(answer().ack, 10U);
}

TEST_F(Tcp, AResetIsNeverAnswered) {
  receive(tcp_frame({.flags = kRst}));
  receive(tcp_frame({.flags = kRst | kAck}));
  EXPECT_EQ(dropped(Station::transport, DropReason::NO_SOCKET), 2U);
  EXPECT_TRUE(card.sent.empty());
}

TEST_F(Tcp, AWrongChecksumIsDropped) {
  Packet frame = tcp_frame({});
  store8(frame, 34 + 7, 1);
  receive(frame);
  EXPECT_EQ(dropped(Station::transport, DropReason::TCP_CSUM), 1U);
  EXPECT_EQ(nstat("TcpInCsumErrors"), 1U);
}

TEST_F(Tcp, ADataOffsetBelowFiveOrBeyondTheSegmentIsDropped) {
  for (const std::uint8_t offset : {std::uint8_t{0x40}, std::uint8_t{0x60}}) {
    Packet segment = tcp({});
    store8(segment, 12, offset);
    receive(ethernet(ipv4(segment, {.protocol = 6})));
  }
  receive(ethernet(ipv4(pattern(19), {.protocol = 6})));
  EXPECT_EQ(dropped(Station::transport, DropReason::PKT_TOO_SMALL), 3U);
  EXPECT_EQ(nstat("TcpInErrs"), 3U);
}

TEST_F(Tcp, ABroadcastSegmentIsDropped) {
  receive(ethernet(ipv4(tcp({}), {.protocol = 6}), {.to = MacAddress::broadcast()}));
  EXPECT_EQ(dropped(Station::transport, DropReason::NOT_SPECIFIED), 1U);
}

}  // namespace
}  // namespace nicosim
