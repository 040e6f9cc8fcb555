#include "stack/ip/checksum.hpp"

#include <bit>
#include <cstring>

namespace nicosim {
namespace {

constexpr std::uint64_t fold(std::uint64_t sum) {
  while ((sum >> 16U) != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return sum;
}

}  // namespace

Checksum::Checksum(Ipv4Address source, Ipv4Address destination, std::uint8_t protocol, std::size_t length)
    : sum_(std::uint64_t{source.value} + destination.value + protocol + length) {}

// Sums 32-bit words in the machine's order and turns the folded result around: the sum does not mind (RFC 1071, 2.B).
void Checksum::add(Bytes bytes) {
  std::uint64_t native = 0;
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + i, 4);
    native += word;
  }
  auto folded = static_cast<std::uint16_t>(fold(native));
  if constexpr (std::endian::native == std::endian::little)
    folded = static_cast<std::uint16_t>((folded << 8U) | (folded >> 8U));
  sum_ += folded;
  for (; i + 2 <= bytes.size(); i += 2) sum_ += load_be16(bytes, i);
  if (i < bytes.size()) sum_ += static_cast<std::uint64_t>(load8(bytes, i)) << 8U;
}

std::uint16_t Checksum::sum() const { return static_cast<std::uint16_t>(fold(sum_)); }

std::uint16_t Checksum::value() const { return static_cast<std::uint16_t>(~fold(sum_)); }

}  // namespace nicosim
