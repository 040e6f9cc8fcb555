// Work that is left to the card, or done by the stack in its place: on the wire there is no difference.
#include "stack/core/offload.hpp"
#include "common/rng.hpp"
#include "stack/core/net.hpp"
#include "tb/stack/card_model.hpp"
#include "tb/stack/tcp_fixture.hpp"

#include <gmock/gmock.h>

namespace nicosim {
namespace {

using namespace packets;
using ::testing::Each;
using ::testing::SizeIs;

constexpr Features kChecksum{.tx_checksum = true};
constexpr Features kTso{.tx_checksum = true, .tso = true, .gso = true};
constexpr Features kGso{.tx_checksum = true, .gso = true};
constexpr Features kGsoAlone{.gso = true};

struct Offload : TcpFixture {
  std::uint64_t summed() const { return runtime.charged[static_cast<std::size_t>(Cost::checksum_per_byte)]; }
};

TEST_F(Offload, ADatagramsChecksumIsLeftToACardThatAddsItUp) {
  const auto to = endpoint(kPeerIp, 9);
  const int fd = udp_socket(5000);
  send(fd, pattern(301), &to);
  card.offers = kChecksum;
  send(fd, pattern(301), &to);
  ASSERT_THAT(card.sent, SizeIs(2));
  EXPECT_EQ(card.left, (std::vector<bool>{false, true}));
  EXPECT_EQ(summed(), 309U) << "once only";
  EXPECT_EQ(Packet(card.sent[0].begin() + 34, card.sent[0].end()),
            Packet(card.sent[1].begin() + 34, card.sent[1].end()))
      << "but for the IP header's identification and sum";
}

TEST_F(Offload, AFragmentedDatagramIsSummedUpByTheStack) {
  card.offers = kChecksum;
  const auto to = endpoint(kPeerIp, 9);
  send(udp_socket(5000), pattern(3000), &to);
  ASSERT_THAT(card.sent, SizeIs(3));
  EXPECT_THAT(card.left, Each(false));
}

TEST_F(Offload, SegmentsWithoutAConnectionLeaveTheirChecksumToo) {
  card.offers = kChecksum;
  syn(syn_options());  // nobody listens: RST
  ASSERT_THAT(card.sent, SizeIs(1));
  EXPECT_TRUE(card.left[0]);
  EXPECT_EQ(int{heard().flags}, kRst | kAck);
}

TEST_F(Offload, ACardThatLosesItsFeatureBetweenSocketAndQueueGetsAFinishedChecksum) {
  card.offers = kChecksum;
  const auto to = endpoint(kPeerIp, 9);
  card.room = 0;
  const int fd = udp_socket(5000);
  send(fd, pattern(10), &to);  // has been looked at already, and waits at the head
  send(fd, pattern(11), &to);
  card.offers = {};
  card.room = 2;
  stack->tx_wake(card);
  run_softirqs();
  EXPECT_EQ(card.left, (std::vector<bool>{true, false}));
}

// ---- one write, whoever cuts it

struct Wire {
  std::vector<Packet> packets;
  std::vector<std::size_t> frames;  // bytes of each frame that the card got
};

struct Write : TcpFixture {
  Net net{runtime, ledger, pool, {}};

  // Everything that is on the wire for these writes, when the peer acknowledges every second packet at once. The
  // timestamps do not move, as no time passes.
  Wire wire_of(const Features& features, const std::vector<std::size_t>& writes) {
    card.offers = features;
    const int fd = accepted_with(syn_options(true, true, 7), 65535);
    Packet data;
    for (const std::size_t n : writes) data.resize(data.size() + n);
    std::size_t at = 0;
    std::uint32_t acked = 1;
    for (const std::size_t n : writes) {
      EXPECT_EQ(write(fd, pattern(n, static_cast<unsigned>(at))), static_cast<long>(n));
      at += n;
      while (!silent()) {
        std::uint32_t last = acked;
        while (!silent()) {
          const Out out = heard();
          last = out.seq + static_cast<std::uint32_t>(out.payload.size());
        }
        while (acked != last) {
          acked = std::min(acked + 2896, last);
          inject({.ack = acked});
        }
      }
    }
    return {card.sent, card.frame_bytes};
  }
};

TEST_F(Write, IsTheSameOnTheWireWhetherTheCardTheStackOrTcpCutsIt) {
  const std::vector<std::size_t> writes{1, 1448, 1449, 5000, 30'000, 2896, 17};
  std::vector<Wire> wires;
  for (const Features& f : {Features{}, kChecksum, kTso, kGso, kGsoAlone}) {
    StackFixture::rebuild({});
    know_peer();
    card.sent.clear();
    card.frame_bytes.clear();
    read_so_far = 0;
    wires.push_back(wire_of(f, writes));
  }
  // The sequence numbers, and so the checksums, differ with each stack's secrets; payload and lengths do not.
  const auto shape = [](const Wire& wire) {
    std::vector<Packet> all;
    for (const Packet& p : wire.packets) all.emplace_back(p.begin() + 34 + (load8(p, 46) >> 4U) * 4, p.end());
    return all;
  };
  for (std::size_t i = 1; i < wires.size(); ++i) EXPECT_EQ(shape(wires[i]), shape(wires[0])) << i;
  EXPECT_GT(std::ranges::max(wires[2].frames), 5000U) << "the card was given large frames";
  EXPECT_LE(std::ranges::max(wires[3].frames), 1514U) << "and without TSO none";
}

TEST_F(Write, OfManyPacketsIsOneFrameForACardThatCuts) {
  card.offers = kTso;
  const int fd = accepted_with(syn_options(true, true, 7), 65535);
  card.frame_bytes.clear();
  write(fd, pattern(7000));
  EXPECT_EQ(card.frame_bytes, (std::vector<std::size_t>{66 + 7000}));
  EXPECT_EQ(waiting(), 5U);
  EXPECT_EQ(info(fd).tcpi_unacked, 5U) << "the window counts packets";
  EXPECT_EQ(info(fd).tcpi_data_segs_out, 5U);
  EXPECT_EQ(nstat("TcpOutSegs"), 6U);
  for (std::uint32_t seq = 1; seq < 7000; seq += 1448)
    expect(seq + 1448 > 7000 ? kAck | kPsh : kAck, seq, 1, std::min<std::size_t>(1448, 7001 - seq));
}

TEST_F(Write, LeavesInFramesOfHalfTheCongestionWindow) {
  card.offers = kTso;
  const int fd = accepted_with(syn_options(true, true, 7), 65535);
  card.frame_bytes.clear();
  write(fd, pattern(30'000));
  EXPECT_EQ(card.frame_bytes, (std::vector<std::size_t>{66 + 5 * 1448, 66 + 5 * 1448})) << "ten packets are allowed";
}

TEST_F(Write, AcknowledgedInPartCountsDownByPackets) {
  card.offers = kTso;
  const int fd = accepted_with(syn_options(true, true, 7), 65535);
  write(fd, pattern(5 * 1448));
  inject({.ack = 1 + 2 * 1448});
  EXPECT_EQ(info(fd).tcpi_unacked, 3U);
  inject({.ack = 1 + 3 * 1448 + 700});
  EXPECT_EQ(info(fd).tcpi_unacked, 2U) << "the fourth is not whole";
  inject({.ack = 1 + 5 * 1448});
  EXPECT_EQ(info(fd).tcpi_unacked, 0U);
}

Packet sack(std::uint32_t from, std::uint32_t to) {
  Packet o = bytes({1, 1, 5, 10});
  o.resize(12);
  store_be32(o, 4, from);
  store_be32(o, 8, to);
  return o;
}

TEST_F(Write, ReportedInPartIsCutThereAndOnlyTheHoleIsSentAgain) {
  card.offers = kTso;
  const int fd = accepted_with(syn_options(true, true, 7), 65535);
  write(fd, pattern(10 * 1448));
  forget_sent();
  ASSERT_EQ(info(fd).tcpi_unacked, 10U);
  card.frame_bytes.clear();
  // The second and the third packet are missing, seven behind them have arrived.
  const std::uint32_t first = our_isn + 1;
  inject({.ack = 1 + 1448, .options = sack(first + 3 * 1448, first + 10 * 1448)});
  EXPECT_EQ(info(fd).tcpi_sacked, 7U);
  EXPECT_EQ(info(fd).tcpi_lost, 2U);
  EXPECT_EQ(card.frame_bytes, (std::vector<std::size_t>{66 + 2 * 1448})) << "both in one frame";
  expect(kAck, 1 + 1448, 1, 1448);
  expect(kAck, 1 + 2 * 1448, 1, 1448);
  EXPECT_EQ(nstat("TcpRetransSegs"), 2U);
  EXPECT_EQ(nstat("TcpExtTCPFastRetrans"), 2U);
  inject({.ack = 1 + 10 * 1448});
  EXPECT_EQ(info(fd).tcpi_unacked, 0U);
  EXPECT_EQ(info(fd).tcpi_sacked, 0U);
}

TEST_F(Write, AfterATimeoutGoesOnWithOnePacket) {
  card.offers = kTso;
  const int fd = accepted();  // no SACK: no loss probe
  write(fd, pattern(6 * 1460));
  forget_sent();
  card.frame_bytes.clear();
  until_heard(SimTime::s(2));
  EXPECT_EQ(card.frame_bytes, (std::vector<std::size_t>{54 + 1460}));
  expect(kAck, 1, 1, 1460);
  EXPECT_EQ(info(fd).tcpi_lost, 6U);
}

TEST_F(Write, AProbeForALostTailIsItsLastPacketAlone) {
  card.offers = kTso;
  const int fd = accepted_with(syn_options(true, true, 7), 65535);
  write(fd, pattern(3 * 1448 + 100));
  forget_sent();
  until_heard(SimTime::s(2));
  ASSERT_EQ(nstat("TcpExtTCPLossProbes"), 1U);
  expect(kAck | kPsh, 1 + 3 * 1448, 1, 100);
  EXPECT_TRUE(silent());
  EXPECT_EQ(info(fd).tcpi_unacked, 4U);
}

TEST_F(Write, IsCutAnewWhenThePathTurnsOutNarrower) {
  card.offers = kTso;
  const int fd = accepted_with(syn_options(true, true, 7), 65535);
  write(fd, pattern(4 * 1448));
  forget_sent();
  const Packet& sent = card.sent.back();
  Packet quoted(sent.begin() + 14, sent.begin() + 14 + 28);
  store_be32(quoted, 24, our_isn + 1);
  receive(ethernet(ipv4(icmp(3, 4, 1000, quoted), {.protocol = 1})));  // fragmentation needed: 1000
  ASSERT_FALSE(silent());
  while (!silent()) EXPECT_LE(heard().payload.size(), 1000U - 52U);
  inject({.ack = 1 + 4 * 1448});
  EXPECT_EQ(info(fd).tcpi_unacked, 0U);
}

TEST_F(Write, ToASmallWindowFillsItAndNoMore) {
  card.offers = kTso;
  const int fd = accepted_with(syn_options(true, true, 0), 4000);
  write(fd, pattern(20'000));
  std::size_t bytes = 0;
  while (!silent()) bytes += heard().payload.size();
  EXPECT_LE(bytes, 4000U);
  EXPECT_GE(bytes, 2000U);
}

// ---- the cut itself: what comes out is what a plain model says

TEST_F(Write, CutByTheStackIsWhatTheModelSaysForAnyFrame) {
  Rng rng{7, "gso"};
  std::cout << "seed 7\n";
  for (unsigned round = 0; round < 300; ++round) {
    const std::size_t mss = 1 + rng.below(1460);
    const std::size_t payload = mss + 1 + rng.below(std::min<std::size_t>(60'000, mss * 40));
    const std::size_t options = rng.below(11) * 4;
    Packet segment(20 + options + payload);
    for (std::byte& b : segment) b = static_cast<std::byte>(rng.below(256));
    store8(segment, 12, static_cast<std::uint8_t>((20 + options) / 4 << 4U));
    Packet packet = ethernet(ipv4(segment, {.from = kOurIp,
                                            .to = kPeerIp,
                                            .protocol = 6,
                                            .id = static_cast<std::uint16_t>(rng.below(65536)),
                                            .dont_fragment = rng.chance(1, 2)}),
                             {.to = kPeerMac, .from = card.address()});
    store_be16(packet, 34 + 16,
               static_cast<std::uint16_t>(~transport_checksum(kOurIp, kPeerIp, 6, Packet(segment.size()))));
    FramePtr frame = pool.make(packet.size());
    std::ranges::copy(packet, frame->put(packet.size()).begin());
    frame->leave_checksum(34, 16);
    frame->gso = {static_cast<std::uint16_t>(mss), static_cast<std::uint16_t>((payload + mss - 1) / mss),
                  rng.chance(1, 4)};
    const bool leave = rng.chance(1, 2);
    const std::vector<Packet> expected = as_sent(*frame);
    frame->ids.push_back(ledger.open_from_host(0, {}, runtime.now()));
    std::vector<Packet> cut;
    const std::uint64_t before = ledger.opened_from_host();
    for (const FramePtr& one : gso_segment(net, std::move(frame), 14, leave)) {
      EXPECT_EQ(one->checksum_left(), leave);
      const std::vector<Packet> sent = as_sent(*one);
      cut.insert(cut.end(), sent.begin(), sent.end());
      EXPECT_THAT(one->ids, SizeIs(1));
      one->close(ledger, Fate::sent, Station::tx_wire, runtime.now(), DropReason::none);
    }
    ASSERT_EQ(cut, expected) << "round " << round << ": mss " << mss << ", payload " << payload;
    EXPECT_EQ(ledger.opened_from_host() - before, cut.size() - 1) << "the last one carries the frame's own name";
  }
}

}  // namespace
}  // namespace nicosim
