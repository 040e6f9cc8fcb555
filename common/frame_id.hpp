// The name of a frame in a run: `r0:17` arrived at port 0 as its 17th wire start, `t1:4` is the 4th that the host
// handed to port 1, `t1:s2` the 2nd segment that the card cut out of a larger one.
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

  // The card counts apart from the host: it may have been evaluated ahead of it, or not.
  static constexpr std::uint64_t kSegment = std::uint64_t{1} << 47;
  static constexpr FrameId segment(unsigned port, std::uint64_t number) { return make(port, true, number | kSegment); }

  constexpr bool valid() const { return raw != 0; }
  constexpr bool from_host() const { return ((raw >> 62) & 1U) != 0; }
  constexpr unsigned port() const { return static_cast<unsigned>((raw >> 48) & 0xffU); }
  constexpr std::uint64_t number() const { return raw & 0xffff'ffff'ffffULL; }
  std::string name() const {  // "-" when invalid
    if (!valid()) return "-";
    if (from_host() && (raw & kSegment) != 0)
      return "t" + std::to_string(port()) + ":s" + std::to_string(number() & ~kSegment);
    return (from_host() ? "t" : "r") + std::to_string(port()) + ":" + std::to_string(number());
  }

  constexpr auto operator<=>(const FrameId&) const = default;
};

}  // namespace nicosim
