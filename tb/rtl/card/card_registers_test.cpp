// The register table again, this time on the whole card: the blocks behind the register file answer as it expects.
#include <gtest/gtest.h>

#include <memory>

#include "Vnic_top.h"
#include "tb/rtl/axil_bus.hpp"
#include "tb/rtl/card/power_on.hpp"
#include "tb/rtl/register_sweep.hpp"

namespace nicosim::tb {
namespace {

class CardRegisters : public testing::Test {
 protected:
  CardRegisters() : card_(power_on(context_, {.bus_master = false})) {
    bus_ = std::make_unique<AxilBus<Vnic_top>>(*card_, [this] { step(); });
  }
  ~CardRegisters() override { card_->final(); }

  void step() {
    card_->now_i = now_++;
    lower_clocks(*card_);
    card_->eval();
    raise_clocks(*card_);
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
