// Sequence numbers: modulo 2^32, compared by the sign of their difference (RFC 9293, 3.4).
#pragma once

#include <cstdint>

namespace nicosim {

constexpr bool before(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) < 0; }
constexpr bool after(std::uint32_t a, std::uint32_t b) { return before(b, a); }
// low <= x <= high, going up from low.
constexpr bool between(std::uint32_t x, std::uint32_t low, std::uint32_t high) { return high - low >= x - low; }
constexpr std::uint32_t later_of(std::uint32_t a, std::uint32_t b) { return after(a, b) ? a : b; }
constexpr std::uint32_t earlier_of(std::uint32_t a, std::uint32_t b) { return before(a, b) ? a : b; }

}  // namespace nicosim
