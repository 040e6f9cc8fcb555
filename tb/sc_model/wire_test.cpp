// The wire: columns and back for every length and both start lanes, gaps, and who goes first.
#include "sc_model/wire.hpp"

#include "sc_model/generator.hpp"
#include "sc_model/pci_function.hpp"
#include "sc_model/wire_faults.hpp"
#include "tb/stack/packets.hpp"

#include <gtest/gtest.h>

namespace nicosim {
namespace {

using packets::Packet;
using packets::pattern;

class ListSource final : public WireSource {
 public:
  void add(SimTime at, Packet bytes) { frames_.push_back({at, std::move(bytes), std::nullopt, frames_.size()}); }
  std::optional<WireFrame> next() override {
    if (next_ == frames_.size()) return std::nullopt;
    return frames_[next_++];
  }
  std::vector<WireFrame>& frames() { return frames_; }

 private:
  std::vector<WireFrame> frames_;
  std::size_t next_ = 0;
};

struct Started {
  std::uint64_t number;
  SimTime first_bit;
  std::uint64_t packet;
};

// A wire in whose far end the columns are put together again.
struct Loop {
  std::vector<Started> started;
  std::vector<WireOut::Frame> out;
  WireIn in{[this](std::uint64_t number, SimTime first_bit, const WireFrame& frame) {
    started.push_back({number, first_bit, frame.packet});
  }};
  WireOut back{[this](WireOut::Frame&& frame) { out.push_back(std::move(frame)); }};

  void run(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t cycle = from; cycle < to; ++cycle) back.column(cycle, in.column(cycle));
  }
};

TEST(Wire, EveryLengthComesBackWholeFromBothStartLanes) {
  for (const std::int64_t slot : {0, 1})
    for (std::size_t length = 64; length <= 1522; ++length) {
      Loop loop;
      ListSource source;
      source.add(SimTime::ps((20 + slot) * kSlotPs), pattern(length));
      loop.in.set_source(&source);
      loop.run(1, 220);
      ASSERT_EQ(loop.out.size(), 1U) << length;
      EXPECT_EQ(loop.out[0].bytes, pattern(length));
      EXPECT_FALSE(loop.out[0].aborted);
      EXPECT_FALSE(loop.out[0].good_fcs) << "the pattern has none";
      EXPECT_EQ(loop.started[0].first_bit, SimTime::ps((20 + slot) * kSlotPs));
      // Eight bytes of preamble and the frame, 800 ps each.
      EXPECT_EQ((loop.out[0].last_bit - loop.out[0].first_bit).in_ps(), static_cast<std::int64_t>(8 + length) * 800);
      EXPECT_TRUE(loop.in.exhausted());
    }
}

TEST(Wire, BackToBackFramesHaveAGapOfTwelveOnAverageAndNeverUnderNine) {
  for (std::size_t length = 64; length <= 80; ++length) {
    Loop loop;
    ListSource source;
    constexpr std::int64_t kFrames = 400;
    for (std::int64_t i = 0; i < kFrames; ++i) source.add(SimTime::zero(), pattern(length));
    loop.in.set_source(&source);
    loop.run(1, 6000);
    ASSERT_EQ(loop.started.size(), static_cast<std::size_t>(kFrames));
    const auto busy = static_cast<std::int64_t>(8 + length);
    for (std::size_t i = 1; i < loop.started.size(); ++i) {
      const std::int64_t gap = (loop.started[i].first_bit - loop.started[i - 1].first_bit).in_ps() / 800 - busy;
      EXPECT_GE(gap, 9);
      EXPECT_LE(gap, 15);
    }
    const std::int64_t bytes = loop.started.back().first_bit.in_ps() / 800;
    EXPECT_LE(std::abs(bytes - (kFrames - 1) * (busy + 12)), 3) << "length " << length;
    EXPECT_EQ(loop.in.delayed(), static_cast<std::uint64_t>(kFrames - 1));
  }
}

TEST(Wire, APushedFrameGoesBeforeALaterOneOfTheSourceAndAfterAnEarlierOne) {
  Loop loop;
  ListSource source;
  source.add(SimTime::ns(100), pattern(64));
  source.add(SimTime::us(2), pattern(64));
  source.frames()[0].packet = 1;
  source.frames()[1].packet = 2;
  loop.in.set_source(&source);
  loop.run(1, 5);
  loop.in.push({SimTime::ns(500), pattern(70), std::nullopt, 9}, 5);
  loop.run(5, 400);
  ASSERT_EQ(loop.started.size(), 3U);
  EXPECT_EQ(loop.started[0].packet, 1U);
  EXPECT_EQ(loop.started[1].packet, 9U);
  EXPECT_EQ(loop.started[2].packet, 2U);
  EXPECT_EQ(loop.out[1].bytes, pattern(70));
  EXPECT_EQ(loop.in.delayed(), 0U);
}

TEST(Wire, APushedFrameMayStartInTheHalfColumnBeforeTheNextEdge) {
  Loop loop;
  loop.in.push({SimTime::ps(10 * kCyclePs + kSlotPs), pattern(64), std::nullopt, 0}, 11);
  loop.run(11, 40);
  ASSERT_EQ(loop.started.size(), 1U);
  EXPECT_EQ(loop.started[0].first_bit, SimTime::ps(10 * kCyclePs + kSlotPs));
}

TEST(Wire, AFrameWithAnErrorCharacterEndsThereForWhoReceivesIt) {
  Loop loop;
  ListSource source;
  source.add(SimTime::ns(100), pattern(100));
  source.frames()[0].error_at = 40;
  loop.in.set_source(&source);
  loop.run(1, 60);
  ASSERT_EQ(loop.out.size(), 1U);
  EXPECT_TRUE(loop.out[0].aborted);
  EXPECT_EQ(loop.out[0].bytes.size(), 40U);
}

TEST(Wire, AskingForTheNextBusyCycleNeverSkipsAColumn) {
  Loop loop;
  ListSource source;
  source.add(SimTime::us(1), pattern(64));
  source.add(SimTime::us(3), pattern(64));
  loop.in.set_source(&source);
  std::uint64_t cycle = 1, asked = 0;
  while ((cycle = loop.in.busy_from(cycle)) != kNoCycle) {
    loop.back.column(cycle, loop.in.column(cycle));
    ++cycle;
    ++asked;
  }
  ASSERT_EQ(loop.out.size(), 2U);
  EXPECT_EQ(loop.out[1].bytes, pattern(64));
  EXPECT_LE(asked, 22U);
}

TEST(Generator, MergesItsSeriesByTimeAndKeepsExactRates) {
  Generator generator{packets::kPeerMac,
                      packets::kPeerIp,
                      {{SimTime::us(5), SimTime::us(10), std::nullopt, 3, pattern(60)},
                       {SimTime::us(1), std::nullopt, 3'000'000, 4, pattern(61)},
                       {SimTime::us(5), std::nullopt, std::nullopt, std::nullopt, pattern(62)}}};
  std::vector<std::pair<std::int64_t, std::size_t>> sent;
  while (const auto frame = generator.next()) sent.emplace_back(frame->not_before.in_ps(), frame->bytes.size() - 4);
  const std::vector<std::pair<std::int64_t, std::size_t>> expected{
      {1'000'000, 61}, {1'333'333, 61}, {1'666'666, 61},  {2'000'000, 61},  // floor(k * 10^12 / 3 000 000)
      {5'000'000, 60}, {5'000'000, 62}, {15'000'000, 60}, {25'000'000, 60}};
  EXPECT_EQ(sent, expected);
  EXPECT_EQ(generator.sent(), 8U);
}

TEST(Generator, AnswersArpForItsOwnAddressOnly) {
  Generator generator{packets::kPeerMac, packets::kPeerIp, {}};
  const auto ask = [](Ipv4Address target) {
    return packets::arp_frame({.sender_mac = packets::kOurMac, .sender_ip = packets::kOurIp, .target_ip = target});
  };
  const auto answer = generator.receive(ask(packets::kPeerIp));
  ASSERT_TRUE(answer);
  Packet expected = packets::ethernet(packets::arp({.operation = 2,
                                                    .sender_mac = packets::kPeerMac,
                                                    .sender_ip = packets::kPeerIp,
                                                    .target_mac = packets::kOurMac,
                                                    .target_ip = packets::kOurIp}),
                                      {.to = packets::kOurMac, .from = packets::kPeerMac, .type = 0x0806});
  finish_for_wire(expected);
  EXPECT_EQ(*answer, expected);
  EXPECT_FALSE(generator.receive(ask(packets::kOtherIp)));
  EXPECT_EQ(generator.received(), 2U);
}

TEST(WireFaults, LoseCorruptAndDoubleAsOftenAsToldAndCountIt) {
  ListSource source;
  constexpr std::size_t kFrames = 20'000;
  for (std::size_t i = 0; i < kFrames; ++i) source.add(SimTime::us(static_cast<std::int64_t>(i)), pattern(64));
  WireFaults faults{source, {SimTime::ns(7), 100'000'000, 50'000'000, 20'000'000}, Rng{3, "wire0"}};
  std::size_t out = 0, changed = 0;
  while (const auto frame = faults.next()) {
    ++out;
    EXPECT_EQ(frame->not_before, SimTime::us(static_cast<std::int64_t>(frame->packet)) + SimTime::ns(7));
    unsigned bits = 0;
    const Packet good = pattern(64);
    for (std::size_t i = 0; i < good.size(); ++i)
      bits += static_cast<unsigned>(__builtin_popcount(std::to_integer<unsigned>(good[i] ^ frame->bytes[i])));
    EXPECT_LE(bits, 1U) << "one bit at most";
    changed += bits;
  }
  EXPECT_EQ(out, kFrames - faults.lost() + faults.duplicated());
  EXPECT_EQ(changed, faults.corrupted());
  // 10 %, 5 % and 2 % of 20 000, five standard deviations wide.
  EXPECT_NEAR(static_cast<double>(faults.lost()), 2000, 213);
  EXPECT_NEAR(static_cast<double>(faults.corrupted()), 900, 150);
  EXPECT_NEAR(static_cast<double>(faults.duplicated()), 360, 95);
}

TEST(PciFunction, ShowsItsIdsAndTheSizesOfItsBars) {
  PciFunction pci{[](bool) {}};
  EXPECT_EQ(pci.read32(0x00), 0x100e'8086U);
  EXPECT_EQ(pci.read32(0x08) >> 8U, 0x02'0000U) << "Ethernet controller";
  EXPECT_EQ(pci.read32(0x3c) >> 8U & 0xffU, 1U) << "INTA#";
  pci.write32(0x10, 0xffff'ffff);
  EXPECT_EQ(~(pci.read32(0x10) & ~0xfU) + 1, 128U * 1024U);
  pci.write32(0x14, 0xffff'ffff);
  EXPECT_EQ(pci.read32(0x14) & 1U, 1U) << "I/O";
  EXPECT_EQ(~(pci.read32(0x14) & ~0x3U) + 1, 64U);
  for (unsigned offset = 0x18; offset <= 0x24; offset += 4) {
    pci.write32(offset, 0xffff'ffff);
    EXPECT_EQ(pci.read32(offset), 0U) << "no BAR at " << offset;
  }
  pci.write32(0x10, 0xf000'0000);
  EXPECT_EQ(pci.bar0(), 0xf000'0000U);
  pci.write32(0x00, 0);
  EXPECT_EQ(pci.read32(0x00), 0x100e'8086U) << "ids cannot be written";
}

TEST(PciFunction, TellsTheCardWhenBusMasteringChangesAndOnlyThen) {
  std::vector<bool> told;
  PciFunction pci{[&told](bool on) { told.push_back(on); }};
  pci.write32(0x04, PciFunction::kCommandMemory);
  EXPECT_TRUE(pci.memory_enabled());
  EXPECT_TRUE(told.empty());
  pci.write32(0x04, PciFunction::kCommandMemory | PciFunction::kCommandBusMaster);
  pci.write32(0x04, PciFunction::kCommandMemory | PciFunction::kCommandBusMaster);
  pci.write32(0x04, 0);
  EXPECT_EQ(told, (std::vector<bool>{true, false}));
}

}  // namespace
}  // namespace nicosim
