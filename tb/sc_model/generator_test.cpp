// What feeds a wire: the generator.
#include "sc_model/generator.hpp"

#include "tb/stack/packets.hpp"

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

}  // namespace
}  // namespace nicosim
