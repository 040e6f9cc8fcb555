// Receive and transmit descriptors of the legacy form: 16 bytes of host memory that the driver and the card share.
//
// Bits: rxd::STATUS_DD, txd::CMD_EOP, ... ; positions of the parts: rxd::LENGTH and so on. All from descriptors.def.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace nicosim {

inline constexpr std::size_t kDescriptorBytes = 16;
using DescriptorBytes = std::array<std::byte, kDescriptorBytes>;

// Where a part lies in the 128 bits of a descriptor.
struct DescriptorPart {
  unsigned lsb = 0;
  unsigned width = 0;  // 1..64

  constexpr std::size_t first_byte() const { return lsb / 8; }
  std::uint64_t get(const DescriptorBytes& bytes) const;
  void put(DescriptorBytes& bytes, std::uint64_t value) const;  // value is cut to width; other parts stay
};

namespace rxd {
enum : std::uint8_t {
#define RXD_FLAG(part, name, bit) part##_##name = 1U << (bit),
#define TXD_FLAG(part, name, bit)
#define FLAG(descriptor, part, name, bit, text) descriptor##_FLAG(part, name, bit)
#include "regmap/descriptors.def"
#undef RXD_FLAG
#undef TXD_FLAG
};
}  // namespace rxd

namespace txd {
enum : std::uint8_t {
#define RXD_FLAG(part, name, bit)
#define TXD_FLAG(part, name, bit) part##_##name = 1U << (bit),
#define FLAG(descriptor, part, name, bit, text) descriptor##_FLAG(part, name, bit)
#include "regmap/descriptors.def"
#undef RXD_FLAG
#undef TXD_FLAG
};
}  // namespace txd

// RXD_LENGTH, TXD_CMD, ...
namespace part {
#define PART(descriptor, name, lsb, width, text) inline constexpr DescriptorPart descriptor##_##name{lsb, width};
#include "regmap/descriptors.def"
}  // namespace part

// What the driver hands over is `address`, the rest 0; what comes back is everything else.
struct RxDescriptor {
  std::uint64_t address = 0;
  std::uint16_t length = 0;  // bytes, FCS included unless RCTL.SECRC
  std::uint16_t checksum = 0;
  std::uint8_t status = 0;  // rxd::STATUS_*
  std::uint8_t errors = 0;  // rxd::ERRORS_*
  std::uint16_t special = 0;

  bool done() const { return (status & rxd::STATUS_DD) != 0; }
  DescriptorBytes encode() const;
  static RxDescriptor decode(const DescriptorBytes& bytes);
  bool operator==(const RxDescriptor&) const = default;
};

// The legacy form. A frame in several buffers sets EOP and RS in the last one only, IFCS in all.
struct TxDescriptor {
  std::uint64_t address = 0;
  std::uint16_t length = 0;  // bytes of this buffer
  std::uint8_t cso = 0;
  std::uint8_t cmd = 0;  // txd::CMD_*
  std::uint8_t sta = 0;  // txd::STA_*, the low four bits
  std::uint8_t css = 0;
  std::uint16_t special = 0;

  bool done() const { return (sta & txd::STA_DD) != 0; }
  DescriptorBytes encode() const;
  static TxDescriptor decode(const DescriptorBytes& bytes);
  bool operator==(const TxDescriptor&) const = default;
};

}  // namespace nicosim
