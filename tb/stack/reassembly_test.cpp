#include "tb/stack/stack_fixture.hpp"

#include <numeric>

namespace nicosim {
namespace {

using namespace packets;

struct Reassembly : StackFixture {
  static constexpr std::size_t kEach = 480;
  Packet data = pattern(4 * kEach - 8);  // with the UDP header: four full fragments
  std::vector<Packet> four = fragments(udp(data), kEach);
  Packet piece(std::size_t offset, std::size_t size, bool more, unsigned start = 0) {
    return ethernet(ipv4(pattern(size, start), {.more_fragments = more, .offset = offset}));
  }
};

TEST_F(Reassembly, FourFragmentsInEveryOrderMakeTheDatagram) {
  const int fd = udp_socket();
  std::vector<std::size_t> order{0, 1, 2, 3};
  unsigned orders = 0;
  do {
    for (const std::size_t i : order) receive(four[i]);
    ASSERT_EQ(read(fd), data);
    ++orders;
  } while (std::ranges::next_permutation(order).found);
  EXPECT_EQ(orders, 24U);
  EXPECT_EQ(nstat("IpReasmOKs"), 24U);
  EXPECT_EQ(fate(Fate::read), 96U) << "each fragment has its own fate";
}

TEST_F(Reassembly, AnExactDuplicateIsDroppedAlone) {
  const int fd = udp_socket();
  receive(four[0]);
  receive(four[0]);
  for (int i = 1; i < 4; ++i) receive(four[static_cast<std::size_t>(i)]);
  EXPECT_EQ(dropped(Station::ip, DropReason::DUP_FRAG), 1U);
  EXPECT_EQ(read(fd), data);
}

TEST_F(Reassembly, AFragmentInsideWhatHasArrivedIsADuplicate) {
  receive(piece(0, 64, true));
  receive(piece(64, 64, true));
  receive(piece(32, 64, true));
  EXPECT_EQ(dropped(Station::ip, DropReason::DUP_FRAG), 1U);
}

TEST_F(Reassembly, AnOverlapCostsTheWholeDatagram) {
  receive(four[0]);
  receive(four[1]);
  receive(piece(kEach * 2 - 8, kEach, true));
  EXPECT_EQ(dropped(Station::ip, DropReason::FRAG_OVERLAP), 3U);
  EXPECT_EQ(nstat("IpExtReasmOverlaps"), 1U);
  EXPECT_TRUE(stack->next_deadline().is_never()) << "its timer is gone, too";
}

TEST_F(Reassembly, TwoLastFragmentsThatDisagreeCostTheDatagram) {
  receive(piece(64, 40, false));
  receive(piece(64, 48, false));
  EXPECT_EQ(dropped(Station::ip, DropReason::FRAG_OVERLAP), 2U);
}

TEST_F(Reassembly, DataBeyondTheLastFragmentCostsTheDatagram) {
  receive(piece(64, 40, false));
  receive(piece(128, 64, true));
  EXPECT_EQ(dropped(Station::ip, DropReason::FRAG_OVERLAP), 2U);
}

TEST_F(Reassembly, AnEmptyFragmentCostsTheDatagram) {
  receive(piece(64, 0, true));
  EXPECT_EQ(dropped(Station::ip, DropReason::FRAG_OVERLAP), 1U);
}

TEST_F(Reassembly, MoreThanSixtyFourKilobytesIsAPingOfDeath) {
  for (std::size_t at = 0; at < 65520; at += 1456) receive(piece(at, 1456, true));
  receive(piece(65520, 100, false));
  EXPECT_EQ(dropped(Station::ip, DropReason::PKT_TOO_BIG), 46U);
  EXPECT_EQ(nstat("IpReasmFails"), 1U);
}

TEST_F(Reassembly, AHoleTimesOutAfterThirtySecondsAndTheSenderIsTold) {
  know_peer();
  receive(four[0]);
  receive(four[3]);
  advance(SimTime::ms(29'999));
  EXPECT_EQ(dropped(Station::ip, DropReason::FRAG_REASM_TIMEOUT), 0U);
  advance(SimTime::ms(1));
  EXPECT_EQ(dropped(Station::ip, DropReason::FRAG_REASM_TIMEOUT), 2U);
  EXPECT_EQ(nstat("IpReasmTimeout"), 1U);
  ASSERT_EQ(card.sent.size(), 1U);
  EXPECT_EQ(load_be16(card.sent[0], 34), 0x0b01);
}

TEST_F(Reassembly, WithoutTheFirstFragmentNobodyIsToldOfATimeout) {
  know_peer();
  receive(four[1]);
  advance(SimTime::s(30));
  EXPECT_EQ(dropped(Station::ip, DropReason::FRAG_REASM_TIMEOUT), 1U);
  EXPECT_TRUE(card.sent.empty());
}

TEST_F(Reassembly, AboveTheMemoryLimitNoNewDatagramStarts) {
  StackConfig config;
  config.sysctl.ipfrag_high_thresh = 4 * 2304;
  rebuild(config);
  for (std::uint16_t id = 0; id < 8; ++id) receive(ethernet(ipv4(pattern(1400), {.id = id, .more_fragments = true})));
  EXPECT_EQ(dropped(Station::ip, DropReason::FRAG_TOO_FAR), 3U) << "five fit: the limit is looked at before the fifth";
}

TEST_F(Reassembly, DatagramsWithDifferentIdsDoNotMix) {
  const int fd = udp_socket();
  const auto other = fragments(udp(text("the other one, with some length")), 16, {.id = 2});
  receive(four[0]);
  for (const Packet& p : other) receive(p);
  EXPECT_EQ(read(fd), text("the other one, with some length"));
}

TEST_F(Reassembly, FragmentsLeftAtTheEndAreQueuedAtIp) {
  receive(four[0]);
  stack->close_queued(runtime.now());
  EXPECT_EQ(fate(Fate::queued), 1U);
}

}  // namespace
}  // namespace nicosim
