// The name of a frame in a run: `r0:17` arrived at port 0 as its 17th wire start, `t1:4` is the 4th that the host
// handed to port 1.
//
// The number is counted where the frame is born (XGMII start, or the host's transmit path), never drawn from a shared
// counter, so it cannot depend on how far ahead a card has been evaluated. 0 means "no frame".
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace nicosim {

struct FrameId {
  std::uint64_t raw = 0;

  static constexpr FrameId make(unsigned port, bool from_host, std::uint64_t number) {
    return FrameId{(std::uint64_t{1} << 63) | (std::uint64_t{from_host} << 62) | (std::uint64_t{port & 0xffU} << 48) |
                   (number & 0xffff'ffff'ffffULL)};
  }

  constexpr bool valid() const { return raw != 0; }
  constexpr bool from_host() const { return ((raw >> 62) & 1U) != 0; }
  constexpr unsigned port() const { return static_cast<unsigned>((raw >> 48) & 0xffU); }
  constexpr std::uint64_t number() const { return raw & 0xffff'ffff'ffffULL; }
  std::string name() const {  // "-" when invalid
    if (!valid()) return "-";
    return (from_host() ? "t" : "r") + std::to_string(port()) + ":" + std::to_string(number());
  }

  constexpr auto operator<=>(const FrameId&) const = default;
};

}  // namespace nicosim
