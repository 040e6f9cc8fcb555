#include "bench/line/line.hpp"

#include "bench/line/ring_agents.hpp"
#include "regmap/regmap.hpp"

#include <algorithm>
#include <stdexcept>

namespace nicosim::bench {
namespace {

constexpr SimTime kStart = SimTime::us(20);  // of traffic; set-up and the first descriptors are over by then
constexpr std::uint64_t kRest = 2'000;       // cycles without anything on its way: the card has no more to say
constexpr std::uint64_t kAroundFrame = 20;   // bytes: preamble, delimiter and the average gap
constexpr std::size_t kMemory = 0x30'0000;

class LineBench {
 public:
  explicit LineBench(const LineCell& cell) : cell_(cell) {
    pins_.station_addr = 0x02'00'00'00'00'01;
    pins_.autoneg_cycles = 0;  // the link is up as soon as the host says so
    model_.reset();            // RA[0] takes the address over in reset
    pins_.bus_master = 1;
    host_.write_register(SimTime::zero(), regs::CTRL, field::CTRL_SLU.mask());
    if (cell.receive) {
      host_.add(receiver_);
      receiver_.set_up();
      wire_in_.set_source(&receiver_);
    }
    if (cell.transmit) {
      host_.add(transmitter_);
      transmitter_.set_up();
    }
  }

  LineResult run() {
    const double line_cycles = (receiver_.frames().mean_length() + kAroundFrame) / 8;
    const auto wanted = static_cast<std::uint64_t>(static_cast<double>(cell_.frames) * line_cycles) + 4 * kRest;
    const std::uint64_t most = 20 * wanted;  // far beyond what the slowest card needs
    std::uint64_t rest = 0;
    while (cell_.idle ? cycle_ < wanted : rest < kRest) {
      step();
      rest = wire_in_.exhausted() && host_.at_rest() && !sending_ ? rest + 1 : 0;
      if (cycle_ > most) throw std::runtime_error("the card does not come to an end");
    }
    LineResult result;
    result.cycles = cycle_;
    result.up_bytes = host_.up().bytes();
    result.down_bytes = host_.down().bytes();
    result.missed = read(regs::MPC);
    result.no_buffer = read(regs::RNBC);
    if (cell_.receive)
      result.receive = {cell_.frames, receiver_.delivered().count, receiver_.delivered().cycles_each(), line_cycles};
    if (cell_.transmit)
      result.transmit = {cell_.frames, transmitter_.sent().count, transmitter_.sent().cycles_each(), line_cycles};
    result.least_gap = transmitter_.least_gap();
    result.most_gap = transmitter_.most_gap();
    return result;
  }

 private:
  void step() {
    const Column in = wire_in_.column(cycle_);
    pins_.xgmii_rxd = in.data;
    pins_.xgmii_rxc = in.control;
    pins_.now = cycle_;
    host_.before_edge(SimTime::ps(static_cast<std::int64_t>(cycle_) * kCyclePs));
    model_.cycle();
    host_.after_edge();
    const Column out{pins_.xgmii_txd, pins_.xgmii_txc};
    const bool sending = !out.idle();
    if (sending || sending_) wire_out_.column(cycle_, out);
    sending_ = sending;
    ++cycle_;
  }

  std::uint32_t read(std::uint32_t offset) {
    host_.ask_register(offset);
    std::uint32_t value = 0;
    for (int patience = 1'000; patience > 0; --patience) {
      step();
      if (host_.answered(value)) {
        step();
        return value;
      }
    }
    throw std::runtime_error("the card's registers do not answer");
  }

  LineCell cell_;
  RtlModel model_;
  RtlModel::Pins& pins_ = model_.pins();
  LinkHost host_{pins_, cell_.link, kMemory};
  Receiver receiver_{host_, cell_, kStart};
  Transmitter transmitter_{host_, cell_};
  WireIn wire_in_{[](std::uint64_t, SimTime, const WireFrame&) {}};
  WireOut wire_out_{[this](WireOut::Frame&& frame) { transmitter_.left(frame); }};
  std::uint64_t cycle_ = 1;
  bool sending_ = false;
};

}  // namespace

LineResult run_line(const LineCell& cell) {
  if (cell.bytes != kMixed && (cell.bytes < 64 || cell.bytes > 1518))
    throw std::invalid_argument("a frame has 64 to 1518 bytes, FCS included; 0: mixed");
  if (cell.offset > 15) throw std::invalid_argument("a buffer's offset is 0 to 15");
  if (cell.frames < 2) throw std::invalid_argument("at least two frames");
  if (!cell.receive && !cell.transmit) throw std::invalid_argument("receive, transmit or both");
  return LineBench{cell}.run();
}

std::string limit_of(const LineCell& cell, const LineResult& result, const LineFlow& flow) {
  constexpr double kNearly = 0.97;
  constexpr double kCycleSeconds = 6.4e-9;
  if (flow.delivered == flow.frames && flow.cycles_per_frame < 1.001 * flow.line_cycles) return "wire";
  const double seconds = flow.cycles_per_frame * kCycleSeconds * static_cast<double>(flow.delivered);
  const double room = kNearly * static_cast<double>(cell.link.bits_per_second) / 8 * seconds;
  if (static_cast<double>(result.up_bytes) > room) return "link up";
  if (static_cast<double>(result.down_bytes) > room) return "link down";
  // A descriptor's round: its DD up, `recycle`, the tail down, the fetch up and down again, and its group
  const double round = static_cast<double>((cell.recycle + cell.link.latency * 4).in_ps()) / kCyclePs;
  const double ring = static_cast<double>(kRingSize - 1 - kGroup) * flow.line_cycles;
  return round > 0.9 * ring ? "ring" : "card";
}

}  // namespace nicosim::bench
