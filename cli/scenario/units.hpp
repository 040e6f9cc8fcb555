// Quantities as people write them: "400ns", "1.5us", "32Gb/s", "20k/s". Exact integers inside, never a float.
//
// Each parser gives nullopt for what it does not understand, cannot hold, or could only hold rounded.
#pragma once

#include "common/sim_time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nicosim {

std::optional<SimTime> parse_duration(std::string_view text);         // ps ns us ms s min
std::optional<std::uint64_t> parse_bit_rate(std::string_view text);   // b/s kb/s Mb/s Gb/s Tb/s, in bits per second
std::optional<std::uint64_t> parse_rate(std::string_view text);       // /s k/s M/s G/s, in events per second
std::optional<std::uint64_t> parse_bytes(std::string_view text);      // B kB MB GB TB KiB MiB GiB TiB
std::optional<std::uint64_t> parse_byte_rate(std::string_view text);  // B/s kB/s MB/s GB/s TB/s, in bytes per second

// The shortest form that the parsers above read back as the same value: in the largest unit that needs no fraction.
std::string duration_text(SimTime duration);
std::string bit_rate_text(std::uint64_t bits_per_second);
std::string rate_text(std::uint64_t per_second);
std::string bytes_text(std::uint64_t bytes);  // B to TiB
std::string byte_rate_text(std::uint64_t bytes_per_second);

// For people, rounded to three digits: "1.23 us", "400 ns", "12.5 ms".
std::string humanised(SimTime duration);
std::string humanised_count(std::uint64_t count);  // "13 622"

}  // namespace nicosim
