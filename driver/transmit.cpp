// From the stack to the card: slots, their descriptors, the doorbell; and cleaning up behind the card.
#include "driver/driver.hpp"

#include "common/bytes.hpp"
#include "common/spin_lock.hpp"
#include "regmap/regmap.hpp"

#include <algorithm>
#include <cassert>

namespace nicosim {
namespace {

constexpr std::size_t kEthernetHeader = 14, kVlanTag = 4;
constexpr std::size_t kTcpChecksum = 16;  // of the field in a TCP header; UDP has it at 6
// What e1000 puts into a frame's last descriptor (adapter->txd_cmd)
constexpr std::uint8_t kLast = txd::CMD_EOP | txd::CMD_IFCS | txd::CMD_RS | txd::CMD_IDE;

// Bytes per descriptor. A real card looks whether its FIFO has room for ceil(length / MSS) of 4 segments, so a buffer
// holds no more than those.
std::size_t per_descriptor(const Frame& frame) {
  if (!frame.gso) return TxRing::kBufferBytes;
  return std::min<std::size_t>(frame.gso.size * std::size_t{4}, TxRing::kBufferBytes);
}

unsigned data_descriptors(const Frame& frame) {
  const std::size_t each = per_descriptor(frame);
  return static_cast<unsigned>((frame.size() + each - 1) / each);
}

// A folded sum over the pseudo header's addresses and protocol. The card adds each segment's length.
std::uint16_t pseudo_without_length(std::span<const std::byte> ip) {
  std::uint32_t sum = load8(ip, 9);
  for (std::size_t i = 12; i < 20; i += 2) sum += load_be16(ip, i);
  while ((sum >> 16U) != 0) sum = (sum & 0xffffU) + (sum >> 16U);
  return static_cast<std::uint16_t>(sum);
}

// e1000_tx_csum
TxContext checksum_context(const Frame& frame) {
  TxContext context;
  context.tucss = static_cast<std::uint8_t>(frame.csum_start());
  context.tucso = static_cast<std::uint8_t>(frame.csum_start() + frame.csum_offset());
  context.tucmd = TxContext::kDext;
  if (frame.csum_offset() == kTcpChecksum) context.tucmd |= TxContext::kTcp;
  return context;
}

// e1000_tso: the card fills in what differs from segment to segment, so those fields are cleared here.
TxContext tso_context(Frame& frame) {
  const std::size_t transport = frame.csum_start();
  const auto ip = frame.bytes().subspan(kEthernetHeader);
  const std::size_t header = transport + (load8(frame.bytes(), transport + 12) >> 4U) * std::size_t{4};
  store_be16(ip, 2, 0);
  store_be16(ip, 10, 0);
  store_be16(frame.bytes(), transport + kTcpChecksum, pseudo_without_length(ip));
  TxContext context;
  context.ipcss = kEthernetHeader;
  context.ipcso = kEthernetHeader + 10;
  context.ipcse = static_cast<std::uint16_t>(transport - 1);
  context.tucss = static_cast<std::uint8_t>(transport);
  context.tucso = static_cast<std::uint8_t>(transport + kTcpChecksum);
  context.paylen = static_cast<std::uint32_t>(frame.size() - header);
  context.tucmd = TxContext::kDext | TxContext::kTse | TxContext::kTcp | TxContext::kIp;
  context.hdrlen = static_cast<std::uint8_t>(header);
  context.mss = frame.gso.size;
  return context;
}

}  // namespace

// A frame that needs more descriptors than the ring will ever have free is cut by the stack. Full frames on a ring of
// 256 are far from it.
Features Driver::features_check(const Frame& frame) const {
  Features features = this->features();
  const unsigned most = config_.tx_ring - 1 - TxRing::kGap;
  if (frame.gso && 1 + data_descriptors(frame) > most) features.tso = false;
  return features;
}

// e1000_xmit_frame. The bytes are copied into the slots' own buffers, so the frame is free at once; its id goes to the
// card by a descriptor's address, before the doorbell lets the card see it.
bool Driver::transmit(FramePtr& frame) {
  const BottomHalfGuard lock{runtime_};  // HARD_TX_LOCK
  if (!up_) return refuse(frame, DropReason::DEV_READY);
  if (frame->size() < kEthernetHeader) return refuse(frame, DropReason::PKT_TOO_SMALL);
  if (!frame->gso && frame->size() > config_.mtu + kEthernetHeader + kVlanTag)
    return refuse(frame, DropReason::PKT_TOO_BIG);
  assert((!frame->gso || features_check(*frame).tso) && "a frame that the stack should have cut");
  // The worst case, with a context of its own. Nothing passes between this look and the mark, so the clean-up that
  // makes room cannot miss it.
  const unsigned data = data_descriptors(*frame);
  if (queue_stopped_ || !tx_->has_room(data + (frame->checksum_left() ? 1 : 0))) {
    queue_stopped_ = true;
    return false;
  }
  assert(frame->ids.size() <= 1 && "a frame for the wire has one id");

  ++transmitting_;
  const std::optional<TxContext> context = context_for(*frame);
  const unsigned slots = data + (context ? 1 : 0);
  const unsigned first = tx_->reserve(slots);
  runtime_.charge(Cost::tx_descriptor, slots);
  runtime_.charge(Cost::dma_map, data);
  unsigned slot = first;
  if (context) {
    tx_->fill_context(slot, *context);
    slot = tx_->after(slot);
  }
  const unsigned named = fill(*frame, slot);
  if (!frame->ids.empty()) {
    const FrameId id = frame->ids.front();
    ledger_.at(id, Station::tx_ring, runtime_.now());
    ledger_.posted(config_.port, tx_->descriptor(named), id);
    frame->ids.clear();  // the card's now
  }
  tx_work_[first] = {std::max<std::uint64_t>(1, frame->gso.segs), frame->size()};
  frame.reset();
  tx_->complete(first, slots);
  ring_doorbell();
  --transmitting_;
  return true;
}

// The context that must stand in front of this frame. The card keeps the last one for checksums, so the same is not
// written twice in a row (FreeBSD's em does that, too; Linux's e1000 writes it each time); one for segments is good for
// its frame only. Slots are reserved before time passes, so what is remembered here is in the order of the ring.
std::optional<TxContext> Driver::context_for(Frame& frame) {
  if (frame.gso) return tso_context(frame);
  if (!frame.checksum_left()) return std::nullopt;
  const TxContext wanted = checksum_context(frame);
  if (last_context_ == wanted) return std::nullopt;
  last_context_ = wanted;
  return wanted;
}

// e1000_tx_map and e1000_tx_queue. Returns the slot by which the card names the frame: the last, or the first of a
// chain that it cuts.
unsigned Driver::fill(const Frame& frame, unsigned slot) {
  const auto bytes = frame.bytes();
  if (!frame.checksum_left()) {
    tx_->fill_legacy(slot, bytes, kLast);
    return slot;
  }
  std::uint8_t cmd = txd::CMD_DEXT | txd::CMD_IFCS;
  std::uint8_t popts = txd::POPTS_TXSM;
  if (frame.gso) {
    cmd |= TxData::kTse;
    popts |= txd::POPTS_IXSM;
  }
  const unsigned first = slot;
  const std::size_t each = per_descriptor(frame);
  for (std::size_t at = 0;; at += each, slot = tx_->after(slot)) {
    const bool last = at + each >= bytes.size();
    const auto piece = bytes.subspan(at, last ? bytes.size() - at : each);
    tx_->fill_data(slot, piece, static_cast<std::uint8_t>(last ? cmd | kLast : cmd), popts);
    if (last) return frame.gso ? first : slot;
  }
}

bool Driver::refuse(FramePtr& frame, DropReason reason) {
  ++tx_dropped_;
  frame->close(ledger_, Fate::dropped, Station::tx_ring, runtime_.now(), reason);
  frame.reset();
  return true;
}

// One writer at a time, and it goes on until TDT says what the ring says. Otherwise the write of a slower core could
// arrive last and move the tail back, which the card would read as a ring full of new frames.
void Driver::ring_doorbell() {
  if (ringing_) return;
  ringing_ = true;
  while (doorbell_ != tx_->tail()) {
    doorbell_ = tx_->tail();
    bus_.write32(regs::TDT, doorbell_);
  }
  ringing_ = false;
}

// The id of the oldest frame, if nobody has picked it up: it was posted at one of the frame's descriptors.
FrameId Driver::unposted_oldest() {
  unsigned slot = tx_->oldest_slot();
  for (unsigned i = 0; i < tx_->oldest_slots(); ++i, slot = tx_->after(slot))
    if (const FrameId id = ledger_.unposted(config_.port, tx_->descriptor(slot)); id.valid()) return id;
  return {};
}

// e1000_clean_tx_irq: by DD, oldest first. false: a whole ring was cleaned, there may be more.
bool Driver::clean_tx() {
  unsigned cleaned = 0;
  while (cleaned < tx_->count() && !tx_->all_clean() && tx_->oldest_is_done()) {
    const unsigned slots = tx_->oldest_slots();
    runtime_.charge(Cost::tx_clean, slots);
    runtime_.charge(Cost::dma_unmap, slots);
    runtime_.charge(Cost::skb_free);
    // A card without RTL behind it names no fetch; DD is then all we ever learn of the frame.
    const FrameId id = unposted_oldest();
    if (id.valid()) ledger_.close(id, Fate::sent, Station::tx_ring, runtime_.now());
    const TxWork& frame = tx_work_[tx_->oldest_slot()];
    throttle_.sent(frame.packets, frame.bytes);
    tx_->clean_oldest();
    cleaned += slots;
  }
  if (cleaned > 0 && queue_stopped_ && up_ && tx_->worth_waking()) {
    queue_stopped_ = false;
    ++tx_restart_queue_;
    sink_.tx_wake(*this);
  }
  return cleaned < tx_->count();
}

}  // namespace nicosim
