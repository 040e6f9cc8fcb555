// What `ethtool -S` and `ethtool -g` show of the card: the 46 counters of e1000 under its names and in its order.
//
// Most of them are registers that a read clears, so they are collected here; some the driver counts itself.
#pragma once

#include "common/counters.hpp"
#include "common/net_device.hpp"
#include "driver/device_bus.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

struct RingParameters {  // ethtool -g
  unsigned rx_max_pending = 4096, tx_max_pending = 4096;
  unsigned rx_pending = 0, tx_pending = 0;
};

// What `ethtool -k` prints, as far as this card and stack have it.
std::string features_text(std::string_view name, const Features& features);

class EthtoolCounters {
 public:
  EthtoolCounters();

  // Adds what the statistics registers have counted since the last read (e1000_update_stats). Process context.
  void collect(DeviceBus& bus);
  // Reads and forgets (e1000_clear_hw_cntrs): what they hold belongs to a time before the driver.
  void discard(DeviceBus& bus);

  // One of those without a register: "tx_dropped", "tx_restart_queue", "rx_csum_offload_good", ...
  std::uint64_t& counter(std::string_view name);
  const CounterGroup& group() const { return group_; }

 private:
  CounterGroup group_{"ethtool"};
  std::vector<std::uint64_t*> values_;             // in e1000's order
  std::map<std::uint32_t, std::uint64_t> totals_;  // by register: several names may show the same one, read once
};

}  // namespace nicosim
