#include "common/bytes.hpp"

#include <charconv>
#include <fmt/format.h>

namespace nicosim {
namespace {

// Reads a number up to the separator (or the end) and consumes both; nullopt when it is not one or is above `limit`.
std::optional<unsigned> take_number(std::string_view& text, int base, char separator, unsigned limit, bool last) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || value > limit) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (last) return text.empty() ? std::optional{value} : std::nullopt;
  if (text.empty() || text.front() != separator) return std::nullopt;
  text.remove_prefix(1);
  return value;
}

}  // namespace

std::optional<MacAddress> MacAddress::parse(std::string_view text) {
  MacAddress m;
  for (std::size_t i = 0; i < 6; ++i) {
    const auto octet = take_number(text, 16, ':', 0xff, i == 5);
    if (!octet) return std::nullopt;
    m.octets[i] = static_cast<std::uint8_t>(*octet);
  }
  return m;
}

std::string MacAddress::text() const {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", octets[0], octets[1], octets[2], octets[3], octets[4],
                     octets[5]);
}

std::optional<Ipv4Address> Ipv4Address::parse(std::string_view text) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) {
    const auto octet = take_number(text, 10, '.', 255, i == 3);
    if (!octet) return std::nullopt;
    value = (value << 8U) | *octet;
  }
  return Ipv4Address{value};
}

std::string Ipv4Address::text() const {
  return fmt::format("{}.{}.{}.{}", value >> 24U, (value >> 16U) & 0xffU, (value >> 8U) & 0xffU, value & 0xffU);
}

}  // namespace nicosim
