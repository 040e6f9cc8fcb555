// The texts of ethtool, byte by byte.
#include "cli/report/ethtool_text.hpp"

#include <gtest/gtest.h>

namespace nicosim {
namespace {

TEST(EthtoolText, CountersReadLikeEthtoolS) {
  CounterGroup group{"ethtool"};
  group.add("rx_packets") = 3;
  group.add("tx_packets") = 0;
  EXPECT_EQ(ethtool_statistics(group), "NIC statistics:\n     rx_packets: 3\n     tx_packets: 0\n");
}

TEST(EthtoolText, RingsReadLikeEthtoolG) {
  EXPECT_EQ(ethtool_rings("eth0", {4096, 4096, 256, 64}),
            "Ring parameters for eth0:\n"
            "Pre-set maximums:\n"
            "RX:\t\t4096\n"
            "RX Mini:\tn/a\n"
            "RX Jumbo:\tn/a\n"
            "TX:\t\t4096\n"
            "Current hardware settings:\n"
            "RX:\t\t256\n"
            "RX Mini:\tn/a\n"
            "RX Jumbo:\tn/a\n"
            "TX:\t\t64\n"
            "RX Buf Len:\tn/a\n"
            "CQE Size:\tn/a\n"
            "TX Push:\toff\n"
            "TCP data split:\tn/a\n");
}

TEST(EthtoolText, ModerationReadsLikeEthtoolC) {
  const std::string text = ethtool_coalescing("eth1", 50);
  EXPECT_EQ(text.substr(0, text.find("rx-frames:")),
            "Coalesce parameters for eth1:\n"
            "Adaptive RX: n/a  TX: n/a\n"
            "stats-block-usecs:\tn/a\n"
            "sample-interval:\tn/a\n"
            "pkt-rate-low:\t\tn/a\n"
            "pkt-rate-high:\t\tn/a\n"
            "\n"
            "rx-usecs:\t50\n");
  EXPECT_TRUE(text.ends_with("tx-frame-high:\tn/a\n\nCQE mode RX: n/a  TX: n/a\n"));
}

}  // namespace
}  // namespace nicosim
