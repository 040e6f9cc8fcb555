// Receiving without DMA: the CPU fetches each frame from the card's window, four bytes a read (docs/rx_window.md).
//
// So drivers worked before cards could write to memory: the interrupt takes the CPU away from its process, and for the
// length of the frame it does nothing but wait for the bus.
#include "driver/driver.hpp"

#include "regmap/descriptors.hpp"
#include "regmap/regmap.hpp"

#include <algorithm>

namespace nicosim {
namespace {

constexpr std::size_t kFcs = 4, kEthernetHeader = 14, kWord = 4;
constexpr unsigned kFrameErrors = rxd::ERRORS_CE | rxd::ERRORS_SE | rxd::ERRORS_SEQ | rxd::ERRORS_CXE | rxd::ERRORS_RXE;

// The same doors as for a descriptor (Driver::judge), but that a frame here has no parts.
DropReason judge_window(std::uint32_t status) {
  if ((field::RXW_STATUS_ERRORS.get(status) & kFrameErrors) != 0) return DropReason::RX_ERRORS;
  const std::uint32_t length = field::RXW_STATUS_LENGTH.get(status);
  if (length < kEthernetHeader + kFcs) return DropReason::PKT_TOO_SMALL;
  if (length > RxRing::kBufferBytes) return DropReason::PKT_TOO_BIG;
  return DropReason::none;
}

}  // namespace

// One frame an interrupt: each one raises RXT0 when it comes into the window, and after that somebody reads ICR and
// then looks here. An empty window is possible, as an overrun (RXO) interrupts, too, and may bring us here between a
// frame and its own interrupt.
void Driver::read_window() {
  const std::uint32_t status = bus_.read32(regs::RXW_STATUS);
  if (!field::RXW_STATUS_VALID.in(status)) return;
  const FrameId id = ledger_.claim_window(config_.port);
  if (const DropReason reason = judge_window(status); reason != DropReason::none) {
    if (id.valid()) ledger_.close(id, Fate::dropped, Station::poll, runtime_.now(), reason);
    bus_.write32(regs::RXW_NEXT, field::RXW_NEXT_DONE.mask());
    return;
  }

  // From here on the frame holds its id, as time passes, and the run may end, at every read
  FramePtr frame = pool_.make(RxRing::kBufferBytes);
  if (id.valid()) frame->ids.push_back(id);
  runtime_.charge(Cost::skb_alloc);
  std::size_t left = field::RXW_STATUS_LENGTH.get(status) - kFcs;
  while (left > 0) {
    std::uint32_t word = bus_.read32(regs::RXW_DATA);  // its first byte lowest
    const std::size_t bytes = std::min(left, kWord);
    for (std::byte& byte : frame->put(bytes)) {
      byte = static_cast<std::byte>(word);
      word >>= 8U;
    }
    left -= bytes;
  }
  bus_.write32(regs::RXW_NEXT, field::RXW_NEXT_DONE.mask());

  ++work_.frames;
  frame->port = config_.port;
  frame->arrived = runtime_.now();
  frame->at(ledger_, Station::poll, frame->arrived, "window=read");
  if (hook_) hook_(*frame, frame->arrived);
  sink_.receive(*this, std::move(frame));
}

// After the reset: what waited in the window is gone. (With RTL behind the bus the card has said so itself.)
void Driver::close_window() {
  for (FrameId id = ledger_.claim_window(config_.port); id.valid(); id = ledger_.claim_window(config_.port))
    ledger_.close(id, Fate::dropped, Station::fifo, runtime_.now(), DropReason::RESET);
}

}  // namespace nicosim
