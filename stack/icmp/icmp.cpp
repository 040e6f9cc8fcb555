#include "stack/icmp/icmp.hpp"

#include "stack/ip/checksum.hpp"
#include "stack/netfilter/conntrack.hpp"

#include <algorithm>

namespace nicosim {
namespace {

constexpr std::size_t kTimestampBytes = 20;
constexpr std::size_t kMaxErrorBytes = 576;  // RFC 1812, 4.3.2.3: no more than this with the IP header
constexpr std::int64_t kBurst = 6;           // XRLIM_BURST_FACTOR
constexpr std::size_t kMaxBuckets = 4096;

void finish_message(Frame& message) {
  const auto bytes = message.bytes();
  store_be16(bytes, 2, 0);
  Checksum sum;
  sum.add(bytes);
  store_be16(bytes, 2, sum.value());
}

}  // namespace

Result<IcmpHeader, DropReason> parse_icmp(Bytes message, bool checksum_known_good) {
  if (!checksum_known_good) {
    Checksum sum;
    sum.add(message);
    if (sum.value() != 0) return DropReason::ICMP_CSUM;
  }
  if (message.size() < IcmpHeader::kBytes) return DropReason::PKT_TOO_SMALL;
  return IcmpHeader{load8(message, 0), load8(message, 1)};
}

void Icmp::receive(IpPacket packet) {
  net_.runtime.charge(Cost::icmp_receive);
  ++net_.mib.IcmpInMsgs;
  const bool known_good = packet.frame->rx_checksum == RxChecksum::unnecessary;
  if (!known_good) net_.runtime.charge(Cost::checksum_per_byte, packet.frame->size());
  const auto header = parse_icmp(packet.frame->bytes(), known_good);
  if (!header) {
    if (header.error() == DropReason::ICMP_CSUM) ++net_.mib.IcmpInCsumErrors;
    ++net_.mib.IcmpInErrors;
    return net_.drop(std::move(packet.frame), Station::transport, header.error());
  }
  count_in(header->type);
  if (header->type > kHighestIcmpType) {  // RFC 1122, 3.2.2: silently discarded
    ++net_.mib.IcmpInErrors;
    return net_.drop(std::move(packet.frame), Station::transport, DropReason::UNHANDLED_PROTO);
  }
  const bool to_many = packet.destination_kind != AddressKind::local;
  const bool request = header->type == kEcho || header->type == kTimestamp;
  if (to_many && request && net_.sysctl.icmp_echo_ignore_broadcasts != 0) {  // RFC 1122, 3.2.2.6: no smurfs
    ++net_.mib.IcmpInErrors;
    return net_.drop(std::move(packet.frame), Station::transport, DropReason::ICMP_IGNORED);
  }
  switch (header->type) {
    case kEcho:
      return echo(std::move(packet));
    case kTimestamp:
      return timestamp(std::move(packet));
    case kUnreachable:
    case kSourceQuench:
    case kRedirect:
    case kTimeExceeded:
    case kParameterProblem:
      return report(std::move(packet), *header);
    case kEchoReply:  // ping_rcv: there are no ping sockets
      return net_.drop(std::move(packet.frame), Station::transport, DropReason::NO_SOCKET);
    default:  // icmp_discard
      return net_.finish(std::move(packet.frame), Fate::consumed, Station::transport);
  }
}

void Icmp::echo(IpPacket packet) {
  if (net_.sysctl.icmp_echo_ignore_all != 0)
    return net_.drop(std::move(packet.frame), Station::transport, DropReason::ICMP_IGNORED);
  net_.runtime.charge(Cost::skb_alloc);
  net_.runtime.charge(Cost::copy_per_byte, packet.frame->size());
  FramePtr message = net_.pool.make(packet.frame->size());
  copy_bytes(packet.frame->bytes(), message->put(packet.frame->size()));
  store8(message->bytes(), 0, kEchoReply);
  if (!answer(packet, std::move(message)))
    return net_.drop(std::move(packet.frame), Station::transport, DropReason::IP_OUTNOROUTES);
  net_.finish(std::move(packet.frame), Fate::answered, Station::transport);
}

// Milliseconds since midnight, in simulated time: a run starts at midnight.
void Icmp::timestamp(IpPacket packet) {
  if (packet.frame->size() < kTimestampBytes) {
    ++net_.mib.IcmpInErrors;
    return net_.drop(std::move(packet.frame), Station::transport, DropReason::PKT_TOO_SMALL);
  }
  net_.runtime.charge(Cost::skb_alloc);
  FramePtr message = net_.pool.make(kTimestampBytes);
  const auto bytes = message->put(kTimestampBytes);
  copy_bytes(packet.frame->bytes().first(kTimestampBytes), bytes);
  const auto ms = static_cast<std::uint32_t>((net_.now().in_ns() / 1'000'000) % 86'400'000);
  store8(bytes, 0, kTimestampReply);
  store_be32(bytes, 12, ms);
  store_be32(bytes, 16, ms);
  if (!answer(packet, std::move(message)))
    return net_.drop(std::move(packet.frame), Station::transport, DropReason::IP_OUTNOROUTES);
  net_.finish(std::move(packet.frame), Fate::answered, Station::transport);
}

void Icmp::report(IpPacket packet, const IcmpHeader& header) {
  const Bytes quoted = packet.frame->bytes().subspan(IcmpHeader::kBytes);
  const std::size_t header_bytes = quoted.empty() ? 0 : (load8(quoted, 0) & 0xfU) * std::size_t{4};
  // The quote: an IP header and at least 8 bytes behind it, enough for two ports (RFC 792).
  if (header_bytes < Ipv4Header::kBytes || quoted.size() < header_bytes + 8) {
    ++net_.mib.IcmpInErrors;
    return net_.drop(std::move(packet.frame), Station::transport, DropReason::PKT_TOO_SMALL);
  }
  const IcmpReport report{header.type,
                          header.code,
                          {load_be32(quoted, 12)},
                          {load_be32(quoted, 16)},
                          quoted.subspan(header_bytes),
                          load_be32(packet.frame->bytes(), 4)};
  if (TransportProtocol* const protocol = protocols_[load8(quoted, 9)]) protocol->error(report);
  net_.finish(std::move(packet.frame), Fate::consumed, Station::transport);
}

bool Icmp::answer(IpPacket& request, FramePtr message) {
  // We answer from the address that was asked, or from our own when that was a group.
  const bool to_us = request.destination_kind == AddressKind::local;
  const auto route = routes_.output(request.ip.source, to_us ? request.ip.destination : Ipv4Address::any());
  if (!route) {
    ++net_.mib.IpOutNoRoutes;
    return false;
  }
  net_.runtime.charge(Cost::checksum_per_byte, message->size());
  finish_message(*message);
  count_out(load8(message->bytes(), 0));
  message->ids = output_.open(*route, message->size(), request.frame->ids);
  net_.at(*message, Station::tx_transport);
  IpOutput::Fields fields;
  fields.source = route->source;
  fields.destination = request.ip.source;
  fields.protocol = kIpIcmp;
  fields.tos = request.ip.tos;
  fields.ttl = static_cast<std::uint8_t>(net_.sysctl.ip_default_ttl);
  output_.send(std::move(message), *route, fields);
  return true;
}

bool Icmp::send_error(const IpPacket& about, std::uint8_t type, std::uint8_t code, std::uint32_t info) {
  const Ipv4Header& ip = about.ip;
  // RFC 1122, 3.2.2: not about what many received, not about a later fragment, not about an ICMP error.
  if (about.link_class != LinkClass::host) return false;
  if (about.destination_kind == AddressKind::broadcast || about.destination_kind == AddressKind::multicast)
    return false;
  if (ip.offset != 0) return false;
  Frame& original = *about.frame;
  if (ip.protocol == kIpIcmp) {
    if (original.size() == 0) return false;
    const std::uint8_t inner = load8(original.bytes(), 0);
    if (inner > kHighestIcmpType || IcmpHeader::is_error(inner)) return false;
  }
  const bool to_us = about.destination_kind == AddressKind::local;
  const auto route = routes_.output(ip.source, to_us ? ip.destination : Ipv4Address::any());
  if (!route || route->kind != AddressKind::unicast) return false;
  if (!may_send(ip.source, type, code)) return false;

  net_.runtime.charge(Cost::skb_alloc);
  original.push(ip.header_bytes);
  const std::size_t room =
      std::min<std::size_t>(kMaxErrorBytes, route->out->device.mtu()) - Ipv4Header::kBytes - IcmpHeader::kBytes;
  const Bytes quote = std::as_const(original).bytes().first(std::min(room, original.size()));
  FramePtr message = net_.pool.make(IcmpHeader::kBytes + quote.size());
  const auto header = message->put(IcmpHeader::kBytes);
  store8(header, 0, type);
  store8(header, 1, code);
  store_be32(header, 4, info);
  copy_bytes(quote, message->put(quote.size()));
  original.pull(ip.header_bytes);
  net_.runtime.charge(Cost::checksum_per_byte, message->size());
  finish_message(*message);
  count_out(type);
  message->ids = output_.open(*route, message->size(), original.ids);
  nf_ct_attach(*message, original);
  net_.at(*message, Station::tx_transport);
  IpOutput::Fields fields;
  fields.source = route->source;
  fields.destination = ip.source;
  fields.protocol = kIpIcmp;
  fields.tos = static_cast<std::uint8_t>((ip.tos & 0x1eU) | 0xc0U);  // internetwork control (RFC 1812, 4.3.2.5)
  fields.ttl = static_cast<std::uint8_t>(net_.sysctl.ip_default_ttl);
  output_.send(std::move(message), *route, fields);
  return true;
}

// inet_peer_xrlim_allow: a token per icmp_ratelimit, six saved at most, and a new target starts with all six.
bool Icmp::may_send(Ipv4Address target, std::uint8_t type, std::uint8_t code) {
  if (((net_.sysctl.icmp_ratemask >> type) & 1U) == 0 || net_.sysctl.icmp_ratelimit == 0) return true;
  if (type == kUnreachable && code == kUnreachableFragmentation) return true;  // path MTU discovery needs each
  const SimTime now = net_.now();
  const SimTime token = SimTime::ms(net_.sysctl.icmp_ratelimit);
  const SimTime full = token * kBurst;
  if (buckets_.size() >= kMaxBuckets && !buckets_.contains(target)) {
    // A target whose bucket has filled up again is as good as new, so forgetting it changes nothing.
    std::erase_if(buckets_, [&](const auto& item) { return item.second.tokens + (now - item.second.last) >= full; });
    if (buckets_.size() >= kMaxBuckets) return false;
  }
  Bucket& bucket = buckets_.try_emplace(target, Bucket{full, now}).first->second;
  bucket.tokens = std::min(bucket.tokens + (now - bucket.last), full);
  bucket.last = now;
  if (bucket.tokens < token) return false;
  bucket.tokens -= token;
  return true;
}

void Icmp::count_in(std::uint8_t type) {
  Mib& mib = net_.mib;
  switch (type) {
    case kEchoReply:
      ++mib.IcmpInEchoReps;
      break;
    case kUnreachable:
      ++mib.IcmpInDestUnreachs;
      break;
    case kSourceQuench:
      ++mib.IcmpInSrcQuenchs;
      break;
    case kRedirect:
      ++mib.IcmpInRedirects;
      break;
    case kEcho:
      ++mib.IcmpInEchos;
      break;
    case kTimeExceeded:
      ++mib.IcmpInTimeExcds;
      break;
    case kParameterProblem:
      ++mib.IcmpInParmProbs;
      break;
    case kTimestamp:
      ++mib.IcmpInTimestamps;
      break;
    default:
      break;
  }
}

void Icmp::count_out(std::uint8_t type) {
  Mib& mib = net_.mib;
  ++mib.IcmpOutMsgs;
  switch (type) {
    case kEchoReply:
      ++mib.IcmpOutEchoReps;
      break;
    case kUnreachable:
      ++mib.IcmpOutDestUnreachs;
      break;
    case kTimeExceeded:
      ++mib.IcmpOutTimeExcds;
      break;
    case kParameterProblem:
      ++mib.IcmpOutParmProbs;
      break;
    case kTimestampReply:
      ++mib.IcmpOutTimestampReps;
      break;
    default:
      break;
  }
}

}  // namespace nicosim
