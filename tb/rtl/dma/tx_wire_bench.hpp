// The transmit side from ring to wire, its model beside it, and descriptors in all their forms.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "Vtx_wire_tb.h"
#include "Vtx_wire_tb___024root.h"
#include "common/rng.hpp"
#include "tb/rtl/axi_memory.hpp"
#include "tb/rtl/dma/tx_model.hpp"
#include "tb/rtl/xgmii.hpp"
#include "verilated.h"

namespace nicosim::test {

// Bits of a descriptor's command byte; in a context descriptor EOP says TCP and IFCS says IPv4
inline constexpr unsigned kTxEop = 1, kTxIfcs = 2, kTxIc = 4, kTxTse = 4, kTxRs = 8, kTxDext = 0x20, kTxVle = 0x40,
                          kTxIde = 0x80, kTxTcp = 1, kTxIpv4 = 2, kTxIxsm = 1, kTxTxsm = 2;

class TxWireBench {
 public:
  using Octets = TxModel::Octets;
  static constexpr std::uint64_t kMemory = 0x1'0000'0000;
  static constexpr std::uint64_t kRing = kMemory + 0x1000;
  static constexpr std::uint64_t kBuffers = kMemory + 0x10'0000;
  static constexpr std::uint64_t kBufferBytes = 0x80'0000;
  static constexpr unsigned kRingSize = 256;

  struct Event {
    unsigned kind;
    std::uint32_t tag;
    std::uint64_t descriptor;
  };
  struct Context {
    unsigned ipcss = 0, ipcso = 0, ipcse = 0, tucss = 0, tucso = 0, tucse = 0;
    unsigned payload = 0, header = 0, mss = 0;
  };

  AxiMemory memory{kMemory, 16 << 20};
  TxModel model;
  xgmii::Decoder wire;
  std::vector<Event> events;
  unsigned txdw = 0, txdw_delayed = 0, tso_done = 0, tso_failed = 0;
  std::uint64_t cycles = 0;
  std::vector<std::string> faults;
  bool check_quiet = false;

  explicit TxWireBench(const TxModel::Settings& settings = {})
      : model(settings, [this](std::uint64_t address, std::size_t length) {
          const std::uint8_t* first = memory.at(address);
          return Octets(first, first + length);
        }) {
    context_.threads(1);
    context_.randReset(2);  // flops without a reset start with anything
    context_.randSeed(1);
    top_ = std::make_unique<Vtx_wire_tb>(&context_);
    top_->enable_i = 0;
    top_->pad_short_i = settings.pad;
    top_->vlan_i = settings.vlan;
    top_->ethertype_i = settings.ethertype;
    top_->base_i = kRing;
    top_->bytes_i = kRingSize * 16;
    top_->tail_i = 0;
    top_->rst_ni = 0;
    context_.assertOn(false);
    for (unsigned edge = 0; edge < 8; ++edge) {
      memory.drive(*top_);
      top_->clk_i = edge & 1U;
      top_->eval();
    }
    context_.assertOn(true);
    top_->clk_i = 0;
    top_->rst_ni = 1;
    top_->enable_i = 1;
  }
  ~TxWireBench() {
    Verilated::threadContextp(&context_);
    EXPECT_THAT(memory.faults(), testing::IsEmpty());
    EXPECT_THAT(faults, testing::IsEmpty());
    top_->final();
    top_.reset();
  }
  TxWireBench(const TxWireBench&) = delete;
  TxWireBench& operator=(const TxWireBench&) = delete;

  Vtx_wire_tb& pins() { return *top_; }

  void cycle() {
    memory.drive(*top_);
    top_->eval();
    const bool quiet = check_quiet && top_->quiet_o && !top_->m_axi_rvalid_i && !top_->m_axi_bvalid_i;
    const std::string before = quiet ? snapshot() : std::string{};
    memory.observe(*top_);
    wire.column({.data = top_->xgmii_txd_o, .control = top_->xgmii_txc_o});
    if (top_->event_valid_o) events.push_back({top_->event_kind_o, top_->event_tag_o, top_->event_desc_o});
    txdw += top_->txdw_o;
    txdw_delayed += top_->txdw_delayed_o;
    tso_done += top_->tso_done_o;
    tso_failed += top_->tso_failed_o;
    top_->clk_i = 1;
    top_->eval();
    top_->clk_i = 0;
    top_->eval();
    ++cycles;
    if (quiet && snapshot() != before) faults.push_back("something moved while quiet");
  }
  // Until ring and card are empty
  bool settle(std::uint64_t limit = 2'000'000) {
    bell();
    unsigned calm = 0;
    for (std::uint64_t i = 0; i < limit && calm < 8; ++i) {
      cycle();
      calm = in_ring() == 0 && top_->quiet_o && memory.idle() ? calm + 1 : 0;
    }
    return calm == 8;
  }
  unsigned in_ring() const { return (written_ + kRingSize - top_->head_o % kRingSize) % kRingSize; }
  void bell() { top_->tail_i = static_cast<std::uint16_t>(written_); }

  // ---- software
  std::uint64_t put(const Octets& bytes, unsigned skew = 0) {
    if (next_buffer_ + bytes.size() + skew > kBuffers + kBufferBytes) next_buffer_ = kBuffers;
    const std::uint64_t address = next_buffer_ + skew;
    std::copy(bytes.begin(), bytes.end(), memory.at(address));
    next_buffer_ = address + bytes.size();
    return address;
  }

  void legacy(std::uint64_t address, unsigned length, unsigned command, unsigned cso = 0, unsigned css = 0,
              unsigned special = 0) {
    write(address, static_cast<std::uint64_t>(length) | static_cast<std::uint64_t>(cso) << 16U |
                       static_cast<std::uint64_t>(command) << 24U | static_cast<std::uint64_t>(css) << 40U |
                       static_cast<std::uint64_t>(special) << 48U);
  }
  void data(std::uint64_t address, unsigned length, unsigned command, unsigned popts = 0, unsigned special = 0,
            unsigned type = 1) {
    write(address, static_cast<std::uint64_t>(length) | static_cast<std::uint64_t>(type) << 20U |
                       static_cast<std::uint64_t>(command | kTxDext) << 24U | static_cast<std::uint64_t>(popts) << 40U |
                       static_cast<std::uint64_t>(special) << 48U);
  }
  void context(const Context& c, unsigned command) {
    write(static_cast<std::uint64_t>(c.ipcss) | static_cast<std::uint64_t>(c.ipcso) << 8U |
              static_cast<std::uint64_t>(c.ipcse) << 16U | static_cast<std::uint64_t>(c.tucss) << 32U |
              static_cast<std::uint64_t>(c.tucso) << 40U | static_cast<std::uint64_t>(c.tucse) << 48U,
          static_cast<std::uint64_t>(c.payload) | static_cast<std::uint64_t>(command | kTxDext) << 24U |
              static_cast<std::uint64_t>(c.header) << 40U | static_cast<std::uint64_t>(c.mss) << 48U);
  }

  std::uint8_t status(unsigned number) { return *memory.at(kRing + 16UL * (number % kRingSize) + 12); }
  unsigned reports() const { return reports_; }
  unsigned delayed_reports() const { return delayed_; }
  unsigned number() const { return number_; }  // of the next descriptor

  // What is on the wire, and what was told of it, against the model; empty if they agree
  std::string difference() const {
    std::size_t frame = 0;
    const auto& sent = model.sent();
    for (std::size_t i = 0; i < sent.size(); ++i) {
      const std::string where = "frame " + std::to_string(i) + " of descriptor " + std::to_string(sent[i].descriptor);
      if (i >= events.size()) return where + " was not reported";
      if (events[i].kind != sent[i].kind) return where + " has kind " + std::to_string(events[i].kind);
      if (events[i].tag != i) return where + " has tag " + std::to_string(events[i].tag);
      if (events[i].descriptor != kRing + 16UL * (sent[i].descriptor % kRingSize)) return where + " has a wrong name";
      if (sent[i].kind == TxModel::kGivenUp) continue;
      if (frame >= wire.frames().size()) return where + " is not on the wire";
      const xgmii::Decoder::Frame& seen = wire.frames()[frame++];
      if (seen.error || !seen.preamble_ok) return where + " is damaged";
      const Octets& wanted = sent[i].bytes;
      if (seen.bytes.size() != wanted.size())
        return where + " has " + std::to_string(seen.bytes.size()) + " bytes, not " + std::to_string(wanted.size());
      for (std::size_t k = 0; k < wanted.size(); ++k) {
        if (std::to_integer<std::uint8_t>(seen.bytes[k]) != wanted[k])
          return where + " (" + std::to_string(wanted.size()) + " bytes) differs at byte " + std::to_string(k) + ": " +
                 std::to_string(std::to_integer<unsigned>(seen.bytes[k])) + ", not " + std::to_string(wanted[k]);
      }
    }
    if (events.size() != sent.size()) return "more was reported than sent";
    if (wire.frames().size() != frame) return "more frames on the wire than sent";
    if (tso_done != model.chains_done()) return "TSCTC";
    if (tso_failed != model.chains_failed()) return "TSCTFC";
    if (txdw != reports_) return "TXDW";
    if (txdw_delayed != delayed_) return "delayed TXDW";
    return {};
  }

 private:
  std::string snapshot() { return {reinterpret_cast<const char*>(top_->rootp), sizeof(*top_->rootp)}; }

  void write(std::uint64_t lo, std::uint64_t hi) {
    while (in_ring() == kRingSize - 1) {
      bell();
      cycle();
    }
    TxModel::Descriptor bytes;
    std::memcpy(bytes.data(), &lo, 8);
    std::memcpy(bytes.data() + 8, &hi, 8);
    bytes[12] &= 0xf0U;  // DD is the card's to set
    std::memcpy(memory.at(kRing + 16UL * written_), bytes.data(), 16);
    written_ = (written_ + 1) % kRingSize;
    ++number_;
    if ((bytes[11] & 0x18U) != 0) ++((bytes[11] & kTxIde) != 0 ? delayed_ : reports_);
    model.descriptor(bytes);
  }

  VerilatedContext context_;
  std::unique_ptr<Vtx_wire_tb> top_;
  unsigned written_ = 0, number_ = 0, reports_ = 0, delayed_ = 0;
  std::uint64_t next_buffer_ = kBuffers;
};

}  // namespace nicosim::test
