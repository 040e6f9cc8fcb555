#include "sc_model/pci_function.hpp"

namespace nicosim {
namespace {

constexpr std::uint32_t kBar0Mask = 0xfffe'0000;  // 128 KiB, 32-bit memory, not prefetchable
constexpr std::uint32_t kBar2Mask = 0xffff'ffc0;  // 64 bytes of I/O
constexpr std::uint32_t kBar2Io = 1;
constexpr std::uint16_t kCommandWritable =
    PciFunction::kCommandIo | PciFunction::kCommandMemory | PciFunction::kCommandBusMaster;
constexpr std::uint32_t kStatus = 0x0220;              // 66 MHz capable, medium DEVSEL, no capability list
constexpr std::uint32_t kClassRevision = 0x0200'0002;  // Ethernet controller, revision 2
constexpr std::uint32_t kSubsystem = 0x001e'8086;

}  // namespace

PciFunction::PciFunction(std::function<void(bool)> bus_master) : bus_master_(std::move(bus_master)) {}

std::uint32_t PciFunction::read32(unsigned offset) const {
  switch (offset) {
    case 0x00:
      return (std::uint32_t{kDevice} << 16U) | kVendor;
    case kCommand:
      return kStatus << 16U | command_;
    case 0x08:
      return kClassRevision;
    case 0x0c:
      return (std::uint32_t{latency_timer_} << 8U) | cache_line_;
    case kBar0:
      return bar0_;
    case kBar2:
      return bar2_ | kBar2Io;
    case 0x2c:
      return kSubsystem;
    case 0x3c:
      return (1U << 8U) | interrupt_line_;  // INTA#
    default:
      return 0;
  }
}

void PciFunction::write32(unsigned offset, std::uint32_t value) {
  switch (offset) {
    case kCommand: {
      const bool before = bus_master();
      command_ = static_cast<std::uint16_t>(value & kCommandWritable);
      if (bus_master() != before) bus_master_(bus_master());
      break;
    }
    case 0x0c:
      cache_line_ = static_cast<std::uint8_t>(value);
      latency_timer_ = static_cast<std::uint8_t>(value >> 8U);
      break;
    case kBar0:
      bar0_ = value & kBar0Mask;
      break;
    case kBar2:
      bar2_ = value & kBar2Mask;
      break;
    case 0x3c:
      interrupt_line_ = static_cast<std::uint8_t>(value);
      break;
    default:
      break;  // read-only or reserved
  }
}

}  // namespace nicosim
