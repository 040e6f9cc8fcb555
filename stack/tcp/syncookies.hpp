// SYN cookies: a half-open connection kept in the sequence number of its SYN-ACK (RFC 4987, 3.6;
// net/ipv4/syncookies.c).
#pragma once

#include "stack/tcp/tcp_layer.hpp"
#include "stack/tcp/tcp_table.hpp"

#include <cstdint>
#include <optional>

namespace nicosim {

inline constexpr SimTime kTcpSyncookieValid = SimTime::s(120);  // TCP_SYNCOOKIE_VALID: two minutes counted

// The sequence number for a SYN-ACK that remembers the peer's MSS, rounded down to one of four.
std::uint32_t cookie_init_sequence(TcpLayer& layer, const FourTuple& tuple, std::uint32_t peer_isn, std::uint16_t mss);
// The MSS in a cookie that came back; nullopt: not one of ours, or too old.
std::optional<std::uint16_t> cookie_check(TcpLayer& layer, const FourTuple& tuple, std::uint32_t peer_isn,
                                          std::uint32_t cookie);

// The options that the timestamp of such a SYN-ACK carries in its low bits.
struct CookieOptions {
  bool sack_ok = false;
  std::optional<std::uint8_t> window_scale;
};
std::uint32_t cookie_timestamp(std::uint32_t clock_ms, const CookieOptions& options);
CookieOptions decode_cookie_timestamp(std::uint32_t tsecr);

}  // namespace nicosim
