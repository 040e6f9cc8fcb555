// What `ethtool -S` and `ethtool -g` would show.
#include "tb/driver/rig.hpp"

#include <gmock/gmock.h>

#include <set>

namespace nicosim {
namespace {

TEST(Ethtool, HasTheNamesOfE1000InItsOrder) {
  const std::vector<std::string> expected{"rx_packets",
                                          "tx_packets",
                                          "rx_bytes",
                                          "tx_bytes",
                                          "rx_broadcast",
                                          "tx_broadcast",
                                          "rx_multicast",
                                          "tx_multicast",
                                          "rx_errors",
                                          "tx_errors",
                                          "tx_dropped",
                                          "multicast",
                                          "collisions",
                                          "rx_length_errors",
                                          "rx_over_errors",
                                          "rx_crc_errors",
                                          "rx_frame_errors",
                                          "rx_no_buffer_count",
                                          "rx_missed_errors",
                                          "tx_aborted_errors",
                                          "tx_carrier_errors",
                                          "tx_fifo_errors",
                                          "tx_heartbeat_errors",
                                          "tx_window_errors",
                                          "tx_abort_late_coll",
                                          "tx_deferred_ok",
                                          "tx_single_coll_ok",
                                          "tx_multi_coll_ok",
                                          "tx_timeout_count",
                                          "tx_restart_queue",
                                          "rx_long_length_errors",
                                          "rx_short_length_errors",
                                          "rx_align_errors",
                                          "tx_tcp_seg_good",
                                          "tx_tcp_seg_failed",
                                          "rx_flow_control_xon",
                                          "rx_flow_control_xoff",
                                          "tx_flow_control_xon",
                                          "tx_flow_control_xoff",
                                          "rx_long_byte_count",
                                          "rx_csum_offload_good",
                                          "rx_csum_offload_errors",
                                          "alloc_rx_buff_failed",
                                          "tx_smbus",
                                          "rx_smbus",
                                          "dropped_smbus"};
  ASSERT_EQ(expected.size(), 46U);
  Rig rig;
  std::vector<std::string> names;
  for (const auto& entry : rig.driver.ethtool().entries()) names.push_back(entry.name);
  EXPECT_EQ(names, expected);
}

TEST(Ethtool, AddsUpWhatEachReadClears) {
  Rig rig;
  rig.up();
  rig.card.poke(regs::MPC, 3);
  rig.driver.update_stats();
  rig.card.poke(regs::MPC, 4);
  rig.driver.update_stats();
  rig.driver.update_stats();
  EXPECT_EQ(rig.driver.ethtool().value("rx_missed_errors"), 7U);
}

TEST(Ethtool, ReadsEachRegisterOnceAlthoughSeveralNamesShowIt) {
  Rig rig;
  rig.up();
  rig.card.poke(regs::MPRC, 5);
  rig.card.poke(regs::RUC, 2);
  rig.card.poke(regs::ROC, 1);
  rig.driver.update_stats();
  std::set<std::uint32_t> read;
  for (const auto& access : rig.card.log) EXPECT_TRUE(read.insert(access.offset).second) << rig.card.text(access);
  EXPECT_EQ(rig.driver.ethtool().value("rx_multicast"), 5U);
  EXPECT_EQ(rig.driver.ethtool().value("multicast"), 5U);
  EXPECT_EQ(rig.driver.ethtool().value("rx_length_errors"), 3U);
  EXPECT_EQ(rig.driver.ethtool().value("rx_long_length_errors"), 1U);
}

TEST(Ethtool, ReadsTheLowHalfOfAPairFirst) {
  Rig rig;
  rig.up();
  rig.card.poke(regs::GORCL, 0xffff'fff0U);
  rig.card.poke(regs::GORCH, 2);
  rig.driver.update_stats();
  EXPECT_EQ(rig.driver.ethtool().value("rx_bytes"), 0x2'ffff'fff0ULL);
  EXPECT_EQ(rig.driver.ethtool().value("rx_long_byte_count"), 0x2'ffff'fff0ULL);
  EXPECT_EQ(rig.card.peek(regs::GORCL), 0U);
}

TEST(Ethtool, ForgetsWhatWasCountedBeforeProbe) {
  Rig rig;
  rig.card.before = [&](const ScriptedCard::Access& a) {
    if (a.offset == regs::VET) rig.card.poke(regs::GPRC, 99);  // after the reset, before the driver is ready
  };
  rig.up();
  rig.card.before = nullptr;
  rig.driver.update_stats();
  EXPECT_EQ(rig.driver.ethtool().value("rx_packets"), 0U);
}

TEST(Ethtool, StopKeepsWhatTheResetWouldForget) {
  Rig rig;
  rig.up();
  ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));
  rig.run();
  rig.down();
  EXPECT_EQ(rig.driver.ethtool().value("rx_packets"), 1U);
}

TEST(Ethtool, ShowsTheRings) {
  Rig rig{{.rx_ring = 64, .tx_ring = 128}};
  const RingParameters rings = rig.driver.ring_parameters();
  EXPECT_EQ(rings.rx_pending, 64U);
  EXPECT_EQ(rings.tx_pending, 128U);
  EXPECT_EQ(rings.rx_max_pending, 4096U);
}

}  // namespace
}  // namespace nicosim
