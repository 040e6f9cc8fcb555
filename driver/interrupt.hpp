// The card's interrupt registers: ICR says why, IMS and IMC say what may raise the line.
#pragma once

#include "driver/device_bus.hpp"

#include <cstdint>

namespace nicosim {

// What one read of ICR returned. The read has cleared them in the card, so they are kept here.
class Causes {
 public:
  explicit Causes(std::uint32_t icr) : icr_(icr) {}
  bool none() const { return icr_ == 0; }
  bool receive() const;  // a frame, the low-water mark, or an overrun
  bool link() const;     // link status change, or symbol errors that may announce one

 private:
  std::uint32_t icr_;
};

class InterruptRegisters {
 public:
  explicit InterruptRegisters(DeviceBus& bus) : bus_(bus) {}

  Causes take();  // reads and clears ICR; the card lowers its line
  // Both return when the card has seen the change: a read of STATUS pushes the posted write.
  void mask_all();  // IMC (e1000_irq_disable)
  void unmask();    // IMS, what e1000 listens to; a cause that waits in ICR raises the line at once

 private:
  DeviceBus& bus_;
};

}  // namespace nicosim
