#include "common/crc32.hpp"

#include <array>

namespace nicosim {
namespace {

// kTables[n][b]: what byte b does to the remainder when n more bytes have come behind it. So eight bytes are taken in
// one step (slicing by eight), and their look-ups do not wait for each other.
constexpr std::size_t kSlices = 8;
constexpr auto kTables = [] {
  std::array<std::array<std::uint32_t, 256>, kSlices> tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1U) != 0 ? 0xedb8'8320U ^ (c >> 1U) : c >> 1U;
    tables[0][i] = c;
  }
  for (std::size_t n = 1; n < kSlices; ++n)
    for (std::size_t i = 0; i < 256; ++i) tables[n][i] = tables[0][tables[n - 1][i] & 0xffU] ^ (tables[n - 1][i] >> 8U);
  return tables;
}();

}  // namespace

std::uint32_t ethernet_fcs(Bytes frame) {
  std::uint32_t c = 0xffff'ffffU;
  for (; frame.size() >= kSlices; frame = frame.subspan(kSlices)) {
    std::uint32_t next = 0;
    for (std::size_t i = 0; i < kSlices; ++i) {
      const std::uint32_t mixed = std::to_integer<std::uint32_t>(frame[i]) ^ (i < 4 ? c >> (8 * i) : 0);
      next ^= kTables[kSlices - 1 - i][mixed & 0xffU];
    }
    c = next;
  }
  for (const std::byte b : frame) c = kTables[0][(c ^ std::to_integer<std::uint32_t>(b)) & 0xffU] ^ (c >> 8U);
  return ~c;
}

}  // namespace nicosim
