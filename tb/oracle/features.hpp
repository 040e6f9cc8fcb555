// What of the family today's RTL does beyond its first days: each row switches on the sequences and waivers for it.
#pragma once

namespace nicosim::features {

inline constexpr bool kPacketChecksum = true;   // the receive descriptor's checksum field
inline constexpr bool kTransmitOffload = true;  // context and data descriptors: checksums, segmentation

}  // namespace nicosim::features
