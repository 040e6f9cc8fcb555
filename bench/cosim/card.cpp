// The bare card: the verilated model in a plain loop, with a plain memory and the least driver that keeps it going.
//
// The reference that co-simulation is measured against, so it does what the card needs and nothing else: columns from
// a table, DMA answered in the next cycle, an interrupt answered after the round trips that the link of `cosim` costs
// (so that the card itself does the same work in both). Every cycle is evaluated.
#include "bench/cosim/cell.hpp"
#include "bench/cosim/rings.hpp"
#include "bench/cosim/traffic.hpp"
#include "regmap/regmap.hpp"
#include "sc_model/rtl_model.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace nicosim::bench {
namespace {

constexpr std::size_t kBeat = 16;
constexpr std::uint64_t kRoundTrip = 2 * 400'000 / 6'400;  // cycles: the link's default latency there and back
constexpr std::uint64_t kNever = ~std::uint64_t{0};

// Memory behind the card's AXI port. Always ready; a read's first beat comes in the next cycle.
class PlainMemory {
 public:
  explicit PlainMemory(RtlModel::Pins& pins) : pins_(pins), bytes_(kMemoryBytes) {}

  std::byte* at(std::uint64_t address) { return bytes_.data() + address; }

  // Before the edge: shows the answers, takes what the card has offered since the last edge.
  void edge() {
    pins_.bvalid = answer_due_ ? 1 : 0;
    answer_due_ = false;
    pins_.rvalid = reads_begun_ != reads_done_ ? 1 : 0;
    if (pins_.rvalid != 0) drive_read();
    if (pins_.arvalid != 0) reads_[reads_begun_++ % kReads] = {pins_.araddr, pins_.aruser};
    if (pins_.awvalid != 0) writes_[writes_begun_++ % kReads] = pins_.awaddr;
    if (pins_.wvalid != 0) take_beat();
  }

 private:
  static constexpr std::size_t kReads = 64;
  struct Read {
    std::uint64_t address;
    std::uint64_t bytes;
  };

  void drive_read() {
    const Read& read = reads_[reads_done_ % kReads];
    const std::uint64_t lead = read.address % kBeat;
    std::memcpy(pins_.rdata, at(read.address - lead + beat_ * kBeat), kBeat);
    ++beat_;
    const bool last = beat_ * kBeat >= lead + read.bytes;
    pins_.rlast = last ? 1 : 0;
    if (!last) return;
    beat_ = 0;
    ++reads_done_;
  }

  void take_beat() {
    std::byte* const here = at(writes_[writes_done_ % kReads] + write_beat_ * kBeat);
    std::array<std::byte, kBeat> lanes;
    std::memcpy(lanes.data(), pins_.wdata, kBeat);
    if (pins_.wstrb == 0xffff) {
      std::memcpy(here, lanes.data(), kBeat);
    } else {
      for (std::size_t i = 0; i < kBeat; ++i)
        if ((pins_.wstrb >> i & 1U) != 0) here[i] = lanes[i];
    }
    ++write_beat_;
    if (pins_.wlast == 0) return;
    write_beat_ = 0;
    ++writes_done_;
    answer_due_ = true;
  }

  RtlModel::Pins& pins_;
  std::vector<std::byte> bytes_;
  std::array<Read, kReads> reads_{};
  std::array<std::uint64_t, kReads> writes_{};
  std::size_t reads_begun_ = 0, reads_done_ = 0, writes_begun_ = 0, writes_done_ = 0;
  std::uint64_t beat_ = 0, write_beat_ = 0;
  bool answer_due_ = false;
};

class BareCard {
 public:
  explicit BareCard(const Cell& cell) : pattern_(wire_pattern(cell)), frames_(cell.frames) {
    pins_.bus_master = 1;
    pins_.arready = pins_.awready = pins_.wready = 1;
    set_up_receive([this](std::uint32_t offset, std::uint32_t value) { write(offset, value); }, memory_.at(0));
  }

  CellResult run() {
    CellResult result;
    result.cycles = frames_ / pattern_.frames * pattern_.columns.size();
    const auto began = std::chrono::steady_clock::now();
    for (std::uint64_t period = 0; period < frames_ / pattern_.frames; ++period)
      for (const Column& column : pattern_.columns) step(column);
    for (std::int64_t c = 0; c < kTail.in_ps() / kCyclePs; ++c) step({});
    result.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    result.delivered = ring_.delivered();
    result.evaluated = cycle_;
    result.interrupts = interrupts_;
    return result;
  }

 private:
  void step(const Column& column) {
    pins_.xgmii_rxd = column.data;
    pins_.xgmii_rxc = column.control;
    pins_.now = cycle_;
    memory_.edge();
    if (cycle_ == read_at_) {
      pins_.axil_arvalid = 1;
      pins_.axil_araddr = regs::ICR;
    } else if (cycle_ == write_at_) {
      pins_.axil_awvalid = pins_.axil_wvalid = 1;
      pins_.axil_awaddr = regs::RDT;
      pins_.axil_wdata = ring_.tail();
    }
    const bool read_taken = (pins_.axil_arvalid & pins_.axil_arready) != 0;
    const bool address_taken = (pins_.axil_awvalid & pins_.axil_awready) != 0;
    const bool data_taken = (pins_.axil_wvalid & pins_.axil_wready) != 0;
    model_.cycle();
    if (read_taken) pins_.axil_arvalid = 0;
    if (address_taken) pins_.axil_awvalid = 0;
    if (data_taken) pins_.axil_wvalid = 0;
    ++cycle_;
    if (pins_.intr != 0 && read_at_ == kNever) {
      read_at_ = cycle_ + kRoundTrip;
      ++interrupts_;
    }
    if (pins_.axil_rvalid != 0) {  // ICR is clear now; what it stood for is in the ring
      read_at_ = kNever;
      if (ring_.clean(memory_.at(0))) write_at_ = cycle_ + kRoundTrip;
    }
  }

  // Before traffic: one register write, to its end.
  void write(std::uint32_t offset, std::uint32_t value) {
    pins_.axil_awvalid = pins_.axil_wvalid = 1;
    pins_.axil_awaddr = offset;
    pins_.axil_wdata = value;
    for (int i = 0; pins_.axil_bvalid == 0; ++i) {
      if (i == 1000) throw std::runtime_error("the card's registers do not answer");
      step({});
    }
    step({});
  }

  RtlModel model_;
  RtlModel::Pins& pins_ = model_.pins();
  PlainMemory memory_{pins_};
  ReceiveRing ring_;
  Pattern pattern_;
  std::uint64_t frames_;
  std::uint64_t cycle_ = 1, read_at_ = kNever, write_at_ = kNever, interrupts_ = 0;
};

}  // namespace

CellResult run_card(const Cell& cell) { return BareCard{cell}.run(); }

}  // namespace nicosim::bench
