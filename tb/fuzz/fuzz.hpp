// What every fuzz target shares: bytes that become choices, and a check that stops the run where it fails.
//
// A target is one function, libFuzzer's LLVMFuzzerTestOneInput. Built by clang with -fsanitize=fuzzer it looks for
// inputs; built by anything else, replay_main.cpp runs it over files. It keeps no state between two inputs, so a file
// repeats what the fuzzer saw. docs/fuzzing.md has the invariants of each.
#pragma once

#include "common/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace nicosim::fuzz {

// An invariant that must hold whatever the input; `words` says which one is broken. (clang 14 has no
// std::source_location.)
inline void require(bool holds, const char* words, const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%d: broken: %s\n", file, line, words);
  std::abort();
}

// Reads an input front to back. Behind its end there are zeros, so every input is a whole program.
class Choices {
 public:
  Choices(const std::uint8_t* data, std::size_t size) : left_{data, size} {}

  bool done() const { return left_.empty(); }
  std::uint8_t u8() {
    if (left_.empty()) return 0;
    const std::uint8_t v = left_.front();
    left_ = left_.subspan(1);
    return v;
  }
  std::uint16_t u16() {
    const unsigned high = u8();
    return static_cast<std::uint16_t>(high << 8U | u8());
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16U | u16();
  }
  // 0 to limit - 1; limit at most 256.
  unsigned below(unsigned limit) { return u8() % limit; }
  // The next bytes themselves, fewer at the end.
  Bytes raw(std::size_t most) {
    const auto taken = left_.first(most < left_.size() ? most : left_.size());
    left_ = left_.subspan(taken.size());
    return std::as_bytes(taken);
  }

 private:
  std::span<const std::uint8_t> left_;
};

}  // namespace nicosim::fuzz
