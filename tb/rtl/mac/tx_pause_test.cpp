// Flow control of the transmit side: PAUSE frames are obeyed to the cycle, and sent when the receive FIFO asks for it.
#include <gtest/gtest.h>

#include "tb/rtl/mac/transmit_path.hpp"

namespace nicosim {
namespace {

using xgmii::FrameBytes;

constexpr unsigned kQuantum = 8;  // cycles

FrameBytes bytes_of(std::size_t length, std::uint8_t value) { return FrameBytes(length, std::byte{value}); }

unsigned word(const FrameBytes& frame, std::size_t at) {
  return std::to_integer<unsigned>(frame[at]) << 8U | std::to_integer<unsigned>(frame[at + 1]);
}

class TxPause : public ::testing::Test {
 protected:
  void received(unsigned quanta) {
    path.pins().pause_valid_i = 1;
    path.pins().pause_time_i = static_cast<std::uint16_t>(quanta);
    path.cycle();
    path.pins().pause_valid_i = 0;
  }
  void level(unsigned bytes) { path.pins().level_i = static_cast<std::uint16_t>(bytes); }
  const std::vector<xgmii::Decoder::Frame>& frames() const { return path.wire.frames(); }

  TransmitPath path;
};

TEST_F(TxPause, NoFrameBeginsForAsLongAsItWasTold) {
  path.pins().pause_receive_i = 1;
  path.idle(3);
  for (const unsigned quanta : {1U, 2U, 7U, 100U}) {
    path.wire.take();
    received(quanta);
    const std::uint64_t from = path.cycles;
    path.send(bytes_of(100, 1), 1);
    while (!path.wire.inside_frame()) {
      path.cycle();
      ASSERT_LT(path.cycles, from + quanta * kQuantum + 100);
    }
    EXPECT_GE(path.cycles, from + quanta * kQuantum);
    EXPECT_LE(path.cycles, from + quanta * kQuantum + 5);
    path.until_quiet();
  }
}

TEST_F(TxPause, AFrameUnderWayIsFinishedAndXonEndsThePause) {
  path.pins().pause_receive_i = 1;
  path.send(bytes_of(1500, 1), 1);
  path.send(bytes_of(100, 2), 2);
  path.idle(110);
  ASSERT_TRUE(path.wire.inside_frame());
  received(0xffff);
  path.idle(1000);
  ASSERT_EQ(frames().size(), 1U);
  EXPECT_TRUE(frames()[0].fcs_ok());
  EXPECT_TRUE(path.pins().quiet_o) << "nothing moves until the deadline";
  EXPECT_LT(path.pins().next_deadline_o, path.cycles + 0xffff * kQuantum);
  received(0);
  path.idle(40);
  EXPECT_EQ(frames().size(), 2U);
  EXPECT_EQ(path.pins().next_deadline_o, ~0ULL);
}

TEST_F(TxPause, WithoutRfceNothingIsObeyed) {
  received(100);
  path.send(bytes_of(100, 1), 1);
  path.idle(60);
  EXPECT_EQ(frames().size(), 1U);
}

TEST_F(TxPause, WhileHeldAndQuietNothingChanges) {
  path.pins().pause_receive_i = 1;
  path.send(bytes_of(100, 1), 1);
  path.send(bytes_of(100, 1), 2);
  received(20);
  path.idle(30);
  ASSERT_TRUE(path.pins().quiet_o);
  const std::uint64_t deadline = path.pins().next_deadline_o;
  path.time_runs = false;
  path.idle(2);
  const auto before = path.state();
  path.idle(3);
  EXPECT_EQ(before, path.state());
  path.time_runs = true;
  while (path.cycles + 1 < deadline) {
    path.cycle();
    ASSERT_TRUE(path.pins().quiet_o);
    ASSERT_TRUE(frames().empty());
  }
  path.idle(60);
  EXPECT_EQ(frames().size(), 2U);
}

TEST_F(TxPause, AFullReceiveFifoSendsXoffAgainAndAgainAndThenXon) {
  path.pins().pause_transmit_i = 1;
  path.pins().xon_enable_i = 1;
  path.pins().pause_timer_i = 100;
  path.pins().high_i = 0x8000;
  path.pins().low_i = 0x4000;
  path.idle(5);
  level(0x7fff);
  path.idle(50);
  EXPECT_TRUE(frames().empty());
  level(0x8000);
  path.idle(100 * kQuantum * 3);
  // Every 75 quanta, so that the far end's time never runs out
  ASSERT_EQ(frames().size(), 4U);
  for (std::size_t i = 1; i < frames().size(); ++i) {
    const std::uint64_t apart = (frames()[i].start - frames()[i - 1].start) / 8;
    EXPECT_GE(apart, 75U * kQuantum);
    EXPECT_LE(apart, 75U * kQuantum + 8);
  }
  level(0x5000);  // between the two: no more XOFF, no XON yet
  path.idle(2000);
  EXPECT_EQ(frames().size(), 4U);
  level(0x3fff);
  path.idle(50);
  ASSERT_EQ(frames().size(), 5U);
  for (std::size_t i = 0; i < 5; ++i) {
    const FrameBytes& frame = frames()[i].bytes;
    ASSERT_TRUE(frames()[i].fcs_ok());
    ASSERT_EQ(frame.size(), 64U);
    EXPECT_EQ(word(frame, 0) << 16U | word(frame, 2), 0x0180c200U);
    EXPECT_EQ(word(frame, 4), 1U);
    EXPECT_EQ(word(frame, 6), 0x5254U);
    EXPECT_EQ(word(frame, 10), 0x3456U);
    EXPECT_EQ(word(frame, 12), 0x8808U);
    EXPECT_EQ(word(frame, 14), 1U) << "opcode";
    EXPECT_EQ(word(frame, 16), i < 4 ? 100U : 0U);
    for (std::size_t k = 18; k < 60; ++k) EXPECT_EQ(frame[k], std::byte{0});
    EXPECT_EQ(path.mac_kinds[i], 3U);
  }
  EXPECT_EQ(path.xoffs, 4U);
  EXPECT_EQ(path.xons, 1U);
  ASSERT_EQ(path.stats.size(), 5U);
  for (const auto& stat : path.stats) EXPECT_TRUE(stat.pause && stat.length == 64);
}

TEST_F(TxPause, WithoutXoneTheFarEndsTimeSimplyRunsOut) {
  path.pins().pause_transmit_i = 1;
  path.pins().pause_timer_i = 100;
  path.pins().high_i = 0x800;
  path.pins().low_i = 0x400;
  level(0x900);
  path.idle(100);
  level(0);
  path.idle(2000);
  EXPECT_EQ(frames().size(), 1U);
  EXPECT_EQ(path.pins().next_deadline_o, ~0ULL);
  level(0x900);
  path.idle(100);
  EXPECT_EQ(frames().size(), 2U) << "the next rise is told at once";
}

TEST_F(TxPause, SoftwareSendsOneByHandBetweenFramesOfTheHost) {
  path.pins().pause_timer_i = 0x1234;
  for (std::uint32_t i = 0; i < 6; ++i) path.send(bytes_of(200, 7), i);
  path.idle(80);
  path.pins().send_xoff_i = 1;
  path.cycle();
  path.pins().send_xoff_i = 0;
  path.until_quiet();
  ASSERT_EQ(frames().size(), 7U);
  unsigned pauses = 0;
  for (const auto& frame : frames()) {
    EXPECT_TRUE(frame.fcs_ok());
    if (frame.gap) {
      EXPECT_GE(*frame.gap, 9U);
    }
    if (word(frame.bytes, 12) == 0x8808) {
      ++pauses;
      EXPECT_EQ(word(frame.bytes, 16), 0x1234U);
    } else {
      EXPECT_EQ(frame.bytes.size(), 204U);
    }
  }
  EXPECT_EQ(pauses, 1U);
  EXPECT_NE(word(frames().back().bytes, 12), 0x8808U) << "it did not wait for the queue";
}

TEST_F(TxPause, APausedTransmitterStillSendsPauseFrames) {
  path.pins().pause_receive_i = 1;
  path.pins().pause_timer_i = 5;
  path.send(bytes_of(200, 7), 1);
  received(1000);
  path.idle(50);
  path.pins().send_xoff_i = 1;
  path.cycle();
  path.pins().send_xoff_i = 0;
  path.idle(100);
  ASSERT_EQ(frames().size(), 1U);
  EXPECT_EQ(word(frames()[0].bytes, 12), 0x8808U);
}

}  // namespace
}  // namespace nicosim
