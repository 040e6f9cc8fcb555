// One 8254x card as a test sees it: registers, memory, wire and interrupt line. Implemented by our card (card_device)
// and by QEMU's e1000 (qemu_device), so that one test can ask both and compare.
//
// Register and memory access as a driver has them (DeviceBus, little-endian memory). Time passes only in settle() and
// advance(), and as far as an access takes some. Frames go from destination address to payload, without FCS.
#pragma once

#include "common/bytes.hpp"
#include "common/sim_time.hpp"
#include "driver/device_bus.hpp"

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace nicosim {

using ByteVector = std::vector<std::byte>;

// What both devices are given: the address in EEPROM and RA[0], and the memory that a test may use.
inline constexpr MacAddress kStation{{0x52, 0x54, 0x00, 0x12, 0x34, 0x56}};
inline constexpr std::uint64_t kTestMemory = 0x20'0000;
inline constexpr std::size_t kTestMemoryBytes = 0x100'0000;

class OracleDevice : public DeviceBus {
 public:
  virtual std::string_view name() const = 0;

  // As after power-on, with BAR0 mapped and bus mastering on. Memory keeps its bytes.
  virtual void power_on() = 0;

  // One answer per offset, in order.
  virtual std::vector<std::uint32_t> read_all(std::span<const std::uint32_t> offsets) = 0;

  // Bus addresses; kTestMemory and up.
  virtual void load(std::uint64_t bus, std::span<std::byte> to) = 0;
  virtual void store(std::uint64_t bus, std::span<const std::byte> from) = 0;

  virtual void fill(std::uint64_t bus, std::size_t bytes, std::byte value) = 0;

  virtual void inject(Bytes frame) = 0;           // 14 bytes and more; padded to 60 on the wire
  virtual std::vector<ByteVector> collect() = 0;  // sent since the last call; call settle() first
  virtual bool line() = 0;                        // the interrupt, as the CPU sees it now

  virtual void settle() = 0;                   // returns when everything under way has ended
  virtual void advance(SimTime duration) = 0;  // at least this much simulated time
};

}  // namespace nicosim
