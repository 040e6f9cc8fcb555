// The whole card between a host memory on its AXI port, register accesses, and columns on the wire.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "Vnic_top.h"
#include "regmap/regmap.hpp"
#include "tb/rtl/axi_memory.hpp"
#include "tb/rtl/axil_bus.hpp"
#include "tb/rtl/card/power_on.hpp"
#include "tb/rtl/xgmii.hpp"

namespace nicosim::tb {

inline constexpr std::uint64_t kMemory = 0x10'0000;
inline constexpr std::size_t kMemoryBytes = 1 << 20;
inline constexpr std::uint64_t kRxRing = kMemory + 0x1000, kTxRing = kMemory + 0x2000;
inline constexpr std::uint64_t kRxBuffers = kMemory + 0x1'0000, kTxBuffers = kMemory + 0x8'0000;
inline constexpr unsigned kDescriptors = 64;

class CardBench {
 public:
  struct MacEvent {
    unsigned kind;
    std::uint32_t tag;
  };

  explicit CardBench(int power_on_seed = 5)
      : memory(kMemory, kMemoryBytes), card_(power_on(context_, {.seed = power_on_seed})) {
    bus_ = std::make_unique<AxilBus<Vnic_top>>(*card_, [this] { step(); });
  }
  ~CardBench() {
    for (const std::string& fault : memory.faults()) ADD_FAILURE() << fault;
    Verilated::threadContextp(&context_);  // with two cards, destruction goes by the thread's context
    card_->final();
  }

  Vnic_top& pins() { return *card_; }
  std::uint64_t cycle() const { return now_; }
  AxilBus<Vnic_top>& bus() { return *bus_; }
  std::uint32_t read(std::uint32_t offset) { return bus_->read(offset); }
  void write(std::uint32_t offset, std::uint32_t value) { bus_->write(offset, value); }

  // Both rings whole and both engines on; every descriptor to send has the same 60 bytes. Rings and buffers lie in the
  // bench's memory, which is at `base` from now on.
  void start_traffic(std::uint64_t base = kMemory) {
    memory.rebase(base);
    const auto moved = [base](std::uint64_t address) { return address - kMemory + base; };
    for (unsigned i = 0; i < kDescriptors; ++i) {
      const std::uint64_t rx[2] = {moved(kRxBuffers) + i * 2048ULL, 0};
      const std::uint64_t tx[2] = {moved(kTxBuffers), 60 | 0x0bULL << 24};  // EOP, IFCS, RS
      std::memcpy(memory.at(moved(kRxRing) + i * 16ULL), rx, sizeof rx);
      std::memcpy(memory.at(moved(kTxRing) + i * 16ULL), tx, sizeof tx);
    }
    write(regs::CTRL, field::CTRL_SLU.mask());
    if (base >> 32 != 0) {
      write(regs::RDBAH, static_cast<std::uint32_t>(moved(kRxRing) >> 32));
      write(regs::TDBAH, static_cast<std::uint32_t>(moved(kTxRing) >> 32));
    }
    write(regs::RDBAL, static_cast<std::uint32_t>(moved(kRxRing)));
    write(regs::RDLEN, kDescriptors * 16);
    write(regs::RDH, 0);
    write(regs::RDT, kDescriptors - 1);
    write(regs::RCTL, field::RCTL_EN.mask() | field::RCTL_UPE.mask());
    write(regs::TDBAL, static_cast<std::uint32_t>(moved(kTxRing)));
    write(regs::TDLEN, kDescriptors * 16);
    write(regs::TDH, 0);
    write(regs::TCTL, field::TCTL_EN.mask() | field::TCTL_PSP.mask());
    write(regs::TDT, kDescriptors - 1);
  }
  // Frames towards the card, back to back from now on, until quiet_wire().
  void busy_wire() {
    if (traffic_.empty()) traffic_ = frames(64, 20);
    traffic_on_ = true;
  }
  void quiet_wire() { traffic_on_ = false; }
  void send_frame(unsigned length) {
    const std::vector<xgmii::Column> columns = frames(length, 1);
    wire_.insert(wire_.end(), columns.begin(), columns.end());
  }

  void step() {
    xgmii::Column column;
    if (!wire_.empty()) {
      column = wire_.front();
      wire_.pop_front();
    } else if (traffic_on_ || place_ != 0) {  // a frame begun is finished
      column = traffic_[place_];
      place_ = (place_ + 1) % traffic_.size();
    }
    card_->xgmii_rxd_i = column.data;
    card_->xgmii_rxc_i = column.control;
    clock();
    if (card_->ev_mac_valid_o) mac_events.push_back({card_->ev_mac_kind_o, card_->ev_mac_tag_o});
    if (card_->ev_tx_mac_valid_o) ++sent;
    if (card_->ev_dma_valid_o && card_->ev_dma_kind_o == 0) ++received;
    if (card_->ev_dma_valid_o) last_descriptor = card_->ev_dma_desc_o;
  }
  void run(unsigned cycles) {
    for (unsigned i = 0; i < cycles; ++i) step();
  }

  test::AxiMemory memory;
  std::vector<MacEvent> mac_events;
  unsigned sent = 0, received = 0;
  bool every_clock = false;           // parts that sleep are clocked as well
  std::uint64_t slept = 0;            // clock edges left out
  std::uint64_t last_descriptor = 0;  // written back for a received frame

 private:
  static std::vector<xgmii::Column> frames(unsigned length, unsigned count) {
    Rng rng{1, "card bench"};
    const MacAddress to{{2, 0, 0, 0, 0x0a, 1}};
    xgmii::Encoder encoder;
    for (unsigned i = 0; i < count; ++i) {
      encoder.align(8);
      encoder.frame(xgmii::random_frame(rng, length, to));
      encoder.idle(12);
    }
    encoder.idle_columns(2);
    return encoder.columns();
  }
  void clock() {
    Vnic_top& c = *card_;
    memory.drive(c);
    c.now_i = now_++;
    lower_clocks(c);
    c.eval();
    memory.observe(c);
    if (every_clock)
      raise_all_clocks(c);
    else
      raise_clocks(c);
    slept += !c.clk_rx_i + !c.clk_tx_i + !c.clk_reg_i + !c.clk_ev_i;
    c.eval();
  }

  VerilatedContext context_;
  std::unique_ptr<Vnic_top> card_;
  std::unique_ptr<AxilBus<Vnic_top>> bus_;
  std::uint64_t now_ = 0;
  std::vector<xgmii::Column> traffic_;
  std::deque<xgmii::Column> wire_;
  std::size_t place_ = 0;
  bool traffic_on_ = false;
};

}  // namespace nicosim::tb
