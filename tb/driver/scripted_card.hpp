// A functional stand-in for the card: enough registers and DMA for a driver, no time of its own.
//
// Every register access is logged. `before` runs in front of each, so a test can let the world go on at any of them;
// wrong behaviour (no DD, odd lengths, held transmissions) is switched on by hand.
#pragma once

#include "common/ledger.hpp"
#include "common/runtime.hpp"
#include "driver/device_bus.hpp"
#include "regmap/descriptors.hpp"
#include "regmap/regmap.hpp"
#include "regmap/tx_context.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace nicosim {

// Host memory that refuses every access outside of what was allocated.
class HostMemory final : public DmaMemory {
 public:
  DmaRegion allocate(std::size_t bytes, std::size_t alignment) override {
    next_ = (next_ + alignment - 1) / alignment * alignment;
    const DmaRegion region{next_, bytes};
    regions_[region.bus].assign(bytes, std::byte{0});
    next_ += bytes + 64;  // a gap, so that running over the end is seen
    return region;
  }
  void release(DmaRegion region) override {
    const auto entry = regions_.find(region.bus);
    ASSERT_TRUE(entry != regions_.end() && entry->second.size() == region.bytes) << "released what was not allocated";
    regions_.erase(entry);
  }
  void load(std::uint64_t bus, std::span<std::byte> to) override {
    call(on_load, bus, to.size());
    std::ranges::copy(at(bus, to.size()), to.begin());
  }
  void store(std::uint64_t bus, std::span<const std::byte> from) override {
    std::ranges::copy(from, at(bus, from.size()).begin());
    call(on_store, bus, from.size());
  }
  std::size_t regions() const { return regions_.size(); }

  using Hook = std::function<void(std::uint64_t bus, std::size_t bytes)>;
  Hook on_load, on_store;  // before a load, after a store; may replace themselves

 private:
  static void call(const Hook& hook, std::uint64_t bus, std::size_t bytes) {
    if (const Hook kept = hook) kept(bus, bytes);
  }
  std::span<std::byte> at(std::uint64_t bus, std::size_t bytes) {
    auto entry = regions_.upper_bound(bus);
    if (entry != regions_.begin()) {
      --entry;
      const std::uint64_t offset = bus - entry->first;
      if (offset + bytes <= entry->second.size()) return std::span{entry->second}.subspan(offset, bytes);
    }
    ADD_FAILURE() << fmt::format("memory access outside of every region: {:#x}, {} bytes", bus, bytes);
    spare_.assign(bytes, std::byte{0});
    return spare_;
  }

  std::map<std::uint64_t, std::vector<std::byte>> regions_;
  std::vector<std::byte> spare_;
  std::uint64_t next_ = 0x1000'0000;
};

class ScriptedCard final : public DeviceBus {
 public:
  using Frame = std::vector<std::byte>;
  static constexpr std::size_t kBuffer = 2048;
  static constexpr std::size_t kWindowFrames = 32;  // its FIFO, as far as the receive window needs one

  ScriptedCard(HostMemory& memory, Runtime& runtime, Ledger& ledger, unsigned port = 0)
      : memory_(memory), runtime_(runtime), ledger_(ledger), port_(port) {
    reset();
  }

  // ---- the driver's side
  std::uint32_t read32(std::uint32_t offset) override {
    enter({false, offset, 0});
    std::uint32_t value = regs_[offset];
    if (offset == regs::ICR) regs_[offset] = 0;
    if (offset == regs::STATUS) value = field::STATUS_FD.mask() | field::STATUS_LU.put(link);
    if (offset == regs::IMS) value = mask_;
    if (offset == regs::RXW_STATUS) value = window_status();
    if (offset == regs::RXW_DATA) value = window_word();
    if (offset >= regs::CRCERRS && offset <= regs::TSCTFC && !is_low_half(offset)) {
      regs_[offset] = 0;
      if (is_low_half(offset - 4)) regs_[offset - 4] = 0;
    }
    log.back().value = value;
    return value;
  }
  bool has_io() const override { return io; }
  void io_write32(std::uint32_t port, std::uint32_t value) override {
    if (port == 0)
      io_address_ = value;
    else
      ++io_writes, write32(io_address_, value);
  }
  void write32(std::uint32_t offset, std::uint32_t value) override {
    enter({true, offset, value});
    switch (offset) {
      case regs::CTRL:
        if (field::CTRL_RST.in(value)) return reset();
        break;
      case regs::ICR:
        regs_[offset] &= ~value;
        return;
      case regs::ICS:
        regs_[regs::ICR] |= value;
        return;
      case regs::IMS:
        mask_ |= value;
        return;
      case regs::IMC:
        mask_ &= ~value;
        return;
      case regs::RXW_NEXT:
        if (!window_.empty() && field::RXW_NEXT_DONE.in(value)) {
          window_.pop_front();
          show();
        }
        return;
      default:
        break;
    }
    regs_[offset] = value;
    if ((offset == regs::TDT || offset == regs::TCTL) && !hold_tx) send();
  }

  // ---- the wire's side
  bool line() const { return (peek(regs::ICR) & mask_) != 0; }
  void raise(const Field& cause) { regs_[regs::ICR] |= cause.mask(); }
  std::uint32_t mask() const { return mask_; }
  std::uint32_t peek(std::uint32_t offset) const {
    const auto entry = regs_.find(offset);
    return entry == regs_.end() ? 0 : entry->second;
  }
  void poke(std::uint32_t offset, std::uint32_t value) { regs_[offset] = value; }

  // Descriptors that the card owns: from RDH up to RDT.
  unsigned rx_free() const { return distance(peek(regs::RDH), peek(regs::RDT), rx_count()); }
  unsigned tx_waiting() const { return distance(peek(regs::TDH), peek(regs::TDT), tx_count()); }

  // A good frame without FCS, in as many descriptors as it takes. false: receiver off or no descriptor, the frame is
  // lost (this card has no FIFO).
  bool receive(const Frame& frame) {
    Frame stored = frame;
    stored.resize(frame.size() + 4, std::byte{0xfc});  // FCS
    return receive_raw(stored, rxd::STATUS_IXSM, 0);
  }
  // `stored` goes to memory as it is; DD and EOP are added. `length`: what the last descriptor says, if not the truth.
  bool receive_raw(const Frame& stored, std::uint8_t status, std::uint8_t errors, int length = -1) {
    const FrameId id = ledger_.open_on_wire(port_, next_number_++, runtime_.now());
    if (field::RXW_CTRL_EN.in(peek(regs::RXW_CTRL))) return receive_in_window(stored, errors, length, id);
    const std::size_t parts = std::max<std::size_t>(1, (stored.size() + kBuffer - 1) / kBuffer);
    if (!field::RCTL_EN.in(peek(regs::RCTL)) || rx_free() < parts) {
      ledger_.close(id, Fate::dropped, Station::fifo, runtime_.now(), DropReason::FIFO_FULL);
      ++regs_[regs::MPC];
      return false;
    }
    for (std::size_t i = 0; i < parts; ++i) {
      const std::size_t from = i * kBuffer;
      const std::size_t bytes = std::min(kBuffer, stored.size() - from);
      const bool last = i + 1 == parts;
      put_rx(std::span{stored}.subspan(from, bytes), last ? length : -1,
             static_cast<std::uint8_t>(status | rxd::STATUS_DD | (last ? rxd::STATUS_EOP : 0)), last ? errors : 0,
             last || id_at_each_descriptor ? id : FrameId{});
    }
    ++regs_[regs::GPRC];
    raise(field::ICR_RXT0);
    return true;
  }

  std::size_t window_frames() const { return window_.size(); }
  // For how many more frames of one buffer there is room.
  std::size_t room() const {
    return field::RXW_CTRL_EN.in(peek(regs::RXW_CTRL)) ? kWindowFrames - window_.size() : rx_free();
  }

  // Sends what the ring holds, if TCTL.EN. At most `limit` descriptors.
  void send(unsigned limit = ~0U) {
    if (!field::TCTL_EN.in(peek(regs::TCTL))) return;
    while (tx_waiting() > 0 && limit-- > 0) {
      const std::uint32_t head = peek(regs::TDH);
      const std::uint64_t where = base(regs::TDBAL) + head * kDescriptorBytes;
      DescriptorBytes raw;
      memory_.load(where, raw);
      fetched.push_back(raw);
      if (tx_form(raw) != TxForm::context) gather(raw, where);
      const auto command = static_cast<std::uint8_t>(part::TXD_CMD.get(raw));
      if ((command & txd::CMD_RS) != 0) {
        part::TXD_STA.put(raw, txd::STA_DD);
        memory_.store(where, raw);
        raise(field::ICR_TXDW);
      }
      regs_[regs::TDH] = (head + 1) % tx_count();
    }
  }

  // "write IMC ffffffff", "read ICR"; of an array "write MTA[3] 00000000"
  struct Access {
    bool write = false;
    std::uint32_t offset = 0;
    std::uint32_t value = 0;  // of a read: what was answered
  };
  static std::string text(const Access& a) {
    std::string name = fmt::format("{:05x}", a.offset);
    for (const RegisterInfo& r : all_registers()) {
      for (unsigned i = 0; i < r.count; ++i)
        if (r.offset_of(i) == a.offset && r.alias_of.empty())
          name = r.count == 1 ? std::string{r.name} : fmt::format("{}[{}]", r.name, i);
    }
    return a.write ? fmt::format("write {} {:08x}", name, a.value) : fmt::format("read {}", name);
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> lines;
    for (const Access& a : log) lines.push_back(text(a));
    return lines;
  }
  std::vector<std::uint32_t> writes_to(std::uint32_t offset) const {
    std::vector<std::uint32_t> values;
    for (const Access& a : log)
      if (a.write && a.offset == offset) values.push_back(a.value);
    return values;
  }

  std::vector<Access> log;
  std::function<void(const Access&)> before;
  bool link = true;
  bool io = false;                     // the bus has I/O space
  unsigned io_writes = 0;              // of registers, through it
  bool hold_tx = false;                // descriptors wait until send()
  bool id_at_each_descriptor = false;  // the ledger hears of a frame at all of its descriptors, else at EOP
  bool names_fetches = true;           // false: like a card without RTL, which tells the ledger nothing
  std::vector<Frame> sent;             // whole: checksums that were left and frames that are to be cut are not its work
  std::vector<std::uint8_t> sent_commands;  // of the last descriptor
  std::vector<DescriptorBytes> fetched;     // all transmit descriptors, as they were

 private:
  static bool is_low_half(std::uint32_t offset) {
    return offset == regs::GORCL || offset == regs::GOTCL || offset == regs::TORL || offset == regs::TOTL;
  }
  static unsigned distance(unsigned head, unsigned tail, unsigned count) {
    return count == 0 ? 0 : (tail + count - head) % count;
  }
  unsigned rx_count() const { return static_cast<unsigned>(peek(regs::RDLEN) / kDescriptorBytes); }
  unsigned tx_count() const { return static_cast<unsigned>(peek(regs::TDLEN) / kDescriptorBytes); }
  std::uint64_t base(std::uint32_t low) const { return (std::uint64_t{peek(low + 4)} << 32U) | peek(low); }

  void enter(Access access) {
    if (const auto kept = before) kept(access);  // a copy: the hook may replace itself
    log.push_back(access);
  }

  // The receive window (RXW_*): the oldest frame shows, and raises RXT0 when it comes.
  struct Waiting {
    Frame bytes;  // FCS included
    std::uint8_t errors = 0;
    std::uint32_t length = 0;
    FrameId id;
    std::size_t read = 0;
  };
  bool receive_in_window(const Frame& stored, std::uint8_t errors, int length, FrameId id) {
    if (!field::RCTL_EN.in(peek(regs::RCTL)) || window_.size() >= kWindowFrames) {
      ledger_.close(id, Fate::dropped, Station::fifo, runtime_.now(), DropReason::FIFO_FULL);
      ++regs_[regs::MPC];
      raise(field::ICR_RXO);
      return false;
    }
    const auto bytes = static_cast<std::uint32_t>(length < 0 ? static_cast<int>(stored.size()) : length);
    window_.push_back({stored, errors, bytes, id});
    ++regs_[regs::GPRC];
    if (window_.size() == 1) show();
    return true;
  }
  void show() {
    if (window_.empty()) return;
    ledger_.in_window(port_, window_.front().id, runtime_.now());
    raise(field::ICR_RXT0);
  }
  std::uint32_t window_status() const {
    if (window_.empty()) return 0;
    const Waiting& oldest = window_.front();
    return field::RXW_STATUS_VALID.mask() | field::RXW_STATUS_ERRORS.put(oldest.errors) |
           field::RXW_STATUS_LENGTH.put(oldest.length);
  }
  std::uint32_t window_word() {
    std::uint32_t word = 0;
    if (window_.empty()) return word;
    Waiting& oldest = window_.front();
    for (unsigned i = 0; i < 4; ++i, ++oldest.read)
      if (oldest.read < oldest.bytes.size()) word |= std::to_integer<std::uint32_t>(oldest.bytes[oldest.read]) << 8 * i;
    return word;
  }

  void reset() {
    // The frame in the window is the driver's to close; the ledger knows those behind it by nobody else.
    for (std::size_t i = 1; i < window_.size(); ++i)
      ledger_.close(window_[i].id, Fate::dropped, Station::fifo, runtime_.now(), DropReason::RESET);
    window_.clear();
    regs_.clear();
    mask_ = 0;
    regs_[regs::RAL(0)] = 0x0000'0002;  // 02:00:00:00:00:01
    regs_[regs::RAH(0)] = 0x8000'0100;
  }

  // One buffer of a frame; the ledger may know the frame by this descriptor.
  void gather(const DescriptorBytes& raw, std::uint64_t where) {
    const bool legacy = tx_form(raw) == TxForm::legacy;
    const TxData data = legacy ? TxData{} : TxData::decode(raw);
    const TxDescriptor old = TxDescriptor::decode(raw);
    const std::size_t length = legacy ? old.length : data.length, before_it = under_way_.size();
    under_way_.resize(before_it + length);
    memory_.load(legacy ? old.address : data.address, std::span{under_way_}.subspan(before_it));
    if (names_fetches) {
      const FrameId id = ledger_.fetched(port_, where);
      if (id.valid()) ledger_.close(id, Fate::sent, Station::tx_wire, runtime_.now());
    }
    if ((old.cmd & txd::CMD_EOP) == 0) return;
    sent.push_back(std::exchange(under_way_, {}));
    sent_commands.push_back(old.cmd);
    ++regs_[regs::GPTC];
  }

  void put_rx(std::span<const std::byte> data, int length, std::uint8_t status, std::uint8_t errors, FrameId id) {
    const std::uint32_t head = peek(regs::RDH);
    const std::uint64_t where = base(regs::RDBAL) + head * kDescriptorBytes;
    DescriptorBytes raw;
    memory_.load(where, raw);
    RxDescriptor descriptor = RxDescriptor::decode(raw);
    EXPECT_EQ(descriptor.status, 0) << "the card was given a descriptor that still has a status";
    memory_.store(descriptor.address, data);
    descriptor.length = static_cast<std::uint16_t>(length < 0 ? static_cast<int>(data.size()) : length);
    descriptor.status = status;
    descriptor.errors = errors;
    memory_.store(where, descriptor.encode());
    regs_[regs::RDH] = (head + 1) % rx_count();
    if (!id.valid()) return;
    ledger_.at(id, Station::dma, runtime_.now());
    ledger_.written_back(port_, where, id);
  }

  HostMemory& memory_;
  Runtime& runtime_;
  Ledger& ledger_;
  unsigned port_;
  std::map<std::uint32_t, std::uint32_t> regs_;
  std::uint32_t io_address_ = 0;
  std::uint32_t mask_ = 0;
  std::deque<Waiting> window_;
  Frame under_way_;
  std::uint64_t next_number_ = 0;
};

}  // namespace nicosim
