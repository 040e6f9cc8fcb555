#include "stack/tcp/tcp_secrets.hpp"

namespace nicosim {
namespace {

constexpr std::size_t kIsn = 0, kTimestamp = 1, kCookie = 2;  // and 3

std::uint64_t pair_of(std::uint32_t high, std::uint32_t low) { return std::uint64_t{high} << 32U | low; }

}  // namespace

const SipKey& TcpSecrets::key(std::size_t which) {
  if (!keys_.at(which)) {
    const std::uint64_t first = runtime_.random();
    const std::uint64_t second = runtime_.random();
    keys_.at(which) = SipKey{first, second};
  }
  return *keys_.at(which);
}

std::uint32_t TcpSecrets::isn(Ipv4Address from, std::uint16_t from_port, Ipv4Address to, std::uint16_t to_port) {
  const std::array<std::uint64_t, 2> words{pair_of(from.value, to.value), pair_of(from_port, to_port)};
  const auto clock = static_cast<std::uint64_t>(runtime_.now().in_ns()) >> 6U;
  return static_cast<std::uint32_t>(siphash(words, key(kIsn)) + clock);
}

std::uint32_t TcpSecrets::timestamp_offset(Ipv4Address from, Ipv4Address to) {
  const std::array<std::uint64_t, 1> words{pair_of(from.value, to.value)};
  return static_cast<std::uint32_t>(siphash(words, key(kTimestamp)));
}

std::uint32_t TcpSecrets::cookie(Ipv4Address from, std::uint16_t from_port, Ipv4Address to, std::uint16_t to_port,
                                 std::uint32_t count, unsigned which) {
  const std::array<std::uint64_t, 3> words{pair_of(from.value, to.value), pair_of(from_port, to_port), count};
  return static_cast<std::uint32_t>(siphash(words, key(kCookie + which)));
}

}  // namespace nicosim
