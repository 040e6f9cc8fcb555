#include "bench/line/ring_agents.hpp"

#include "common/crc32.hpp"
#include "regmap/descriptors.hpp"
#include "regmap/regmap.hpp"

#include <cstring>
#include <fmt/format.h>
#include <stdexcept>

namespace nicosim::bench {
namespace {

constexpr std::size_t kFcs = 4;
constexpr std::uint64_t kGiven = kRingSize - 1;  // one short of the ring, so that full never looks empty
constexpr std::uint64_t kRxRing = 0x1000, kTxRing = 0x2000, kRxBuffers = 0x10'0000, kTxBuffers = 0x20'0000;
constexpr MacAddress kSomebodyElse{{0x02, 0, 0, 0, 0, 0x77}};

bool same(const std::byte* in_memory, const std::vector<std::byte>& frame) {
  if (std::memcmp(in_memory, frame.data(), frame.size()) != 0) return false;
  const std::uint32_t fcs = ethernet_fcs(frame);  // least significant byte first, as this machine has it
  return std::memcmp(in_memory + frame.size(), &fcs, kFcs) == 0;
}

}  // namespace

double Span::cycles_each() const {
  if (count < 2) return 0;
  return static_cast<double>((last - *first).in_ps()) / static_cast<double>(kCyclePs) / static_cast<double>(count - 1);
}

RingAgent::RingAgent(LinkHost& host, std::uint64_t ring, std::uint64_t buffers, const LineCell& cell)
    : host_(host), ring_(ring), buffers_(buffers), offset_(cell.offset), recycle_(cell.recycle) {}

void RingAgent::written(SimTime t, std::uint64_t bus_address) {
  if (bus_address < ring_ || bus_address >= ring_ + kRingSize * kDescriptorBytes) return;
  static_assert(part::RXD_STATUS.lsb == part::TXD_STA.lsb && int{rxd::STATUS_DD} == int{txd::STA_DD});
  for (;;) {
    std::byte& status = descriptor(done_)[part::RXD_STATUS.first_byte()];
    if ((std::to_integer<unsigned>(status) & rxd::STATUS_DD) == 0) return;
    done(t, done_);
    status = std::byte{0};
    ++done_;
    free_at_.push_back(t + recycle_);
  }
}

void RingAgent::act(SimTime t) {
  free_at_.pop_front();
  const std::uint64_t number = kGiven + freed_++;
  const bool used = use_again(number);
  if (used) ++waiting_;
  // When there is nothing more to come the rest of a group goes as it is
  if (waiting_ == kGroup || (!used && waiting_ != 0)) {
    write_tail(t, used ? number + 1 : number);
    waiting_ = 0;
  }
}

void RingAgent::write_tail(SimTime t, std::uint64_t number) {
  host_.write_register(t, tail_register(), static_cast<std::uint32_t>(number % kRingSize));
}

// ---- receive

Receiver::Receiver(LinkHost& host, const LineCell& cell, SimTime start)
    : RingAgent(host, kRxRing, kRxBuffers, cell),
      frames_(cell.bytes, cell.for_us ? kCardAddress : kSomebodyElse),
      count_(cell.receive && !cell.idle ? cell.frames : 0),
      start_(start) {}

void Receiver::set_up() {
  for (std::uint64_t i = 0; i < kRingSize; ++i) {
    const std::uint64_t address = buffer(i);
    std::memcpy(descriptor(i), &address, sizeof address);
  }
  const auto write = [this](std::uint32_t offset, std::uint32_t value) {
    host_.write_register(SimTime::zero(), offset, value);
  };
  write(regs::RDBAL, static_cast<std::uint32_t>(kRxRing));
  write(regs::RDBAH, 0);
  write(regs::RDLEN, static_cast<std::uint32_t>(kRingSize * kDescriptorBytes));
  write(regs::RDH, 0);
  write(regs::RDT, static_cast<std::uint32_t>(kGiven));
  write(regs::RCTL, field::RCTL_EN.mask() | field::RCTL_BAM.mask());
}

std::optional<WireFrame> Receiver::next() {
  if (sent_ == count_) return std::nullopt;
  WireFrame frame;
  frame.not_before = start_;
  frames_.make(sent_, frame.bytes);
  finish_for_wire(frame.bytes);
  frame.packet = sent_++;
  return frame;
}

void Receiver::done(SimTime t, std::uint64_t number) {
  DescriptorBytes bytes;
  std::memcpy(bytes.data(), descriptor(number), bytes.size());
  const RxDescriptor d = RxDescriptor::decode(bytes);
  const std::byte* const data = host_.at(buffer(number));
  const std::uint32_t found = NumberedFrames::number_in(data);
  if (found < expected_ || found >= sent_)
    throw std::runtime_error(fmt::format("descriptor {} holds frame {} where {} was due", number, found, expected_));
  expected_ = found + 1;
  frames_.make(found, scratch_);
  if (d.length != scratch_.size() + kFcs || (d.status & rxd::STATUS_EOP) == 0 || d.errors != 0 || !same(data, scratch_))
    throw std::runtime_error(fmt::format("frame {} is not in memory as it was on the wire", found));
  delivered_.note(t);
}

bool Receiver::use_again(std::uint64_t) { return true; }  // address and buffer stay

std::uint32_t Receiver::tail_register() const { return regs::RDT; }

// ---- transmit

Transmitter::Transmitter(LinkHost& host, const LineCell& cell)
    : RingAgent(host, kTxRing, kTxBuffers, cell),
      frames_(cell.bytes, kSomebodyElse),
      count_(cell.transmit && !cell.idle ? cell.frames : 0) {}

void Transmitter::set_up() {
  const auto write = [this](std::uint32_t offset, std::uint32_t value) {
    host_.write_register(SimTime::zero(), offset, value);
  };
  write(regs::TIPG, field::TIPG_IPGT.put(8) | field::TIPG_IPGR1.put(8) | field::TIPG_IPGR2.put(6));
  write(regs::TDBAL, static_cast<std::uint32_t>(kTxRing));
  write(regs::TDBAH, 0);
  write(regs::TDLEN, static_cast<std::uint32_t>(kRingSize * kDescriptorBytes));
  write(regs::TDH, 0);
  write(regs::TDT, 0);
  write(regs::TCTL, field::TCTL_EN.mask() | field::TCTL_PSP.mask());
  std::uint64_t first = 0;
  while (first < kGiven && use_again(first)) ++first;
  write_tail(SimTime::zero(), first);
}

bool Transmitter::use_again(std::uint64_t number) {
  if (number >= count_) return false;
  frames_.make(number, scratch_);
  std::memcpy(host_.at(buffer(number)), scratch_.data(), scratch_.size());
  TxDescriptor d;
  d.address = buffer(number);
  d.length = static_cast<std::uint16_t>(scratch_.size());
  d.cmd = txd::CMD_EOP | txd::CMD_IFCS | txd::CMD_RS;
  const DescriptorBytes bytes = d.encode();
  std::memcpy(descriptor(number), bytes.data(), bytes.size());
  return true;
}

std::uint32_t Transmitter::tail_register() const { return regs::TDT; }

void Transmitter::left(const WireOut::Frame& frame) {
  frames_.make(sent_.count, scratch_);
  const bool good =
      !frame.aborted && frame.bytes.size() == scratch_.size() + kFcs && same(frame.bytes.data(), scratch_);
  if (!good) throw std::runtime_error(fmt::format("frame {} left the card altered", sent_.count));
  const auto gap = static_cast<std::uint64_t>((frame.first_bit - last_end_).in_ps() / (kCyclePs / 8));
  // The first frames leave while those behind them are still on their way from memory
  if (sent_.count == kGroup) least_gap_ = most_gap_ = gap;
  if (sent_.count > kGroup) {
    least_gap_ = std::min(least_gap_, gap);
    most_gap_ = std::max(most_gap_, gap);
  }
  last_end_ = frame.last_bit;
  sent_.note(frame.first_bit);
}

}  // namespace nicosim::bench
