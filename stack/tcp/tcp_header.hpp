// The TCP header (RFC 9293, 3.1), checked once.
#pragma once

#include "common/bytes.hpp"
#include "common/drop_reason.hpp"
#include "common/frame.hpp"
#include "common/result.hpp"
#include "stack/tcp/tcp_options.hpp"
#include "stack/udp/udp_header.hpp"

#include <cstddef>
#include <cstdint>

namespace nicosim {

struct TcpHeader {
  static constexpr std::size_t kBytes = 20;     // without options
  static constexpr std::size_t kChecksum = 16;  // its field
  enum Flag : std::uint8_t { kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16, kUrg = 32 };

  std::uint16_t source_port = 0, destination_port = 0;
  std::uint32_t sequence = 0, acknowledgement = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 0;
  std::size_t header_bytes = kBytes;  // 20 to 60
  std::size_t payload_bytes = 0;

  bool has(Flag flag) const { return (flags & flag) != 0; }
  // SEG.LEN: SYN and FIN occupy a number each.
  std::uint32_t sequence_length() const {
    return static_cast<std::uint32_t>(payload_bytes) + (has(kSyn) ? 1 : 0) + (has(kFin) ? 1 : 0);
  }
};

// A received segment on its way through the layer (struct sk_buff with its tcp_skb_cb).
struct TcpSegment {
  FramePtr frame;  // from the payload on
  TcpHeader header;
  TcpOptions options;
  Ipv4Address source, destination;
  std::uint8_t tos = 0;
  std::size_t truesize = 0;

  std::uint32_t segs() const { return frame->gso ? frame->gso.segs : 1; }  // packets that GRO made it from
  bool has(TcpHeader::Flag flag) const { return header.has(flag); }
  std::uint32_t seq() const { return header.sequence; }
  std::uint32_t ack_seq() const { return header.acknowledgement; }
  std::uint32_t end_seq() const { return header.sequence + header.sequence_length(); }
  std::uint32_t data_end() const {  // without its FIN
    return end_seq() - (has(TcpHeader::kFin) ? 1 : 0);
  }
};

// PKT_TOO_SMALL: cut short or data offset out of range; TCP_CSUM: wrong.
Result<TcpHeader, DropReason> parse_tcp(Bytes segment, const PseudoHeader& pseudo);
// Fills in the header and its options at the front of `segment`, checksum over all of it included; with
// `leave_checksum` only the pseudo header's sum is there (CHECKSUM_PARTIAL). header.header_bytes must be
// 20 + options.bytes().
void write_tcp(std::span<std::byte> segment, const TcpHeader& header, const PseudoHeader& pseudo,
               const TcpOptions& options = {}, bool leave_checksum = false);
// The answer to a segment that no connection takes (RFC 9293, 3.10.7.1); never for a segment with RST.
TcpHeader reset_for(const TcpHeader& segment);

}  // namespace nicosim
