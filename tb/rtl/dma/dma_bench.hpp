// The DMA engines between a model of host memory, models of the FIFOs, and the least that a driver does.
#pragma once

#include <gmock/gmock.h>

#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "Vdma_tb_top.h"
#include "Vdma_tb_top___024root.h"
#include "common/rng.hpp"
#include "tb/rtl/axi_memory.hpp"

namespace nicosim::test {

using Octets = std::vector<std::uint8_t>;

inline constexpr std::uint64_t kMemory = 0x1'0000'0000;  // above 4 GiB, so upper address halves matter
inline constexpr std::size_t kMemoryBytes = 32 << 20;
inline constexpr std::uint64_t kRxRing = kMemory + 0x0'1000;
inline constexpr std::uint64_t kTxRing = kMemory + 0x2'0000;
inline constexpr std::uint64_t kBuffers = kMemory + 0x10'0000;

// Status and command bits
inline constexpr unsigned kDd = 1, kEop = 2, kIxsm = 4, kVp = 8, kTcpcs = 0x20, kIpcs = 0x40, kPif = 0x80;
inline constexpr unsigned kCe = 1, kSe = 2, kSeq = 4, kTcpe = 0x20, kIpe = 0x40, kRxe = 0x80;
inline constexpr unsigned kCmdEop = 1, kCmdIfcs = 2, kCmdRs = 8, kCmdDext = 0x20, kCmdIde = 0x80;

struct Descriptor {
  std::uint64_t address;
  std::uint16_t length;
  std::uint16_t checksum;  // transmit: CSO and command
  std::uint8_t status;
  std::uint8_t errors;
  std::uint16_t special;
};
static_assert(sizeof(Descriptor) == 16);

struct Event {
  unsigned kind;
  std::uint32_t tag;
  std::uint64_t descriptor;
  std::uint64_t cycle;
};

struct RxFrame {
  Octets bytes;
  std::uint32_t tag = 0;
  bool crc_error = false;
  bool symbol_error = false;
  bool exact = true;
  bool sequence_error = false;
  // What vlan and checksum blocks have found
  bool stripped = false;
  std::uint16_t tci = 0;
  unsigned verdicts = 0;  // 8 IP checked, 4 IP error, 2 TCP/UDP checked, 1 TCP/UDP error
  std::uint16_t checksum = 0;
};

struct TxFrame {
  Octets bytes;
  std::uint32_t tag;
  bool ifcs;
  std::uint64_t cycle;
};

inline Octets pattern(std::size_t length, std::uint64_t seed) {
  Rng rng(seed, "payload");
  Octets bytes(length);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(rng.next());
  return bytes;
}

class DmaBench {
 public:
  DmaBench() : memory(kMemory, kMemoryBytes) {
    top.clk_i = 0;
    top.rst_ni = 0;
    top.flush_i = 0;
    top.bus_master_i = 1;
    top.rx_enable_i = top.tx_enable_i = 0;
    top.rx_strip_fcs_i = 0;
    top.rx_min_threshold_i = 0;
    top.rx_base_i = top.tx_base_i = 0;
    top.rx_bytes_i = top.tx_bytes_i = 0;
    top.rx_tail_i = top.tx_tail_i = 0;
    top.rx_head_write_i = top.tx_head_write_i = 0;
    top.rx_buffer_bytes_i = 2048;
    top.tx_wthresh_i = top.tx_lwthresh_i = 0;
    top.rx_pthresh_i = top.rx_hthresh_i = 0;  // RXDCTL as it resets
    top.rx_wthresh_i = 1;
    top.rx_gran_i = 1;
    top.rx_flush_i = 0;
    top.rxw_enable_i = top.rxw_data_read_i = top.rxw_next_i = 0;
    top.frame_exact_i = 1;
    for (unsigned edge = 0; edge < 6; ++edge) {  // before the first edges the outputs mean nothing
      drive();
      top.clk_i = edge & 1U;
      top.eval();
    }
    top.clk_i = 0;
    top.rst_ni = 1;
    run(2);
  }
  ~DmaBench() {
    EXPECT_THAT(memory.faults(), testing::IsEmpty());
    EXPECT_THAT(faults, testing::IsEmpty());
    top.final();
  }

  // Flops without a reset start with noise, so nobody can lean on a zero
  struct RandomStart {
    RandomStart() {
      Verilated::randReset(2);
      Verilated::randSeed(1);
    }
  } random_start;
  Vdma_tb_top top;
  AxiMemory memory;
  std::vector<std::string> faults;

  // ---- receive: frames in front of the engine; `gap` cycles pass between two of them
  std::deque<RxFrame> rx_fifo;
  unsigned rx_gap = 1;
  unsigned data_chance = 100;
  std::vector<Event> rx_events;
  unsigned rxt0 = 0, rxdmt0 = 0, no_buffer = 0;

  // ---- transmit: what the engine committed; room is given back `tx_cycles_per_beat` cycles per 16 bytes later
  std::vector<TxFrame> tx_frames;
  std::vector<Event> tx_events;
  unsigned txdw = 0, txdw_delayed = 0, txqe = 0, txd_low = 0, tso_done = 0, tso_failed = 0, aborts = 0;
  bool tx_drains = true;
  unsigned tx_cycles_per_beat = 0;

  bool check_quiet = false;
  std::uint64_t quiet_cycles = 0;

  std::uint64_t now() const { return memory.cycle(); }

  void cycle() {
    drive();
    top.eval();
    const bool quiet = check_quiet && top.quiet_o && !top.m_axi_rvalid_i && !top.m_axi_bvalid_i;
    const std::string before = quiet ? snapshot() : std::string{};
    observe();
    top.clk_i = 1;
    top.eval();
    top.clk_i = 0;
    top.eval();
    if (quiet) {
      ++quiet_cycles;
      if (snapshot() != before) faults.push_back("cycle " + std::to_string(now()) + ": something moved while quiet");
    }
  }
  void run(std::uint64_t cycles) {
    for (std::uint64_t i = 0; i < cycles; ++i) cycle();
  }
  template <class Condition>
  bool run_until(Condition condition, std::uint64_t limit = 100'000) {
    for (std::uint64_t i = 0; i < limit; ++i) {
      if (condition()) return true;
      cycle();
    }
    return condition();
  }
  // CTRL.RST as csr does it: until the bus has drained.
  bool reset_core() {
    top.flush_i = 1;
    rx_fifo.clear();
    rx_taken_ = 0;
    pending_.clear();
    committed_.clear();
    run(2);
    const bool drained = run_until([&] { return top.drained_o; }, 5'000);
    run(1);  // the cycle in which csr sees it
    top.flush_i = 0;
    top.rx_enable_i = 0;
    top.tx_enable_i = 0;
    top.rx_tail_i = 0;
    top.tx_tail_i = 0;
    return drained;
  }

  // ---- driver
  Descriptor rx_descriptor(unsigned index) { return load(kRxRing, index); }
  Descriptor tx_descriptor(unsigned index) { return load(kTxRing, index); }

  void rx_setup(unsigned descriptors, unsigned buffer_bytes) {
    rx_size_ = descriptors;
    top.rx_base_i = kRxRing;
    top.rx_bytes_i = descriptors * 16;
    top.rx_buffer_bytes_i = static_cast<std::uint16_t>(buffer_bytes);
    top.rx_tail_i = 0;
    std::memset(memory.at(kRxRing), 0, descriptors * 16UL);
    top.rx_enable_i = 1;
  }
  void rx_post(std::uint64_t address) {
    const Descriptor descriptor{address, 0xdead, 0xbeef, 0, 0xff, 0x1234};  // leftovers that must be overwritten
    std::memcpy(memory.at(kRxRing + 16UL * top.rx_tail_i), &descriptor, 16);
    top.rx_tail_i = static_cast<std::uint16_t>((top.rx_tail_i + 1) % rx_size_);
  }
  void tx_setup(unsigned descriptors) {
    tx_size_ = descriptors;
    top.tx_base_i = kTxRing;
    top.tx_bytes_i = descriptors * 16;
    top.tx_tail_i = 0;
    std::memset(memory.at(kTxRing), 0, descriptors * 16UL);
    top.tx_enable_i = 1;
  }
  // A descriptor without ringing the bell
  void tx_write(std::uint64_t address, unsigned length, unsigned command, unsigned type = 0) {
    const Descriptor descriptor{
        address, static_cast<std::uint16_t>(length), static_cast<std::uint16_t>(command << 8U | type << 4U), 0, 0x5a,
        0xa5a5};
    std::memcpy(memory.at(kTxRing + 16UL * tx_next_), &descriptor, 16);
    tx_next_ = (tx_next_ + 1) % tx_size_;
  }
  void tx_ring_bell() { top.tx_tail_i = static_cast<std::uint16_t>(tx_next_); }
  void tx_post(std::uint64_t address, unsigned length, unsigned command) {
    tx_write(address, length, command);
    tx_ring_bell();
  }
  void tx_restart() { tx_next_ = 0; }
  unsigned tx_in_ring() const { return (tx_next_ + tx_size_ - top.tx_head_o) % tx_size_; }
  unsigned tx_next() const { return tx_next_; }

  Octets at(std::uint64_t address, std::size_t length) {
    const std::uint8_t* first = memory.at(address);
    return {first, first + length};
  }
  void put(std::uint64_t address, const Octets& bytes) { std::memcpy(memory.at(address), bytes.data(), bytes.size()); }

 private:
  Descriptor load(std::uint64_t ring, unsigned index) {
    Descriptor descriptor{};
    std::memcpy(&descriptor, memory.at(ring + 16UL * index), 16);
    return descriptor;
  }
  std::string snapshot() { return {reinterpret_cast<const char*>(top.rootp), sizeof(*top.rootp)}; }

  void drive() {
    memory.drive(top);
    top.frame_valid_i = !rx_fifo.empty() && rx_wait_ == 0;
    top.data_valid_i = 0;
    if (top.frame_valid_i) {
      const RxFrame& frame = rx_fifo.front();
      top.frame_length_i = static_cast<std::uint16_t>(frame.bytes.size());
      top.frame_tag_i = frame.tag;
      top.frame_crc_error_i = frame.crc_error;
      top.frame_symbol_error_i = frame.symbol_error;
      top.frame_sequence_error_i = frame.sequence_error;
      top.frame_exact_i = frame.exact;
      top.frame_stripped_i = frame.stripped;
      top.frame_tci_i = frame.tci;
      top.frame_verdicts_i = static_cast<std::uint8_t>(frame.verdicts);
      top.frame_checksum_i = frame.checksum;
      if (rx_taken_ < frame.bytes.size() && (data_chance >= 100 || rng_.below(100) < data_chance)) {
        std::uint8_t word[16] = {};
        std::memcpy(word, frame.bytes.data() + rx_taken_, std::min<std::size_t>(16, frame.bytes.size() - rx_taken_));
        std::uint64_t halves[2];
        std::memcpy(halves, word, 16);
        top.data_valid_i = 1;
        top.data_lo_i = halves[0];
        top.data_hi_i = halves[1];
      }
    }
    top.fifo_free_beats_i = static_cast<std::uint16_t>(1024 - tx_used_);
  }

  void observe() {
    memory.observe(top);
    if (rx_wait_ != 0) --rx_wait_;
    if (top.rst_ni && !top.flush_i) {
      if (top.data_take_o) {
        if (!top.data_valid_i) faults.push_back("took data that was not there");
        rx_taken_ += 16;
      }
      if (top.frame_done_o) {
        if (!top.frame_valid_i)
          faults.push_back("done without a frame");
        else
          rx_fifo.pop_front();
        rx_taken_ = 0;
        rx_wait_ = rx_gap;
      }
      observe_tx_fifo();
      if (top.rx_event_valid_o)
        rx_events.push_back({top.rx_event_kind_o, top.rx_event_tag_o, top.rx_event_desc_o, now()});
      if (top.tx_event_valid_o)
        tx_events.push_back({top.tx_event_kind_o, top.tx_event_tag_o, top.tx_event_desc_o, now()});
      rxt0 += top.rxt0_o;
      rxdmt0 += top.rxdmt0_o;
      no_buffer += top.no_buffer_o;
      txdw += top.txdw_o;
      txqe += top.txqe_o;
      txdw_delayed += top.txdw_delayed_o;
      txd_low += top.txd_low_o;
      tso_done += top.tso_done_o;
      tso_failed += top.tso_failed_o;
    }
  }

  void observe_tx_fifo() {
    if (top.fifo_valid_o) {
      const std::uint64_t halves[2] = {top.fifo_lo_o, top.fifo_hi_o};
      std::uint8_t word[16];
      std::memcpy(word, halves, 16);
      if (!top.fifo_eof_o && top.fifo_bytes_o != 16) faults.push_back("a short word that is not the last");
      pending_.insert(pending_.end(), word, word + top.fifo_bytes_o);
      if (top.fifo_eof_o != top.fifo_commit_o) faults.push_back("last word without commit");
      if (tx_used_ >= 1024) faults.push_back("transmit FIFO overrun");
      ++tx_used_;
      ++tx_pending_;
    }
    if (top.fifo_commit_o) {
      if (pending_.size() != top.fifo_length_o) faults.push_back("committed length is not what was written");
      tx_frames.push_back({pending_, top.fifo_tag_o, static_cast<bool>(top.fifo_ifcs_o), now()});
      committed_.push_back({tx_pending_, 0});
      pending_.clear();
      tx_pending_ = 0;
    }
    if (top.fifo_abort_o) {
      ++aborts;
      tx_used_ -= tx_pending_;
      pending_.clear();
      tx_pending_ = 0;
    }
    if (tx_drains && !committed_.empty() &&
        ++committed_.front().waited >= committed_.front().beats * tx_cycles_per_beat) {
      tx_used_ -= committed_.front().beats;
      committed_.pop_front();
    }
    if (committed_.empty() && pending_.empty()) tx_used_ = 0;
  }

  struct Committed {
    unsigned beats;
    unsigned waited;
  };

  Rng rng_{7, "bench"};
  std::size_t rx_taken_ = 0;
  unsigned rx_wait_ = 0;
  unsigned rx_size_ = 8;
  unsigned tx_size_ = 8;
  unsigned tx_next_ = 0;
  Octets pending_;
  unsigned tx_used_ = 0;
  unsigned tx_pending_ = 0;
  std::deque<Committed> committed_;
};

}  // namespace nicosim::test
