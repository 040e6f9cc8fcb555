// The Ethernet frame check sequence (IEEE 802.3, 3.2.9): CRC-32, reflected, polynomial 0x04c11db7.
#pragma once

#include "common/bytes.hpp"

#include <cstdint>

namespace nicosim {

// The FCS of a frame as a number; on the wire it goes least significant byte first, right behind the data.
std::uint32_t ethernet_fcs(Bytes frame);

}  // namespace nicosim
