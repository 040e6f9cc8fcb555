// The least driver: a receive ring that is kept full, for the bare card and for the stub host.
#pragma once

#include "regmap/descriptors.hpp"
#include "regmap/regmap.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace nicosim::bench {

inline constexpr std::uint32_t kDescriptors = 256;
inline constexpr std::uint64_t kRing = 0x1000, kBuffers = 0x10'0000, kBufferBytes = 2048;
inline constexpr std::size_t kMemoryBytes = kBuffers + kDescriptors * kBufferBytes;

// Fills the ring in memory (`memory` is the host's address of bus address 0) and writes the registers, receiver last.
template <class WriteRegister>
void set_up_receive(WriteRegister write, std::byte* memory) {
  for (std::uint64_t i = 0; i < kDescriptors; ++i) {
    const std::uint64_t buffer = kBuffers + i * kBufferBytes;
    std::memcpy(memory + kRing + i * kDescriptorBytes, &buffer, sizeof buffer);
  }
  write(regs::CTRL, field::CTRL_SLU.mask());
  write(regs::RDBAL, static_cast<std::uint32_t>(kRing));
  write(regs::RDBAH, 0);
  write(regs::RDLEN, static_cast<std::uint32_t>(kDescriptors * kDescriptorBytes));
  write(regs::RDH, 0);
  write(regs::RDT, kDescriptors - 1);
  write(regs::IMS, field::IMS_RXT0.mask());
  write(regs::RCTL, field::RCTL_EN.mask() | field::RCTL_UPE.mask() | field::RCTL_BAM.mask());
}

class ReceiveRing {
 public:
  // Takes the descriptors that are done and makes them ready again. Were there any? Then tail() goes to RDT.
  bool clean(std::byte* memory) {
    const std::uint64_t before = delivered_;
    for (;;) {
      std::byte* const descriptor = memory + kRing + delivered_ % kDescriptors * kDescriptorBytes;
      std::byte& status = descriptor[part::RXD_STATUS.first_byte()];
      if ((std::to_integer<unsigned>(status) & rxd::STATUS_DD) == 0) break;
      status = std::byte{0};
      ++delivered_;
    }
    return delivered_ != before;
  }
  // One short of what is to be cleaned next, so that full never looks empty.
  std::uint32_t tail() const { return static_cast<std::uint32_t>((delivered_ + kDescriptors - 1) % kDescriptors); }
  std::uint64_t delivered() const { return delivered_; }

 private:
  std::uint64_t delivered_ = 0;
};

}  // namespace nicosim::bench
