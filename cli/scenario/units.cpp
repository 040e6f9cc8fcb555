#include "cli/scenario/units.hpp"

#include "common/int128.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <limits>
#include <span>

namespace nicosim {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};
// From small to large
constexpr std::array kTimeUnits{Unit{"ps", 1},
                                Unit{"ns", 1'000},
                                Unit{"us", 1'000'000},
                                Unit{"ms", 1'000'000'000},
                                Unit{"s", 1'000'000'000'000},
                                Unit{"min", 60'000'000'000'000}};
constexpr std::array kBitRateUnits{Unit{"b/s", 1}, Unit{"kb/s", 1'000}, Unit{"Mb/s", 1'000'000},
                                   Unit{"Gb/s", 1'000'000'000}, Unit{"Tb/s", 1'000'000'000'000}};
constexpr std::array kRateUnits{Unit{"/s", 1}, Unit{"k/s", 1'000}, Unit{"M/s", 1'000'000}, Unit{"G/s", 1'000'000'000}};
constexpr std::array kByteUnits{Unit{"B", 1},
                                Unit{"KiB", 1ULL << 10U},
                                Unit{"MiB", 1ULL << 20U},
                                Unit{"GiB", 1ULL << 30U},
                                Unit{"TiB", 1ULL << 40U},
                                Unit{"kB", 1'000},
                                Unit{"MB", 1'000'000},
                                Unit{"GB", 1'000'000'000},
                                Unit{"TB", 1'000'000'000'000}};
constexpr std::array kByteRateUnits{Unit{"B/s", 1}, Unit{"kB/s", 1'000}, Unit{"MB/s", 1'000'000},
                                    Unit{"GB/s", 1'000'000'000}, Unit{"TB/s", 1'000'000'000'000}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "1.5us" with a unit of the list; one space before the unit is allowed.
std::optional<std::uint64_t> parse_quantity(std::string_view text, std::span<const Unit> units, std::uint64_t most) {
  constexpr std::size_t kMostDigits = 20;
  UInt128 digits = 0;
  UInt128 scale = 1;
  std::size_t at = 0;
  std::size_t count = 0;
  bool point = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '.' && !point && at > 0) {
      point = true;
      continue;
    }
    if (!is_digit(text[at])) break;
    if (++count > kMostDigits) return std::nullopt;
    digits = digits * 10 + static_cast<unsigned>(text[at] - '0');
    if (point) scale *= 10;
  }
  if (count == 0 || text[at - 1] == '.') return std::nullopt;
  text.remove_prefix(at);
  if (text.starts_with(' ')) text.remove_prefix(1);
  const auto unit = std::ranges::find(units, text, &Unit::name);
  if (unit == units.end()) return std::nullopt;
  const UInt128 product = digits * unit->factor;  // below 10^20 * 6 * 10^13 < 2^128
  if (product % scale != 0 || product / scale > most) return std::nullopt;
  return static_cast<std::uint64_t>(product / scale);
}

std::string quantity_text(std::uint64_t value, std::span<const Unit> units) {
  const Unit* best = &units.front();
  if (value != 0)
    for (const Unit& unit : units)
      if (value % unit.factor == 0) best = &unit;
  return fmt::format("{}{}", value / best->factor, best->name);
}

}  // namespace

std::optional<SimTime> parse_duration(std::string_view text) {
  const auto ps = parse_quantity(text, kTimeUnits, std::numeric_limits<std::int64_t>::max() - 1);
  if (!ps) return std::nullopt;
  return SimTime::ps(static_cast<std::int64_t>(*ps));
}
std::optional<std::uint64_t> parse_bit_rate(std::string_view text) {
  return parse_quantity(text, kBitRateUnits, std::numeric_limits<std::uint64_t>::max());
}
std::optional<std::uint64_t> parse_rate(std::string_view text) {
  return parse_quantity(text, kRateUnits, std::numeric_limits<std::uint64_t>::max());
}
std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  return parse_quantity(text, kByteUnits, std::numeric_limits<std::uint64_t>::max());
}
std::optional<std::uint64_t> parse_byte_rate(std::string_view text) {
  return parse_quantity(text, kByteRateUnits, std::numeric_limits<std::uint64_t>::max());
}

std::string duration_text(SimTime duration) {
  return quantity_text(static_cast<std::uint64_t>(duration.in_ps()), std::span{kTimeUnits}.first(5));
}
std::string bit_rate_text(std::uint64_t bits_per_second) { return quantity_text(bits_per_second, kBitRateUnits); }
std::string rate_text(std::uint64_t per_second) { return quantity_text(per_second, kRateUnits); }
std::string bytes_text(std::uint64_t bytes) { return quantity_text(bytes, std::span{kByteUnits}.first(5)); }
std::string byte_rate_text(std::uint64_t bytes_per_second) { return quantity_text(bytes_per_second, kByteRateUnits); }

std::string humanised(SimTime duration) {
  if (duration.is_never()) return "never";
  if (duration < SimTime::zero()) return "-" + humanised(SimTime::zero() - duration);
  const double ps = static_cast<double>(duration.in_ps());
  for (std::size_t i = 4; i-- > 0;) {
    // A value that rounds up to the next unit is shown in that one: "1 us", not "1e+03 ns".
    const Unit& unit = kTimeUnits[i + 1];
    if (ps >= static_cast<double>(unit.factor) * 0.9995) {
      const double v = ps / static_cast<double>(unit.factor);
      return v >= 1000 ? fmt::format("{:.0f} {}", v, unit.name) : fmt::format("{:.3g} {}", v, unit.name);
    }
  }
  return fmt::format("{} ps", duration.in_ps());
}

std::string humanised_count(std::uint64_t count) {
  std::string digits = fmt::format("{}", count);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ' ');
  }
  return digits;
}

}  // namespace nicosim
