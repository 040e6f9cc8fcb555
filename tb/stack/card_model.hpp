// What leaves a card for a frame that leaves work to it, by the plain rules: shares no code with stack or driver.
#pragma once

#include "common/frame.hpp"
#include "tb/stack/packets.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <utility>
#include <vector>

namespace nicosim::packets {

// Puts the right transport checksum into an Ethernet frame of IPv4 without options.
inline void fix_transport_checksum(Packet& frame, std::size_t field) {
  const std::span<std::byte> segment = std::span{frame}.subspan(34);
  store_be16(segment, field, 0);
  std::uint16_t sum = transport_checksum({load_be32(frame, 26)}, {load_be32(frame, 30)}, load8(frame, 23), segment);
  if (sum == 0 && field == 6) sum = 0xffff;
  store_be16(segment, field, sum);
}

inline std::vector<Packet> as_sent(const Frame& frame) {
  const Bytes all = frame.bytes();
  Packet whole(all.begin(), all.end());
  if (!frame.checksum_left()) {
    EXPECT_FALSE(frame.gso) << "no card cuts a frame whose checksum is not left to it";
    return {whole};
  }
  EXPECT_EQ(frame.csum_start(), 34U);
  const std::size_t field = frame.csum_offset();
  EXPECT_EQ(field, load8(whole, 23) == 6 ? 16U : 6U);
  // The sum over the pseudo header alone must be there.
  EXPECT_EQ(static_cast<std::uint16_t>(~load_be16(whole, 34 + field)), [&] {
    Packet zeros(whole.size() - 34);
    return transport_checksum({load_be32(whole, 26)}, {load_be32(whole, 30)}, load8(whole, 23), zeros);
  }());
  if (!frame.gso) {
    fix_transport_checksum(whole, field);
    return {whole};
  }
  const std::size_t headers = 34 + (load8(whole, 46) >> 4U) * std::size_t{4};
  const std::size_t payload = whole.size() - headers, mss = frame.gso.size;
  EXPECT_EQ(frame.gso.segs, (payload + mss - 1) / mss);
  std::vector<Packet> sent;
  for (std::size_t at = 0; at < payload; at += mss) {
    const std::size_t n = std::min(mss, payload - at);
    Packet one(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(headers));
    append(one, Bytes{whole}.subspan(headers + at, n));
    store_be16(one, 16, static_cast<std::uint16_t>(one.size() - 14));
    store_be16(one, 18, static_cast<std::uint16_t>(load_be16(whole, 18) + (frame.gso.fixed_id ? 0 : at / mss)));
    fix_ip_checksum(std::span{one}.subspan(14));
    store_be32(one, 38, load_be32(whole, 38) + static_cast<std::uint32_t>(at));
    if (at + n < payload) store8(one, 47, load8(one, 47) & 0xf6U);  // FIN and PSH are the last one's
    fix_transport_checksum(one, field);
    sent.push_back(std::move(one));
  }
  return sent;
}

}  // namespace nicosim::packets
