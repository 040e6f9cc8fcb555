#include "stack/tcp/tcp_header.hpp"

#include "stack/ip/checksum.hpp"
#include "stack/ip/ipv4.hpp"

#include <cassert>

namespace nicosim {

Result<TcpHeader, DropReason> parse_tcp(Bytes segment, const PseudoHeader& pseudo) {
  if (segment.size() < TcpHeader::kBytes) return DropReason::PKT_TOO_SMALL;
  const std::size_t header_bytes = (load8(segment, 12) >> 4U) * std::size_t{4};
  if (header_bytes < TcpHeader::kBytes || header_bytes > segment.size()) return DropReason::PKT_TOO_SMALL;
  if (!pseudo.checksum_known_good) {
    Checksum sum{pseudo.source, pseudo.destination, kIpTcp, segment.size()};
    sum.add(segment);
    if (sum.value() != 0) return DropReason::TCP_CSUM;
  }
  TcpHeader h;
  h.source_port = load_be16(segment, 0);
  h.destination_port = load_be16(segment, 2);
  h.sequence = load_be32(segment, 4);
  h.acknowledgement = load_be32(segment, 8);
  h.flags = load8(segment, 13) & 0x3fU;
  h.window = load_be16(segment, 14);
  h.header_bytes = header_bytes;
  h.payload_bytes = segment.size() - header_bytes;
  return h;
}

void write_tcp(std::span<std::byte> segment, const TcpHeader& h, const PseudoHeader& pseudo, const TcpOptions& options,
               bool leave_checksum) {
  assert(h.header_bytes == TcpHeader::kBytes + options.bytes() && "the data offset must cover the options");
  store_be16(segment, 0, h.source_port);
  store_be16(segment, 2, h.destination_port);
  store_be32(segment, 4, h.sequence);
  store_be32(segment, 8, h.acknowledgement);
  store8(segment, 12, static_cast<std::uint8_t>(h.header_bytes / 4 << 4U));
  store8(segment, 13, h.flags);
  store_be16(segment, 14, h.window);
  store_be16(segment, 16, 0);
  store_be16(segment, 18, 0);
  write_tcp_options(segment.subspan(TcpHeader::kBytes, options.bytes()), options);
  Checksum sum{pseudo.source, pseudo.destination, kIpTcp, segment.size()};
  if (leave_checksum) return store_be16(segment, TcpHeader::kChecksum, sum.sum());
  sum.add(segment);
  store_be16(segment, 16, sum.value());
}

TcpHeader reset_for(const TcpHeader& segment) {
  assert(!segment.has(TcpHeader::kRst) && "a reset is never answered");
  TcpHeader reset;
  reset.source_port = segment.destination_port;
  reset.destination_port = segment.source_port;
  if (segment.has(TcpHeader::kAck)) {  // <SEQ=SEG.ACK><CTL=RST>
    reset.flags = TcpHeader::kRst;
    reset.sequence = segment.acknowledgement;
  } else {  // <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>
    reset.flags = TcpHeader::kRst | TcpHeader::kAck;
    reset.acknowledgement = segment.sequence + segment.sequence_length();
  }
  return reset;
}

}  // namespace nicosim
