// Every row of the register table, on the RTL.
#include "tb/rtl/register_sweep.hpp"

#include "tb/rtl/csr/csr_bench.hpp"

namespace nicosim::tb {
namespace {

TEST(RegisterFile, EveryRegisterStartsWithItsResetValue) {
  CsrBench card;
  sweep::expect_reset_values(card, kStation);
}

TEST(RegisterFile, WhatFlopsHeldBeforePowerOnIsNeverRead) {
  for (const int seed : {2, 3, 4}) {
    CsrBench card{seed};
    sweep::expect_reset_values(card, kStation);
  }
}

TEST(RegisterFile, WritableBitsAreKeptAndOthersAreNot) {
  CsrBench card;
  sweep::expect_writable_bits(card, kStation);
}

TEST(RegisterFile, NoTwoRegistersShareStorage) {
  CsrBench card;
  sweep::expect_separate_storage(card);
}

TEST(RegisterFile, ReadOnlyRegistersIgnoreWrites) {
  CsrBench card;
  sweep::expect_read_only(card);
}

TEST(RegisterFile, WhatIsNotInTheTableReadsZeroAndSwallowsWrites) {
  CsrBench card;
  sweep::expect_holes_read_zero(card);
  sweep::expect_reset_values(card, kStation);  // nothing was hit by mistake
}

TEST(RegisterFile, CtrlRstPutsEveryRegisterBack) {
  CsrBench card;
  sweep::expect_separate_storage(card);
  card.write(regs::IMS, 0xffff'ffff);
  card.write(regs::ICS, 0xffff'ffff);
  card.write(regs::CTRL, field::CTRL_RST.mask() | 0x40);
  card.step(4);
  EXPECT_FALSE(card.intr());
  sweep::expect_reset_values(card, kStation);
}

TEST(RegisterFile, CtrlDupIsASecondAddressOfCtrl) {
  CsrBench card;
  card.write(regs::CTRL_DUP, field::CTRL_SLU.mask() | field::CTRL_VME.mask());
  EXPECT_EQ(card.read(regs::CTRL), field::CTRL_SLU.mask() | field::CTRL_VME.mask());
  card.write(regs::CTRL, 0);
  EXPECT_EQ(card.read(regs::CTRL_DUP), 0U);
  card.write(regs::RCTL, field::RCTL_EN.mask());
  card.write(regs::CTRL_DUP, field::CTRL_RST.mask());
  EXPECT_EQ(card.read(regs::RCTL), 0U);
}

TEST(RegisterFile, CtrlRstHoldsTheCoreUntilTheBusHasFinished) {
  CsrBench card;
  card.pins().bus_drained_i = 0;
  card.write(regs::CTRL, field::CTRL_RST.mask());
  card.step(500);
  EXPECT_TRUE(card.pins().soft_reset_o);
  EXPECT_FALSE(card.pins().quiescent_o);
  card.write(regs::RDBAL, 0x1000);  // registers answer meanwhile
  EXPECT_EQ(card.read(regs::RDBAL), 0x1000U);
  card.pins().bus_drained_i = 1;
  card.step();
  EXPECT_FALSE(card.pins().soft_reset_o);
}

TEST(RegisterFile, CtrlRstIsShorterThanAMicrosecondOnAnIdleBus) {
  CsrBench card;
  const std::uint64_t start = card.cycle();
  card.write(regs::CTRL, field::CTRL_RST.mask());
  while (card.pins().soft_reset_o) card.step();
  EXPECT_LT(card.cycle() - start, 156U);
}

TEST(RegisterFile, AnUnalignedOrPartialAccessIsRefusedAndChangesNothing) {
  CsrBench card;
  card.write(regs::RDBAL, 0x1230);
  for (unsigned offset = 1; offset < 4; ++offset) {
    EXPECT_EQ(card.bus().write_full(regs::RDBAL + offset, 0xffff'ffff, 0xf), 2U);
    EXPECT_EQ(card.bus().read_full(regs::RDBAL + offset).resp, 2U);
    EXPECT_EQ(card.bus().read_full(regs::RDBAL + offset).data, 0U);
  }
  for (unsigned strobes = 0; strobes < 0xf; ++strobes)
    EXPECT_EQ(card.bus().write_full(regs::RDBAL, 0xffff'ffff, strobes), 2U) << strobes;
  EXPECT_EQ(card.bus().write_full(regs::VET, 0x9100, 0xf), 0U);
  const AxilAnswer answer = card.bus().read_full(regs::RDBAL);
  EXPECT_EQ(answer.resp, 0U);
  EXPECT_EQ(answer.data, 0x1230U);
}

TEST(RegisterFile, AnAddressMayComeBeforeItsDataAndTheOtherWayRound) {
  CsrBench card;
  Vcsr_tb& pins = card.pins();
  pins.s_axil_awvalid_i = 1;
  pins.s_axil_awaddr_i = regs::FCTTV;
  card.step();
  pins.s_axil_awvalid_i = 0;
  card.step(5);
  pins.s_axil_wvalid_i = 1;
  pins.s_axil_wdata_i = 0x1234;
  pins.s_axil_wstrb_i = 0xf;
  card.step();
  pins.s_axil_wvalid_i = 0;
  card.step(5);
  EXPECT_EQ(card.read(regs::FCTTV), 0x1234U);

  pins.s_axil_wvalid_i = 1;
  pins.s_axil_wdata_i = 0x4321;
  card.step();
  pins.s_axil_wvalid_i = 0;
  card.step(5);
  pins.s_axil_awvalid_i = 1;
  card.step();
  pins.s_axil_awvalid_i = 0;
  card.step(5);
  EXPECT_EQ(card.read(regs::FCTTV), 0x4321U);
}

TEST(RegisterFile, AnAnswerWaitsUntilItIsFetched) {
  CsrBench card;
  Vcsr_tb& pins = card.pins();
  pins.s_axil_rready_i = 0;
  pins.s_axil_arvalid_i = 1;
  pins.s_axil_araddr_i = regs::VET;
  card.step();
  pins.s_axil_arvalid_i = 0;
  card.step(10);
  EXPECT_TRUE(pins.s_axil_rvalid_o);
  EXPECT_FALSE(pins.s_axil_arready_o);
  EXPECT_EQ(pins.s_axil_rdata_o, 0x8100U);
  pins.s_axil_rready_i = 1;
  card.step();
  EXPECT_FALSE(pins.s_axil_rvalid_o);
}

TEST(RegisterFile, AResetForgetsAnAccessUnderWay) {
  for (unsigned after = 0; after < 5; ++after) {
    CsrBench card;
    Vcsr_tb& pins = card.pins();
    pins.s_axil_rready_i = pins.s_axil_bready_i = 0;
    pins.s_axil_arvalid_i = pins.s_axil_awvalid_i = pins.s_axil_wvalid_i = 1;
    card.step();
    pins.s_axil_arvalid_i = pins.s_axil_awvalid_i = pins.s_axil_wvalid_i = 0;
    card.step(after);
    pins.rst_ni = 0;
    card.step(3);
    pins.rst_ni = 1;
    for (unsigned i = 0; i < 10; ++i) {
      card.step();
      EXPECT_FALSE(pins.s_axil_rvalid_o) << after;
      EXPECT_FALSE(pins.s_axil_bvalid_o) << after;
    }
    EXPECT_TRUE(pins.s_axil_arready_o && pins.s_axil_awready_o && pins.s_axil_wready_o);
  }
}

TEST(RegisterFile, IsQuietOnlyBetweenAccesses) {
  CsrBench card;
  card.step(10);
  EXPECT_TRUE(card.pins().quiescent_o);
  card.pins().s_axil_arvalid_i = 1;
  card.pins().s_axil_araddr_i = regs::STATUS;
  card.step();
  card.pins().s_axil_arvalid_i = 0;
  EXPECT_FALSE(card.pins().quiescent_o);
  card.step(10);
  EXPECT_TRUE(card.pins().quiescent_o);
}

}  // namespace
}  // namespace nicosim::tb
