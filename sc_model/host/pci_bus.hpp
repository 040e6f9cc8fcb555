// What a driver sees of its card: registers over the link, and the memory that both share.
//
// Register access costs the CPU its issue time; a read stalls the core for the whole round trip, and interrupts wait.
// Both catch up with charged time first, so the access leaves at the right moment.
#pragma once

#include "driver/device_bus.hpp"
#include "sc_model/clock_engine.hpp"
#include "sc_model/host/cpu.hpp"
#include "sc_model/memory.hpp"
#include "sc_model/pci_function.hpp"

#include <cstdint>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_initiator_socket.h>

namespace nicosim {

class PciBus final : public sc_core::sc_module, public DeviceBus {
 public:
  tlm_utils::simple_initiator_socket<PciBus> link{"link"};

  PciBus(sc_core::sc_module_name name, HostCpu&, ClockEngine& card, const PciFunction&);

  std::uint32_t read32(std::uint32_t offset) override;
  void write32(std::uint32_t offset, std::uint32_t value) override;

  // A window that the command register has not opened is a master abort: reads give ones, writes go nowhere.
  bool has_io() const override { return function_.io_enabled(); }
  void io_write32(std::uint32_t port, std::uint32_t value) override;
  std::uint32_t io_read32(std::uint32_t port);

  // The bus-master bit, written in configuration space, on its way to the card.
  void bus_master(bool on) { access(tlm::TLM_WRITE_COMMAND, kBusMasterAccess, on ? 1 : 0); }

  // The run is over: reads go straight to the card and take no time, writes do nothing.
  void end_of_time() { ended_ = true; }

  std::uint64_t reads() const { return reads_; }
  std::uint64_t writes() const { return writes_; }

 private:
  std::uint32_t access(tlm::tlm_command, std::uint32_t offset, std::uint32_t value);

  HostCpu& cpu_;
  ClockEngine& card_;
  const PciFunction& function_;
  bool ended_ = false;
  std::uint64_t reads_ = 0, writes_ = 0;
};

// Coherent memory: the CPU sees what has arrived by now().
class CoherentMemory final : public DmaMemory {
 public:
  CoherentMemory(Memory& memory, Runtime& runtime) : memory_(memory), runtime_(runtime) {}
  DmaRegion allocate(std::size_t bytes, std::size_t alignment) override { return memory_.allocate(bytes, alignment); }
  void release(DmaRegion region) override { memory_.release(region); }
  void load(std::uint64_t bus, std::span<std::byte> to) override;
  void store(std::uint64_t bus, std::span<const std::byte> from) override;

 private:
  Memory& memory_;
  Runtime& runtime_;
};

}  // namespace nicosim
