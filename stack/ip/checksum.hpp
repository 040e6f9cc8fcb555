// The Internet checksum (RFC 1071) and the pseudo header of UDP and TCP.
#pragma once

#include "common/bytes.hpp"

#include <cstdint>

namespace nicosim {

class Checksum {
 public:
  Checksum() = default;
  // Pseudo header of RFC 768 and RFC 9293, 3.1.
  Checksum(Ipv4Address source, Ipv4Address destination, std::uint8_t protocol, std::size_t length);

  void add(Bytes bytes);        // an odd number of bytes only as the last piece
  std::uint16_t sum() const;    // not complemented: what CHECKSUM_PARTIAL leaves in the field
  std::uint16_t value() const;  // what goes into the header; 0 when the sum over a checked packet is right

 private:
  std::uint64_t sum_ = 0;
};

}  // namespace nicosim
