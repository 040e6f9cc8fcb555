// What ethtool(8) would print of a card. Wording and columns are those of ethtool 6.1, for scripts that read them.
#pragma once

#include "common/counters.hpp"
#include "driver/ethtool.hpp"

#include <string>
#include <string_view>

namespace nicosim {

std::string ethtool_statistics(const CounterGroup& counters);                   // ethtool -S
std::string ethtool_rings(std::string_view card, const RingParameters& rings);  // ethtool -g
std::string ethtool_coalescing(std::string_view card, unsigned rx_usecs);       // ethtool -c

}  // namespace nicosim
