// Drives the verilated transmit path (FIFO and MAC) and decodes what it puts on the wire.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <vector>

#include "Vtransmit_path_tb.h"
#include "Vtransmit_path_tb___024root.h"
#include "tb/rtl/xgmii.hpp"
#include "verilated.h"

namespace nicosim {

class TransmitPath {
 public:
  struct Stat {
    bool pause, multicast, broadcast;
    unsigned length;
  };

  xgmii::Decoder wire;
  xgmii::Column column;                  // on the wire now
  std::vector<std::uint32_t> fifo_tags;  // frames committed, in order of their events
  std::vector<std::uint32_t> mac_tags;   // frames begun
  std::vector<unsigned> mac_kinds;       // TX_EV_* with them
  std::vector<Stat> stats;
  unsigned xons = 0, xoffs = 0;  // PAUSE frames begun
  std::uint64_t cycles = 0;
  bool time_runs = true;  // now_i follows the cycles

  explicit TransmitPath(int reset_value_seed = 1) {
    context_.threads(1);    // by default it starts one per core, for nothing
    context_.randReset(2);  // flops without a reset start with anything
    context_.randSeed(reset_value_seed);
    model_ = std::make_unique<Vtransmit_path_tb>(&context_);
    model_->pad_short_i = 1;
    model_->ipgt_i = 8;
    model_->enable_i = 1;
    model_->pause_receive_i = model_->pause_transmit_i = model_->xon_enable_i = 0;
    model_->pause_timer_i = model_->low_i = model_->high_i = model_->level_i = 0;
    model_->send_xoff_i = model_->pause_valid_i = model_->looped_i = 0;
    model_->now_i = 0;
    model_->ethertype_i = 0x8100;
    model_->vlan_i = model_->ip_i = model_->tu_i = 0;
    model_->write_i = 0;
    model_->commit_i = 0;
    model_->abort_i = 0;
    model_->rst_ni = 0;
    context_.assertOn(false);  // until the reset has gone through its flop, anything may be anywhere
    for (int i = 0; i < 4; ++i) clock();
    context_.assertOn(true);
    model_->rst_ni = 1;
    clock();
  }
  // Verilator 5.006 takes the model's scopes out of whichever context is the thread's, which may be another and gone
  // already.
  ~TransmitPath() {
    Verilated::threadContextp(&context_);
    model_->final();
    model_.reset();
  }

  Vtransmit_path_tb& pins() { return *model_; }

  // Queues a frame for the FIFO; `late` commits it a cycle after its last write.
  void send(std::span<const std::byte> frame, std::uint32_t tag, bool insert_fcs = true, bool late = false) {
    queue_.push_back({xgmii::FrameBytes(frame.begin(), frame.end()), tag, insert_fcs, late, false});
  }
  // Queues the beginning of a frame, taken back afterwards.
  void send_and_abort(std::span<const std::byte> frame) {
    queue_.push_back({xgmii::FrameBytes(frame.begin(), frame.end()), 0, true, true, true});
  }

  // One clock. The pins are registered twice before free_beats knows of them, hence the reserve of two.
  void cycle() {
    feed();
    if (time_runs) model_->now_i = cycles;
    clock();
    observe();
  }
  void idle(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) cycle();
  }
  bool fed() const { return queue_.empty(); }
  void until_quiet(std::size_t at_most = 1'000'000) {
    std::size_t calm = 0;
    for (std::size_t i = 0; calm < 3; ++i) {
      ASSERT_LT(i, at_most) << "the transmit path does not come to rest";
      cycle();
      calm = fed() && model_->quiet_o ? calm + 1 : 0;
    }
  }
  void forget_queue() {
    queue_.clear();
    offset_ = 0;
  }

  std::vector<std::byte> state() const {
    std::vector<std::byte> copy(sizeof *model_->rootp);
    std::memcpy(copy.data(), static_cast<const void*>(model_->rootp), copy.size());
    return copy;
  }

 private:
  struct Job {
    xgmii::FrameBytes bytes;
    std::uint32_t tag;
    bool insert_fcs, late, abort;
  };

  void feed() {
    model_->write_i = 0;
    model_->commit_i = 0;
    model_->abort_i = 0;
    if (queue_.empty()) return;
    Job& job = queue_.front();
    bool whole = offset_ >= job.bytes.size();
    if (!whole) {
      if (model_->free_beats_o <= 2) return;
      const std::size_t n = std::min<std::size_t>(16, job.bytes.size() - offset_);
      std::uint64_t halves[2] = {0xa5a5'a5a5'a5a5'a5a5, 0xa5a5'a5a5'a5a5'a5a5};  // what is behind the frame is dirt
      std::memcpy(halves, job.bytes.data() + offset_, n);
      offset_ += n;
      const bool last = offset_ >= job.bytes.size();
      model_->write_i = 1;
      model_->write_eof_i = last && !job.abort;
      model_->write_bytes_i = static_cast<std::uint8_t>(last && !job.abort ? n : 16);
      model_->write_lo_i = halves[0];
      model_->write_hi_i = halves[1];
      whole = last && !job.late;
    }
    if (!whole) return;
    model_->commit_i = !job.abort;
    model_->abort_i = job.abort;
    model_->insert_fcs_i = job.insert_fcs;
    model_->length_i = static_cast<std::uint16_t>(job.bytes.size());
    model_->tag_i = job.tag;
    queue_.pop_front();
    offset_ = 0;
  }

  void clock() {
    model_->clk_i = 0;
    model_->eval();
    model_->clk_i = 1;
    model_->eval();
    ++cycles;
  }

  void observe() {
    column = {.data = model_->xgmii_txd_o, .control = model_->xgmii_txc_o};
    wire.column(column);
    if (model_->fifo_event_o) fifo_tags.push_back(model_->fifo_tag_o);
    if (model_->mac_event_o) {
      mac_tags.push_back(model_->mac_tag_o);
      mac_kinds.push_back(model_->mac_kind_o);
      EXPECT_TRUE(column.is(0, xgmii::kStart) || column.is(4, xgmii::kStart)) << "event without a start";
    }
    xons += model_->xon_sent_o;
    xoffs += model_->xoff_sent_o;
    if (model_->stat_valid_o) {
      stats.push_back({.pause = model_->stat_pause_o != 0,
                       .multicast = model_->stat_multicast_o != 0,
                       .broadcast = model_->stat_broadcast_o != 0,
                       .length = model_->stat_length_o});
    }
  }

  VerilatedContext context_;
  std::unique_ptr<Vtransmit_path_tb> model_;
  std::deque<Job> queue_;
  std::size_t offset_ = 0;
};

}  // namespace nicosim
