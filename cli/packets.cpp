#include "cli/packets.hpp"

#include "stack/ip/checksum.hpp"

#include <algorithm>

namespace nicosim {
namespace {

constexpr std::uint16_t kTypeIpv4 = 0x0800, kTypeArp = 0x0806;
constexpr std::uint8_t kIcmp = 1, kUdp = 17;
constexpr std::size_t kEthernet = 14, kIpHeader = 20, kUdpHeader = 8, kIcmpHeader = 8, kArp = 28;

using Frame = std::vector<std::byte>;

Frame ethernet(const Scenario::Send& send, std::uint16_t type, std::size_t payload) {
  Frame frame(kEthernet + payload);
  send.dst_mac.store(frame);
  send.src_mac.store(std::span{frame}.subspan(6));
  store_be16(frame, 12, type);
  return frame;
}

Frame ipv4(const Scenario::Send& send, std::uint8_t protocol, std::size_t payload) {
  Frame frame = ethernet(send, kTypeIpv4, kIpHeader + payload);
  const auto header = std::span{frame}.subspan(kEthernet, kIpHeader);
  store8(header, 0, 0x45);
  store_be16(header, 2, static_cast<std::uint16_t>(kIpHeader + payload));
  store_be16(header, 6, 0x4000);  // don't fragment
  store8(header, 8, 64);
  store8(header, 9, protocol);
  store_be32(header, 12, send.src.value);
  store_be32(header, 16, send.dst.value);
  Checksum sum;
  sum.add(header);
  store_be16(header, 10, sum.value());
  return frame;
}

Frame udp(const Scenario::Send& send) {
  const std::size_t length = kUdpHeader + send.payload.size();
  Frame frame = ipv4(send, kUdp, length);
  const auto datagram = std::span{frame}.subspan(kEthernet + kIpHeader);
  store_be16(datagram, 0, send.sport);
  store_be16(datagram, 2, send.dport);
  store_be16(datagram, 4, static_cast<std::uint16_t>(length));
  std::ranges::copy(send.payload, datagram.begin() + kUdpHeader);
  Checksum sum{send.src, send.dst, kUdp, length};
  sum.add(datagram);
  const std::uint16_t value = sum.value();
  store_be16(datagram, 6, value == 0 ? 0xffff : value);  // RFC 768: 0 means none
  return frame;
}

Frame ping(const Scenario::Send& send) {
  Frame frame = ipv4(send, kIcmp, kIcmpHeader + send.payload.size());
  const auto message = std::span{frame}.subspan(kEthernet + kIpHeader);
  store8(message, 0, 8);  // echo request
  store_be16(message, 4, send.sport);
  store_be16(message, 6, 1);
  std::ranges::copy(send.payload, message.begin() + kIcmpHeader);
  Checksum sum;
  sum.add(message);
  store_be16(message, 2, sum.value());
  return frame;
}

Frame arp(const Scenario::Send& send) {
  Frame frame = ethernet(send, kTypeArp, kArp);
  const auto request = std::span{frame}.subspan(kEthernet);
  store_be16(request, 0, 1);
  store_be16(request, 2, kTypeIpv4);
  store8(request, 4, 6);
  store8(request, 5, 4);
  store_be16(request, 6, 1);
  send.src_mac.store(request.subspan(8));
  store_be32(request, 14, send.src.value);
  store_be32(request, 24, send.dst.value);
  return frame;
}

}  // namespace

std::vector<std::byte> build_frame(const Scenario::Send& send) {
  switch (send.kind) {
    case Scenario::Send::Kind::udp:
      return udp(send);
    case Scenario::Send::Kind::ping:
      return ping(send);
    case Scenario::Send::Kind::arp:
      return arp(send);
    case Scenario::Send::Kind::raw:
      return send.payload;
  }
  return {};
}

}  // namespace nicosim
