// Checksums and segments left to the card: which descriptors the driver writes for them.
#include "tb/driver/rig.hpp"

#include <gmock/gmock.h>

#include <tuple>

namespace nicosim {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr std::size_t kIp = 14, kTransport = 34;
constexpr std::uint8_t kLast = txd::CMD_EOP | txd::CMD_IFCS | txd::CMD_RS | txd::CMD_IDE;

// A frame of TCP over IPv4 whose checksum is left; with `mss`, for several packets.
FramePtr tcp_frame(Rig& rig, std::size_t payload, unsigned mss = 0, unsigned options = 12) {
  const std::size_t header = 20 + options;
  ByteVector bytes = frame_of(kTransport + header + payload, static_cast<unsigned>(payload));
  store_be16(bytes, 12, 0x0800);
  store8(bytes, kIp, 0x45);
  store_be16(bytes, kIp + 2, static_cast<std::uint16_t>(bytes.size() - kIp));
  store8(bytes, kIp + 9, 6);
  store_be32(bytes, kIp + 12, 0x0a4d'0002);
  store_be32(bytes, kIp + 16, 0x0a4d'fffe);
  store8(bytes, kTransport + 12, static_cast<std::uint8_t>(header / 4 << 4U));
  FramePtr frame = rig.host_frame(bytes);
  frame->leave_checksum(kTransport, 16);
  if (mss != 0) frame->gso = {static_cast<std::uint16_t>(mss), static_cast<std::uint16_t>((payload + mss - 1) / mss)};
  return frame;
}
FramePtr udp_frame(Rig& rig, std::size_t payload) {
  ByteVector bytes = frame_of(kTransport + 8 + payload, static_cast<unsigned>(payload));
  FramePtr frame = rig.host_frame(bytes);
  frame->leave_checksum(kTransport, 6);
  return frame;
}
std::vector<TxForm> forms(const ScriptedCard& card) {
  std::vector<TxForm> all;
  for (const DescriptorBytes& d : card.fetched) all.push_back(tx_form(d));
  return all;
}

TEST(TxChecksum, IsAskedForByAContextAndADataDescriptor) {
  Rig rig;
  rig.up();
  FramePtr frame = tcp_frame(rig, 100);
  const ByteVector bytes{frame->bytes().begin(), frame->bytes().end()};
  ASSERT_TRUE(rig.driver.transmit(frame));
  EXPECT_THAT(forms(rig.card), ElementsAre(TxForm::context, TxForm::data));
  const TxContext expected{.tucss = 34, .tucso = 50, .tucmd = TxContext::kDext | TxContext::kTcp};
  EXPECT_EQ(TxContext::decode(rig.card.fetched[0]), expected);
  const TxData data = TxData::decode(rig.card.fetched[1]);
  EXPECT_EQ(data.cmd, kLast | txd::CMD_DEXT);
  EXPECT_EQ(data.popts, txd::POPTS_TXSM);
  EXPECT_EQ(data.length, bytes.size());
  EXPECT_THAT(rig.card.sent, ElementsAre(bytes));
  EXPECT_THAT(rig.card.writes_to(regs::TDT), ElementsAre(2));
  EXPECT_EQ(rig.ledger.count(true, Fate::sent), 1U);
}

TEST(TxChecksum, ContextIsWrittenAgainOnlyWhenItChanges) {
  Rig rig;
  rig.up();
  const auto send = [&](FramePtr frame) { ASSERT_TRUE(rig.driver.transmit(frame)); };
  send(tcp_frame(rig, 10));
  send(tcp_frame(rig, 700));
  ASSERT_TRUE(rig.send(frame_of(60, 1)));  // nothing left to do: the legacy form
  send(tcp_frame(rig, 20));
  send(udp_frame(rig, 20));
  send(udp_frame(rig, 30));
  send(tcp_frame(rig, 20));
  EXPECT_THAT(forms(rig.card), ElementsAre(TxForm::context, TxForm::data, TxForm::data, TxForm::legacy, TxForm::data,
                                           TxForm::context, TxForm::data, TxForm::data, TxForm::context, TxForm::data));
  EXPECT_EQ(TxContext::decode(rig.card.fetched[5]).tucmd, TxContext::kDext) << "UDP: an all-zero sum becomes all ones";
  EXPECT_EQ(TxContext::decode(rig.card.fetched[5]).tucso, 40);
}

TEST(TxChecksum, ContextIsWrittenAgainAfterAReset) {
  Rig rig;
  rig.up();
  FramePtr frame = tcp_frame(rig, 10);
  ASSERT_TRUE(rig.driver.transmit(frame));
  rig.process();
  rig.driver.stop();
  rig.card.fetched.clear();
  rig.driver.open();
  rig.run();
  frame = tcp_frame(rig, 10);
  ASSERT_TRUE(rig.driver.transmit(frame));
  EXPECT_THAT(forms(rig.card), ElementsAre(TxForm::context, TxForm::data));
}

TEST(Tso, DescribesTheWholeFrameAndClearsWhatTheCardFillsIn) {
  Rig rig;
  rig.up();
  constexpr std::size_t kPayload = 10'000, kMss = 1448, kHeader = kTransport + 32;
  FramePtr frame = tcp_frame(rig, kPayload, kMss);
  ByteVector expected{frame->bytes().begin(), frame->bytes().end()};
  ASSERT_TRUE(rig.driver.transmit(frame));
  EXPECT_THAT(forms(rig.card), ElementsAre(TxForm::context, TxForm::data, TxForm::data, TxForm::data));
  const TxContext context{
      .ipcss = 14,
      .ipcso = 24,
      .ipcse = 33,
      .tucss = 34,
      .tucso = 50,
      .paylen = kPayload,
      .tucmd = TxContext::kDext | TxContext::kTse | TxContext::kTcp | TxContext::kIp,
      .hdrlen = kHeader,
      .mss = kMss,
  };
  EXPECT_EQ(TxContext::decode(rig.card.fetched[0]), context);
  const std::uint8_t cmd = txd::CMD_DEXT | txd::CMD_IFCS | TxData::kTse;
  for (std::size_t i = 1; i < 4; ++i) {
    const TxData data = TxData::decode(rig.card.fetched[i]);
    EXPECT_EQ(data.length, i < 3 ? 4096U : kHeader + kPayload - 2 * 4096);
    EXPECT_EQ(data.cmd, i < 3 ? cmd : cmd | kLast);
    EXPECT_EQ(data.popts, txd::POPTS_IXSM | txd::POPTS_TXSM);
  }
  store_be16(expected, kIp + 2, 0);
  store_be16(expected, kIp + 10, 0);
  store_be16(expected, kTransport + 16, static_cast<std::uint16_t>(0x0a4d + 0x0002 + 0x0a4d + 0xfffe + 6 - 0xffff));
  EXPECT_THAT(rig.card.sent, ElementsAre(expected));
  EXPECT_EQ(rig.ledger.count(true, Fate::sent), 1U) << "the ledger knows a chain by its first data descriptor";
}

TEST(Tso, PutsNoMoreThanFourSegmentsIntoADescriptor) {
  Rig rig;
  rig.up();
  FramePtr frame = tcp_frame(rig, 3000, 500);
  ASSERT_TRUE(rig.driver.transmit(frame));
  ASSERT_THAT(rig.card.fetched, SizeIs(3));
  EXPECT_EQ(TxData::decode(rig.card.fetched[1]).length, 2000U);
}

TEST(Tso, AFrameThatNeedsMoreDescriptorsThanTheRingHasIsNotForTheCard) {
  Rig rig{{.tx_ring = 8}};  // five at most: a context and four of data
  rig.up();
  for (const auto& [payload, mss, fits] : {std::tuple{100, 0, true}, std::tuple{4 * 4096 - 66, 1448, true},
                                           std::tuple{4 * 4096 - 65, 1448, false}, std::tuple{2000, 100, false}}) {
    FramePtr frame = tcp_frame(rig, static_cast<std::size_t>(payload), static_cast<unsigned>(mss));
    EXPECT_EQ(rig.driver.features_check(*frame).tso, fits) << payload;
    if (fits) {
      ASSERT_TRUE(rig.driver.transmit(frame));
      rig.run();
    } else {
      frame->close(rig.ledger, Fate::dropped, Station::tx_queue, rig.runtime.now(), DropReason::FULL_RING);
    }
  }
}

TEST(Tso, WaitsUntilTheRingHasRoomForAllOfIt) {
  Rig rig{{.tx_ring = 32}};
  rig.up();
  rig.card.hold_tx = true;
  FramePtr large = tcp_frame(rig, 60'000, 1448);  // a context and 15 of data
  ASSERT_TRUE(rig.driver.transmit(large));
  large = tcp_frame(rig, 60'000, 1448);
  EXPECT_FALSE(rig.driver.transmit(large)) << "15 are free";
  ASSERT_TRUE(large);
  const ByteVector untouched{large->bytes().begin(), large->bytes().end()};
  rig.stack.on_wake = [&] { EXPECT_TRUE(rig.driver.transmit(large)); };
  rig.card.send(15);
  rig.card.raise(field::ICR_TXDW);
  rig.run();
  EXPECT_EQ(rig.stack.wakes, 0) << "its last descriptor is not done";
  rig.card.send();
  rig.run();
  EXPECT_EQ(rig.stack.wakes, 1);
  rig.card.send();
  rig.run();
  ASSERT_THAT(rig.card.sent, SizeIs(2));
  EXPECT_TRUE(std::equal(untouched.begin() + kTransport + 32, untouched.end(),
                         rig.card.sent[1].begin() + kTransport + 32, rig.card.sent[1].end()));
}

class TsoWrap : public testing::TestWithParam<unsigned> {};

TEST_P(TsoWrap, MixesWithOrdinaryFramesInOrderManyTimesRoundTheRing) {
  Rig rig{{.tx_ring = GetParam()}};
  rig.up();
  rig.card.hold_tx = true;
  std::vector<std::size_t> expected, sizes;
  for (unsigned i = 0; i < 300; ++i) {
    FramePtr frame = i % 3 == 0   ? tcp_frame(rig, 1449 + i * 31, 1448)
                     : i % 3 == 1 ? udp_frame(rig, i)
                                  : rig.host_frame(frame_of(60 + i, i));
    expected.push_back(frame->size());
    while (!rig.driver.transmit(frame)) {
      rig.card.send();
      rig.run();
    }
  }
  rig.card.send();
  rig.run();
  for (const auto& frame : rig.card.sent) sizes.push_back(frame.size());
  EXPECT_EQ(sizes, expected);
  EXPECT_EQ(rig.ledger.count(true, Fate::sent), 300U);
}
INSTANTIATE_TEST_SUITE_P(Rings, TsoWrap, testing::Values(8U, 16U, 256U));

TEST(Offloads, FollowTheConfiguration) {
  Rig all;
  EXPECT_EQ(all.driver.features(),
            (Features{.rx_checksum = true, .tx_checksum = true, .tso = true, .gso = true, .gro = false}));
  Rig none{{.features = {.tso = true, .gso = true}}};
  EXPECT_EQ(none.driver.features(), (Features{.gso = true})) << "no segments without checksums";
  none.up();
  EXPECT_FALSE(field::RXCSUM_TUOFL.in(none.card.peek(regs::RXCSUM)));
  all.up();
  EXPECT_TRUE(field::RXCSUM_TUOFL.in(all.card.peek(regs::RXCSUM)));
  EXPECT_EQ(features_text("eth0", none.driver.features()),
            "Features for eth0:\nrx-checksumming: off\ntx-checksumming: off\nscatter-gather: on\n"
            "tcp-segmentation-offload: off\ngeneric-segmentation-offload: on\ngeneric-receive-offload: off\n");
}

}  // namespace
}  // namespace nicosim
