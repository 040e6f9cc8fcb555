#include "stack/core/flow_hash.hpp"

namespace nicosim {
namespace {

constexpr std::uint32_t mix(std::uint32_t hash, std::uint32_t value) {  // FNV-1a on words, then spread upwards
  hash = (hash ^ value) * 0x0100'0193U;
  return hash ^ (hash >> 15U);
}

}  // namespace

std::uint32_t flow_hash(Bytes frame) {
  constexpr std::size_t kIp = 14;
  std::uint32_t hash = 0x811c'9dc5U;
  if (frame.size() < kIp + 20 || load_be16(frame, 12) != 0x0800) return hash;
  hash = mix(hash, load_be32(frame, kIp + 12));
  hash = mix(hash, load_be32(frame, kIp + 16));
  const std::uint8_t protocol = load8(frame, kIp + 9);
  hash = mix(hash, protocol);
  const std::size_t transport = kIp + (load8(frame, kIp) & 0xfU) * std::size_t{4};
  const bool fragment = (load_be16(frame, kIp + 6) & 0x3fffU) != 0;
  if (!fragment && (protocol == 6 || protocol == 17) && frame.size() >= transport + 4)
    hash = mix(hash, load_be32(frame, transport));
  hash *= 0x9e37'79b1U;  // reciprocal_scale looks at the upper bits
  return hash != 0 ? hash : 1;
}

}  // namespace nicosim
