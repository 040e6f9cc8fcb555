#include "sc_model/host/pci_bus.hpp"

#include <cassert>

namespace nicosim {

namespace {

constexpr std::uint32_t kAbort = ~std::uint32_t{0};  // what a PCI master abort reads

}  // namespace

PciBus::PciBus(sc_core::sc_module_name name, HostCpu& cpu, ClockEngine& card, const PciFunction& function)
    : sc_module(name), cpu_(cpu), card_(card), function_(function) {}

std::uint32_t PciBus::access(tlm::tlm_command command, std::uint32_t offset, std::uint32_t value) {
  cpu_.catch_up();
  tlm::tlm_generic_payload trans;
  trans.set_command(command);
  trans.set_address(offset);
  trans.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
  trans.set_data_length(sizeof value);
  trans.set_streaming_width(sizeof value);
  sc_core::sc_time none = sc_core::SC_ZERO_TIME;
  {
    const HostCpu::Stall stall{cpu_};
    link->b_transport(trans, none);
  }
  return trans.is_response_ok() ? value : kAbort;
}

std::uint32_t PciBus::read32(std::uint32_t offset) {
  if (ended_) return card_.read_after_end(offset);
  ++reads_;
  cpu_.charge(Cost::mmio_read, 1);
  if (!function_.memory_enabled()) return kAbort;
  return access(tlm::TLM_READ_COMMAND, offset, 0);
}

void PciBus::write32(std::uint32_t offset, std::uint32_t value) {
  if (ended_) return;
  ++writes_;
  cpu_.charge(Cost::mmio_write, 1);
  if (function_.memory_enabled()) access(tlm::TLM_WRITE_COMMAND, offset, value);
}

std::uint32_t PciBus::io_read32(std::uint32_t port) {
  ++reads_;
  cpu_.charge(Cost::mmio_read, 1);
  if (!function_.io_enabled()) return kAbort;
  return access(tlm::TLM_READ_COMMAND, port == 0 ? kIoAddress : kIoData, 0);
}

// The CPU waits for the completion: a read of IOADDR behind the write, so it costs one packet more than a real one.
void PciBus::io_write32(std::uint32_t port, std::uint32_t value) {
  ++writes_;
  cpu_.charge(Cost::mmio_write, 1);
  if (!function_.io_enabled()) return;
  access(tlm::TLM_WRITE_COMMAND, port == 0 ? kIoAddress : kIoData, value);
  access(tlm::TLM_READ_COMMAND, kIoAddress, 0);
}

void CoherentMemory::load(std::uint64_t bus, std::span<std::byte> to) {
  runtime_.catch_up();
  assert(memory_.contains(bus, to.size()) && "the driver reads outside memory");
  copy_bytes(memory_.at(bus, to.size()), to);
}

void CoherentMemory::store(std::uint64_t bus, std::span<const std::byte> from) {
  runtime_.catch_up();
  assert(memory_.contains(bus, from.size()) && "the driver writes outside memory");
  copy_bytes(from, memory_.at(bus, from.size()));
}

}  // namespace nicosim
