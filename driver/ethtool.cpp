#include "driver/ethtool.hpp"

#include "regmap/regmap.hpp"

#include <array>
#include <cassert>
#include <cstdlib>
#include <string_view>

namespace nicosim {
namespace {

constexpr std::uint32_t kNone = 0xffff'ffffU;  // no register: the driver counts it, or nobody does

struct Row {
  std::string_view name;
  std::uint32_t first = kNone, second = kNone;  // the sum of both
};

// e1000_gstrings_stats. What a netdev keeps and this card cannot have stays 0, as it does in Linux.
constexpr std::array<Row, 46> kRows{{
    {"rx_packets", regs::GPRC},
    {"tx_packets", regs::GPTC},
    {"rx_bytes", regs::GORCL},
    {"tx_bytes", regs::GOTCL},
    {"rx_broadcast", regs::BPRC},
    {"tx_broadcast", regs::BPTC},
    {"rx_multicast", regs::MPRC},
    {"tx_multicast", regs::MPTC},
    {"rx_errors", regs::RXERRC},
    {"tx_errors", regs::ECOL, regs::LATECOL},
    {"tx_dropped"},
    {"multicast", regs::MPRC},
    {"collisions", regs::COLC},
    {"rx_length_errors", regs::RUC, regs::ROC},
    {"rx_over_errors"},
    {"rx_crc_errors", regs::CRCERRS},
    {"rx_frame_errors", regs::ALGNERRC},
    {"rx_no_buffer_count", regs::RNBC},
    {"rx_missed_errors", regs::MPC},
    {"tx_aborted_errors", regs::ECOL},
    {"tx_carrier_errors", regs::TNCRS},
    {"tx_fifo_errors"},
    {"tx_heartbeat_errors"},
    {"tx_window_errors", regs::LATECOL},
    {"tx_abort_late_coll", regs::LATECOL},
    {"tx_deferred_ok", regs::DC},
    {"tx_single_coll_ok", regs::SCC},
    {"tx_multi_coll_ok", regs::MCC},
    {"tx_timeout_count"},
    {"tx_restart_queue"},
    {"rx_long_length_errors", regs::ROC},
    {"rx_short_length_errors", regs::RUC},
    {"rx_align_errors", regs::ALGNERRC},
    {"tx_tcp_seg_good", regs::TSCTC},
    {"tx_tcp_seg_failed", regs::TSCTFC},
    {"rx_flow_control_xon", regs::XONRXC},
    {"rx_flow_control_xoff", regs::XOFFRXC},
    {"tx_flow_control_xon", regs::XONTXC},
    {"tx_flow_control_xoff", regs::XOFFTXC},
    {"rx_long_byte_count", regs::GORCL},
    {"rx_csum_offload_good"},
    {"rx_csum_offload_errors"},
    {"alloc_rx_buff_failed"},
    {"tx_smbus", regs::MGTPTC},
    {"rx_smbus", regs::MGTPRC},
    {"dropped_smbus", regs::MGTPDC},
}};

constexpr bool is_pair(std::uint32_t offset) { return offset == regs::GORCL || offset == regs::GOTCL; }

// Low half first: the pair is cleared when the high half is read (manual, "Statistics Registers").
std::uint64_t read_and_clear(DeviceBus& bus, std::uint32_t offset) {
  const std::uint64_t low = bus.read32(offset);
  if (!is_pair(offset)) return low;
  const std::uint64_t high = bus.read32(offset + 4);
  return (high << 32U) | low;
}

}  // namespace

std::string features_text(std::string_view name, const Features& features) {
  std::string text = "Features for " + std::string{name} + ":\n";
  const auto line = [&text](std::string_view feature, bool on) {
    text += std::string{feature} + (on ? ": on\n" : ": off\n");
  };
  line("rx-checksumming", features.rx_checksum);
  line("tx-checksumming", features.tx_checksum);
  line("scatter-gather", true);
  line("tcp-segmentation-offload", features.tso);
  line("generic-segmentation-offload", features.gso);
  line("generic-receive-offload", features.gro);
  return text;
}

EthtoolCounters::EthtoolCounters() {
  for (const Row& row : kRows) {
    values_.push_back(&group_.add(row.name));
    if (row.first != kNone) totals_[row.first] = 0;
    if (row.second != kNone) totals_[row.second] = 0;
  }
}

void EthtoolCounters::collect(DeviceBus& bus) {
  for (auto& [offset, total] : totals_) total += read_and_clear(bus, offset);
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    const Row& row = kRows[i];
    if (row.first == kNone) continue;
    *values_[i] = totals_.at(row.first) + (row.second == kNone ? 0 : totals_.at(row.second));
  }
}

void EthtoolCounters::discard(DeviceBus& bus) {
  for (const auto& entry : totals_) read_and_clear(bus, entry.first);
}

std::uint64_t& EthtoolCounters::counter(std::string_view name) {
  for (std::size_t i = 0; i < kRows.size(); ++i)
    if (kRows[i].name == name && kRows[i].first == kNone) return *values_[i];
  assert(false && "not a counter that the driver keeps");
  std::abort();
}

}  // namespace nicosim
