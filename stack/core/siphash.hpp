// SipHash-2-4 (Aumasson, Bernstein 2012): what ISNs, timestamp offsets and SYN cookies are made of, as in Linux.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>

namespace nicosim {

using SipKey = std::array<std::uint64_t, 2>;

// Of whole 64-bit words, taken as their little-endian bytes.
constexpr std::uint64_t siphash(std::span<const std::uint64_t> words, const SipKey& key) {
  std::uint64_t a = key[0] ^ 0x736f'6d65'7073'6575ULL, b = key[1] ^ 0x646f'7261'6e64'6f6dULL;
  std::uint64_t c = key[0] ^ 0x6c79'6765'6e65'7261ULL, d = key[1] ^ 0x7465'6462'7974'6573ULL;
  const auto rounds = [&](int n) {
    while (n-- > 0) {
      a += b;
      b = std::rotl(b, 13) ^ a;
      a = std::rotl(a, 32);
      c += d;
      d = std::rotl(d, 16) ^ c;
      a += d;
      d = std::rotl(d, 21) ^ a;
      c += b;
      b = std::rotl(b, 17) ^ c;
      c = std::rotl(c, 32);
    }
  };
  const auto mix = [&](std::uint64_t word) {
    d ^= word;
    rounds(2);
    a ^= word;
  };
  for (const std::uint64_t word : words) mix(word);
  mix((std::uint64_t{words.size()} * 8) << 56U);  // the length in the last byte
  c ^= 0xffU;
  rounds(4);
  return a ^ b ^ c ^ d;
}

}  // namespace nicosim
