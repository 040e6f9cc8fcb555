// Test packets with right checksums, built independently of the stack's own code.
//
// Each builder wraps a payload: ethernet(ipv4(udp(...))). What a test wants wrong it breaks in the finished bytes.
#pragma once

#include "common/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

namespace nicosim::packets {

using Packet = std::vector<std::byte>;

inline const MacAddress kOurMac{{0x02, 0, 0, 0, 0, 0x02}};
inline const MacAddress kPeerMac{{0x02, 0, 0, 0, 0, 0x01}};
inline constexpr Ipv4Address kOurIp{0x0a4d'0002};    // 10.77.0.2/24
inline constexpr Ipv4Address kPeerIp{0x0a4d'0001};   // 10.77.0.1
inline constexpr Ipv4Address kOtherIp{0x0a4d'0003};  // on the link, but neither of us

inline Packet bytes(std::initializer_list<int> values) {
  Packet out;
  for (const int v : values) out.push_back(static_cast<std::byte>(v));
  return out;
}
inline Packet text(std::string_view s) {
  Packet out;
  for (const char c : s) out.push_back(static_cast<std::byte>(c));
  return out;
}
// `n` bytes that differ from their neighbours, so that misplaced data shows.
inline Packet pattern(std::size_t n, unsigned start = 0) {
  Packet out(n);
  for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<std::byte>((i * 7 + i / 256 + start) & 0xffU);
  return out;
}
inline void append(Packet& to, Bytes more) { to.insert(to.end(), more.begin(), more.end()); }

// The plain loop of RFC 1071, 4.1.
inline std::uint16_t naive_checksum(Bytes data, std::uint32_t sum = 0) {
  for (std::size_t i = 0; i < data.size(); ++i) {
    const unsigned byte = load8(data, i);
    sum += i % 2 == 0 ? byte << 8U : byte;
    if (sum > 0xffff) sum = (sum & 0xffffU) + 1;
  }
  return static_cast<std::uint16_t>(~sum);
}
inline std::uint16_t transport_checksum(Ipv4Address from, Ipv4Address to, std::uint8_t protocol, Bytes segment) {
  Packet all(12);
  store_be32(all, 0, from.value);
  store_be32(all, 4, to.value);
  store8(all, 9, protocol);
  store_be16(all, 10, static_cast<std::uint16_t>(segment.size()));
  append(all, segment);
  return naive_checksum(all);
}

struct Eth {
  MacAddress to = kOurMac, from = kPeerMac;
  std::uint16_t type = 0x0800;
};
inline Packet ethernet(const Packet& payload, const Eth& h = {}) {
  Packet out(14);
  h.to.store(out);
  h.from.store(std::span{out}.subspan(6));
  store_be16(out, 12, h.type);
  append(out, payload);
  return out;
}

struct Ip {
  Ipv4Address from = kPeerIp, to = kOurIp;
  std::uint8_t protocol = 17, ttl = 64;
  std::uint16_t id = 1;
  bool dont_fragment = false, more_fragments = false;
  std::size_t offset = 0;  // bytes, a multiple of 8
  Packet options = {};     // a multiple of 4 bytes
};
inline void fix_ip_checksum(std::span<std::byte> ip) {
  const std::size_t header = (load8(ip, 0) & 0xfU) * std::size_t{4};
  store_be16(ip, 10, 0);
  store_be16(ip, 10, naive_checksum(ip.first(header)));
}
inline Packet ipv4(const Packet& payload, const Ip& h = {}) {
  Packet out(20);
  append(out, h.options);
  const std::size_t header = out.size();
  append(out, payload);
  store8(out, 0, static_cast<std::uint8_t>(0x40 + header / 4));
  store_be16(out, 2, static_cast<std::uint16_t>(out.size()));
  store_be16(out, 4, h.id);
  const std::size_t flags = (h.dont_fragment ? 0x4000U : 0U) | (h.more_fragments ? 0x2000U : 0U);
  store_be16(out, 6, static_cast<std::uint16_t>(flags | h.offset / 8));
  store8(out, 8, h.ttl);
  store8(out, 9, h.protocol);
  store_be32(out, 12, h.from.value);
  store_be32(out, 16, h.to.value);
  fix_ip_checksum(out);
  return out;
}

struct Udp {
  std::uint16_t from = 5000, to = 9;
  Ipv4Address ip_from = kPeerIp, ip_to = kOurIp;
  bool checksum = true;
};
inline Packet udp(const Packet& payload, const Udp& h = {}) {
  Packet out(8);
  append(out, payload);
  store_be16(out, 0, h.from);
  store_be16(out, 2, h.to);
  store_be16(out, 4, static_cast<std::uint16_t>(out.size()));
  if (!h.checksum) return out;
  const std::uint16_t sum = transport_checksum(h.ip_from, h.ip_to, 17, out);
  store_be16(out, 6, sum != 0 ? sum : 0xffff);
  return out;
}
inline Packet udp_frame(const Packet& payload, const Udp& h = {}) {
  return ethernet(ipv4(udp(payload, h), {.from = h.ip_from, .to = h.ip_to}));
}

inline Packet icmp(std::uint8_t type, std::uint8_t code, std::uint32_t rest, const Packet& payload) {
  Packet out(8);
  append(out, payload);
  store8(out, 0, type);
  store8(out, 1, code);
  store_be32(out, 4, rest);
  store_be16(out, 2, naive_checksum(out));
  return out;
}
inline Packet echo(const Packet& payload) { return icmp(8, 0, 0x1234'0001, payload); }

struct Tcp {
  std::uint16_t from = 40000, to = 80;
  std::uint32_t seq = 1000, ack = 0;
  std::uint8_t flags = 2;  // SYN
};
inline Packet tcp(const Tcp& h, const Packet& payload = {}) {
  Packet out(20);
  append(out, payload);
  store_be16(out, 0, h.from);
  store_be16(out, 2, h.to);
  store_be32(out, 4, h.seq);
  store_be32(out, 8, h.ack);
  store8(out, 12, 0x50);
  store8(out, 13, h.flags);
  store_be16(out, 14, 65535);
  store_be16(out, 16, transport_checksum(kPeerIp, kOurIp, 6, out));
  return out;
}
inline Packet tcp_frame(const Tcp& h, const Packet& payload = {}) {
  return ethernet(ipv4(tcp(h, payload), {.protocol = 6}));
}

struct Arp {
  std::uint16_t operation = 1;
  MacAddress sender_mac = kPeerMac;
  Ipv4Address sender_ip = kPeerIp;
  MacAddress target_mac{};
  Ipv4Address target_ip = kOurIp;
};
inline Packet arp(const Arp& h) {
  Packet out = bytes({0, 1, 8, 0, 6, 4, 0, 0});
  out.resize(28);
  store_be16(out, 6, h.operation);
  h.sender_mac.store(std::span{out}.subspan(8));
  store_be32(out, 14, h.sender_ip.value);
  h.target_mac.store(std::span{out}.subspan(18));
  store_be32(out, 24, h.target_ip.value);
  return out;
}
inline Packet arp_frame(const Arp& h, const MacAddress& to = MacAddress::broadcast()) {
  return ethernet(arp(h), {.to = to, .type = 0x0806});
}

// A datagram cut into frames of `each` payload bytes (a multiple of 8); the last one is what is left.
inline std::vector<Packet> fragments(const Packet& payload, std::size_t each, Ip h = {}) {
  std::vector<Packet> out;
  for (std::size_t at = 0; at < payload.size(); at += each) {
    const bool last = at + each >= payload.size();
    h.offset = at;
    h.more_fragments = !last;
    const auto begin = payload.begin() + static_cast<std::ptrdiff_t>(at);
    out.push_back(ethernet(ipv4(Packet(begin, last ? payload.end() : begin + static_cast<std::ptrdiff_t>(each)), h)));
  }
  return out;
}

}  // namespace nicosim::packets
