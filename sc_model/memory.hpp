// The host's memory as the bus sees it: bytes from bus address 0 on, plus an allocator for DMA regions.
//
// Touched only at arrival time: HostLink calls b_transport when a write's last byte or a read's request has arrived,
// so what the CPU sees at time t is what has arrived by t. Never waits; an access outside is an address error.
#pragma once

#include "driver/device_bus.hpp"

#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_target_socket.h>

namespace nicosim {

class Memory : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<Memory> bus{"bus"};  // one binding per card

  Memory(sc_core::sc_module_name name, std::size_t bytes);

  bool contains(std::uint64_t address, std::size_t bytes) const { return address < size_ && bytes <= size_ - address; }
  std::span<std::byte> at(std::uint64_t address, std::size_t bytes) { return {bytes_.get() + address, bytes}; }

  // First fit, zeroed; throws std::bad_alloc when memory is used up. Address 0 is never given out.
  DmaRegion allocate(std::size_t bytes, std::size_t alignment);
  void release(DmaRegion);

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  void transport(int card, tlm::tlm_generic_payload&, sc_core::sc_time&);

  std::size_t size_;
  std::unique_ptr<std::byte[], Free> bytes_;     // calloc: pages appear when touched
  std::map<std::uint64_t, std::uint64_t> free_;  // start -> end
};

}  // namespace nicosim
