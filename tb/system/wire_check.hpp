// Judges frames that came out of the card with code of its own: FCS bit by bit, checksums by the plain loop.
#pragma once

#include "tb/stack/packets.hpp"

#include <gtest/gtest.h>
#include <map>

namespace nicosim::packets {

// IEEE 802.3, 3.2.9, one bit at a time.
inline std::uint32_t slow_fcs(Bytes data) {
  std::uint32_t crc = ~0U;
  for (const std::byte b : data)
    for (unsigned bit = 0; bit < 8; ++bit) {
      const bool one = ((crc ^ (std::to_integer<unsigned>(b) >> bit)) & 1U) != 0;
      crc = (crc >> 1U) ^ (one ? 0xedb8'8320U : 0U);
    }
  return ~crc;
}

// What a sent frame carries, checked on the way: FCS, length, sender, IP and (of whole packets) transport checksum.
struct Sent {
  MacAddress to;
  std::uint16_t type = 0;
  std::uint8_t protocol = 0;
  Ipv4Address ip_from, ip_to;
  std::uint16_t id = 0;
  std::size_t offset = 0;
  bool more = false;
  Packet body;  // behind the IP header; of ARP and others behind the Ethernet header
};

inline void expect_good_transport(const Sent& sent) {
  if (sent.protocol == 1) {
    EXPECT_EQ(naive_checksum(sent.body), 0) << "ICMP checksum";
  } else if (sent.protocol == 6 || sent.protocol == 17) {
    EXPECT_EQ(transport_checksum(sent.ip_from, sent.ip_to, sent.protocol, sent.body), 0) << "transport checksum";
  }
}

inline Sent parse_sent(Bytes frame, const MacAddress& sender = kOurMac) {
  Sent sent;
  if (frame.size() < 64 || frame.size() > 1518) {
    ADD_FAILURE() << "a frame of " << frame.size() << " bytes";
    return sent;
  }
  const Bytes whole = frame.first(frame.size() - 4);
  std::uint32_t fcs = 0;
  for (std::size_t i = 0; i < 4; ++i) fcs |= std::uint32_t{load8(frame, whole.size() + i)} << (8 * i);
  EXPECT_EQ(fcs, slow_fcs(whole)) << "FCS";
  EXPECT_EQ(MacAddress::from(frame.subspan(6)), sender);
  sent.to = MacAddress::from(frame);
  sent.type = load_be16(frame, 12);
  const Bytes ip = whole.subspan(14);
  if (sent.type != 0x0800) {
    sent.body.assign(ip.begin(), ip.end());
    return sent;
  }
  const std::size_t length = load_be16(ip, 2);
  EXPECT_EQ(load8(ip, 0), 0x45);
  EXPECT_EQ(naive_checksum(ip.first(20)), 0) << "IP checksum";
  if (length < 20 || length > ip.size()) {
    ADD_FAILURE() << "an IP length of " << length;
    return sent;
  }
  sent.id = load_be16(ip, 4);
  sent.offset = (load_be16(ip, 6) & 0x1fffU) * std::size_t{8};
  sent.more = (load_be16(ip, 6) & 0x2000U) != 0;
  sent.protocol = load8(ip, 9);
  sent.ip_from = {load_be32(ip, 12)};
  sent.ip_to = {load_be32(ip, 16)};
  const Bytes body = ip.subspan(20, length - 20);
  sent.body.assign(body.begin(), body.end());
  if (sent.offset == 0 && !sent.more) expect_good_transport(sent);
  return sent;
}

// IP packets among the frames, fragments joined, in the order of their last piece.
inline std::vector<Sent> ip_packets(const std::vector<Packet>& frames, const MacAddress& sender = kOurMac) {
  std::vector<Sent> out;
  std::map<std::uint16_t, Sent> pieces;  // by id; they come in order
  for (const Packet& frame : frames) {
    Sent sent = parse_sent(frame, sender);
    if (sent.type != 0x0800) continue;
    if (sent.offset == 0 && !sent.more) {
      out.push_back(std::move(sent));
      continue;
    }
    Sent& whole = pieces[sent.id];
    EXPECT_EQ(sent.offset, whole.body.size()) << "a fragment is missing";
    const Packet before = std::move(whole.body);
    const Packet piece = sent.body;
    whole = sent;
    whole.body = before;
    append(whole.body, piece);
    if (sent.more) continue;
    expect_good_transport(whole);
    out.push_back(whole);
    pieces.erase(sent.id);
  }
  EXPECT_TRUE(pieces.empty()) << "a packet is incomplete";
  return out;
}

}  // namespace nicosim::packets
