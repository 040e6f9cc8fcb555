// The link under traffic, on the whole card: what comes and what goes while the cable is out.
#include "tb/rtl/card/card_bench.hpp"

namespace nicosim::tb {
namespace {

// nic_pkg.sv
constexpr unsigned kPass = 0, kSymbol = 2, kNotReceiving = 8, kLinkDown = 10;

class CardLink : public testing::Test {
 protected:
  bool link() { return field::STATUS_LU.in(card.read(regs::STATUS)); }
  std::vector<unsigned> kinds() {
    std::vector<unsigned> out;
    for (const CardBench::MacEvent& e : card.mac_events) out.push_back(e.kind);
    card.mac_events.clear();
    return out;
  }
  CardBench card;
};

TEST_F(CardLink, FramesWithoutALinkAreNamedAndNotReceived) {
  card.start_traffic();
  card.run(20);
  card.send_frame(64);
  card.run(200);
  EXPECT_EQ(kinds(), std::vector{kPass});
  card.pins().cable_i = 0;
  card.run(10);
  EXPECT_FALSE(link());
  card.send_frame(64);
  card.run(200);
  EXPECT_EQ(kinds(), std::vector{kLinkDown});
  card.pins().cable_i = 1;
  card.run(10);
  EXPECT_TRUE(link());
  card.send_frame(64);
  card.run(300);
  EXPECT_EQ(kinds(), std::vector{kPass});
  EXPECT_EQ(card.received, 2U);
  card.write(regs::RCTL, 0);
  card.pins().cable_i = 0;
  card.run(10);
  card.send_frame(64);
  card.run(100);
  EXPECT_EQ(kinds(), std::vector{kNotReceiving});  // RCTL.EN comes first
}

TEST_F(CardLink, AFrameInWhichTheLinkGoesIsDamagedAndUsesNoDescriptor) {
  card.start_traffic();
  card.run(20);
  card.send_frame(1000);
  card.run(60);
  card.pins().cable_i = 0;
  card.run(400);
  EXPECT_EQ(kinds(), std::vector{kSymbol});
  EXPECT_EQ(card.received, 0U);
  EXPECT_EQ(card.read(regs::RDH), 0U);
}

TEST_F(CardLink, NoCycleIsQuietInWhichTheLinkChanges) {
  card.write(regs::CTRL, field::CTRL_SLU.mask());
  card.write(regs::IMS, field::ICR_LSC.mask());
  for (const bool cable : {false, true}) {
    card.run(20);
    card.read(regs::ICR);
    card.run(20);
    ASSERT_TRUE(card.pins().quiescent_o);
    card.pins().cable_i = cable;
    unsigned cycles = 0;
    for (; !card.pins().intr_o; ++cycles) {
      ASSERT_LT(cycles, 20U);
      card.step();
      EXPECT_FALSE(card.pins().quiescent_o && card.pins().next_deadline_o > card.cycle()) << cycles;
    }
    EXPECT_GE(cycles, 3U);
  }
}

TEST_F(CardLink, NothingIsSentWithoutALinkAndAllOfItAfterwards) {
  card.pins().cable_i = 0;
  card.start_traffic();
  card.run(3000);
  EXPECT_EQ(card.sent, 0U);
  EXPECT_TRUE(card.pins().quiescent_o) << "what waits for a link costs no cycles";
  card.pins().cable_i = 1;
  card.run(3000);
  EXPECT_EQ(card.sent, kDescriptors - 1);
}

TEST_F(CardLink, AFrameThatHasBegunIsFinished) {
  card.start_traffic();
  while (card.sent < 10) card.step();
  card.pins().cable_i = 0;
  card.run(20);
  const unsigned sent = card.sent;
  EXPECT_GE(sent, 10U);
  EXPECT_LE(sent, 12U);
  card.run(1000);
  EXPECT_EQ(card.sent, sent);
}

TEST_F(CardLink, APhyResetInTrafficTakesTheLinkAwayForANegotiation) {
  card.pins().autoneg_cycles_i = 3000;
  card.start_traffic();
  card.run(3100);
  ASSERT_TRUE(link());
  card.write(regs::ICR, ~0U);
  card.busy_wire();
  card.run(500);
  card.write(regs::CTRL, field::CTRL_SLU.mask() | field::CTRL_PHY_RST.mask());
  card.write(regs::CTRL, field::CTRL_SLU.mask());
  EXPECT_FALSE(link());
  EXPECT_TRUE(field::ICR_LSC.in(card.read(regs::ICR)));
  card.run(50);
  kinds();
  card.run(2000);
  for (const unsigned kind : kinds()) EXPECT_EQ(kind, kLinkDown);
  card.run(1000);
  EXPECT_TRUE(link());
  kinds();
  card.run(100);
  const std::vector<unsigned> after = kinds();
  EXPECT_FALSE(after.empty());
  for (const unsigned kind : after) EXPECT_EQ(kind, kPass);
}

}  // namespace
}  // namespace nicosim::tb
