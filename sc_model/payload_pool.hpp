// Pooled TLM payloads for DMA bursts: 256 bytes of data each, no allocation per burst.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include <tlm>

namespace nicosim {

inline constexpr std::size_t kMaxBurst = 256;

class BurstPayload final : public tlm::tlm_generic_payload {
 public:
  std::array<unsigned char, kMaxBurst> data;

  // A burst as the card issues it: `length` bytes at `address`, every byte enabled.
  void set_up(tlm::tlm_command command, std::uint64_t address, std::size_t length) {
    set_command(command);
    set_address(address);
    set_data_ptr(data.data());
    set_data_length(static_cast<unsigned>(length));
    set_streaming_width(static_cast<unsigned>(length));
    set_byte_enable_ptr(nullptr);
    set_dmi_allowed(false);
    set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  }
};

class PayloadPool final : public tlm::tlm_mm_interface {
 public:
  // With one reference, which the caller releases.
  BurstPayload& make() {
    if (free_.empty()) {
      all_.push_back(std::make_unique<BurstPayload>());
      all_.back()->set_mm(this);
      free_.push_back(all_.back().get());
    }
    BurstPayload& payload = *free_.back();
    free_.pop_back();
    payload.acquire();
    return payload;
  }
  void free(tlm::tlm_generic_payload* payload) override { free_.push_back(static_cast<BurstPayload*>(payload)); }

 private:
  std::vector<std::unique_ptr<BurstPayload>> all_;
  std::vector<BurstPayload*> free_;
};

}  // namespace nicosim
