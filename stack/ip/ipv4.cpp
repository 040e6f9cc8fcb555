#include "stack/ip/ipv4.hpp"

#include "stack/ip/checksum.hpp"

namespace nicosim {
namespace {

enum Option : std::uint8_t {
  kEnd = 0,
  kNop = 1,
  kRecordRoute = 7,
  kTimestamp = 68,
  kLooseRoute = 131,
  kStrictRoute = 137,
  kRouterAlert = 148
};

// What is wrong inside one option, as an offset from its start; nullopt: nothing.
std::optional<std::size_t> wrong_inside(Bytes option, bool route_seen) {
  switch (load8(option, 0)) {
    case kLooseRoute:
    case kStrictRoute:
      if (option.size() < 3) return 1;
      if (load8(option, 2) < 4) return 2;
      if (route_seen) return 0;
      return std::nullopt;
    case kRecordRoute:
      if (option.size() < 3) return 1;
      if (load8(option, 2) < 4) return 2;
      if (load8(option, 2) <= option.size() && load8(option, 2) + 3U > option.size()) return 2;
      return std::nullopt;
    case kTimestamp: {
      if (option.size() < 4) return 1;
      if (load8(option, 2) < 5) return 2;
      const unsigned overflow = load8(option, 3) >> 4U;
      const bool full = load8(option, 2) > option.size();
      if (full) return overflow == 15 ? std::optional<std::size_t>{3} : std::nullopt;
      if (load8(option, 2) + 3U > option.size()) return 2;
      return std::nullopt;
    }
    case kRouterAlert:
      if (option.size() < 4) return 1;
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<Ipv4Header, DropReason> parse_ipv4(Bytes packet) {
  if (packet.size() < Ipv4Header::kBytes) return DropReason::IP_INHDR;
  const std::uint8_t version = load8(packet, 0) >> 4U;
  const std::size_t header_bytes = (load8(packet, 0) & 0xfU) * std::size_t{4};
  if (version != 4 || header_bytes < Ipv4Header::kBytes) return DropReason::IP_INHDR;
  if (packet.size() < header_bytes) return DropReason::IP_INHDR;
  Checksum sum;
  sum.add(packet.first(header_bytes));
  if (sum.value() != 0) return DropReason::IP_CSUM;
  const std::size_t total = load_be16(packet, 2);
  if (packet.size() < total) return DropReason::PKT_TOO_SMALL;
  if (total < header_bytes) return DropReason::IP_INHDR;

  const std::uint16_t fragment = load_be16(packet, 6);
  Ipv4Header h;
  h.header_bytes = header_bytes;
  h.total_bytes = total;
  h.tos = load8(packet, 1);
  h.ttl = load8(packet, 8);
  h.protocol = load8(packet, 9);
  h.id = load_be16(packet, 4);
  h.dont_fragment = (fragment & 0x4000U) != 0;
  h.more_fragments = (fragment & 0x2000U) != 0;
  h.offset = (fragment & 0x1fffU) * std::size_t{8};
  h.source = {load_be32(packet, 12)};
  h.destination = {load_be32(packet, 16)};
  return h;
}

void push_ipv4(Frame& frame, const Ipv4Header& h) {
  const std::size_t total = frame.size() + Ipv4Header::kBytes;
  const auto out = frame.push(Ipv4Header::kBytes);
  unsigned fragment = static_cast<unsigned>(h.offset / 8);
  if (h.dont_fragment) fragment |= 0x4000U;
  if (h.more_fragments) fragment |= 0x2000U;
  store8(out, 0, 0x45);
  store8(out, 1, h.tos);
  store_be16(out, 2, static_cast<std::uint16_t>(total));
  store_be16(out, 4, h.id);
  store_be16(out, 6, static_cast<std::uint16_t>(fragment));
  store8(out, 8, h.ttl);
  store8(out, 9, h.protocol);
  store_be16(out, 10, 0);
  store_be32(out, 12, h.source.value);
  store_be32(out, 16, h.destination.value);
  Checksum sum;
  sum.add(out);
  store_be16(out, 10, sum.value());
}

void decrease_ttl(std::span<std::byte> packet) {
  store8(packet, 8, static_cast<std::uint8_t>(load8(packet, 8) - 1));
  unsigned sum = load_be16(packet, 10) + 0x0100U;
  sum += sum >> 16U;
  store_be16(packet, 10, static_cast<std::uint16_t>(sum));
}

OptionsVerdict check_options(Bytes header) {
  OptionsVerdict verdict;
  for (std::size_t at = Ipv4Header::kBytes; at < header.size();) {
    const std::uint8_t kind = load8(header, at);
    if (kind == kEnd) break;
    if (kind == kNop) {
      ++at;
      continue;
    }
    const std::size_t left = header.size() - at;
    const std::size_t length = left < 2 ? 0 : load8(header, at + 1);
    if (length < 2 || length > left) {
      verdict.wrong_at = static_cast<std::uint8_t>(at);
      return verdict;
    }
    if (const auto wrong = wrong_inside(header.subspan(at, length), verdict.source_route)) {
      verdict.wrong_at = static_cast<std::uint8_t>(at + *wrong);
      return verdict;
    }
    if (kind == kLooseRoute || kind == kStrictRoute) verdict.source_route = true;
    at += length;
  }
  return verdict;
}

}  // namespace nicosim
