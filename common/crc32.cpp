#include "common/crc32.hpp"

#include <array>

namespace nicosim {
namespace {

constexpr std::array<std::uint32_t, 256> kTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1U) != 0 ? 0xedb8'8320U ^ (c >> 1U) : c >> 1U;
    table[i] = c;
  }
  return table;
}();

}  // namespace

std::uint32_t ethernet_fcs(Bytes frame) {
  std::uint32_t c = 0xffff'ffffU;
  for (const std::byte b : frame) c = kTable[(c ^ std::to_integer<std::uint32_t>(b)) & 0xffU] ^ (c >> 8U);
  return ~c;
}

}  // namespace nicosim
