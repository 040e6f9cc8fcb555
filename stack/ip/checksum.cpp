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

// Sums 64-bit words in the machine's order with the carry added back, and turns the folded result around: the sum does
// not mind (RFC 1071, 2.A and 2.B).
void Checksum::add(Bytes bytes) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t native = 0;
  const auto take = [&](std::size_t offset, std::size_t n) {  // padded with zeros, which the sum does not see
    std::uint64_t word = 0;
    std::memcpy(&word, at + offset, n);
    native += word;
    native += native < word ? 1U : 0U;
  };
  for (; left >= 32; left -= 32, at += 32) {
    take(0, 8);
    take(8, 8);
    take(16, 8);
    take(24, 8);
  }
  for (; left >= 8; left -= 8, at += 8) take(0, 8);
  if (left > 0) take(0, left);
  auto folded = static_cast<std::uint16_t>(fold((native >> 32U) + (native & 0xffff'ffffU)));
  if constexpr (std::endian::native == std::endian::little)
    folded = static_cast<std::uint16_t>((folded << 8U) | (folded >> 8U));
  sum_ += folded;
}

std::uint16_t Checksum::sum() const { return static_cast<std::uint16_t>(fold(sum_)); }

std::uint16_t Checksum::value() const { return static_cast<std::uint16_t>(~fold(sum_)); }

}  // namespace nicosim
