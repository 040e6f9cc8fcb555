// Random numbers that repeat: one stream per purpose and seed (SplitMix64 state, xorshift-multiply output).
//
// Own distributions, because the standard library's differ between implementations. One draw per statement, since the
// order in which arguments are evaluated differs between compilers.
#pragma once

#include "common/int128.hpp"

#include <cstdint>
#include <string_view>

namespace nicosim {

class Rng {
 public:
  // `purpose` keeps streams apart: adding a consumer does not shift the numbers of the others.
  Rng(std::uint64_t seed, std::string_view purpose) : state_(seed) {
    for (const char c : purpose) state_ = (state_ ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01b3ULL;
    next();
  }

  std::uint64_t next() {
    state_ += 0x9e37'79b9'7f4a'7c15ULL;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xbf58'476d'1ce4'e5b9ULL;
    z = (z ^ (z >> 27U)) * 0x94d0'49bb'1331'11ebULL;
    return z ^ (z >> 31U);
  }
  // Evenly from 0 to limit - 1; limit > 0. The bias of the multiply-shift is below 2^-32 for limits below 2^32.
  std::uint64_t below(std::uint64_t limit) {
    return static_cast<std::uint64_t>((static_cast<UInt128>(next()) * limit) >> 64U);
  }
  bool chance(std::uint64_t numerator, std::uint64_t denominator) { return below(denominator) < numerator; }

 private:
  std::uint64_t state_;
};

}  // namespace nicosim
