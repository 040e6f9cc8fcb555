// Frames whose checksums, or whose segments, the card is to make: context and data descriptors (manual, section 3.3).
#pragma once

#include "common/rng.hpp"
#include "tb/oracle/sequence.hpp"

namespace nicosim {

// An IPv4 frame with TCP or UDP; `segments`: a TCP payload that is cut into up to six frames. Its pieces are not chosen
// yet. Checksum fields hold what drivers leave there: 0 for IP, a sum over the pseudo header for TCP and UDP.
TxFrame offloaded(Rng& rng, bool segments, bool tcp);

}  // namespace nicosim
