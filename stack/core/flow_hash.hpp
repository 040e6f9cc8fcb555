// The flow a frame belongs to, as a number: what RPS spreads frames over CPUs by (skb_get_hash).
#pragma once

#include "common/bytes.hpp"

#include <cstdint>

namespace nicosim {

// Addresses, protocol and, for unfragmented TCP and UDP, ports of an Ethernet frame; never 0. Frames of one flow agree,
// and so do all fragments of one datagram. Whatever is not IPv4 shares one number.
std::uint32_t flow_hash(Bytes ethernet_frame);

}  // namespace nicosim
