// The client of `./nicosim bench tap`, as its server sees it.
#pragma once

#include <cstdint>

namespace nicosim::bench {

inline constexpr const char* kTapServer = "10.77.0.2";
inline constexpr std::uint16_t kTapPort = 80;

// Downloads /bytes/N, compares every byte, and prints bytes=, wall_us= (from connect() to the last byte) and cpu_us=
// (of this process, user and system). Runs in the private network. Throws std::exception's when anything goes wrong.
int bench_tap_client(std::uint64_t bytes);

}  // namespace nicosim::bench
