// The register table again, this time on the whole card: the blocks behind the register file answer as it expects.
#include <gtest/gtest.h>

#include <memory>

#include "Vnic_top.h"
#include "tb/rtl/axil_bus.hpp"
#include "tb/rtl/register_sweep.hpp"

namespace nicosim::tb {
namespace {

constexpr std::uint64_t kStation = 0x0200'0000'0a01ULL;

class CardRegisters : public testing::Test {
 protected:
  CardRegisters() {
    context_.randReset(2);
    context_.randSeed(5);
    card_ = std::make_unique<Vnic_top>(&context_);
    Vnic_top& c = *card_;
    c.rst_ni = 0;
    c.bus_master_i = 0;
    c.station_addr_i = kStation;
    c.cable_i = 1;
    c.autoneg_cycles_i = 0;
    c.xgmii_rxd_i = 0x0707'0707'0707'0707ULL;  // idle
    c.xgmii_rxc_i = 0xff;
    c.s_axil_awvalid_i = 0;
    c.s_axil_wvalid_i = 0;
    c.s_axil_arvalid_i = 0;
    c.m_axi_arready_i = 1;
    c.m_axi_awready_i = 1;
    c.m_axi_wready_i = 1;
    c.m_axi_rvalid_i = 0;
    c.m_axi_bvalid_i = 0;
    c.m_axi_rresp_i = 0;
    c.m_axi_rlast_i = 0;
    c.m_axi_bresp_i = 0;
    for (int i = 0; i < 4; ++i) c.m_axi_rdata_i[i] = 0;
    for (int i = 0; i < 5; ++i) step();
    c.rst_ni = 1;
    for (int i = 0; i < 5; ++i) step();
    bus_ = std::make_unique<AxilBus<Vnic_top>>(c, [this] { step(); });
  }
  ~CardRegisters() override { card_->final(); }

  void step() {
    card_->now_i = now_++;
    card_->clk_i = 0;
    card_->eval();
    card_->clk_i = 1;
    card_->eval();
  }

  VerilatedContext context_;
  std::unique_ptr<Vnic_top> card_;
  std::unique_ptr<AxilBus<Vnic_top>> bus_;
  std::uint64_t now_ = 0;
};

TEST_F(CardRegisters, EveryRegisterStartsWithItsResetValue) { sweep::expect_reset_values(*bus_, kStation); }

TEST_F(CardRegisters, WritableBitsAreKeptAndOthersAreNot) { sweep::expect_writable_bits(*bus_, kStation); }

TEST_F(CardRegisters, NoTwoRegistersShareStorage) { sweep::expect_separate_storage(*bus_); }

TEST_F(CardRegisters, ReadOnlyRegistersIgnoreWrites) { sweep::expect_read_only(*bus_); }

TEST_F(CardRegisters, WhatIsNotInTheTableReadsZeroAndSwallowsWrites) { sweep::expect_holes_read_zero(*bus_); }

TEST_F(CardRegisters, CtrlRstPutsEveryRegisterBack) {
  sweep::expect_separate_storage(*bus_);
  sweep::reset_card(*bus_);
  for (int i = 0; i < 200; ++i) step();  // 1 us and more
  sweep::expect_reset_values(*bus_, kStation);
}

}  // namespace
}  // namespace nicosim::tb
