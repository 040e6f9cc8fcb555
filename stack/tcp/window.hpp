// The first window of a connection, which exists before the connection does: the SYN-ACK of a request offers it.
#pragma once

#include "stack/core/sysctl.hpp"

#include <cstddef>
#include <cstdint>

namespace nicosim {

// tcp_win_from_space at tcp_adv_win_scale = 1: half of the memory is for payload, the rest is overhead.
constexpr std::size_t win_from_space(std::int64_t space) { return space > 0 ? static_cast<std::size_t>(space) / 2 : 0; }

struct InitialWindow {
  std::uint32_t rcv_wnd = 0;
  std::uint32_t window_clamp = 0;  // what the scale can say
  std::uint8_t rcv_wscale = 0;
};

// tcp_select_initial_window: whole segments of `mss` bytes only; the scale follows the largest buffer there may ever
// be. `clamp` 0: no limit.
InitialWindow select_initial_window(const Sysctl& sysctl, std::size_t rcvbuf, std::uint32_t clamp, std::size_t mss);

}  // namespace nicosim
