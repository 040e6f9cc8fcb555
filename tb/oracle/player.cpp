#include "tb/oracle/player.hpp"

#include "regmap/descriptors.hpp"
#include "regmap/regmap.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace nicosim {
namespace {

constexpr std::uint64_t kRxRing = kTestMemory, kTxRing = kTestMemory + 0x1000;
constexpr std::uint64_t kRxBuffers = kTestMemory + 0x1'0000, kTxBuffers = kTestMemory + 0x8'0000;
constexpr std::uint64_t kSlot = 0x1000;  // from one buffer to the next
constexpr std::byte kUntouched{0xa5};
constexpr std::size_t kGuard = 16;
constexpr std::byte kDataDescriptor{0x10};                     // DTYP 1, in byte 10
constexpr std::size_t kMinimum = 60, kFcs = 4, kTagBytes = 4;  // of a frame on the wire

// Complement of the RFC 1071 sum of all bytes; an odd one at the end is a high byte.
std::uint16_t packet_sum(Bytes frame) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < frame.size(); ++i) sum += std::uint32_t{load8(frame, i)} << (i % 2 == 0 ? 8U : 0U);
  while (sum > 0xffff) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

class Player {
 public:
  Player(OracleDevice& device, const Sequence& sequence) : device_(device), sequence_(sequence) {}

  Log play() {
    setup();
    for (operation_ = 0; operation_ < sequence_.operations.size(); ++operation_) run(sequence_.operations[operation_]);
    return std::move(log_);
  }

 private:
  void setup() {
    device_.power_on();
    device_.write32(regs::CTRL, field::CTRL_SLU.mask() | field::CTRL_FD.mask());
    device_.fill(kRxRing, 0x2000, std::byte{0});
    device_.write32(regs::RDBAL, kRxRing);
    device_.write32(regs::RDBAH, 0);
    device_.write32(regs::RDLEN, static_cast<std::uint32_t>(sequence_.rx_ring * kDescriptorBytes));
    device_.write32(regs::RDH, 0);
    device_.write32(regs::RDT, 0);
    device_.write32(regs::TDBAL, kTxRing);
    device_.write32(regs::TDBAH, 0);
    device_.write32(regs::TDLEN, static_cast<std::uint32_t>(sequence_.tx_ring * kDescriptorBytes));
    device_.write32(regs::TDH, 0);
    device_.write32(regs::TDT, 0);
    device_.settle();
    device_.read32(regs::ICR);  // the link came up on one of them
    for (const RegisterWrite& w : sequence_.settings) write(w);
    device_.write32(regs::TCTL, sequence_.tctl);
    post(sequence_.rx_posted);
    write({regs::RCTL, sequence_.rctl});
    see_register(regs::TCTL);
    see_register(regs::RDH);
    see_register(regs::RDT);
  }

  void run(const Operation& op) {
    switch (op.kind) {
      case Operation::Kind::write:
        write(op.reg);
        break;
      case Operation::Kind::look:
        look();
        break;
      case Operation::Kind::post:
        post(op.count);
        see_received();
        break;
      case Operation::Kind::receive:
        // Enough descriptors for all of it, one of them perhaps without buffer; what else happens is for `starve`.
        if (free_descriptors() < 1 + 2 * (op.frame.size() + 4) / buffer_bytes() + 1) break;
        inject(op.frame);
        device_.settle();
        see_received();
        break;
      case Operation::Kind::starve:
        starve(op);
        break;
      case Operation::Kind::send:
        send(op.frames);
        break;
      case Operation::Kind::statistics:
        see_statistics();
        break;
    }
  }

  // ---- what is seen
  Observation& see(Observation::Kind kind, std::uint32_t offset = 0, std::uint32_t value = 0, ByteVector bytes = {}) {
    return log_.emplace_back(
        Observation{kind, operation_, offset, value, std::move(bytes), false, false, false, nullptr, {}, {}});
  }
  void see_register(std::uint32_t offset) { see(Observation::Kind::reg, offset, device_.read32(offset)); }

  void look() {
    device_.settle();
    const bool before = device_.line();
    const std::uint32_t causes = device_.read32(regs::ICR);
    device_.settle();
    Observation& seen = see(Observation::Kind::causes, regs::ICR, causes);
    seen.received = std::exchange(received_, false);
    seen.sent = std::exchange(sent_, false);
    seen.ran_low = std::exchange(ran_low_, false);
    const bool agrees = before == ((causes & ims_) != 0) && !device_.line();
    see(Observation::Kind::line, regs::ICR, agrees ? 1 : 0);
  }

  void see_statistics() {
    std::vector<std::uint32_t> offsets;
    for (const RegisterInfo& reg : all_registers())
      if (reg.offset >= 0x4000 && reg.offset < 0x4100) offsets.push_back(reg.offset);
    const auto values = device_.read_all(offsets);
    const auto traffic = std::make_shared<const Traffic>(std::exchange(traffic_, {}));
    for (std::size_t i = 0; i < offsets.size(); ++i)
      see(Observation::Kind::reg, offsets[i], values[i]).traffic = traffic;
  }

  // ---- registers
  void write(const RegisterWrite& w) {
    device_.write32(w.offset, w.value);
    written_[w.offset] = w.value;
    switch (w.offset) {
      case regs::IMS:
        ims_ |= w.value;
        see_register(regs::IMS);
        return;
      case regs::IMC:
        ims_ &= ~w.value;
        see_register(regs::IMS);
        return;
      case regs::ICR:  // clears what is written
        if (field::ICR_RXDMT0.in(w.value)) ran_low_ = false;
        if (field::ICR_TXQE.in(w.value)) sent_ = false;
        return;
      case regs::ICS:
        return;  // seen by the next look()
      case regs::RXCSUM:
        return;  // QEMU has none; what it does is seen in the descriptors
      case regs::RCTL:
        rctl_ = w.value;
        device_.settle();
        break;
      default:
        break;
    }
    see_register(w.offset);
  }

  // ---- receive
  std::size_t buffer_bytes() const { return 2048U >> field::RCTL_BSIZE.get(rctl_); }

  unsigned free_descriptors() {
    const std::uint32_t head = device_.read32(regs::RDH);
    return (rx_tail_ + sequence_.rx_ring - head) % sequence_.rx_ring;
  }

  static std::uint64_t descriptor(std::uint64_t ring, unsigned slot) { return ring + slot * kDescriptorBytes; }
  std::uint64_t rx_buffer(unsigned slot) const { return kRxBuffers + slot * kSlot + sequence_.rx_alignment; }

  // As many as fit: the card never owns the whole ring, and what it gave back has been seen.
  void post(unsigned count) {
    for (; count > 0 && (rx_tail_ + 1) % sequence_.rx_ring != rx_clean_; --count) {
      const bool null = sequence_.null_every != 0 && ++rx_posted_ % sequence_.null_every == 0;
      device_.fill(kRxBuffers + rx_tail_ * kSlot, kSlot, kUntouched);
      RxDescriptor fresh{};
      fresh.address = null ? 0 : rx_buffer(rx_tail_);
      device_.store(descriptor(kRxRing, rx_tail_), fresh.encode());
      rx_tail_ = (rx_tail_ + 1) % sequence_.rx_ring;
    }
    device_.write32(regs::RDT, rx_tail_);
    device_.settle();
  }

  void inject(Bytes frame) {
    ++traffic_.arrived;
    traffic_.arrived_bytes += static_cast<unsigned>(std::max(frame.size(), kMinimum) + kFcs);
    device_.inject(frame);
  }

  void starve(const Operation& op) {
    for (unsigned n = free_descriptors() + op.count; n > 0; --n) inject(op.frame);
    traffic_.waited = true;
    device_.settle();
    see_received();
    post(sequence_.rx_ring);
    see_received();
    post(sequence_.rx_ring);  // null descriptors may have taken some
    see_received();
  }

  // Every descriptor that the card has given back, and the frames in their buffers.
  void see_received() {
    while (rx_clean_ != rx_tail_) {
      DescriptorBytes raw;
      device_.load(descriptor(kRxRing, rx_clean_), raw);
      const RxDescriptor done = RxDescriptor::decode(raw);
      if (!done.done()) break;
      received_ = true;
      const unsigned free = (rx_tail_ + sequence_.rx_ring - rx_clean_) % sequence_.rx_ring;
      ran_low_ = ran_low_ || free == (sequence_.rx_ring >> (1 + field::RCTL_RDMTS.get(rctl_))) + 1;
      RxDescriptor shown = done;
      shown.address = 0;
      const DescriptorBytes bytes = shown.encode();
      const std::size_t seen = log_.size();
      see(Observation::Kind::rx_descriptor, 0, rx_clean_, {bytes.begin(), bytes.end()});
      if (done.address != 0) log_[seen].packet_sum = see_buffer(done);
      rx_clean_ = (rx_clean_ + 1) % sequence_.rx_ring;
    }
    see_register(regs::RDH);
  }

  // The sum of the frame that ends here, if one does.
  std::optional<std::uint16_t> see_buffer(const RxDescriptor& done) {
    const std::size_t length = std::min<std::size_t>(done.length, buffer_bytes());
    ByteVector bytes(length + kGuard);
    device_.load(done.address, bytes);
    frame_.insert(frame_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
    see(Observation::Kind::guard, 0, rx_clean_, {bytes.begin() + static_cast<std::ptrdiff_t>(length), bytes.end()});
    if ((done.status & rxd::STATUS_EOP) == 0) return {};
    const std::size_t fcs = field::RCTL_SECRC.in(rctl_) ? 0 : kFcs;
    const bool tagged = (done.status & rxd::STATUS_VP) != 0;
    count_stored(frame_.size() + kFcs - fcs, tagged ? kTagBytes : 0);
    const std::size_t start = std::min<std::size_t>(field::RXCSUM_PCSS.get(written_[regs::RXCSUM]), frame_.size());
    const std::uint16_t sum = packet_sum(Bytes{frame_}.subspan(start));
    Observation& seen = see(Observation::Kind::rx_frame, 0, static_cast<std::uint32_t>(fcs), std::move(frame_));
    if (tagged) seen.tci = done.special;
    frame_.clear();
    return sum;
  }

  void count_stored(std::size_t without_tag, std::size_t tag) {
    traffic_.stored.push_back({without_tag + tag, tag});
    traffic_.stored_bytes += static_cast<unsigned>(without_tag + tag);
    traffic_.tag_bytes += static_cast<unsigned>(tag);
    traffic_.stripped = field::RCTL_SECRC.in(rctl_);
    if (frame_.size() < 6) return;
    const MacAddress to = MacAddress::from(frame_);
    if (to.is_broadcast() && field::RCTL_MPE.in(rctl_)) ++traffic_.broadcasts_as_groups;
    if (!to.is_multicast() || to.is_broadcast() || field::RCTL_MPE.in(rctl_)) return;
    const auto& o = to.octets;
    const std::uint32_t low = o[0] | (o[1] << 8U) | (o[2] << 16U) | (std::uint32_t{o[3]} << 24U);
    const std::uint32_t high = o[4] | (o[5] << 8U) | field::RAH_AV.mask();
    for (unsigned i = 0; i < regs::RAL_COUNT; ++i) {
      if (written_[regs::RAL(i)] != low || written_[regs::RAH(i)] != high) continue;
      ++traffic_.exact_groups;
      return;
    }
  }

  // ---- transmit
  bool pads() const { return field::TCTL_PSP.in(sequence_.tctl); }

  // Into the ring's next slot, which it returns.
  unsigned give(const DescriptorBytes& bytes) {
    const unsigned slot = tx_tail_;
    device_.store(descriptor(kTxRing, slot), bytes);
    tx_tail_ = (tx_tail_ + 1) % sequence_.tx_ring;
    return slot;
  }

  static DescriptorBytes piece(const TxFrame& frame, std::uint64_t place, std::size_t bytes, bool last) {
    TxDescriptor legacy{};
    legacy.address = place;
    legacy.length = static_cast<std::uint16_t>(bytes);
    legacy.cmd = static_cast<std::uint8_t>(frame.cmd | (last ? txd::CMD_EOP : 0));
    legacy.special = frame.tci;
    DescriptorBytes raw = legacy.encode();
    if (frame.extended) {
      raw[10] |= kDataDescriptor;
      raw[13] = std::byte{frame.popts};
    }
    return raw;
  }

  void send(const std::vector<TxFrame>& frames) {
    std::vector<unsigned> slots;
    for (const TxFrame& frame : frames) {
      if (slots.size() + frame.descriptors() >= sequence_.tx_ring) break;
      if (frame.extended) slots.push_back(give(frame.context));
      std::size_t from = 0;
      for (const std::size_t bytes : frame.pieces) {
        const std::uint64_t place = kTxBuffers + tx_tail_ * kSlot + frame.alignment;
        device_.store(place, Bytes{frame.bytes}.subspan(from, bytes));
        from += bytes;
        slots.push_back(give(piece(frame, place, bytes, from == frame.bytes.size())));
      }
      if (frame.segments == 1) ++traffic_.single_segments;
      if ((frame.cmd & txd::CMD_VLE) != 0 && field::CTRL_VME.in(written_[regs::CTRL]))
        traffic_.inserted_bytes += static_cast<unsigned>(kTagBytes * std::max(frame.segments, 1U));
      if (frame.bytes.size() < kMinimum && pads()) {
        ++traffic_.padded;
        traffic_.pad_bytes += static_cast<unsigned>(kMinimum - frame.bytes.size());
      } else if (frame.bytes.size() < kMinimum) {
        ++traffic_.runts;
        traffic_.runt_bytes += static_cast<unsigned>(frame.bytes.size() + kFcs);
      }
    }
    sent_ = sent_ || !slots.empty();
    device_.write32(regs::TDT, tx_tail_);
    device_.settle();
    for (ByteVector& frame : device_.collect()) see(Observation::Kind::sent_frame, 0, pads() ? 1 : 0, std::move(frame));
    for (const unsigned slot : slots) {
      DescriptorBytes raw;
      device_.load(descriptor(kTxRing, slot), raw);
      part::TXD_ADDRESS.put(raw, 0);
      see(Observation::Kind::tx_descriptor, 0, slot, {raw.begin(), raw.end()});
    }
    see_register(regs::TDH);
  }

  OracleDevice& device_;
  const Sequence& sequence_;
  Log log_;
  std::size_t operation_ = Observation::kSetup;
  std::uint32_t ims_ = 0, rctl_ = 0;
  std::map<std::uint32_t, std::uint32_t> written_;  // by offset
  Traffic traffic_;
  unsigned rx_tail_ = 0, rx_clean_ = 0, rx_posted_ = 0, tx_tail_ = 0;
  bool received_ = false, sent_ = false, ran_low_ = false;  // since the last look
  ByteVector frame_;                                        // the buffers of a frame so far
};

}  // namespace

Log play(OracleDevice& device, const Sequence& sequence) { return Player{device, sequence}.play(); }

}  // namespace nicosim
