// Station `write` of TCP segments: when the process handed over the first byte, however late the segment was cut.
#include "tb/stack/tcp_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;

struct TcpWriteStation : TcpFixture {
  // What the frames sent so far have waited between write() and being built, the longest.
  SimTime longest() const { return ledger.latency(Station::tx_transport).max; }
  std::uint64_t written() const { return ledger.latency(Station::write).count; }
};

TEST_F(TcpWriteStation, ASegmentThatLeavesAtOnceWasWrittenNow) {
  const int fd = accepted();
  EXPECT_EQ(written(), 0U) << "a SYN-ACK has no bytes of a process";
  write(fd, text("hello"));
  expect(kAck | kPsh, 1, 1, 5);
  EXPECT_EQ(written(), 1U);
  EXPECT_EQ(longest(), SimTime::zero());
}

TEST_F(TcpWriteStation, WaitingForAnAckCountsFromTheWriteOfTheFirstByte) {
  const int fd = accepted();
  write(fd, text("first"));
  forget_sent();
  write(fd, text("second"));  // Nagle: a short one is out
  advance(SimTime::ms(3));
  write(fd, text("third"));
  advance(SimTime::ms(4));
  EXPECT_TRUE(silent());
  inject({.ack = 6});
  expect(kAck | kPsh, 6, 1, 11);
  EXPECT_EQ(written(), 2U);
  EXPECT_EQ(longest(), SimTime::ms(7)) << "of \"second\", with which the segment begins";
}

TEST_F(TcpWriteStation, ASegmentCutInTheMiddleBelongsToTheWriteOfItsOwnFirstByte) {
  const int fd = accepted_with(syn_options(false, false, -1, 1000), 1000);
  write(fd, Packet(1000));  // the window is full
  forget_sent();
  write(fd, Packet(300));
  advance(SimTime::ms(5));
  write(fd, Packet(700));
  advance(SimTime::ms(2));
  EXPECT_TRUE(silent());
  inject({.ack = 1001, .window = 400});
  advance(SimTime::ms(300));  // less than a segment: the persist timer sends what fits
  EXPECT_EQ(heard().payload.size(), 400U);
  const SimTime first = longest();
  EXPECT_GE(first, SimTime::ms(7 + 200));
  advance(SimTime::ms(1000));
  inject({.ack = 1401, .window = 1000});
  while (!silent()) heard();
  EXPECT_EQ(ledger.latency(Station::write).max, SimTime::zero()) << "it is where the clock starts";
  EXPECT_EQ(longest(), SimTime::ms(7 + 300 + 1000) - SimTime::ms(5)) << "byte 400 came with the second write";
}

TEST_F(TcpWriteStation, ARetransmissionCountsFromTheWriteToo) {
  const int fd = accepted();
  write(fd, text("hello"));
  heard();
  advance(SimTime::ms(2));
  const SimTime waited = until_heard(SimTime::s(1));
  expect(kAck | kPsh, 1, 1, 5);
  EXPECT_EQ(written(), 2U);
  EXPECT_LE(longest(), waited + SimTime::ms(2));
  EXPECT_GT(longest(), waited + SimTime::ms(1)) << "it is looked at every millisecond";
}

TEST_F(TcpWriteStation, WhoWaitsForRoomHasNotWrittenYet) {
  const int fd = accepted();
  set_option(fd, SOL_SOCKET, SO_SNDBUF, 1);  // 4608 bytes of memory
  int step = 0;
  runtime.on_sleep = [&] {
    advance(SimTime::ms(10));
    std::uint32_t ack = 1;
    while (!silent()) {
      const Out out = heard();
      ack = out.seq + static_cast<std::uint32_t>(out.payload.size());
    }
    if (ack != 1) inject({.ack = ack});
    return ++step < 100;
  };
  EXPECT_EQ(write(fd, Packet(20'000), 0), 20'000);
  EXPECT_GE(step, 3) << "it slept again and again";
  EXPECT_LT(longest(), SimTime::ms(11)) << "the wait for room was the process's";
}

TEST_F(TcpWriteStation, AFrameOfSeveralPacketsIsWrittenOnce) {
  card.offers = {.tx_checksum = true, .tso = true, .gso = true};
  const int fd = accepted();
  write(fd, Packet(4380));
  EXPECT_EQ(card.sent.size() - read_so_far, 3U);
  EXPECT_EQ(written(), 1U);
  forget_sent();
  inject({.ack = 4381});
}

}  // namespace
}  // namespace nicosim
