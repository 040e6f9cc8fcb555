#include "common/crc32.hpp"

#include <gtest/gtest.h>
#include <string_view>
#include <vector>

namespace nicosim {
namespace {

// One bit at a time, as IEEE 802.3 draws it.
std::uint32_t by_bits(Bytes frame) {
  std::uint32_t c = 0xffff'ffffU;
  for (const std::byte b : frame) {
    c ^= std::to_integer<std::uint32_t>(b);
    for (int bit = 0; bit < 8; ++bit) c = (c & 1U) != 0 ? 0xedb8'8320U ^ (c >> 1U) : c >> 1U;
  }
  return ~c;
}

TEST(EthernetFcs, HasTheCheckValueOfCrc32) {
  constexpr std::string_view kDigits = "123456789";
  EXPECT_EQ(ethernet_fcs(std::as_bytes(std::span{kDigits})), 0xcbf4'3926U);
}

TEST(EthernetFcs, IsTheBitwiseRemainderAtEveryLengthAndEveryAlignment) {
  std::vector<std::byte> bytes(1600);
  std::uint32_t x = 1;
  for (std::byte& b : bytes) {
    x = x * 1'664'525U + 1'013'904'223U;
    b = static_cast<std::byte>(x >> 24U);
  }
  for (std::size_t length = 0; length <= 40; ++length)
    for (std::size_t from = 0; from < 16; ++from) {
      const Bytes part = Bytes{bytes}.subspan(from, length);
      EXPECT_EQ(ethernet_fcs(part), by_bits(part)) << length << " bytes from " << from;
    }
  EXPECT_EQ(ethernet_fcs(bytes), by_bits(bytes));
}

TEST(EthernetFcs, LeavesTheSameResidueBehindEveryFrame) {
  std::vector<std::byte> frame(64, std::byte{0x5a});
  const std::uint32_t fcs = ethernet_fcs(frame);
  for (unsigned i = 0; i < 4; ++i) frame.push_back(static_cast<std::byte>(fcs >> (8 * i)));
  EXPECT_EQ(~ethernet_fcs(frame), 0xdebb'20e3U);
}

}  // namespace
}  // namespace nicosim
