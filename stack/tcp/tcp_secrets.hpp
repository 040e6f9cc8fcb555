// Numbers that a stranger must not guess: initial sequence numbers, timestamp offsets (net/core/secure_seq.c).
#pragma once

#include "common/bytes.hpp"
#include "common/runtime.hpp"
#include "stack/core/siphash.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace nicosim {

class TcpSecrets {
 public:
  explicit TcpSecrets(Runtime& runtime) : runtime_(runtime) {}

  // secure_tcp_seq: grows by one each 64 ns, from a start that depends on the tuple (RFC 6528).
  std::uint32_t isn(Ipv4Address from, std::uint16_t from_port, Ipv4Address to, std::uint16_t to_port);
  // secure_tcp_ts_off: the same for all connections of two hosts, so that PAWS works across them.
  std::uint32_t timestamp_offset(Ipv4Address from, Ipv4Address to);
  // cookie_hash: 24 bits and more of (tuple, count, which of two keys).
  std::uint32_t cookie(Ipv4Address from, std::uint16_t from_port, Ipv4Address to, std::uint16_t to_port,
                       std::uint32_t count, unsigned which);

 private:
  // Drawn when the first one is needed: a stack without TCP draws nothing.
  const SipKey& key(std::size_t which);

  Runtime& runtime_;
  std::array<std::optional<SipKey>, 4> keys_;
};

}  // namespace nicosim
