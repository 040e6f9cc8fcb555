// SOL_SOCKET options that every protocol shares (net/core/sock.c: sk_setsockopt, sk_getsockopt).
#pragma once

#include "stack/core/sysctl.hpp"
#include "stack/socket/socket.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace nicosim {

int sock_setsockopt(const Sysctl& sysctl, Socket& socket, int option, std::span<const std::byte> value);
int sock_getsockopt(Socket& socket, int option, std::span<std::byte> value);

// How long the value of an option is that getsockopt() gives: what it stores when there is room.
std::size_t option_bytes(int level, int option);

// Option values are C structures in the caller's memory: whole or not at all when set, cut to size when read.
template <class T>
std::optional<T> option_value(std::span<const std::byte> from) {
  if (from.size() < sizeof(T)) return std::nullopt;
  T value{};
  std::memcpy(&value, from.data(), sizeof(T));
  return value;
}
template <class T>
int give_option(std::span<std::byte> to, const T& value) {
  std::memcpy(to.data(), &value, std::min(to.size(), sizeof(T)));
  return 0;
}

}  // namespace nicosim
