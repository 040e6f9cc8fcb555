// The options of a TCP header (RFC 9293, 3.1; RFC 7323; RFC 2018), read leniently and written in Linux's layout.
#pragma once

#include "common/bytes.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace nicosim {

struct SackBlock {
  std::uint32_t start = 0, end = 0;  // end: first number behind the block
  bool operator==(const SackBlock&) const = default;
};

struct TcpOptions {
  static constexpr std::size_t kMostBytes = 40;
  static constexpr std::uint8_t kMostScale = 14;      // RFC 7323, 2.3
  static constexpr std::size_t kTimestampBytes = 12;  // two NOPs, then kind, length, TSval, TSecr
  static constexpr std::size_t kSackBaseBytes = 4;    // two NOPs, kind, length
  static constexpr std::size_t kSackPerBlockBytes = 8;

  std::optional<std::uint16_t> mss;          // on SYN only
  std::optional<std::uint8_t> window_scale;  // on SYN only
  bool sack_permitted = false;               // on SYN only
  bool saw_tstamp = false;
  std::uint32_t tsval = 0, tsecr = 0;
  std::array<SackBlock, 4> sacks{};
  std::size_t num_sacks = 0;

  std::span<const SackBlock> sack_blocks() const { return std::span{sacks}.first(num_sacks); }
  std::size_t bytes() const;  // as written, a multiple of 4
};

// tcp_parse_options: an option whose length makes no sense ends the list; one that does not fit its place is skipped.
TcpOptions parse_tcp_options(Bytes options, bool on_syn);
// tcp_options_write: MSS, timestamp (with SACK-permitted in place of its padding), window scale, SACK blocks. `to` has
// options.bytes() bytes.
void write_tcp_options(std::span<std::byte> to, const TcpOptions& options);

}  // namespace nicosim
