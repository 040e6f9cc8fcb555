#include "stack/tcp/syncookies.hpp"

#include <array>

namespace nicosim {
namespace {

constexpr std::array<std::uint16_t, 4> kMssTable{536, 1300, 1440, 1460};
constexpr std::uint32_t kCookieBits = 24, kCookieMask = (1U << kCookieBits) - 1;
constexpr std::uint32_t kMaxAge = 2;  // in minutes counted: MAX_SYNCOOKIE_AGE
constexpr std::uint32_t kScaleMask = 0xf, kSackBit = 0x10, kOptionMask = 0x3f;

std::uint32_t minutes(const TcpLayer& layer) {
  return static_cast<std::uint32_t>(layer.net.now().in_ps() / 60'000'000'000'000);
}

}  // namespace

std::uint32_t cookie_init_sequence(TcpLayer& layer, const FourTuple& t, std::uint32_t peer_isn, std::uint16_t mss) {
  std::uint32_t index = kMssTable.size() - 1;
  while (index > 0 && mss < kMssTable.at(index)) --index;
  const std::uint32_t count = minutes(layer);
  const std::uint32_t first = layer.secrets.cookie(t.daddr, t.dport, t.saddr, t.num, 0, 0);
  const std::uint32_t second = layer.secrets.cookie(t.daddr, t.dport, t.saddr, t.num, count, 1);
  return first + peer_isn + (count << kCookieBits) + ((second + index) & kCookieMask);
}

std::optional<std::uint16_t> cookie_check(TcpLayer& layer, const FourTuple& t, std::uint32_t peer_isn,
                                          std::uint32_t cookie) {
  cookie -= layer.secrets.cookie(t.daddr, t.dport, t.saddr, t.num, 0, 0) + peer_isn;
  const std::uint32_t count = minutes(layer);
  const std::uint32_t age = (count - (cookie >> kCookieBits)) & 0xffU;
  if (age >= kMaxAge) return std::nullopt;
  const std::uint32_t second = layer.secrets.cookie(t.daddr, t.dport, t.saddr, t.num, count - age, 1);
  const std::uint32_t index = (cookie - second) & kCookieMask;
  if (index >= kMssTable.size()) return std::nullopt;
  return kMssTable.at(index);
}

std::uint32_t cookie_timestamp(std::uint32_t clock_ms, const CookieOptions& options) {
  const std::uint32_t bits =
      (options.window_scale ? *options.window_scale : kScaleMask) | (options.sack_ok ? kSackBit : 0U);
  std::uint32_t ts = (clock_ms & ~kOptionMask) | bits;
  if (ts > clock_ms) ts -= kOptionMask + 1;  // never ahead of the clock
  return ts;
}

CookieOptions decode_cookie_timestamp(std::uint32_t tsecr) {
  CookieOptions options;
  options.sack_ok = (tsecr & kSackBit) != 0;
  if ((tsecr & kScaleMask) != kScaleMask) options.window_scale = static_cast<std::uint8_t>(tsecr & kScaleMask);
  return options;
}

}  // namespace nicosim
