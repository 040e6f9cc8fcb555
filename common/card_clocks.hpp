// Which of the card's clocks tick in a cycle: what a clock gate in front of each would do.
//
// Parts of the card that would change nothing are not clocked, and verilated code that is not clocked is not run; that
// is most of what an idle part costs. nic_top says by its *_asleep_o outputs who may be left out, its ports say what
// wakes each. For whatever model has nic_top's ports.
#pragma once

#include <cstdint>

namespace nicosim {

inline constexpr std::uint64_t kXgmiiIdles = 0x0707'0707'0707'0707ULL;

// Before the evaluation of a rising edge; the other inputs have their values.
template <class Top>
void raise_clocks(Top& t) {
  const bool due = t.now_i >= t.next_deadline_o;
  const bool access = t.s_axil_awvalid_i || t.s_axil_wvalid_i || t.s_axil_arvalid_i;
  t.clk_rx_i = !t.rx_asleep_o || t.xgmii_rxc_i != 0xff || t.xgmii_rxd_i != kXgmiiIdles;
  t.clk_tx_i = !t.tx_asleep_o || due;
  t.clk_reg_i = !t.reg_asleep_o || due || access;
  t.clk_ev_i = !t.ev_asleep_o || due;
  t.clk_i = 1;
}

template <class Top>
void raise_all_clocks(Top& t) {
  t.clk_i = t.clk_rx_i = t.clk_tx_i = t.clk_reg_i = t.clk_ev_i = 1;
}

template <class Top>
void lower_clocks(Top& t) {
  t.clk_i = t.clk_rx_i = t.clk_tx_i = t.clk_reg_i = t.clk_ev_i = 0;
}

}  // namespace nicosim
