// Offloads and segmentation, seen on the wire.
#include <gtest/gtest.h>

#include <cstdio>

#include "tb/rtl/dma/tx_wire_bench.hpp"

namespace nicosim::test {
namespace {

using Octets = TxModel::Octets;

constexpr unsigned kWhole = kTxEop | kTxIfcs | kTxRs;
constexpr TxWireBench::Context kTcp{
    .ipcss = 14, .ipcso = 24, .ipcse = 33, .tucss = 34, .tucso = 50, .tucse = 0, .payload = 0, .header = 54, .mss = 0};

Octets noise(std::size_t length, std::uint64_t seed) {
  Rng rng(seed, "payload");
  Octets bytes(length);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(rng.next());
  return bytes;
}

unsigned sum_of(const xgmii::FrameBytes& bytes, std::size_t from, std::size_t to, unsigned plus = 0) {
  std::uint64_t sum = plus;
  for (std::size_t i = from; i < to; ++i) sum += std::to_integer<unsigned>(bytes[i]) << ((i - from) % 2 == 0 ? 8U : 0U);
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<unsigned>(sum);
}
unsigned word(const xgmii::FrameBytes& bytes, std::size_t at) {
  return std::to_integer<unsigned>(bytes[at]) << 8U | std::to_integer<unsigned>(bytes[at + 1]);
}

// A TCP/IPv4 header as Linux prepares it for segmentation: no length, no checksum, the pseudo header without length.
Octets tcp_header() {
  Octets header = noise(54, 7);
  header[12] = 0x08;
  header[13] = 0x00;
  header[14] = 0x45;
  header[16] = header[17] = 0;  // length
  header[18] = 0xff;            // identification, about to wrap
  header[19] = 0xfe;
  header[23] = 6;
  header[24] = header[25] = 0;                  // checksum
  header[38] = header[39] = header[40] = 0xff;  // sequence number, about to wrap
  header[41] = 0x00;
  header[46] = 0x50;
  header[47] = 0x19;  // FIN, PSH, ACK
  std::uint64_t sum = 6;
  for (std::size_t i = 26; i < 34; i += 2) sum += static_cast<unsigned>(header[i] << 8U | header[i + 1]);
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  header[50] = static_cast<std::uint8_t>(sum >> 8U);
  header[51] = static_cast<std::uint8_t>(sum);
  return header;
}

class TxWire : public testing::Test {
 protected:
  void expect_as_the_model() {
    ASSERT_TRUE(bench.settle());
    ASSERT_EQ(bench.difference(), "");
  }
  TxWireBench bench{{.vlan = true}};
};

TEST_F(TxWire, SegmentsAreWhatAReceiverAccepts) {
  Octets bytes = tcp_header();
  const Octets payload = noise(4000, 1);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  TxWireBench::Context c = kTcp;
  c.payload = 4000;
  c.mss = 1460;
  bench.context(c, kTxTse | kTxTcp | kTxIpv4);
  bench.data(bench.put(bytes, 5), static_cast<unsigned>(bytes.size()), kWhole | kTxTse, kTxIxsm | kTxTxsm);
  expect_as_the_model();
  const auto& frames = bench.wire.frames();
  ASSERT_EQ(frames.size(), 3U);
  Octets received;
  for (unsigned i = 0; i < 3; ++i) {
    const xgmii::FrameBytes& frame = frames[i].bytes;
    ASSERT_TRUE(frames[i].fcs_ok());
    const std::size_t size = frame.size() - 4;
    EXPECT_EQ(word(frame, 16), size - 14);
    EXPECT_EQ(word(frame, 18), (0xfffeU + i) & 0xffffU);
    EXPECT_EQ(sum_of(frame, 14, 34), 0xffffU);
    EXPECT_EQ(word(frame, 38) << 16U | word(frame, 40), 0xffffff00U + i * 1460U);
    EXPECT_EQ(std::to_integer<unsigned>(frame[47]), i == 2 ? 0x19U : 0x10U);
    const unsigned pseudo = sum_of(frame, 26, 34, 6 + static_cast<unsigned>(size - 34));
    EXPECT_EQ(sum_of(frame, 34, size, pseudo), 0xffffU);
    for (std::size_t k = 54; k < size; ++k) received.push_back(std::to_integer<std::uint8_t>(frame[k]));
  }
  EXPECT_EQ(received, payload);
  ASSERT_EQ(bench.events.size(), 3U);
  EXPECT_EQ(bench.events[0].kind, TxModel::kSegment);
  EXPECT_EQ(bench.events[1].kind, TxModel::kSegment);
  EXPECT_EQ(bench.events[2].kind, TxModel::kLastSegment);
  EXPECT_EQ(bench.tso_done, 1U);
}

TEST_F(TxWire, DatagramsGetALengthAndAChecksumEach) {
  Octets bytes = noise(42 + 2500, 3);
  bytes[24] = bytes[25] = 0;
  TxWireBench::Context c = kTcp;
  c.header = 42;
  c.tucso = 40;
  c.payload = 2500;
  c.mss = 1000;
  bench.context(c, kTxTse | kTxIpv4);
  bench.data(bench.put(bytes), static_cast<unsigned>(bytes.size()), kWhole | kTxTse, kTxIxsm | kTxTxsm);
  expect_as_the_model();
  const auto& frames = bench.wire.frames();
  ASSERT_EQ(frames.size(), 3U);
  EXPECT_EQ(word(frames[0].bytes, 38), 1008U);
  EXPECT_EQ(word(frames[2].bytes, 38), 508U);
}

TEST_F(TxWire, AUdpChecksumOfZeroIsSentAsAllOnes) {
  Octets bytes(60, 0);
  bytes[50] = bytes[51] = 0xff;  // the sum is all ones, its complement zero
  bench.context({.tucss = 34, .tucso = 40}, 0);
  bench.data(bench.put(bytes), 60, kWhole, kTxTxsm);
  bench.context({.tucss = 34, .tucso = 40}, kTxTcp);
  bench.data(bench.put(bytes), 60, kWhole, kTxTxsm);
  expect_as_the_model();
  EXPECT_EQ(word(bench.wire.frames().at(0).bytes, 40), 0xffffU);
  EXPECT_EQ(word(bench.wire.frames().at(1).bytes, 40), 0U);
}

TEST_F(TxWire, LegacyChecksumsGoInAtEveryPlaceAndNowhereOutsideTheFrame) {
  for (unsigned length : {14U, 15U, 16U, 60U, 61U, 300U}) {
    const std::uint64_t address = bench.put(noise(length, length), length % 16);
    for (unsigned at = 0; at<256; at += length> 100 ? 7 : 3) {
      bench.legacy(address, length, kWhole | kTxIc, at, at / 2);
      bench.legacy(address, length, kWhole | kTxIc, at / 2, at);
    }
  }
  expect_as_the_model();
}

TEST_F(TxWire, ATagGoesBehindTheAddressesAtEveryLength) {
  for (unsigned length = 1; length <= 150; ++length) {
    bench.legacy(bench.put(noise(length, length)), length, kWhole | kTxVle, 0, 0, 0x6000U + length);
  }
  expect_as_the_model();
  const auto& frame = bench.wire.frames().at(99).bytes;
  ASSERT_EQ(frame.size(), 108U);
  EXPECT_EQ(word(frame, 12), 0x8100U);
  EXPECT_EQ(word(frame, 14), 0x6000U + 100);
}

TEST_F(TxWire, WithoutVmeNoTagGoesIn) {
  TxWireBench plain{{.vlan = false}};
  plain.legacy(plain.put(noise(100, 1)), 100, kWhole | kTxVle, 0, 0, 5);
  ASSERT_TRUE(plain.settle());
  EXPECT_EQ(plain.wire.frames().at(0).bytes.size(), 104U);
}

TEST_F(TxWire, TheTwoContextsDoNotDisturbEachOther) {
  Octets bytes = tcp_header();
  bytes.resize(54 + 3000);
  TxWireBench::Context c = kTcp;
  c.payload = 3000;
  c.mss = 1000;
  bench.context(c, kTxTse | kTxTcp | kTxIpv4);
  bench.context({.tucss = 20, .tucso = 30}, 0);
  const std::uint64_t address = bench.put(bytes);
  for (unsigned i = 0; i < 3; ++i) {
    bench.data(address, 100, kWhole, kTxTxsm);
    bench.data(address, 3054, kWhole | kTxTse, kTxTxsm | kTxIxsm);
  }
  expect_as_the_model();
  EXPECT_EQ(bench.wire.frames().size(), 12U);
}

TEST_F(TxWire, EveryHeaderLengthIsKept) {
  for (unsigned header = 1; header <= 255; ++header) {
    TxWireBench::Context c = kTcp;
    c.header = header;
    c.payload = 100;
    c.mss = 40;
    bench.context(c, kTxTse | kTxTcp | kTxIpv4);
    bench.data(bench.put(noise(header + 100, header), header % 16), header + 100, kWhole | kTxTse, 3);
  }
  expect_as_the_model();
}

TEST_F(TxWire, AChainThatEndsEarlyIsBrokenOffAndCounted) {
  TxWireBench::Context c = kTcp;
  c.payload = 3000;
  c.mss = 1000;
  bench.context(c, kTxTse | kTxTcp | kTxIpv4);
  const std::uint64_t address = bench.put(noise(4000, 1));
  for (const unsigned length : {20U, 54U, 500U, 1054U, 2000U, 3053U, 3054U, 3055U}) {
    bench.data(address, length, kWhole | kTxTse, 3);
    bench.legacy(address, 60, kWhole);  // nothing of it is left in what follows
  }
  expect_as_the_model();
  EXPECT_EQ(bench.tso_failed, 6U);
  EXPECT_EQ(bench.tso_done, 2U);
}

// The chain is complete but its EOP never comes: nothing is left to drop, and the next frame begins anew.
TEST_F(TxWire, SwitchingOffBehindACompleteChainForgetsItsRest) {
  TxWireBench::Context c = kTcp;
  c.payload = 100;
  c.mss = 60;
  for (unsigned round = 0; round < 2; ++round) {
    bench.context(c, kTxTse | kTxTcp | kTxIpv4);
    bench.data(bench.put(noise(54 + 150, 1)), 54 + 150, kTxTse, 3);
    ASSERT_TRUE(bench.settle());
    bench.pins().enable_i = 0;
    for (unsigned i = 0; i < 50; ++i) bench.cycle();
    bench.pins().enable_i = 1;
    const Octets frame = noise(80, round);
    bench.legacy(bench.put(frame), 80, kWhole);
    ASSERT_TRUE(bench.settle());
    ASSERT_EQ(bench.wire.frames().size(), 3 * (round + 1));
    const xgmii::FrameBytes& seen = bench.wire.frames().back().bytes;
    ASSERT_EQ(seen.size(), 84U);
    for (std::size_t i = 0; i < 80; ++i) ASSERT_EQ(std::to_integer<std::uint8_t>(seen[i]), frame[i]) << i;
    EXPECT_EQ(bench.events.back().kind, TxModel::kOk);
    EXPECT_EQ(bench.events.back().descriptor, TxWireBench::kRing + 16 * (bench.number() - 1));
    EXPECT_EQ(bench.tso_done, round + 1);
    EXPECT_EQ(bench.tso_failed, 0U);
  }
}

TEST_F(TxWire, AHeaderIsNeverTakenForTheOneOfTheChainBroken) {
  // The first chain is broken off with its next header ready; the second one's payload follows at once
  TxWireBench::Context c = kTcp;
  c.payload = 100;
  c.mss = 50;
  for (unsigned wait = 0; wait < 30; ++wait) {
    c.header = 54;
    bench.context(c, kTxTse | kTxTcp | kTxIpv4);
    bench.data(bench.put(noise(104, wait)), 104, kTxTse);
    for (unsigned k = 0; k < wait; ++k) bench.data(TxWireBench::kBuffers, 0, 0);
    bench.data(TxWireBench::kBuffers, 0, kWhole | kTxTse);
    c.header = 16;
    bench.context(c, kTxTse | kTxTcp | kTxIpv4);
    bench.data(bench.put(noise(116, wait)), 116, kWhole | kTxTse);
  }
  expect_as_the_model();
}

// The same with everything on the card already, held up by a full FIFO, so that the end of one chain, the header of the
// next (a single beat) and its first payload follow one another without a cycle between.
TEST_F(TxWire, BehindAFullFifoAChainBrokenOffLeavesNoHeaderBehind) {
  TxWireBench::Context c = kTcp;
  for (unsigned i = 0; i < 32; ++i) {
    for (unsigned k = 0; k < 14; ++k) bench.legacy(bench.put(noise(1500, i)), 1500, kWhole);
    const unsigned header = 16 - i % 3;
    const std::uint64_t broken = TxWireBench::kMemory + 0xc0'0000 + i * 0x1000UL, whole = broken + 0x800;
    c.mss = 350 + 7 * i;
    c.payload = 3 * c.mss;
    const Octets first = noise(54 + c.mss, i), second = noise(header + c.payload, i + 100);
    std::copy(first.begin(), first.end(), bench.memory.at(broken));
    std::copy(second.begin(), second.end(), bench.memory.at(whole));
    c.header = 54;
    bench.context(c, kTxTse | kTxTcp | kTxIpv4);
    bench.data(broken, 54 + c.mss, kTxTse);
    bench.data(broken, 0, kWhole | kTxTse);
    c.header = header;
    bench.context(c, kTxTse | kTxTcp | kTxIpv4);
    bench.data(whole, header + c.payload, kWhole | kTxTse);
  }
  expect_as_the_model();
  EXPECT_EQ(bench.tso_failed, 32U);
  EXPECT_EQ(bench.tso_done, 32U);
}

TEST_F(TxWire, QuietMeansThatNothingMoves) {
  bench.check_quiet = true;
  bench.memory.timing.read_latency = 50;
  TxWireBench::Context c = kTcp;
  c.payload = 500;
  c.mss = 300;
  for (unsigned i = 0; i < 20; ++i) {
    bench.context(c, kTxTse | kTxTcp | kTxIpv4 | kTxRs);
    bench.data(bench.put(noise(554, i)), i % 5 == 4 ? 400 : 554, kWhole | kTxTse | kTxVle, 3);
    bench.bell();
    for (unsigned k = 0; k < 13 * i; ++k) bench.cycle();
  }
  expect_as_the_model();
}

// ---- how fast: cycles per frame on the wire; eight bytes pass in a cycle, preamble and gap are 20 bytes

constexpr unsigned kMicrosecondEachWay = 320;
constexpr unsigned kLinkRoundTrip = 125;  // the host link's default, 400 ns each way

double cycles_per_frame(TxWireBench& bench, unsigned latency, unsigned warm, const std::function<void()>& post) {
  bench.memory.timing.read_latency = latency;
  bench.memory.timing.write_latency = 10;
  while (bench.wire.frames().size() < warm) post();
  const std::size_t first = bench.wire.frames().size();
  const std::uint64_t since = bench.wire.frames().back().end;
  while (bench.wire.frames().size() < first + 1000) post();
  return static_cast<double>(bench.wire.frames().back().end - since) / 8.0 /
         static_cast<double>(bench.wire.frames().size() - first);
}

TEST(TxWireSpeed, AllFormsKeepTheWireBusy) {
  std::printf("on the wire, cycles per frame\n%24s %8s %8s\n", "", "ideal", "seen");
  const auto row = [](const char* name, double ideal, double seen) {
    std::printf("%24s %8.2f %8.2f\n", name, ideal, seen);
    EXPECT_LE(seen, ideal + 0.01) << name;
  };
  {
    TxWireBench bench;
    const std::uint64_t address = bench.put(noise(60, 1), 2);
    row("legacy, 64", 10.5, cycles_per_frame(bench, kMicrosecondEachWay, 500, [&] {
          bench.legacy(address, 60, kWhole);
          bench.bell();
        }));
  }
  {
    TxWireBench bench;
    const std::uint64_t address = bench.put(noise(60, 1), 15);
    row("legacy, checksum, 64", 10.5, cycles_per_frame(bench, kMicrosecondEachWay, 500, [&] {
          bench.legacy(address, 60, kWhole | kTxIc, 40, 34);
          bench.bell();
        }));
  }
  {
    TxWireBench bench;
    const std::uint64_t address = bench.put(noise(60, 1), 2);
    // 64 descriptors on the card cover a long link only if most of them are frames
    row("context and data, 64", 10.5, cycles_per_frame(bench, kLinkRoundTrip, 500, [&] {
          bench.context(kTcp, kTxTcp | kTxIpv4);
          bench.data(address, 60, kWhole, kTxTxsm | kTxIxsm);
          bench.bell();
        }));
  }
  {
    TxWireBench bench;
    const std::uint64_t address = bench.put(noise(60, 1), 2);
    bench.context(kTcp, kTxTcp | kTxIpv4);
    row("data, checksums, 64", 10.5, cycles_per_frame(bench, kMicrosecondEachWay, 500, [&] {
          bench.data(address, 60, kWhole, kTxTxsm | kTxIxsm);
          bench.bell();
        }));
  }
  {
    TxWireBench bench;
    const std::uint64_t address = bench.put(noise(54 + 14'600, 1), 3);
    TxWireBench::Context c = kTcp;
    c.payload = 14'600;
    c.mss = 1460;
    row("segments, 1518", 192.25, cycles_per_frame(bench, kMicrosecondEachWay, 50, [&] {
          bench.context(c, kTxTse | kTxTcp | kTxIpv4);
          bench.data(address, 54 + 14'600, kWhole | kTxTse, kTxTxsm | kTxIxsm);
          bench.bell();
        }));
  }
}

}  // namespace
}  // namespace nicosim::test
