// Builds captures byte by byte, in either byte order, right or wrong on purpose.
#pragma once

#include "common/bytes.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace nicosim {

class CaptureBytes {
 public:
  explicit CaptureBytes(bool big = false) : big_(big) {}

  CaptureBytes& u16(std::uint16_t v) { return number(v, 2); }
  CaptureBytes& u32(std::uint32_t v) { return number(v, 4); }
  CaptureBytes& u64(std::uint64_t v) { return number(v, 8); }
  CaptureBytes& bytes(std::size_t count, unsigned char fill = 0x5a) {
    bytes_.insert(bytes_.end(), count, std::byte{fill});
    return *this;
  }
  CaptureBytes& text(std::string_view t) {
    for (const char c : t) bytes_.push_back(std::byte(c));
    return *this;
  }

  CaptureBytes& pcap_header(std::uint32_t magic = 0xa1b2c3d4, std::uint32_t link = 1, std::uint32_t snap = 65535) {
    return u32(magic).u16(2).u16(4).u32(0).u32(0).u32(snap).u32(link);
  }
  CaptureBytes& pcap_packet(std::uint32_t s, std::uint32_t fraction, std::uint32_t kept, std::uint32_t original) {
    return u32(s).u32(fraction).u32(kept).u32(original).bytes(kept);
  }

  // pcapng: a block with its body, padded, and both lengths
  CaptureBytes& block(std::uint32_t type, const CaptureBytes& body) {
    const auto total = static_cast<std::uint32_t>((body.bytes_.size() + 3) / 4 * 4 + 12);
    u32(type).u32(total);
    bytes_.insert(bytes_.end(), body.bytes_.begin(), body.bytes_.end());
    while (bytes_.size() % 4 != 0) bytes_.push_back(std::byte{0});
    return u32(total);
  }
  CaptureBytes part() const { return CaptureBytes{big_}; }
  CaptureBytes& section() { return block(0x0a0d0d0a, part().u32(0x1a2b3c4d).u16(1).u16(0).u64(~std::uint64_t{0})); }
  CaptureBytes& interface(std::uint16_t link = 1, std::uint32_t snap = 0) {
    return block(1, part().u16(link).u16(0).u32(snap));
  }
  CaptureBytes& enhanced(std::uint32_t interface, std::uint64_t ticks, std::uint32_t kept, std::uint32_t original) {
    return block(6, part()
                        .u32(interface)
                        .u32(static_cast<std::uint32_t>(ticks >> 32U))
                        .u32(static_cast<std::uint32_t>(ticks))
                        .u32(kept)
                        .u32(original)
                        .bytes(kept));
  }
  CaptureBytes& append(const CaptureBytes& other) {
    bytes_.insert(bytes_.end(), other.bytes_.begin(), other.bytes_.end());
    return *this;
  }

  std::vector<std::byte> take() const { return bytes_; }
  std::size_t size() const { return bytes_.size(); }

 private:
  CaptureBytes& number(std::uint64_t v, unsigned width) {
    for (unsigned i = 0; i < width; ++i) bytes_.push_back(std::byte((v >> (8 * (big_ ? width - 1 - i : i))) & 0xffU));
    return *this;
  }

  bool big_;
  std::vector<std::byte> bytes_;
};

}  // namespace nicosim
