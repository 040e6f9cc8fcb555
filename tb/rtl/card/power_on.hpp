// A card for a test that drives its pins: powered on with anything in its flops, and out of reset.
#pragma once

#include <cstdint>
#include <memory>

#include "Vnic_top.h"
#include "common/card_clocks.hpp"

namespace nicosim::tb {

inline constexpr std::uint64_t kStation = 0x0200'0000'0a01ULL;  // 02:00:00:00:0a:01

struct PowerOn {
  int seed = 5;  // of what the flops hold before their reset
  bool bus_master = true;
};

// The cable is in, the link needs no time to come up, wire and buses are idle. `context` outlives the card.
inline std::unique_ptr<Vnic_top> power_on(VerilatedContext& context, const PowerOn& how = {}) {
  context.threads(1);
  context.randReset(2);
  context.randSeed(how.seed);
  auto card = std::make_unique<Vnic_top>(&context);
  Vnic_top& c = *card;
  c.now_i = 0;
  c.bus_master_i = how.bus_master;
  c.station_addr_i = kStation;
  c.cable_i = 1;
  c.autoneg_cycles_i = 0;
  c.xgmii_rxd_i = 0x0707'0707'0707'0707ULL;
  c.xgmii_rxc_i = 0xff;
  c.s_axil_awvalid_i = c.s_axil_wvalid_i = c.s_axil_arvalid_i = 0;
  c.m_axi_arready_i = c.m_axi_awready_i = c.m_axi_wready_i = 1;
  c.m_axi_rvalid_i = c.m_axi_rlast_i = c.m_axi_bvalid_i = 0;
  c.m_axi_rresp_i = c.m_axi_bresp_i = 0;
  for (unsigned i = 0; i < 4; ++i) c.m_axi_rdata_i[i] = 0;

  const auto clock = [&c](unsigned cycles) {
    for (unsigned i = 0; i < cycles; ++i) {
      lower_clocks(c);
      c.eval();
      raise_all_clocks(c);
      c.eval();
    }
  };
  context.assertOn(false);  // what flops hold before their reset breaks every rule
  c.rst_ni = 0;
  clock(8);
  c.rst_ni = 1;
  clock(4);  // the blocks leave reset some cycles after the pin
  context.assertOn(true);
  return card;
}

}  // namespace nicosim::tb
