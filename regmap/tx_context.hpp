// Transmit descriptors of the extended forms: the context, which says where headers and checksums lie and how to cut a
// frame, and the data that it is about (manual, "TCP/IP Context Transmit Descriptor", "TCP/IP Data Descriptor").
#pragma once

#include "regmap/descriptors.hpp"

#include <cstdint>

namespace nicosim {

struct TxContext {
  enum Command : std::uint8_t { kTcp = 1, kIp = 2, kTse = 4, kRs = 8, kDext = 32, kIde = 128 };  // TUCMD

  std::uint8_t ipcss = 0, ipcso = 0;  // IP header: where its sum starts, where it goes, its last byte
  std::uint16_t ipcse = 0;
  std::uint8_t tucss = 0, tucso = 0;  // TCP or UDP likewise; end 0: the end of the frame
  std::uint16_t tucse = 0;
  std::uint32_t paylen = 0;  // 20 bits: bytes behind the header that is copied to each segment
  std::uint8_t tucmd = 0;    // Command; DEXT must be set
  std::uint8_t hdrlen = 0;
  std::uint16_t mss = 0;

  DescriptorBytes encode() const;
  static TxContext decode(const DescriptorBytes& bytes);
  bool operator==(const TxContext&) const = default;
};

struct TxData {
  static constexpr std::uint8_t kTse = txd::CMD_IC;  // the bit's meaning in this form: segment

  std::uint64_t address = 0;
  std::uint32_t length = 0;  // 20 bits
  std::uint8_t cmd = 0;      // txd::CMD_*; DEXT must be set
  std::uint8_t popts = 0;    // txd::POPTS_*

  DescriptorBytes encode() const;
  static TxData decode(const DescriptorBytes& bytes);
  bool operator==(const TxData&) const = default;
};

// Which form 16 bytes are in: DTYP says it where CMD has DEXT.
enum class TxForm : std::uint8_t { legacy, context, data };
TxForm tx_form(const DescriptorBytes& bytes);

}  // namespace nicosim
