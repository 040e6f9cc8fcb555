// Bytes on the wire: big-endian fields, MAC and IPv4 addresses.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace nicosim {

using Bytes = std::span<const std::byte>;

// Network order. The caller has checked that offset + width fits.
constexpr std::uint8_t load8(Bytes b, std::size_t offset) { return std::to_integer<std::uint8_t>(b[offset]); }
constexpr std::uint16_t load_be16(Bytes b, std::size_t offset) {
  return static_cast<std::uint16_t>((load8(b, offset) << 8U) | load8(b, offset + 1));
}
constexpr std::uint32_t load_be32(Bytes b, std::size_t offset) {
  return (std::uint32_t{load_be16(b, offset)} << 16U) | load_be16(b, offset + 2);
}
constexpr void store8(std::span<std::byte> b, std::size_t offset, std::uint8_t v) { b[offset] = std::byte{v}; }
constexpr void store_be16(std::span<std::byte> b, std::size_t offset, std::uint16_t v) {
  store8(b, offset, static_cast<std::uint8_t>(v >> 8U));
  store8(b, offset + 1, static_cast<std::uint8_t>(v));
}
constexpr void store_be32(std::span<std::byte> b, std::size_t offset, std::uint32_t v) {
  store_be16(b, offset, static_cast<std::uint16_t>(v >> 16U));
  store_be16(b, offset + 2, static_cast<std::uint16_t>(v));
}

// Into the front of `to`, which is large enough and apart. (With g++ 12 std::ranges::copy goes byte by byte when the
// source is const.)
inline void copy_bytes(Bytes from, std::span<std::byte> to) {
  if (!from.empty()) std::memcpy(to.data(), from.data(), from.size());
}

struct MacAddress {
  std::array<std::uint8_t, 6> octets{};  // wire order

  static constexpr MacAddress broadcast() { return {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}; }
  static MacAddress from(Bytes wire_order) {  // at least 6 bytes
    MacAddress m;
    for (std::size_t i = 0; i < 6; ++i) m.octets[i] = load8(wire_order, i);
    return m;
  }
  static std::optional<MacAddress> parse(std::string_view text);  // "02:00:00:00:00:01"

  constexpr bool is_multicast() const { return (octets[0] & 1U) != 0; }  // broadcast included
  constexpr bool is_broadcast() const { return *this == broadcast(); }
  constexpr bool is_zero() const { return *this == MacAddress{}; }
  void store(std::span<std::byte> to) const {
    for (std::size_t i = 0; i < 6; ++i) store8(to, i, octets[i]);
  }
  std::string text() const;
  constexpr auto operator<=>(const MacAddress&) const = default;
};

struct Ipv4Address {
  std::uint32_t value = 0;  // host order: 10.77.0.2 is 0x0a4d0002

  static std::optional<Ipv4Address> parse(std::string_view text);
  static constexpr Ipv4Address any() { return {}; }
  static constexpr Ipv4Address broadcast() { return {0xffff'ffffU}; }

  constexpr bool is_any() const { return value == 0; }
  constexpr bool is_multicast() const { return (value >> 28U) == 0xeU; }
  constexpr bool is_loopback() const { return (value >> 24U) == 127U; }
  std::string text() const;
  constexpr auto operator<=>(const Ipv4Address&) const = default;
};

}  // namespace nicosim
