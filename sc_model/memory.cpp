#include "sc_model/memory.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>

namespace nicosim {
namespace {

constexpr std::uint64_t kFirstAddress = 0x10'0000;  // low memory stays empty: a stray null address hits nothing of ours

}  // namespace

Memory::Memory(sc_core::sc_module_name name, std::size_t bytes)
    : sc_module(name), size_(bytes), bytes_(static_cast<std::byte*>(std::calloc(bytes, 1))) {
  if (!bytes_) throw std::bad_alloc{};
  free_.emplace(kFirstAddress, bytes);
  bus.register_b_transport(this, &Memory::transport);
}

void Memory::transport(int, tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
  const std::uint64_t address = trans.get_address();
  const std::size_t length = trans.get_data_length();
  if (!contains(address, length)) {
    trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  std::byte* const here = bytes_.get() + address;
  auto* const data = reinterpret_cast<std::byte*>(trans.get_data_ptr());
  const unsigned char* const enable = trans.get_byte_enable_ptr();
  if (trans.is_read()) {
    std::memcpy(data, here, length);
  } else if (enable == nullptr) {
    std::memcpy(here, data, length);
  } else {
    for (std::size_t i = 0; i < length; ++i)
      if (enable[i % trans.get_byte_enable_length()] == TLM_BYTE_ENABLED) here[i] = data[i];
  }
  trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

DmaRegion Memory::allocate(std::size_t bytes, std::size_t alignment) {
  assert(bytes > 0 && alignment > 0 && (alignment & (alignment - 1)) == 0);
  for (auto range = free_.begin(); range != free_.end(); ++range) {
    const auto [start, end] = *range;
    const std::uint64_t first = (start + alignment - 1) & ~static_cast<std::uint64_t>(alignment - 1);
    if (first > end || bytes > end - first) continue;
    free_.erase(range);
    if (first > start) free_.emplace(start, first);
    if (first + bytes < end) free_.emplace(first + bytes, end);
    std::ranges::fill(at(first, bytes), std::byte{0});
    return {first, bytes};
  }
  throw std::bad_alloc{};
}

void Memory::release(DmaRegion region) {
  if (region.bytes == 0) return;
  auto [here, fresh] = free_.emplace(region.bus, region.bus + region.bytes);
  assert(fresh && "a region was released twice");
  if (const auto next = std::next(here); next != free_.end() && here->second == next->first) {
    here->second = next->second;
    free_.erase(next);
  }
  if (here != free_.begin()) {
    const auto previous = std::prev(here);
    if (previous->second == here->first) {
      previous->second = here->second;
      free_.erase(here);
    }
  }
}

}  // namespace nicosim
