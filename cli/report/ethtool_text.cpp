#include "cli/report/ethtool_text.hpp"

#include <fmt/format.h>

namespace nicosim {

std::string ethtool_statistics(const CounterGroup& counters) {
  std::string text = "NIC statistics:\n";
  for (const CounterGroup::Entry& entry : counters.entries())
    text += fmt::format("     {}: {}\n", entry.name, entry.value);
  return text;
}

std::string ethtool_rings(std::string_view card, const RingParameters& rings) {
  const auto four = [](unsigned rx, unsigned tx) {
    return fmt::format("RX:\t\t{}\nRX Mini:\tn/a\nRX Jumbo:\tn/a\nTX:\t\t{}\n", rx, tx);
  };
  return fmt::format("Ring parameters for {}:\nPre-set maximums:\n{}Current hardware settings:\n{}", card,
                     four(rings.rx_max_pending, rings.tx_max_pending), four(rings.rx_pending, rings.tx_pending)) +
         "RX Buf Len:\tn/a\nCQE Size:\tn/a\nTX Push:\toff\nTCP data split:\tn/a\n";
}

// The driver knows one interval, ITR; everything else is not available, as with e1000.
std::string ethtool_coalescing(std::string_view card, unsigned rx_usecs) {
  constexpr std::string_view kBefore =
      "stats-block-usecs:\tn/a\nsample-interval:\tn/a\npkt-rate-low:\t\tn/a\npkt-rate-high:\t\tn/a\n\n";
  constexpr std::string_view kAfter =
      "rx-frames:\tn/a\nrx-usecs-irq:\tn/a\nrx-frames-irq:\tn/a\n\n"
      "tx-usecs:\tn/a\ntx-frames:\tn/a\ntx-usecs-irq:\tn/a\ntx-frames-irq:\tn/a\n\n"
      "rx-usecs-low:\tn/a\nrx-frame-low:\tn/a\ntx-usecs-low:\tn/a\ntx-frame-low:\tn/a\n\n"
      "rx-usecs-high:\tn/a\nrx-frame-high:\tn/a\ntx-usecs-high:\tn/a\ntx-frame-high:\tn/a\n\n"
      "CQE mode RX: n/a  TX: n/a\n";
  return fmt::format("Coalesce parameters for {}:\nAdaptive RX: n/a  TX: n/a\n{}rx-usecs:\t{}\n{}", card, kBefore,
                     rx_usecs, kAfter);
}

}  // namespace nicosim
