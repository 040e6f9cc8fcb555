// The card's PCI configuration space: ids, BARs, command and status, interrupt pin and line. Plain C++.
//
// As an 82540EM shows it (8254x manual, section 4): BAR0 is 128 KiB of 32-bit memory, BAR2 the 64-byte I/O window
// (IOADDR at +0, IODATA at +4). No flash, so no BAR1 and no expansion ROM; no capability list. The command register's
// bits are obeyed by whoever decodes an address (PciBus); the bus-master bit reaches the card through the link.
#pragma once

#include <cstdint>
#include <functional>

namespace nicosim {

class PciFunction {
 public:
  static constexpr std::uint16_t kVendor = 0x8086, kDevice = 0x100e;
  static constexpr std::uint16_t kCommandIo = 1U << 0, kCommandMemory = 1U << 1, kCommandBusMaster = 1U << 2;
  static constexpr unsigned kCommand = 0x04, kBar0 = 0x10, kBar2 = 0x18, kRom = 0x30;

  explicit PciFunction(std::function<void(bool on)> bus_master);

  // Configuration accesses are dwords; `offset` is a multiple of 4 below 256. Reserved space reads 0.
  std::uint32_t read32(unsigned offset) const;
  void write32(unsigned offset, std::uint32_t value);

  bool io_enabled() const { return (command_ & kCommandIo) != 0; }
  bool memory_enabled() const { return (command_ & kCommandMemory) != 0; }
  bool bus_master() const { return (command_ & kCommandBusMaster) != 0; }
  std::uint32_t bar0() const { return bar0_; }
  std::uint32_t io_base() const { return bar2_; }

 private:
  std::function<void(bool)> bus_master_;
  std::uint16_t command_ = 0;
  std::uint8_t interrupt_line_ = 0, cache_line_ = 0, latency_timer_ = 0;
  std::uint32_t bar0_ = 0, bar2_ = 0;
};

}  // namespace nicosim
