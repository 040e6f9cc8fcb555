// What iperf 2.1.8 says at the start of a connection: bytes recorded from its client.
#include "programs/iperf_server.hpp"

#include <gmock/gmock.h>
#include <string_view>
#include <vector>

namespace nicosim {
namespace {

// In hexadecimal; the first nine words and, for UDP, four more.
std::vector<std::byte> words(std::string_view hex) {
  std::vector<std::byte> bytes;
  for (std::size_t at = 0; at + 1 < hex.size(); at += hex[at + 2] == ' ' ? 3 : 2)
    bytes.push_back(static_cast<std::byte>(std::stoi(std::string{hex.substr(at, 2)}, nullptr, 16)));
  return bytes;
}

constexpr std::string_view kPlain =
    "40 01 00 78 00 00 00 01 00 00 15 b3 00 00 00 00 00 00 00 00 ff ff ff 9c 00 00 00 00 00 00 00 00 00 00 00 00 ";
constexpr std::string_view kReversed =
    "44 01 00 78 00 00 00 01 00 00 15 b3 00 00 00 00 00 00 00 00 ff ff ff 9c 00 00 00 00 00 00 00 00 04 00 00 00 ";
constexpr std::string_view kTradeoff =
    "c0 01 00 78 00 00 00 01 00 00 15 b3 00 00 00 00 00 00 00 00 00 10 00 00 00 00 00 00 00 00 00 00 00 00 00 00 ";
constexpr std::string_view kBothAtOnce =
    "c0 01 00 79 00 00 00 01 00 00 15 b3 00 00 00 00 00 00 00 00 ff ff ff 9c 00 00 00 00 00 00 00 00 00 00 00 00 ";

constexpr std::string_view kFullDuplex =
    "44 01 00 78 00 00 00 01 00 00 13 9b 00 00 00 00 00 00 00 00 00 10 00 00 00 00 00 00 00 00 00 00 08 00 00 00 ";
constexpr std::string_view kReversedUdp =
    "6c 01 00 98 00 00 00 01 00 00 13 8b 00 00 00 00 00 00 00 00 ff ff ff 9c 00 00 00 00 00 00 00 00 04 00 00 00 "
    "00 02 00 01 00 08 00 03 00 00 00 00 00 10 00 00 ";

TEST(IperfRequest, OfAPlainTestWantsNothingBack) {
  const auto request = parse_iperf_request(words(kPlain));
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->reverse);
  EXPECT_FALSE(request->tradeoff);
}

TEST(IperfRequest, OfAReversedTestSaysForHowLong) {
  const auto request = parse_iperf_request(words(kReversed));
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->reverse);
  EXPECT_EQ(request->duration, SimTime::s(1));
  EXPECT_EQ(request->bytes, 0U);
}

TEST(IperfRequest, OfATradeoffSaysWhereToAndHowMuch) {
  const auto request = parse_iperf_request(words(kTradeoff));
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->tradeoff);
  EXPECT_EQ(request->port, 5555);
  EXPECT_EQ(request->bytes, 1U << 20U);
}

TEST(IperfRequest, OfBothDirectionsAtOnceIsNoTradeoff) {
  const auto request = parse_iperf_request(words(kBothAtOnce));
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->dual);
  EXPECT_FALSE(request->tradeoff);
  EXPECT_EQ(request->port, 5555);
}

TEST(IperfRequest, OfFullDuplexStaysOnItsConnection) {
  const auto request = parse_iperf_request(words(kFullDuplex));
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->full_duplex);
  EXPECT_FALSE(request->reverse || request->dual || request->tradeoff);
}

TEST(IperfRequest, OfAReversedUdpTestSaysHowFast) {
  const auto request = parse_iperf_request(words(kReversedUdp));
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->reverse);
  EXPECT_FALSE(request->dual);
  EXPECT_EQ(request->bits_per_second, 1U << 20U);
  EXPECT_EQ(request->duration, SimTime::s(1));
}

TEST(IperfRequest, ThatIsNotWholeYetIsNone) {
  auto bytes = words(kPlain);
  bytes.pop_back();
  EXPECT_FALSE(parse_iperf_request(bytes));
}

}  // namespace
}  // namespace nicosim
