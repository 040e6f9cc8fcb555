// Our card as an OracleDevice: verilated RTL in its clock engine, the host link, and memory; the test is the CPU.
//
// One per process, as SystemC elaborates once (tb/system/run_in_child.hpp).
#pragma once

#include "common/ledger.hpp"
#include "tb/oracle/device.hpp"

#include <functional>

namespace nicosim {

class CardDevice : public OracleDevice {
 public:
  virtual SimTime now() const = 0;
  virtual unsigned rises() const = 0;        // of the interrupt line, as far as they have reached the CPU
  virtual std::uint64_t cycles() const = 0;  // evaluated so far
};

// Builds the card and runs `body` as a simulated thread; returns when it does. What it throws is thrown from here.
// `ledger`, if given, hears of every frame, and `body` does with it what a driver would; it must outlive the process.
void with_card(const std::function<void(CardDevice&)>& body, Ledger* ledger = nullptr);

}  // namespace nicosim
