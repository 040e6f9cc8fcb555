// What a packet weighs in a socket buffer: memory it ties up, not bytes it carries (skb->truesize).
#pragma once

#include <cstddef>

namespace nicosim {

// kmalloc rounds the data area up to a power of two, at least 512: headroom (NET_SKB_PAD + NET_IP_ALIGN, 66 bytes),
// the packet, struct skb_shared_info (320). struct sk_buff takes another 256. So a short frame weighs 768 bytes and a
// full one 2304, as on Linux 6.1 with linear buffers. `packet`: bytes from the IP header on.
constexpr std::size_t truesize(std::size_t packet) {
  std::size_t area = 512;
  while (area < packet + 14 + 66 + 320) area *= 2;
  return area + 256;
}

// The same for a packet whose data beyond a full frame's lies in page fragments, as TCP's does: a linear part for the
// headers, and the data byte for byte.
constexpr std::size_t paged_truesize(std::size_t packet) {
  constexpr std::size_t kLinear = 2048 - 14 - 66 - 320;
  return packet <= kLinear ? truesize(packet) : truesize(0) + packet;
}

}  // namespace nicosim
