// From the stack to the card: a slot, its descriptor, the doorbell; and cleaning up behind the card.
#include "driver/driver.hpp"

#include "common/spin_lock.hpp"
#include "regmap/regmap.hpp"

#include <cassert>

namespace nicosim {
namespace {

constexpr std::size_t kEthernetHeader = 14, kVlanTag = 4;

}  // namespace

// e1000_xmit_frame. The bytes are copied into the slot's own buffer, so the frame is free at once; its id goes to the
// card by the descriptor's address, before the doorbell lets the card see it.
bool Driver::transmit(FramePtr& frame) {
  const BottomHalfGuard lock{runtime_};  // HARD_TX_LOCK
  if (!up_) return refuse(frame, DropReason::DEV_READY);
  if (frame->size() < kEthernetHeader) return refuse(frame, DropReason::PKT_TOO_SMALL);
  if (frame->size() > config_.mtu + kEthernetHeader + kVlanTag) return refuse(frame, DropReason::PKT_TOO_BIG);
  // Nothing passes between this look and the mark, so the clean-up that makes room cannot miss it.
  if (queue_stopped_ || !tx_->has_room()) {
    queue_stopped_ = true;
    return false;
  }
  assert(frame->ids.size() <= 1 && "a frame for the wire has one id");

  ++transmitting_;
  const unsigned slot = tx_->reserve();
  runtime_.charge(Cost::tx_descriptor);
  runtime_.charge(Cost::dma_map);
  tx_->fill(slot, frame->bytes());
  if (!frame->ids.empty()) {
    const FrameId id = frame->ids.front();
    ledger_.at(id, Station::tx_ring, runtime_.now());
    ledger_.posted(config_.port, tx_->descriptor(slot), id);
    frame->ids.clear();  // the card's now
  }
  frame.reset();
  tx_->complete(slot);
  ring_doorbell();
  --transmitting_;
  return true;
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

// e1000_clean_tx_irq: by DD, oldest first. false: a whole ring was cleaned, there may be more.
bool Driver::clean_tx() {
  unsigned cleaned = 0;
  while (cleaned < tx_->count() && !tx_->all_clean() && tx_->oldest_is_done()) {
    runtime_.charge(Cost::tx_clean);
    runtime_.charge(Cost::dma_unmap);
    runtime_.charge(Cost::skb_free);
    // A card without RTL behind it names no fetch; DD is then all we ever learn of the frame.
    const FrameId id = ledger_.unposted(config_.port, tx_->oldest_descriptor());
    if (id.valid()) ledger_.close(id, Fate::sent, Station::tx_ring, runtime_.now());
    tx_->clean_oldest();
    ++cleaned;
  }
  if (cleaned > 0 && queue_stopped_ && up_ && tx_->worth_waking()) {
    queue_stopped_ = false;
    ++tx_restart_queue_;
    sink_.tx_wake(*this);
  }
  return cleaned < tx_->count();
}

}  // namespace nicosim
