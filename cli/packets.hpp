// Frames that a scenario's generator sends, built from its few words.
#pragma once

#include "cli/scenario/scenario.hpp"

#include <cstddef>
#include <vector>

namespace nicosim {

// From the destination address on, without padding and FCS; checksums right.
std::vector<std::byte> build_frame(const Scenario::Send& send);

}  // namespace nicosim
