// The receive side of the ring: NAPI's poll, and taking one frame out (e1000_clean, e1000_clean_rx_irq).
#include "driver/driver.hpp"

#include "regmap/descriptors.hpp"
#include "regmap/regmap.hpp"

#include <utility>

namespace nicosim {
namespace {

constexpr std::size_t kFcs = 4, kEthernetHeader = 14;
constexpr unsigned kFrameErrors = rxd::ERRORS_CE | rxd::ERRORS_SE | rxd::ERRORS_SEQ | rxd::ERRORS_CXE | rxd::ERRORS_RXE;

// CHECKSUM_UNNECESSARY only for a sum that the card has really verified (e1000_rx_checksum).
bool verified(const RxRing::Done& done) {
  return (done.status & (rxd::STATUS_IXSM | rxd::STATUS_TCPCS)) == rxd::STATUS_TCPCS &&
         (done.errors & (rxd::ERRORS_TCPE | rxd::ERRORS_IPE)) == 0;
}

}  // namespace

// Under budget the poll ends and the interrupt is unmasked. ICR is not read here: a frame that came after the last look
// at the ring has left its cause there, and the write to IMS raises the line for it.
int Driver::poll(int budget) {
  ++work_.polls;
  const bool tx_finished = clean_tx();
  const int done = clean_rx(budget);
  if (done >= budget) ++work_.budget_exhausted;
  if (!tx_finished || done >= budget) {  // stays on the poll list; the state bits are not ours to touch
    sink_.poll_done(*this);
    return budget;
  }
  runtime_.catch_up();
  if (!complete_done(scheduler_, done)) return done;
  if (throttle_.adaptive()) set_itr();
  if (up_) interrupts_.unmask();
  return done;
}

// Every descriptor with DD counts, also one that brings no frame: the limit is on work.
int Driver::clean_rx(int limit) {
  int done = 0;
  while (done < limit) {
    const auto descriptor = rx_->next_done();
    if (!descriptor) break;
    ++done;
    runtime_.charge(Cost::rx_descriptor);
    FramePtr frame = take(*descriptor);
    rx_->release();
    if (rx_->released() >= RxRing::kRefillGroup) refill_rx();
    if (!frame) continue;
    ++work_.frames;
    sink_.receive(*this, std::move(frame));
  }
  if (rx_->released() > 0) refill_rx();
  return done;
}

// The descriptors are in memory before the tail gives them away (the wmb of e1000_alloc_rx_buffers).
void Driver::refill_rx() {
  rx_->refill();
  bus_.write32(regs::RDT, rx_->tail());
}

// Nothing in a descriptor is trusted. `none`: a whole frame in one buffer, without errors and of a possible length.
//
// Without jumbo frames all parts of a frame that needs several buffers are thrown away, up to and including the one
// with EOP; only then do errors and length mean anything.
DropReason Driver::judge(const RxRing::Done& done) {
  const bool last = (done.status & rxd::STATUS_EOP) != 0;
  const bool whole = last && !discarding_;
  discarding_ = !last;
  if (!whole) return DropReason::MULTI_DESCRIPTOR;
  if ((done.errors & kFrameErrors) != 0) return DropReason::RX_ERRORS;
  if (done.length < kEthernetHeader + kFcs) return DropReason::PKT_TOO_SMALL;
  if (done.length > RxRing::kBufferBytes) return DropReason::PKT_TOO_BIG;
  return DropReason::none;
}

// The frame in this descriptor, copied out, or nothing and its id closed. The ring keeps the buffer.
//
// The cost is that of the driver modelled: short frames are copied into a small buffer, a longer one is unmapped and
// handed up as it is, and a new buffer mapped in its place. That we copy those too costs no simulated time.
FramePtr Driver::take(const RxRing::Done& done) {
  const FrameId id = ledger_.claim(config_.port, done.descriptor);
  if (const DropReason reason = judge(done); reason != DropReason::none) {
    // The card may name the same frame at each of its descriptors; it ends once.
    if (id.valid() && id != dropped_) ledger_.close(id, Fate::dropped, Station::poll, runtime_.now(), reason);
    if (id.valid()) dropped_ = id;
    return {};
  }

  // From here on the frame holds its id, as time may pass, and the run end, at each cost and at the load
  FramePtr frame = pool_.make(RxRing::kBufferBytes);
  if (id.valid()) frame->ids.push_back(id);
  runtime_.charge(Cost::skb_alloc);
  if (done.length <= config_.copybreak) {
    runtime_.charge(Cost::copybreak);
    runtime_.charge(Cost::copy_per_byte, done.length - kFcs);
  } else {
    runtime_.charge(Cost::dma_unmap);
    runtime_.charge(Cost::dma_map);
  }
  throttle_.received(done.length - kFcs);
  rx_->load(done, frame->put(done.length - kFcs));
  frame->port = config_.port;
  frame->arrived = runtime_.now();
  frame->at(ledger_, Station::poll, frame->arrived);
  if (hook_) hook_(*frame, frame->arrived);  // before time passes
  if (verified(done)) {
    frame->rx_checksum = RxChecksum::unnecessary;
    ++rx_csum_offload_good_;
  } else if ((done.status & rxd::STATUS_IXSM) == 0 && (done.errors & rxd::ERRORS_TCPE) != 0) {
    ++rx_csum_offload_errors_;
  }
  return frame;
}

}  // namespace nicosim
