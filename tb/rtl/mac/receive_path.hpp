// Drives the verilated receive path and writes down what comes out of it, frame by frame.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "Vreceive_path_tb.h"
#include "Vreceive_path_tb___024root.h"
#include "tb/rtl/xgmii.hpp"
#include "verilated.h"

namespace nicosim {

// As in rtl/nic_pkg.sv
enum class MacKind : unsigned { Pass, Crc, Symbol, Runt, Fragment, Oversize, Jabber, NoSfd, NotReceiving, PassBad };
enum class FilterKind : unsigned {
  Unicast = 0,
  Multicast = 1,
  Broadcast = 2,
  Promisc = 3,
  Reject = 8,
  VlanReject = 9,
  Control = 10
};
enum class FifoKind : unsigned { Stored = 0, Overflow = 8 };

template <typename Kind>
requires std::is_enum_v<Kind> std::ostream& operator<<(std::ostream& out, Kind kind) {
  return out << static_cast<unsigned>(kind);
}

class ReceivePath {
 public:
  struct Settings {
    bool enable = true;
    bool store_bad = false;
    bool long_frames = false;
    bool any_unicast = true;
    bool any_multicast = true;
    bool broadcast = true;
    unsigned multicast_offset = 0;
    // CTRL.VME, RCTL.VFE, CFIEN, CFI; VET is 0x8100, and one id is in VFTA
    bool vlan_strip = false, vlan_filter = false, vlan_check_cfi = false, vlan_cfi = false;
    unsigned vlan_id = 0;
    // RCTL.SECRC, RXCSUM
    bool strip_fcs = false;
    unsigned checksum_start = 0;
    bool checksum_ip = false, checksum_tcp_udp = false;
    // CTRL.RFCE, RCTL.DPF, RCTL.PMCF, FCAH:FCAL, FCT
    bool flow_receive = false, flow_discard = false, flow_pass = false;
    std::uint64_t flow_address = 0;
    unsigned flow_type = 0;
  };
  struct Story {  // the events of one tag
    std::optional<MacKind> mac;
    std::optional<FilterKind> filter;
    std::optional<FifoKind> fifo;
  };
  struct MacFrame {  // what the MAC handed out
    xgmii::FrameBytes bytes;
    bool keep, crc_error, symbol_error, sequence_error, short_frame, long_frame;
    unsigned length;
    std::uint32_t tag;
  };
  struct ReadFrame {          // what the reader got out of the FIFO
    xgmii::FrameBytes bytes;  // whole pairs unless cut by finish()
    unsigned length;
    std::uint32_t tag;
    bool exact, crc_error, symbol_error, sequence_error;
    bool stripped;
    unsigned tci;
    bool ip_checked, ip_error, tcp_udp_checked, tcp_udp_error;
    unsigned checksum;
  };
  struct Stat {
    bool accepted, stored, missed, crc_error, symbol_error, short_frame, long_frame, multicast, broadcast;
    unsigned length;
  };

  std::map<std::uint32_t, Story> stories;
  std::vector<MacFrame> mac_frames;
  std::vector<ReadFrame> read_frames;
  std::vector<Stat> stats;
  std::vector<unsigned> pauses;  // times handed to the transmitter
  unsigned xon = 0, xoff = 0, unsupported = 0;
  unsigned overruns = 0;
  unsigned dest_strobes = 0;
  std::uint64_t cycles = 0;

  explicit ReceivePath(int reset_value_seed = 1) {
    context_.threads(1);    // by default it starts one per core, for nothing
    context_.randReset(2);  // flops without a reset start with anything
    context_.randSeed(reset_value_seed);
    model_ = std::make_unique<Vreceive_path_tb>(&context_);
    set(Settings{});
    model_->rst_ni = 0;
    model_->por_ni = 0;
    context_.assertOn(false);  // until the reset has gone through its flop, anything may be anywhere
    for (int i = 0; i < 4; ++i) clock();
    context_.assertOn(true);
    model_->rst_ni = 1;
    model_->por_ni = 1;
    clock();
    clock();
    for (unsigned i = 0; i < 128; ++i) set_mta(i, 0);
  }
  // Verilator 5.006 takes the model's scopes out of whichever context is the thread's, which may be another and gone
  // already.
  ~ReceivePath() {
    Verilated::threadContextp(&context_);
    model_->final();
    model_.reset();
  }

  Vreceive_path_tb& pins() { return *model_; }

  void set(const Settings& s) {
    model_->enable_i = s.enable;
    model_->store_bad_i = s.store_bad;
    model_->long_frames_i = s.long_frames;
    model_->any_unicast_i = s.any_unicast;
    model_->any_multicast_i = s.any_multicast;
    model_->broadcast_i = s.broadcast;
    model_->multicast_offset_i = static_cast<std::uint8_t>(s.multicast_offset);
    model_->vlan_strip_i = s.vlan_strip;
    model_->vlan_filter_i = s.vlan_filter;
    model_->vlan_check_cfi_i = s.vlan_check_cfi;
    model_->vlan_cfi_i = s.vlan_cfi;
    model_->vfta_id_i = static_cast<std::uint16_t>(s.vlan_id);
    model_->strip_fcs_i = s.strip_fcs;
    model_->checksum_start_i = static_cast<std::uint8_t>(s.checksum_start);
    model_->checksum_ip_i = s.checksum_ip;
    model_->checksum_tcp_udp_i = s.checksum_tcp_udp;
    model_->flow_receive_i = s.flow_receive;
    model_->flow_discard_i = s.flow_discard;
    model_->flow_pass_i = s.flow_pass;
    model_->flow_addr_i = s.flow_address;
    model_->flow_type_i = static_cast<std::uint16_t>(s.flow_type);
  }
  void set_ra(unsigned index, const MacAddress& address, bool valid = true) {
    model_->ra_write_i = 1;
    model_->ra_index_i = static_cast<std::uint8_t>(index);
    model_->ra_valid_i = valid;
    std::uint64_t value = 0;
    for (const std::uint8_t octet : address.octets) value = value << 8U | octet;
    model_->ra_addr_i = value;
    cycle();
    model_->ra_write_i = 0;
  }
  void set_mta(unsigned index, std::uint32_t value) {
    model_->mta_write_i = 1;
    model_->mta_index_i = static_cast<std::uint8_t>(index);
    model_->mta_value_i = value;
    cycle();
    model_->mta_write_i = 0;
  }
  void read(bool on, unsigned mode = 0) {
    model_->read_i = on;
    model_->read_mode_i = static_cast<std::uint8_t>(mode);
  }
  void reset_core(unsigned length = 2) {
    model_->rst_ni = 0;
    for (unsigned i = 0; i < length; ++i) cycle();
    model_->rst_ni = 1;
  }

  void cycle(const xgmii::Column& column = {}) {
    model_->xgmii_rxd_i = column.data;
    model_->xgmii_rxc_i = column.control;
    clock();
    observe();
  }
  void run(std::span<const xgmii::Column> columns) {
    for (const xgmii::Column& column : columns) cycle(column);
  }
  void run(xgmii::Encoder& wire) { run(wire.columns()); }
  void idle(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i) cycle();
  }
  void until_quiet(std::size_t at_most = 100) {
    std::size_t i = 0;
    do {
      ASSERT_LT(i++, at_most) << "the receive path does not come to rest";
      cycle();
    } while (!model_->quiet_o);
  }

  // All state there is, for comparing
  std::vector<std::byte> state() const {
    std::vector<std::byte> copy(sizeof *model_->rootp);
    std::memcpy(copy.data(), static_cast<const void*>(model_->rootp), copy.size());
    return copy;
  }

  MacKind mac_kind(std::uint32_t tag) const {
    const auto story = stories.find(tag);
    if (story == stories.end() || !story->second.mac) {
      ADD_FAILURE() << "no MAC event for tag " << tag;
      return MacKind::Pass;
    }
    return *story->second.mac;
  }

 private:
  void clock() {
    in_reset_ = !model_->rst_ni;
    model_->clk_i = 0;
    model_->eval();
    sample_reader();
    model_->clk_i = 1;
    model_->eval();
    ++cycles;
  }

  // The reader's handshake is between flops: it happens at the edge that follows.
  void sample_reader() {
    if (!model_->por_ni) return;
    if (model_->taken_o) {
      for (const std::uint64_t half : {model_->data_lo_o, model_->data_hi_o}) {
        for (unsigned i = 0; i < 8; ++i) reading_.push_back(static_cast<std::byte>(half >> (8 * i)));
      }
    }
    if (model_->done_o) {
      read_frames.push_back({.bytes = std::exchange(reading_, {}),
                             .length = model_->frame_length_o,
                             .tag = model_->frame_tag_o,
                             .exact = model_->frame_exact_o != 0,
                             .crc_error = model_->frame_crc_error_o != 0,
                             .symbol_error = model_->frame_symbol_error_o != 0,
                             .sequence_error = model_->frame_sequence_error_o != 0,
                             .stripped = model_->frame_stripped_o != 0,
                             .tci = model_->frame_tci_o,
                             .ip_checked = (model_->frame_verdicts_o & 8U) != 0,
                             .ip_error = (model_->frame_verdicts_o & 4U) != 0,
                             .tcp_udp_checked = (model_->frame_verdicts_o & 2U) != 0,
                             .tcp_udp_error = (model_->frame_verdicts_o & 1U) != 0,
                             .checksum = model_->frame_checksum_o});
      ReadFrame& frame = read_frames.back();
      if (frame.bytes.size() > frame.length) frame.bytes.resize(frame.length);
    }
  }

  void observe() {
    if (in_reset_) {  // frames inside are lost
      words_.clear();
      reading_.clear();
      in_frame_ = false;
    }
    if (model_->mac_event_o) {
      Story& story = stories[model_->mac_tag_o];
      EXPECT_FALSE(story.mac) << "second MAC event for tag " << model_->mac_tag_o;
      story.mac = static_cast<MacKind>(model_->mac_kind_o);
    }
    if (model_->filter_event_o) {
      Story& story = stories[model_->filter_tag_o];
      EXPECT_TRUE(story.mac == MacKind::Pass || story.mac == MacKind::PassBad) << "tag " << model_->filter_tag_o;
      EXPECT_FALSE(story.filter);
      story.filter = static_cast<FilterKind>(model_->filter_kind_o);
    }
    if (model_->fifo_event_o) {
      Story& story = stories[model_->fifo_tag_o];
      EXPECT_TRUE(story.filter && *story.filter < FilterKind::Reject) << "tag " << model_->fifo_tag_o;
      EXPECT_FALSE(story.fifo);
      story.fifo = static_cast<FifoKind>(model_->fifo_kind_o);
    }
    overruns += model_->overrun_o;
    if (model_->pause_valid_o) pauses.push_back(model_->pause_time_o);
    xon += model_->xon_received_o;
    xoff += model_->xoff_received_o;
    unsupported += model_->control_unsupported_o;
    dest_strobes += model_->dest_valid_o;
    if (model_->stat_valid_o) {
      stats.push_back({.accepted = model_->stat_accepted_o != 0,
                       .stored = model_->stat_stored_o != 0,
                       .missed = model_->stat_missed_o != 0,
                       .crc_error = model_->stat_crc_error_o != 0,
                       .symbol_error = model_->stat_symbol_error_o != 0,
                       .short_frame = model_->stat_short_o != 0,
                       .long_frame = model_->stat_long_o != 0,
                       .multicast = model_->stat_multicast_o != 0,
                       .broadcast = model_->stat_broadcast_o != 0,
                       .length = model_->stat_length_o});
    }
    if (model_->word_valid_o && !in_reset_) observe_word();
  }

  void observe_word() {
    EXPECT_EQ(model_->word_sof_o != 0, !in_frame_) << "cycle " << cycles;
    in_frame_ = true;
    for (unsigned i = 0; i < model_->word_bytes_o; ++i) {
      words_.push_back(static_cast<std::byte>(model_->word_data_o >> (8 * i)));
    }
    if (!model_->word_eof_o) return;
    in_frame_ = false;
    mac_frames.push_back({.bytes = std::exchange(words_, {}),
                          .keep = model_->end_keep_o != 0,
                          .crc_error = model_->end_crc_error_o != 0,
                          .symbol_error = model_->end_symbol_error_o != 0,
                          .sequence_error = model_->end_sequence_error_o != 0,
                          .short_frame = model_->end_short_o != 0,
                          .long_frame = model_->end_long_o != 0,
                          .length = model_->end_length_o,
                          .tag = model_->end_tag_o});
  }

  VerilatedContext context_;
  std::unique_ptr<Vreceive_path_tb> model_;
  xgmii::FrameBytes reading_;
  xgmii::FrameBytes words_;
  bool in_frame_ = false;
  bool in_reset_ = false;
};

}  // namespace nicosim
