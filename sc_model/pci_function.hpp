// The card's PCI configuration space: ids, BARs, command register, interrupt pin. Plain C++.
//
// As an 82540EM shows it (8254x manual, section 4): BAR0 is 128 KiB of 32-bit memory, BAR1 the 64-byte I/O window
// (IOADDR at +0, IODATA at +4). No capability list. The bus-master bit reaches the card through the link.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

namespace nicosim {

class PciFunction {
 public:
  static constexpr std::uint16_t kVendor = 0x8086, kDevice = 0x100e;
  static constexpr std::uint16_t kCommandIo = 1U << 0, kCommandMemory = 1U << 1, kCommandBusMaster = 1U << 2;

  explicit PciFunction(std::function<void(bool on)> bus_master);

  // Configuration accesses are dwords; `offset` is a multiple of 4 below 256. Reserved space reads 0.
  std::uint32_t read32(unsigned offset) const;
  void write32(unsigned offset, std::uint32_t value);

  bool memory_enabled() const { return (command_ & kCommandMemory) != 0; }
  bool bus_master() const { return (command_ & kCommandBusMaster) != 0; }
  std::uint32_t bar0() const { return bar_[0]; }

 private:
  std::function<void(bool)> bus_master_;
  std::uint16_t command_ = 0;
  std::uint8_t interrupt_line_ = 0, cache_line_ = 0, latency_timer_ = 0;
  std::array<std::uint32_t, 2> bar_{};
};

}  // namespace nicosim
