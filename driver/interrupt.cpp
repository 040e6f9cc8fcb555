#include "driver/interrupt.hpp"

#include "driver/driver.hpp"
#include "regmap/regmap.hpp"

namespace nicosim {
namespace {

constexpr std::uint32_t kReceive = field::ICR_RXT0.mask() | field::ICR_RXDMT0.mask() | field::ICR_RXO.mask();
constexpr std::uint32_t kLink = field::ICR_LSC.mask() | field::ICR_RXSEQ.mask();

// IMS_ENABLE_MASK. ICR, IMS, IMC and ICS share their layout.
constexpr std::uint32_t kEnabled = field::ICR_RXT0.mask() | field::ICR_TXDW.mask() | field::ICR_RXDMT0.mask() |
                                   field::ICR_RXSEQ.mask() | field::ICR_LSC.mask();
static_assert(kEnabled == 0x9d);

}  // namespace

bool Causes::receive() const { return (icr_ & kReceive) != 0; }
bool Causes::link() const { return (icr_ & kLink) != 0; }

Causes InterruptRegisters::take() { return Causes{bus_.read32(regs::ICR)}; }

void InterruptRegisters::mask_all() {
  bus_.write32(regs::IMC, 0xffff'ffffU);
  bus_.read32(regs::STATUS);
}

void InterruptRegisters::unmask() {
  bus_.write32(regs::IMS, kEnabled);
  bus_.read32(regs::STATUS);
}

// Runs with the line raised and must leave it low (e1000_intr).
//
// With NAPI the mask goes up before polling starts, otherwise a frame arriving in between would interrupt a CPU that is
// already on its way. Without it every cause is dealt with here, in the order in which pre-NAPI drivers did.
bool Driver::handle_interrupt() {
  const Causes causes = interrupts_.take();
  if (causes.none()) {  // a shared line, somebody else's interrupt
    ++work_.spurious;
    return false;
  }
  ++work_.interrupts;
  if (!up_) return true;  // ours, and the read above has silenced it; nothing to do while down

  ++handling_;  // stop() waits for this (synchronize_irq)
  if (causes.receive()) ledger_.handler_ran(config_.port, runtime_.now());
  if (causes.link()) link_work();
  if (config_.mode == ReceiveMode::napi) {
    schedule_poll();
  } else if (config_.mode == ReceiveMode::pio) {
    clean_tx();
    if (causes.receive()) read_window();
  } else {
    clean_tx();
    // A frame beyond the ring's size was written after ICR was read, so it brings an interrupt of its own.
    clean_rx(static_cast<int>(rx_->count()));
  }
  --handling_;
  return true;
}

void Driver::schedule_poll() {
  interrupts_.mask_all();
  runtime_.charge(Cost::napi_schedule);
  runtime_.catch_up();
  if (schedule(scheduler_)) return throttle_.interrupted();
  // A process polls the card: its last poll unmasks. (e1000 unmasks here, and is then interrupted for each frame that
  // the process is taking; drivers of cards that mask themselves are not.)
  if (in_busy_poll()) return;
  // Already on a poll list, with the mask open: it should not happen, and Linux goes on with interrupts enabled.
  if (up_) interrupts_.unmask();
}

// Between a completed poll and the interrupt it waits for.
void Driver::set_itr() {
  const unsigned before = throttle_.rate();
  const unsigned rate = throttle_.choose();
  if (rate != before) bus_.write32(regs::ITR, field::ITR_INTERVAL.put(AdaptiveThrottle::interval(rate)));
}

}  // namespace nicosim
