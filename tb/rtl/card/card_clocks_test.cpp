// Parts of the card that sleep are not clocked: beside a card all of whose clocks tick, no pin may differ.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "tb/rtl/card/card_bench.hpp"

namespace nicosim::tb {
namespace {

std::vector<std::uint64_t> outputs_of(const Vnic_top& c) {
  const auto event = [](unsigned valid, unsigned kind, std::uint32_t tag) {
    return std::uint64_t{valid} << 40U | std::uint64_t{kind} << 32U | tag;
  };
  std::vector<std::uint64_t> all{c.xgmii_txd_o,
                                 c.xgmii_txc_o,
                                 c.s_axil_awready_o,
                                 c.s_axil_wready_o,
                                 c.s_axil_bvalid_o,
                                 c.s_axil_bresp_o,
                                 c.s_axil_arready_o,
                                 c.s_axil_rvalid_o,
                                 c.s_axil_rdata_o,
                                 c.s_axil_rresp_o,
                                 c.m_axi_arvalid_o,
                                 c.m_axi_araddr_o,
                                 c.m_axi_arlen_o,
                                 c.m_axi_aruser_o,
                                 c.m_axi_awvalid_o,
                                 c.m_axi_awaddr_o,
                                 c.m_axi_awlen_o,
                                 c.m_axi_wvalid_o,
                                 c.m_axi_wstrb_o,
                                 c.m_axi_wlast_o,
                                 c.intr_o,
                                 c.quiescent_o,
                                 c.next_deadline_o,
                                 c.loopback_o,
                                 c.ev_any_o,
                                 event(c.ev_mac_valid_o, c.ev_mac_kind_o, c.ev_mac_tag_o),
                                 event(c.ev_filter_valid_o, c.ev_filter_kind_o, c.ev_filter_tag_o),
                                 event(c.ev_fifo_valid_o, c.ev_fifo_kind_o, c.ev_fifo_tag_o),
                                 event(c.ev_dma_valid_o, c.ev_dma_kind_o, c.ev_dma_tag_o),
                                 c.ev_dma_desc_o,
                                 event(c.ev_interrupt_valid_o, c.ev_interrupt_kind_o, c.ev_interrupt_tag_o),
                                 event(c.ev_tx_dma_valid_o, c.ev_tx_dma_kind_o, c.ev_tx_dma_tag_o),
                                 c.ev_tx_dma_desc_o,
                                 event(c.ev_tx_fifo_valid_o, c.ev_tx_fifo_kind_o, c.ev_tx_fifo_tag_o),
                                 event(c.ev_tx_mac_valid_o, c.ev_tx_mac_kind_o, c.ev_tx_mac_tag_o),
                                 c.ev_reset_valid_o,
                                 c.ev_reset_tag_o,
                                 c.ev_reset_tx_tag_o};
  for (unsigned i = 0; i < 4; ++i) all.push_back(c.m_axi_wdata_o[i]);
  return all;
}

// Two cards that see the same: frames at any distance, rings that run empty, delayed and throttled interrupts, flow
// control, counters read, resets, a bus that hesitates.
class CardClocks : public testing::Test {
 protected:
  CardClocks() {
    clocked_.every_clock = true;
    for (CardBench* bench : {&sleepy_, &clocked_})
      bench->memory.timing = {.read_latency = 40, .write_latency = 25, .ar_chance = 80, .r_chance = 80, .w_chance = 80};
  }

  template <class What>
  void both(What what) {
    for (CardBench* bench : {&sleepy_, &clocked_}) what(*bench);
    expect_same();
  }
  void run(unsigned cycles) {
    for (unsigned i = 0; i < cycles && !HasFailure(); ++i) both([](CardBench& bench) { bench.step(); });
  }
  void expect_same() {
    const std::vector<std::uint64_t> a = outputs_of(sleepy_.pins()), b = outputs_of(clocked_.pins());
    const auto at = std::mismatch(a.begin(), a.end(), b.begin()).first;
    EXPECT_TRUE(at == a.end()) << "output " << at - a.begin() << " differs in cycle " << sleepy_.cycle();
    EXPECT_EQ(sleepy_.cycle(), clocked_.cycle());
  }
  void write(std::uint32_t offset, std::uint32_t value) {
    both([=](CardBench& bench) { bench.write(offset, value); });
  }

  CardBench sleepy_, clocked_;
};

TEST_F(CardClocks, NoPinDiffersFromACardThatIsClockedThroughout) {
  Rng rng{4, "card clocks"};
  const auto below = [&rng](unsigned n) { return static_cast<unsigned>(rng.below(n)); };
  const std::uint32_t kFree[] = {regs::RDTR, regs::RADV, regs::TIDV, regs::TADV, regs::ITR};
  both([](CardBench& bench) { bench.start_traffic(); });
  write(regs::IMS, 0xffff);
  for (unsigned turn = 0; turn < 300 && !HasFailure(); ++turn) {
    const unsigned what = below(12), value = below(64), which = below(5), offset = below(64);
    switch (what) {
      case 0:
      case 1:
      case 2:
        both([=](CardBench& bench) { bench.send_frame(60 + value * 8); });
        break;
      case 3:
        write(regs::RDT, value);
        break;
      case 4:
        write(regs::TDT, value);
        break;
      case 5:
        write(kFree[which], value / 16);
        break;
      case 6:
        both([](CardBench& bench) { bench.read(regs::ICR); });
        break;
      case 7:
        both([=](CardBench& bench) { bench.read(regs::CRCERRS + 4 * offset); });
        break;
      case 8:
        write(regs::ICS, 1U << (value % 16));
        break;
      case 9:
        write(regs::TCTL, field::TCTL_PSP.mask() | (value % 8 != 0 ? field::TCTL_EN.mask() : 0));
        break;
      case 10:
        both([=](CardBench& bench) { value % 2 != 0 ? bench.busy_wire() : bench.quiet_wire(); });
        break;
      default:
        if (value == 0) {
          write(regs::CTRL, field::CTRL_RST.mask());
          run(400);
          both([](CardBench& bench) { bench.start_traffic(); });
          write(regs::IMS, 0xffff);
        }
    }
    run(1 + below(value % 4 == 0 ? 2'000 : 60));
  }
  EXPECT_GT(sleepy_.received, 100U);
  EXPECT_GT(sleepy_.sent, 100U);
  EXPECT_GT(sleepy_.slept, sleepy_.cycle());
  EXPECT_EQ(clocked_.slept, 0U);
}

}  // namespace
}  // namespace nicosim::tb
