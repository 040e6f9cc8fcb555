// The register side of the card on plain pins: clock, reset, register accesses, one-cycle strobes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "Vcsr_tb.h"
#include "tb/rtl/axil_bus.hpp"

namespace nicosim::tb {

inline constexpr std::uint64_t kStation = 0x0200'0000'0a01ULL;  // 02:00:00:00:0a:01

// causes_t of nic_pkg.sv
inline constexpr unsigned kCauseTxdwDelayed = 1U << 9;
inline constexpr unsigned kCauseTxdw = 1U << 8;
inline constexpr unsigned kCauseTxqe = 1U << 7;
inline constexpr unsigned kCauseRxseq = 1U << 5;
inline constexpr unsigned kCauseRxdmt0 = 1U << 4;
inline constexpr unsigned kCauseRxo = 1U << 3;
inline constexpr unsigned kCauseRxt0 = 1U << 2;
inline constexpr unsigned kCauseMdac = 1U << 1;
inline constexpr unsigned kCauseTxdLow = 1U << 0;

class CsrBench {
 public:
  // The seed decides what flops hold before their reset.
  explicit CsrBench(int power_on_seed = 1)
      : context_(make_context(power_on_seed)), model_(std::make_unique<Vcsr_tb>(context_.get())) {
    model_->station_addr_i = kStation;
    model_->cable_i = 1;
    model_->autoneg_cycles_i = 0;
    model_->bus_drained_i = 1;
    model_->rst_ni = 0;
    clear_strobes();
    step(4);
    model_->rst_ni = 1;
    step(2);
  }
  ~CsrBench() { model_->final(); }

  Vcsr_tb& pins() { return *model_; }
  std::uint64_t cycle() const { return cycle_; }

  void step(unsigned cycles = 1) {
    for (unsigned i = 0; i < cycles; ++i) {
      model_->now_i = cycle_;
      model_->clk_i = 0;
      model_->eval();
      model_->clk_i = 1;
      model_->eval();
      ++cycle_;
    }
  }
  // Jumps over cycles in which nothing can change; the next step() is cycle `to`.
  void skip_to(std::uint64_t to) { cycle_ = to; }

  void cause(unsigned causes) {
    model_->causes_i = static_cast<std::uint16_t>(causes);
    step();
    model_->causes_i = 0;
  }

  std::uint32_t read(std::uint32_t offset) { return bus_.read(offset); }
  void write(std::uint32_t offset, std::uint32_t value) { bus_.write(offset, value); }
  AxilBus<Vcsr_tb>& bus() { return bus_; }
  bool intr() const { return model_->intr_o != 0; }

 private:
  void clear_strobes() {
    model_->s_axil_awvalid_i = 0;
    model_->s_axil_wvalid_i = 0;
    model_->s_axil_arvalid_i = 0;
    model_->causes_i = 0;
    model_->rx_stat_i = 0;
    model_->tx_stat_i = 0;
    model_->misc_stat_i = 0;
    model_->no_buffer_i = 0;
    model_->rx_dma_error_i = 0;
    model_->tx_dma_error_i = 0;
    model_->last_rx_tag_i = 0;
    model_->mta_index_i = 0;
    model_->vlan_id_i = 0;
    model_->rxw_status_i = 0;
    model_->rxw_data_i = 0;
    model_->s_axil_bready_i = 1;
    model_->s_axil_rready_i = 1;
  }

  static std::unique_ptr<VerilatedContext> make_context(int power_on_seed) {
    auto context = std::make_unique<VerilatedContext>();
    context->randReset(2);
    context->randSeed(power_on_seed);
    return context;
  }

  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Vcsr_tb> model_;
  std::uint64_t cycle_ = 1000;
  AxilBus<Vcsr_tb> bus_{*model_, [this] { step(); }};
};

// Lets time pass, jumping where the card says that nothing can happen.
inline void pass(CsrBench& card, std::uint64_t cycles) {
  const std::uint64_t end = card.cycle() + cycles;
  while (card.cycle() < end) {
    card.step();
    if (card.pins().quiescent_o && card.pins().next_deadline_o > card.cycle())
      card.skip_to(std::min<std::uint64_t>(end, card.pins().next_deadline_o));
  }
}

}  // namespace nicosim::tb
