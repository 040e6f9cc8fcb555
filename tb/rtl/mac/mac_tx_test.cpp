// The transmit FIFO and MAC: what is committed reaches the wire whole, padded, with the right FCS and the right gap.
#include <gtest/gtest.h>

#include "tb/rtl/mac/receive_path.hpp"
#include "tb/rtl/mac/transmit_path.hpp"

namespace nicosim {
namespace {

using xgmii::FrameBytes;

FrameBytes random_bytes(Rng& rng, std::size_t length) {
  FrameBytes bytes(length);
  for (std::byte& b : bytes) b = static_cast<std::byte>(rng.next());
  return bytes;
}

FrameBytes on_the_wire(FrameBytes data, std::size_t shortest = 60) {
  if (data.size() < shortest) data.resize(shortest);
  return xgmii::with_fcs(std::move(data));
}

class MacTx : public ::testing::Test {
 protected:
  Rng rng{1, "mac_tx_test"};
  TransmitPath path;
};

TEST_F(MacTx, EveryLengthIsPaddedAndGetsItsFcs) {
  std::vector<FrameBytes> sent;
  for (std::size_t length = 1; length <= 1522; ++length) {
    sent.push_back(random_bytes(rng, length));
    path.send(sent.back(), static_cast<std::uint32_t>(length), true, length % 3 == 0);
  }
  path.until_quiet();
  ASSERT_EQ(path.wire.frames().size(), sent.size());
  ASSERT_EQ(path.stats.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const xgmii::Decoder::Frame& frame = path.wire.frames()[i];
    ASSERT_TRUE(frame.fcs_ok()) << "length " << sent[i].size();
    ASSERT_EQ(frame.bytes, on_the_wire(sent[i])) << "length " << sent[i].size();
    ASSERT_EQ(path.fifo_tags[i], i + 1);
    ASSERT_EQ(path.mac_tags[i], i + 1);
    ASSERT_EQ(path.stats[i].length, frame.bytes.size());
  }
  EXPECT_EQ(path.wire.strays(), 0U);
}

TEST_F(MacTx, WithoutPaddingAShortFrameStaysShort) {
  path.pins().pad_short_i = 0;
  std::vector<FrameBytes> sent;
  for (std::size_t length = 1; length <= 80; ++length) {
    sent.push_back(random_bytes(rng, length));
    path.send(sent.back(), 0);
  }
  path.until_quiet();
  ASSERT_EQ(path.wire.frames().size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) EXPECT_EQ(path.wire.frames()[i].bytes, on_the_wire(sent[i], 0));
}

TEST_F(MacTx, WithoutFcsInsertionTheFrameBringsItsOwn) {
  std::vector<FrameBytes> sent;
  for (std::size_t length = 64; length <= 200; ++length) {
    sent.push_back(on_the_wire(random_bytes(rng, length - 4)));
    path.send(sent.back(), 0, false);
  }
  path.until_quiet();
  ASSERT_EQ(path.wire.frames().size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    EXPECT_TRUE(path.wire.frames()[i].fcs_ok());
    EXPECT_EQ(path.wire.frames()[i].bytes, sent[i]);
  }
}

TEST_F(MacTx, WithoutFcsInsertionPaddingStillMakes64Bytes) {
  path.send(random_bytes(rng, 20), 0, false);
  path.until_quiet();
  EXPECT_EQ(path.wire.frames().at(0).bytes.size(), 64U);
}

TEST_F(MacTx, BackToBackTheGapIsTwelveBytesOnAverage) {
  for (std::size_t size = 64; size <= 127; ++size) {
    path.wire.take();
    for (std::uint32_t i = 0; i < 1001; ++i) path.send(random_bytes(rng, size - 4), i);
    path.until_quiet();
    const auto& frames = path.wire.frames();
    ASSERT_EQ(frames.size(), 1001U);
    ASSERT_EQ(frames.back().start - frames.front().start, 1000 * (8 + size + 12)) << "size " << size;
    for (std::size_t i = 1; i < frames.size(); ++i) {
      ASSERT_GE(*frames[i].gap, 9U);
      ASSERT_LE(*frames[i].gap, 15U);
    }
  }
}

TEST_F(MacTx, OverAnyMixOfSizesTheGapsOweAtMostThreeBytes) {
  for (std::uint32_t i = 0; i < 3000; ++i) path.send(random_bytes(rng, 60 + rng.below(100)), i);
  path.until_quiet();
  const auto& frames = path.wire.frames();
  std::int64_t balance = 0;
  for (std::size_t i = 1; i < frames.size(); ++i) {
    balance += static_cast<std::int64_t>(*frames[i].gap) - 12;
    ASSERT_LE(balance, 0);
    ASSERT_GE(balance, -3);
  }
}

TEST_F(MacTx, TheGapFollowsIpgtAndNeverFallsBelowFiveBytes) {
  for (const unsigned ipgt : {0U, 1U, 2U, 3U, 4U, 5U, 8U, 9U, 10U, 31U, 100U, 1023U}) {
    path.pins().ipgt_i = static_cast<std::uint16_t>(ipgt);
    path.idle(3);
    path.wire.take();
    const std::size_t wanted = std::max(ipgt + 4, 5U);
    for (std::uint32_t i = 0; i < 401; ++i) path.send(random_bytes(rng, 60 + rng.below(40)), i);
    path.until_quiet();
    const auto& frames = path.wire.frames();
    ASSERT_EQ(frames.size(), 401U);
    std::size_t sum = 0;
    for (std::size_t i = 1; i < frames.size(); ++i) {
      ASSERT_TRUE(frames[i].fcs_ok());
      ASSERT_GE(*frames[i].gap, 5U) << "IPGT " << ipgt;
      ASSERT_LE(*frames[i].gap, wanted + 3) << "IPGT " << ipgt;
      sum += *frames[i].gap;
    }
    if (wanted >= 8) {
      EXPECT_LE(sum, 400 * wanted);
      EXPECT_GE(sum + 3, 400 * wanted);
    } else {
      EXPECT_GE(sum + 3, 400 * wanted);
    }
  }
}

// IEEE 802.3, 46.3.1.4, for any gap: a Start is possible every four bytes; it comes early while at most three bytes are
// owed and five stay between the frames, otherwise late, which pays back.
TEST_F(MacTx, AtEveryIpgtEachGapIsTheOneThatTheDeficitIdleCountSays) {
  for (unsigned ipgt = 0; ipgt <= 12; ++ipgt) {
    path.pins().ipgt_i = static_cast<std::uint16_t>(ipgt);
    path.idle(3);
    path.wire.take();
    for (std::uint32_t i = 0; i < 400; ++i) path.send(random_bytes(rng, 60 + rng.below(40)), i);
    path.until_quiet();
    const auto& frames = path.wire.frames();
    ASSERT_EQ(frames.size(), 400U);
    const unsigned wanted = std::max(ipgt + 4, 5U);
    unsigned owed = 0;
    for (std::size_t i = 1; i < frames.size(); ++i) {
      const auto early = static_cast<unsigned>((frames[i - 1].end + wanted) % 4);
      const bool shorten = owed + early <= 3 && wanted - early >= 5;
      const unsigned late = early == 0 ? 0 : 4 - early;
      ASSERT_EQ(*frames[i].gap, shorten ? wanted - early : wanted + late) << "IPGT " << ipgt << ", frame " << i;
      if (shorten)
        owed += early;
      else
        owed -= std::min(owed, late);
    }
  }
}

TEST_F(MacTx, AFrameAfterAPauseStartsInLaneZero) {
  for (int i = 0; i < 50; ++i) {
    path.send(random_bytes(rng, 60 + rng.below(20)), 0);
    path.until_quiet();
  }
  for (const auto& frame : path.wire.frames()) EXPECT_EQ(frame.start % 8, 0U);
}

TEST_F(MacTx, AnAbortedFrameLeavesNoTraceAndNoHole) {
  std::vector<FrameBytes> sent;
  const unsigned room = path.pins().free_beats_o;
  EXPECT_EQ(room, 1024U);
  for (std::uint32_t i = 0; i < 500; ++i) {
    path.send_and_abort(random_bytes(rng, 1 + rng.below(3000)));
    sent.push_back(random_bytes(rng, 60 + rng.below(1000)));
    path.send(sent.back(), i);
  }
  path.until_quiet();
  EXPECT_EQ(path.pins().free_beats_o, room);
  ASSERT_EQ(path.wire.frames().size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) ASSERT_EQ(path.wire.frames()[i].bytes, on_the_wire(sent[i]));
}

TEST_F(MacTx, AFullFifoWaitsAndLosesNothing) {
  std::vector<FrameBytes> sent;
  unsigned least = 1024;
  for (std::uint32_t i = 0; i < 3000; ++i) {
    const std::size_t length = rng.chance(1, 40) ? 1 + rng.below(16'000) : 1 + rng.below(100);
    sent.push_back(random_bytes(rng, length));
    path.send(sent.back(), i);
  }
  while (!path.fed()) {
    path.cycle();
    least = std::min<unsigned>(least, path.pins().free_beats_o);
  }
  path.until_quiet();
  EXPECT_LE(least, 2U) << "the test no longer fills the FIFO";
  EXPECT_EQ(path.pins().free_beats_o, 1024U);
  ASSERT_EQ(path.wire.frames().size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) ASSERT_EQ(path.wire.frames()[i].bytes, on_the_wire(sent[i])) << i;
}

TEST_F(MacTx, AResetInsideAFrameEndsItWithErrors) {
  const xgmii::Column kErrors{.data = 0xfefe'fefe'fefe'fefe, .control = 0xff};
  int met = 0;
  for (std::size_t i = 0; i < 16 * 40; ++i) {
    const std::size_t at = i % 40;
    path.wire.take();
    path.send(random_bytes(rng, 100), 1);
    path.send(random_bytes(rng, 60 + i / 40), 2);  // starts in lane 4, ends in any
    path.idle(4 + at);
    path.pins().rst_ni = 0;
    path.forget_queue();
    path.cycle();  // the pin's flop
    const bool inside = path.wire.inside_frame();
    met += inside;
    path.cycle();
    EXPECT_EQ(path.column, inside ? kErrors : xgmii::Column{}) << "reset " << at << " cycles in";
    path.cycle();
    EXPECT_EQ(path.column, xgmii::Column{});
    EXPECT_FALSE(path.wire.inside_frame());
    path.pins().rst_ni = 1;
    path.idle(3);
    EXPECT_EQ(path.pins().free_beats_o, 1024U);
    const FrameBytes next = random_bytes(rng, 90);
    path.send(next, 3);
    path.until_quiet();
    ASSERT_FALSE(path.wire.frames().empty());
    EXPECT_EQ(path.wire.frames().back().bytes, on_the_wire(next)) << "reset " << at << " cycles in";
  }
  EXPECT_GT(met, 300) << "the resets no longer meet the frames";
}

TEST_F(MacTx, MulticastAndBroadcastAreToldApart) {
  FrameBytes frame = random_bytes(rng, 60);
  for (const char* address : {"02:00:00:00:00:01", "01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:fe"}) {
    MacAddress::parse(address)->store(frame);
    path.send(frame, 0);
  }
  path.send(FrameBytes(5, std::byte{0xff}), 0);  // too short to be anybody's broadcast
  path.until_quiet();
  ASSERT_EQ(path.stats.size(), 5U);
  const bool multicast[] = {false, true, false, true, true};
  const bool broadcast[] = {false, false, true, false, false};
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(path.stats[i].multicast, multicast[i]) << i;
    EXPECT_EQ(path.stats[i].broadcast, broadcast[i]) << i;
  }
}

TEST_F(MacTx, WhileQuietNothingChanges) {
  path.time_runs = false;
  for (int i = 0; i < 200; ++i) {
    path.send(random_bytes(rng, 1 + rng.below(200)), static_cast<std::uint32_t>(i));
    if (rng.chance(1, 2)) path.send(random_bytes(rng, 1 + rng.below(200)), 7);
    path.until_quiet();
    const auto before = path.state();
    path.idle(3);
    ASSERT_EQ(before, path.state());
  }
}

TEST_F(MacTx, TheReceiverUnderstandsTheTransmitter) {
  ReceivePath receiver;
  receiver.set({.store_bad = false, .long_frames = true});
  receiver.read(true);
  std::vector<FrameBytes> sent;
  for (std::uint32_t i = 0; i < 2000; ++i) {
    const std::size_t length = rng.chance(1, 50) ? 1 + rng.below(16'000) : 1 + rng.below(300);
    FrameBytes frame = random_bytes(rng, length);
    frame[0] &= std::byte{0xfe};  // unicast, for the promiscuous receiver
    sent.push_back(frame);
    path.send(frame, i);
  }
  std::size_t calm = 0;
  for (std::size_t i = 0; calm < 20; ++i) {
    ASSERT_LT(i, 1'000'000U);
    path.cycle();
    receiver.cycle(path.column);
    calm = path.fed() && path.pins().quiet_o && receiver.pins().quiet_o ? calm + 1 : 0;
  }
  receiver.idle(1100);
  ASSERT_EQ(receiver.read_frames.size(), sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    ASSERT_EQ(receiver.mac_kind(static_cast<std::uint32_t>(i)), MacKind::Pass);
    ASSERT_EQ(receiver.read_frames[i].bytes, on_the_wire(sent[i])) << i;
  }
}

}  // namespace
}  // namespace nicosim
