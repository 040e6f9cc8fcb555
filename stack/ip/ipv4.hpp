// The IPv4 header (RFC 791), checked once.
#pragma once

#include "common/bytes.hpp"
#include "common/drop_reason.hpp"
#include "common/frame.hpp"
#include "common/result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace nicosim {

enum IpProtocol : std::uint8_t { kIpIcmp = 1, kIpTcp = 6, kIpUdp = 17 };

struct Ipv4Header {
  static constexpr std::size_t kBytes = 20;  // without options

  std::size_t header_bytes = kBytes;  // 20 to 60
  std::size_t total_bytes = 0;        // header and payload
  std::uint8_t tos = 0, ttl = 64, protocol = 0;
  std::uint16_t id = 0;
  bool dont_fragment = false, more_fragments = false;
  std::size_t offset = 0;  // of this fragment's payload, in bytes
  Ipv4Address source, destination;

  bool is_fragment() const { return more_fragments || offset != 0; }
};

// ip_rcv_core's checks in its order. IP_INHDR: version, header length, total length below the header; IP_CSUM;
// PKT_TOO_SMALL: the frame is shorter than the total length. A longer frame (Ethernet padding) is fine, trim it.
Result<Ipv4Header, DropReason> parse_ipv4(Bytes packet);
// Puts a header without options in front of a payload; total length comes from the frame.
void push_ipv4(Frame& frame, const Ipv4Header& header);
// ip_decrease_ttl: one hop less, checksum updated in place (RFC 1141).
void decrease_ttl(std::span<std::byte> packet);

struct OptionsVerdict {
  bool source_route = false;
  std::optional<std::uint8_t> wrong_at;  // offset in the header of the byte that makes no sense (RFC 792 pointer)
};
// ip_options_compile: options of a header whose length has been checked.
OptionsVerdict check_options(Bytes header);

}  // namespace nicosim
