// The driver's view of hardware: registers, and memory that the card can reach. Nothing else.
//
// Implemented by the simulated PCI bus (sc_model/host), by a scripted bus in tests, and by whatever other device
// speaks the 8254x model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace nicosim {

class DeviceBus {
 public:
  virtual ~DeviceBus() = default;
  virtual std::uint32_t read32(std::uint32_t offset) = 0;               // returns after the round trip; the CPU stalls
  virtual void write32(std::uint32_t offset, std::uint32_t value) = 0;  // posted, in order

  // The card's I/O window, on buses that have I/O space: IOADDR at port 0, IODATA at port 4. Not posted.
  virtual bool has_io() const { return false; }
  virtual void io_write32(std::uint32_t /*port*/, std::uint32_t /*value*/) {}
};

struct DmaRegion {
  std::uint64_t bus = 0;  // address as the card sees it
  std::size_t bytes = 0;
};

// Simulated RAM. What the card wrote is seen once it has arrived by now().
class DmaMemory {
 public:
  virtual ~DmaMemory() = default;
  virtual DmaRegion allocate(std::size_t bytes, std::size_t alignment) = 0;  // zeroed
  virtual void release(DmaRegion) = 0;
  virtual void load(std::uint64_t bus, std::span<std::byte> to) = 0;
  virtual void store(std::uint64_t bus, std::span<const std::byte> from) = 0;
};

}  // namespace nicosim
