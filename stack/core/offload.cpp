#include "stack/core/offload.hpp"

#include "common/bytes.hpp"
#include "stack/ip/checksum.hpp"

#include <algorithm>
#include <cassert>
#include <span>
#include <utility>

namespace nicosim {
namespace {

constexpr std::size_t kTcpChecksum = 16, kUdpChecksum = 6;  // of their fields in the header
constexpr std::uint8_t kIpTcp = 6, kFin = 1, kPsh = 8;

std::size_t tcp_header_bytes(const Frame& frame) {
  return (load8(frame.bytes(), frame.csum_start() + 12) >> 4U) * std::size_t{4};
}

void set_ip(std::span<std::byte> ip, std::size_t header_bytes, std::uint16_t id) {
  store_be16(ip, 2, static_cast<std::uint16_t>(ip.size()));
  store_be16(ip, 4, id);
  store_be16(ip, 10, 0);
  Checksum sum;
  sum.add(ip.first(header_bytes));
  store_be16(ip, 10, sum.value());
}

}  // namespace

void checksum_help(Net& net, Frame& frame) {
  assert(frame.checksum_left() && !frame.gso && "nothing to help with");
  const auto covered = frame.bytes().subspan(frame.csum_start());
  net.runtime.charge(Cost::checksum_per_byte, covered.size());
  Checksum sum;
  sum.add(covered);  // the pseudo header's is in the field
  std::uint16_t value = sum.value();
  if (value == 0 && frame.csum_offset() == kUdpChecksum) value = 0xffff;  // CSUM_MANGLED_0: 0 says "none"
  store_be16(covered, frame.csum_offset(), value);
  frame.checksum_is_done();
}

std::size_t gso_network_seglen(const Frame& frame, std::size_t network) {
  return frame.csum_start() - network + tcp_header_bytes(frame) + frame.gso.size;
}

std::vector<FramePtr> gso_segment(Net& net, FramePtr frame, std::size_t network, bool leave_checksums) {
  assert(frame->gso && frame->checksum_left() && frame->csum_offset() == kTcpChecksum && "not a TCP frame to cut");
  const std::size_t transport = frame->csum_start();
  const std::size_t headers = transport + tcp_header_bytes(*frame);
  const Bytes whole = std::as_const(*frame).bytes();
  const Bytes payload = whole.subspan(headers);
  const std::uint16_t first_id = load_be16(whole, network + 4);
  const std::uint32_t first_seq = load_be32(whole, transport + 4);
  const std::uint8_t flags = load8(whole, transport + 13);
  const Ipv4Address source{load_be32(whole, network + 12)}, destination{load_be32(whole, network + 16)};
  std::vector<FrameId> ids = std::exchange(frame->ids, {});
  const bool own_ids = ids.size() == frame->gso.segs;
  assert((own_ids || ids.size() <= 1) && "ids that belong to no packet");

  std::vector<FramePtr> segments;
  for (std::size_t at = 0; at < payload.size(); at += frame->gso.size) {
    const bool last = at + frame->gso.size >= payload.size();
    const Bytes piece = payload.subspan(at, last ? payload.size() - at : frame->gso.size);
    net.runtime.charge(Cost::skb_alloc);
    FramePtr segment = net.pool.make(headers + piece.size());
    segment->port = frame->port;
    segment->arrived = frame->arrived;
    segment->rx_hash = frame->rx_hash;
    segment->rx_checksum = frame->rx_checksum;
    std::ranges::copy(whole.first(headers), segment->put(headers).begin());
    std::ranges::copy(piece, segment->put(piece.size()).begin());
    const auto bytes = segment->bytes();
    const auto number = static_cast<std::uint16_t>(frame->gso.fixed_id ? 0 : segments.size());
    set_ip(bytes.subspan(network), transport - network, static_cast<std::uint16_t>(first_id + number));
    const auto tcp = bytes.subspan(transport);
    store_be32(tcp, 4, first_seq + static_cast<std::uint32_t>(at));
    if (!last) store8(tcp, 13, static_cast<std::uint8_t>(flags & ~(kFin | kPsh)));
    store_be16(tcp, kTcpChecksum, Checksum{source, destination, kIpTcp, tcp.size()}.sum());
    segment->leave_checksum(transport, kTcpChecksum);
    if (!leave_checksums) checksum_help(net, *segment);
    if (own_ids) {
      segment->ids.push_back(ids[segments.size()]);
    } else if (last) {
      segment->ids = std::move(ids);
    } else if (!ids.empty()) {
      segment->ids.push_back(net.ledger.open_from_host(frame->port, ids, net.now()));
      net.at(*segment, Station::tx_queue);
    }
    segments.push_back(std::move(segment));
  }
  return segments;
}

}  // namespace nicosim
