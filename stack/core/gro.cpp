#include "stack/core/gro.hpp"

#include "common/bytes.hpp"
#include "stack/core/flow_hash.hpp"
#include "stack/ip/checksum.hpp"
#include "stack/ip/ipv4.hpp"
#include "stack/link/ethernet.hpp"
#include "stack/tcp/tcp_header.hpp"

#include <algorithm>
#include <utility>

namespace nicosim {
namespace {

constexpr std::size_t kGroMaxSize = 65536;  // of the IP packet; it stays below
constexpr SimTime kJiffy = SimTime::ms(4);  // HZ = 250
constexpr std::uint8_t kCwr = 0x80;
constexpr std::uint8_t kEnds = TcpHeader::kUrg | TcpHeader::kPsh | TcpHeader::kRst | TcpHeader::kSyn | TcpHeader::kFin;

bool same_bytes(Bytes a, Bytes b, std::size_t from, std::size_t count) {
  return std::ranges::equal(a.subspan(from, count), b.subspan(from, count));
}

}  // namespace

// nullopt: up at once, as it is. Only IPv4 without options and fragments, only TCP with a good checksum.
std::optional<Gro::Packet> Gro::candidate(Frame& frame) {
  const Bytes bytes = std::as_const(frame).bytes();
  constexpr std::size_t kIp = EthernetHeader::kBytes, kTcp = kIp + Ipv4Header::kBytes;
  if (bytes.size() < kTcp + TcpHeader::kBytes || load_be16(bytes, 12) != kEtherIpv4) return std::nullopt;
  if (load8(bytes, kIp) != 0x45 || load8(bytes, kIp + 9) != kIpTcp) return std::nullopt;
  const std::uint16_t fragment = load_be16(bytes, kIp + 6);
  if ((fragment & 0xbfffU) != 0) return std::nullopt;  // all but DF
  Checksum header;
  header.add(bytes.subspan(kIp, Ipv4Header::kBytes));
  if (header.value() != 0) return std::nullopt;
  if (load_be16(bytes, kIp + 2) != bytes.size() - kIp) return std::nullopt;  // Ethernet padding
  Packet packet;
  packet.ip = kIp;
  packet.tcp = kTcp;
  packet.payload = kTcp + (load8(bytes, kTcp + 12) >> 4U) * std::size_t{4};
  if (packet.payload < kTcp + TcpHeader::kBytes || packet.payload > bytes.size()) return std::nullopt;
  packet.bytes = bytes.size() - packet.payload;
  packet.flags = load8(bytes, kTcp + 13);
  packet.seq = load_be32(bytes, kTcp + 4);
  packet.id = load_be16(bytes, kIp + 4);
  packet.dont_fragment = (fragment & 0x4000U) != 0;
  if (!checksum_good(frame, packet)) return std::nullopt;
  return packet;
}

bool Gro::checksum_good(Frame& frame, const Packet& packet) {
  if (frame.rx_checksum == RxChecksum::unnecessary) return true;
  const Bytes bytes = std::as_const(frame).bytes();
  const Bytes segment = bytes.subspan(packet.tcp);
  net_.runtime.charge(Cost::checksum_per_byte, segment.size());
  Checksum sum{
      {load_be32(bytes, packet.ip + 12)}, {load_be32(bytes, packet.ip + 16)}, std::uint8_t{kIpTcp}, segment.size()};
  sum.add(segment);
  if (sum.value() != 0) return false;
  frame.rx_checksum = RxChecksum::unnecessary;  // nobody needs to look again
  return true;
}

bool Gro::same_flow(const Held& held, const Frame& frame, const Packet& packet) {
  const Bytes a = std::as_const(*held.frame).bytes(), b = frame.bytes();
  return same_bytes(a, b, 0, EthernetHeader::kBytes) && same_bytes(a, b, packet.ip + 12, 8) &&
         same_bytes(a, b, packet.tcp, 4);
}

// What must hold for a packet of the same connection to be put behind what is held.
bool Gro::continues(Held& held, const Frame& frame, const Packet& packet) {
  const Bytes a = std::as_const(*held.frame).bytes(), b = frame.bytes();
  const std::size_t ip = packet.ip, tcp = packet.tcp;
  if (load8(a, ip + 1) != load8(b, ip + 1) || load8(a, ip + 8) != load8(b, ip + 8)) return false;  // TOS, TTL
  if (held.first.dont_fragment != packet.dont_fragment) return false;
  if (packet.payload != held.first.payload || !same_bytes(a, b, tcp + 8, 4))
    return false;  // options' length; ACK number
  if ((packet.flags & kCwr) != 0) return false;
  const unsigned differ = held.first.flags ^ packet.flags;
  if ((differ & ~unsigned{kCwr | TcpHeader::kFin | TcpHeader::kPsh} & 0xffU) != 0) return false;
  if (load_be16(a, tcp + 14) != load_be16(b, tcp + 14)) return false;  // window: the same word as the flags
  if (!same_bytes(a, b, tcp + TcpHeader::kBytes, packet.payload - tcp - TcpHeader::kBytes)) return false;  // options
  if (packet.seq != held.first.seq + static_cast<std::uint32_t>(held.bytes)) return false;
  if (packet.bytes == 0 || packet.bytes > held.segment_bytes) return false;
  if (packet.payload - ip + held.bytes + packet.bytes >= kGroMaxSize) return false;
  // Identifications go up by one, or, of datagrams that nobody may fragment, stay the same; the second packet decides.
  const auto steps = static_cast<std::uint16_t>(packet.id - held.first.id);
  if (held.count == 1 && held.atomic) held.fixed_id = steps == 0;
  return steps == (held.fixed_id ? 0 : held.count);
}

void Gro::merge(Held& held, FramePtr frame, const Packet& packet) {
  if (held.count == 1) {  // room for all that may come
    FramePtr large = net_.pool.make(EthernetHeader::kBytes + kGroMaxSize, held.frame->headroom());
    const Bytes first = std::as_const(*held.frame).bytes();
    std::ranges::copy(first, large->put(first.size()).begin());
    large->port = held.frame->port;
    large->arrived = held.frame->arrived;
    large->rx_hash = held.frame->rx_hash;
    large->rx_checksum = held.frame->rx_checksum;
    large->adopt(std::move(held.frame));
    held.frame = std::move(large);
  }
  std::ranges::copy(std::as_const(*frame).bytes().subspan(packet.payload), held.frame->put(packet.bytes).begin());
  const auto flags = held.frame->bytes().subspan(packet.tcp + 13);
  store8(flags, 0, static_cast<std::uint8_t>(load8(flags, 0) | (packet.flags & (TcpHeader::kFin | TcpHeader::kPsh))));
  held.frame->adopt(std::move(frame));
  held.bytes += packet.bytes;
  ++held.count;
}

void Gro::receive(FramePtr frame) {
  net_.runtime.charge(Cost::gro_receive);
  const auto packet = candidate(*frame);
  if (!packet) {
    ++counts_.normal;
    return pass_(std::move(frame));
  }
  Bucket& bucket = buckets_.at(flow_hash(frame->bytes()) % kBuckets);
  const auto held =
      std::ranges::find_if(bucket, [&](const Held& candidate) { return same_flow(candidate, *frame, *packet); });
  if (held != bucket.end() && continues(*held, *frame, *packet)) {
    ++counts_.merged;
    const bool ends = packet->bytes < held->segment_bytes || (packet->flags & kEnds) != 0;
    merge(*held, std::move(frame), *packet);
    if (!ends) return;
    Held done = std::move(*held);
    bucket.erase(held);
    return complete(std::move(done));
  }
  if (held != bucket.end()) {  // what came before goes up before it
    Held done = std::move(*held);
    bucket.erase(held);
    complete(std::move(done));
  }
  if (packet->bytes == 0 || (packet->flags & (kEnds | kCwr)) != 0) {
    ++counts_.normal;
    return pass_(std::move(frame));
  }
  if (bucket.size() >= kMost) {  // gro_flush_oldest
    Held oldest = std::move(bucket.front());
    bucket.pop_front();
    complete(std::move(oldest));
  }
  ++counts_.held;
  Held fresh;
  fresh.frame = std::move(frame);
  fresh.first = *packet;
  fresh.age = jiffies();
  fresh.segment_bytes = fresh.bytes = packet->bytes;
  fresh.atomic = packet->dont_fragment;
  bucket.push_back(std::move(fresh));
}

// tcp4_gro_complete, inet_gro_complete: one header for all, and a checksum that says CHECKSUM_PARTIAL, so that the
// frame can be cut again where it is forwarded.
void Gro::complete(Held held) {
  if (held.count > 1) {
    Frame& frame = *held.frame;
    const auto ip = frame.bytes().subspan(held.first.ip);
    store_be16(ip, 2, static_cast<std::uint16_t>(ip.size()));
    store_be16(ip, 10, 0);
    Checksum header;
    header.add(ip.first(Ipv4Header::kBytes));
    store_be16(ip, 10, header.value());
    const auto tcp = frame.bytes().subspan(held.first.tcp);
    const Checksum pseudo{{load_be32(ip, 12)}, {load_be32(ip, 16)}, std::uint8_t{kIpTcp}, tcp.size()};
    store_be16(tcp, TcpHeader::kChecksum, pseudo.sum());
    frame.leave_checksum(held.first.tcp, TcpHeader::kChecksum);
    frame.gso = {static_cast<std::uint16_t>(held.segment_bytes), static_cast<std::uint16_t>(held.count), held.fixed_id};
  }
  pass_(std::move(held.frame));
}

bool Gro::holds() const {
  return std::ranges::any_of(buckets_, [](const Bucket& bucket) { return !bucket.empty(); });
}

std::int64_t Gro::jiffies() const { return net_.now().in_ps() / kJiffy.in_ps(); }

void Gro::flush(bool flush_old) {
  for (Bucket& bucket : buckets_) {
    while (!bucket.empty() && !(flush_old && bucket.front().age == jiffies())) {
      Held oldest = std::move(bucket.front());
      bucket.pop_front();
      complete(std::move(oldest));
    }
  }
}

void Gro::close_queued(SimTime now) {
  for (Bucket& bucket : buckets_) {
    for (Held& held : bucket) held.frame->close(net_.ledger, Fate::queued, Station::poll, now, DropReason::none);
    bucket.clear();
  }
}

}  // namespace nicosim
