// Receive filters: RCTL bits, exact addresses, the multicast hash.
#include "tb/driver/rig.hpp"

#include <gmock/gmock.h>

namespace nicosim {
namespace {

std::vector<MacAddress> groups(unsigned n) {
  std::vector<MacAddress> list;
  for (unsigned i = 0; i < n; ++i)
    list.push_back({{0x01, 0x00, 0x5e, 0x00, static_cast<std::uint8_t>(i * 16), static_cast<std::uint8_t>(i)}});
  return list;
}

TEST(RxMode, FollowsPromiscuousAndAllMulticast) {
  Rig rig;
  rig.up();
  struct Row {
    bool promiscuous, all_multicast;
    std::uint32_t rctl;
  };
  for (const Row& row :
       {Row{true, false, 0x801a}, Row{false, true, 0x8012}, Row{true, true, 0x801a}, Row{false, false, 0x8002}}) {
    rig.driver.set_rx_mode(row.promiscuous, row.all_multicast, {});
    EXPECT_EQ(rig.card.peek(regs::RCTL), row.rctl);
  }
}

TEST(RxMode, ConfiguredPromiscuousStaysSoWhateverTheStackAsksFor) {
  Rig rig{{.promiscuous = true}};
  rig.up();
  EXPECT_EQ(rig.card.peek(regs::RCTL), 0x801aU);
  rig.driver.set_rx_mode(false, false, {});
  EXPECT_EQ(rig.card.peek(regs::RCTL), 0x801aU);
}

TEST(RxMode, SetBeforeOpenIsWrittenByOpen) {
  Rig rig;
  rig.process();
  rig.driver.probe();
  rig.driver.set_rx_mode(true, false, groups(1));
  EXPECT_EQ(rig.card.peek(regs::RCTL), 0U);
  rig.driver.open();
  EXPECT_EQ(rig.card.peek(regs::RCTL), 0x801aU);
  EXPECT_EQ(rig.card.peek(regs::RAL(1)), 0x005e'0001U);
  rig.driver.stop();
}

TEST(RxMode, TheFirstFifteenGroupsGetAnExactAddressAndTheRestABitInTheTable) {
  Rig rig;
  rig.up();
  const auto list = groups(17);
  rig.driver.set_rx_mode(false, false, list);
  EXPECT_EQ(rig.card.peek(regs::RAL(0)), 0x0000'0002U);
  for (unsigned i = 1; i <= 15; ++i) {
    EXPECT_EQ(rig.card.peek(regs::RAL(i)), 0x005e'0001U);
    EXPECT_EQ(rig.card.peek(regs::RAH(i)), 0x8000'0000U | ((i - 1) << 8U) | ((i - 1) * 16));
  }
  // 01:00:5e:00:f0:0f and 01:00:5e:00:00:10; bits 47:36 of the address are 0x0ff and 0x100
  for (unsigned i = 0; i < 128; ++i) {
    const std::uint32_t expected = i == 0x0ff >> 5 ? 1U << 31U : i == 0x100 >> 5 ? 1U : 0;
    EXPECT_EQ(rig.card.peek(regs::MTA(i)), expected) << i;
  }
}

TEST(RxMode, GroupsThatWereLeftVanishFromTheCard) {
  Rig rig;
  rig.up();
  rig.driver.set_rx_mode(false, false, groups(17));
  rig.driver.set_rx_mode(false, false, groups(1));
  EXPECT_NE(rig.card.peek(regs::RAH(1)), 0U);
  for (unsigned i = 2; i < 16; ++i) EXPECT_EQ(rig.card.peek(regs::RAH(i)), 0U);
  for (unsigned i = 0; i < 128; ++i) EXPECT_EQ(rig.card.peek(regs::MTA(i)), 0U);
}

}  // namespace
}  // namespace nicosim
