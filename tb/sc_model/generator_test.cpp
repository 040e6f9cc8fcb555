// What feeds a wire: the generator, and the faults of a bad cable on top of any source.
#include "sc_model/generator.hpp"

#include "sc_model/wire_faults.hpp"
#include "tb/sc_model/list_source.hpp"

#include <gtest/gtest.h>

namespace nicosim {
namespace {

using packets::Packet;
using packets::pattern;

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

TEST(OutgoingFaults, LetArriveWhatIsNeitherLostNorCorrupted) {
  OutgoingFaults faults{{SimTime::zero(), 100'000'000, 50'000'000, 20'000'000}, Rng{3, "wire0 out"}};
  constexpr std::uint64_t kFrames = 20'000;
  std::uint64_t arrived = 0;
  for (std::uint64_t i = 0; i < kFrames; ++i) arrived += faults.copies();
  const Mishaps& m = faults.mishaps();
  EXPECT_EQ(arrived, kFrames - m.lost() - m.corrupted() + m.duplicated());
  EXPECT_NEAR(static_cast<double>(m.lost()), 2000, 213);  // five standard deviations
  EXPECT_NEAR(static_cast<double>(m.corrupted()), 900, 150);
  EXPECT_NEAR(static_cast<double>(m.duplicated()), 360, 95);
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
  EXPECT_EQ(out, kFrames - faults.mishaps().lost() + faults.mishaps().duplicated());
  EXPECT_EQ(changed, faults.mishaps().corrupted());
  // 10 %, 5 % and 2 % of 20 000, five standard deviations wide.
  EXPECT_NEAR(static_cast<double>(faults.mishaps().lost()), 2000, 213);
  EXPECT_NEAR(static_cast<double>(faults.mishaps().corrupted()), 900, 150);
  EXPECT_NEAR(static_cast<double>(faults.mishaps().duplicated()), 360, 95);
}

}  // namespace
}  // namespace nicosim
