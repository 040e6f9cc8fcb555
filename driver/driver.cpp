// Probe, open, stop: bringing the card up and taking it down.
#include "driver/driver.hpp"

#include "regmap/regmap.hpp"

#include <cassert>
#include <stdexcept>
#include <utility>

namespace nicosim {
namespace {

constexpr std::uint32_t kIoAddr = 0, kIoData = 4;  // the I/O window (manual, section 13.2)

bool valid_ring(unsigned count) { return count >= 8 && count <= 4096 && count % 8 == 0; }

const DriverConfig& checked(const DriverConfig& config) {
  if (!valid_ring(config.rx_ring) || !valid_ring(config.tx_ring))
    throw std::invalid_argument("a ring has 8 to 4096 descriptors, a multiple of 8 (RDLEN and TDLEN count 128 bytes)");
  if (config.mtu < 68 || config.mtu > 1500) throw std::invalid_argument("the MTU is 68 to 1500: no jumbo frames");
  return config;
}

}  // namespace

Driver::Driver(DeviceBus& bus, DmaMemory& memory, Runtime& runtime, Ledger& ledger, FramePool& pool,
               NapiScheduler& scheduler, FrameSink& sink, DriverConfig config)
    : bus_(bus),
      memory_(memory),
      runtime_(runtime),
      ledger_(ledger),
      pool_(pool),
      scheduler_(scheduler),
      sink_(sink),
      config_(checked(config)) {
  disable();  // no poll before open()
  defer(config_.napi_defer_hard_irqs, config_.gro_flush_timeout);
}

// netdev_fix_features: who does not add up checksums cannot cut either, and the window tells nothing of those of
// received frames.
Features Driver::features() const {
  Features features = config_.features;
  features.rx_checksum = features.rx_checksum && config_.mode != ReceiveMode::pio;
  features.tso = features.tso && features.tx_checksum;
  return features;
}

RingParameters Driver::ring_parameters() const {
  return {.rx_pending = config_.rx_ring, .tx_pending = config_.tx_ring};
}

void Driver::update_stats() { counters_.collect(bus_); }

// A read's answer pushes all earlier posted writes in front of it (E1000_WRITE_FLUSH).
void Driver::flush() { bus_.read32(regs::STATUS); }

void Driver::msleep(SimTime duration) {
  const SimTime until = runtime_.now() + duration;
  while (runtime_.now() < until) {
    runtime_.prepare_to_sleep();
    runtime_.sleep(until, false);
  }
}

template <class Condition>
void Driver::wait_until(Condition condition) {
  while (!condition()) msleep(SimTime::us(20));  // as napi_disable does
}

void Driver::probe() {
  assert(!probed_ && "probe() runs once");
  reset_hw();
  // The reset has loaded the station address into the first receive address.
  const std::uint32_t low = bus_.read32(regs::RAL(0));
  const std::uint32_t high = bus_.read32(regs::RAH(0));
  for (unsigned i = 0; i < 4; ++i) address_.octets[i] = static_cast<std::uint8_t>(low >> (8 * i));
  for (unsigned i = 0; i < 2; ++i) address_.octets[4 + i] = static_cast<std::uint8_t>(high >> (8 * i));
  init_hw();
  counters_.discard(bus_);
  probed_ = true;
}

// e1000_reset_hw. The units are quiet before the reset, so that it cannot cut a bus access in two.
void Driver::reset_hw() {
  bus_.write32(regs::IMC, 0xffff'ffffU);
  rctl_ = 0;
  bus_.write32(regs::RCTL, rctl_);
  tctl_ = field::TCTL_PSP.mask();
  bus_.write32(regs::TCTL, tctl_);
  flush();
  msleep(SimTime::ms(10));

  const std::uint32_t ctrl = bus_.read32(regs::CTRL);
  if (bus_.has_io()) {
    // An 82540EM, where the reset of a posted memory write may swallow the write's own completion; an I/O write has one
    bus_.io_write32(kIoAddr, regs::CTRL);
    bus_.io_write32(kIoData, ctrl | field::CTRL_RST.mask());
  } else {
    bus_.write32(regs::CTRL, ctrl | field::CTRL_RST.mask());
  }
  msleep(SimTime::ms(5));  // the EEPROM is read again; nothing tells when it is done

  const std::uint32_t manc = bus_.read32(regs::MANC);
  bus_.write32(regs::MANC, manc & ~field::MANC_ARP_EN.mask());  // the host answers ARP, not the card
  bus_.write32(regs::IMC, 0xffff'ffffU);
  bus_.read32(regs::ICR);
}

// e1000_init_hw, as far as a card with fixed flow control and a PHY that needs no help has it.
void Driver::init_hw() {
  bus_.write32(regs::VET, 0);
  write_receive_addresses();

  const std::uint32_t ctrl = bus_.read32(regs::CTRL);
  bus_.write32(regs::CTRL, (ctrl & ~(field::CTRL_FRCSPD.mask() | field::CTRL_FRCDPLX.mask())) | field::CTRL_SLU.mask());
  const std::uint32_t txdctl = bus_.read32(regs::TXDCTL);
  // Each finished descriptor is written back at once (E1000_TXDCTL_FULL_TX_DESC_WB)
  bus_.write32(regs::TXDCTL, field::TXDCTL_WTHRESH.replace(txdctl, 1) | field::TXDCTL_GRAN.mask());
}

// e1000_open. The link-status interrupt that it asks for at the end brings the carrier.
void Driver::open() {
  assert(probed_ && "open() before probe()");
  if (up_) return;
  if (config_.mode != ReceiveMode::pio) rx_ = std::make_unique<RxRing>(memory_, config_.rx_ring);
  tx_ = std::make_unique<TxRing>(memory_, config_.tx_ring);
  tx_work_.assign(config_.tx_ring, {});
  discarding_ = false;
  dropped_ = {};
  last_context_.reset();
  doorbell_ = 0;

  write_receive_addresses();
  configure_tx();
  configure_rx();

  up_ = true;
  enable();
  interrupts_.unmask();
  bus_.write32(regs::ICS, field::ICS_LSC.mask());
}

// e1000_configure_tx. TCTL.EN waits for the link.
void Driver::configure_tx() {
  const DmaRegion ring = tx_->descriptors();
  bus_.write32(regs::TDLEN, static_cast<std::uint32_t>(ring.bytes));
  bus_.write32(regs::TDBAH, static_cast<std::uint32_t>(ring.bus >> 32U));
  bus_.write32(regs::TDBAL, static_cast<std::uint32_t>(ring.bus));
  bus_.write32(regs::TDT, 0);
  bus_.write32(regs::TDH, 0);
  // The manual's gaps for copper, and e1000's default delays in 1.024 us for the interrupt of descriptors with IDE
  bus_.write32(regs::TIPG, field::TIPG_IPGT.put(8) | field::TIPG_IPGR1.put(8) | field::TIPG_IPGR2.put(6));
  bus_.write32(regs::TIDV, field::TIDV_IDV.put(8));
  bus_.write32(regs::TADV, field::TADV_IDV.put(32));
  tctl_ = field::TCTL_PSP.mask() | field::TCTL_CT.put(15) | field::TCTL_COLD.put(63) | field::TCTL_RTLC.mask();
  bus_.write32(regs::TCTL, tctl_);
}

// e1000_configure_rx. The receiver goes on last: from then on the card may write to the ring.
void Driver::configure_rx() {
  rctl_ = 0;
  bus_.write32(regs::RCTL, rctl_);
  bus_.write32(regs::RDTR, 0);  // an interrupt at once
  bus_.write32(regs::RADV, field::RADV_DELAY.put(8));
  const std::uint32_t itr = throttle_.adaptive() ? AdaptiveThrottle::interval(throttle_.rate()) : config_.itr;
  bus_.write32(regs::ITR, field::ITR_INTERVAL.put(itr));

  if (rx_ != nullptr) {
    const DmaRegion ring = rx_->descriptors();
    bus_.write32(regs::RDLEN, static_cast<std::uint32_t>(ring.bytes));
    bus_.write32(regs::RDBAH, static_cast<std::uint32_t>(ring.bus >> 32U));
    bus_.write32(regs::RDBAL, static_cast<std::uint32_t>(ring.bus));
    bus_.write32(regs::RDT, 0);
    bus_.write32(regs::RDH, 0);
  } else {
    bus_.write32(regs::RXW_CTRL, field::RXW_CTRL_EN.mask());  // until the next reset
  }
  const std::uint32_t rxcsum = bus_.read32(regs::RXCSUM);
  bus_.write32(regs::RXCSUM, field::RXCSUM_TUOFL.replace(rxcsum, features().rx_checksum));
  if (rx_ != nullptr) refill_rx();

  // Buffers of 2048 bytes (BSIZE 0), RXDMT0 at half of the ring (RDMTS 0), FCS kept (SECRC 0)
  rctl_ = field::RCTL_EN.mask() | field::RCTL_BAM.mask() | rctl_filters();
  bus_.write32(regs::RCTL, rctl_);
}

// e1000_watchdog, the part that follows the link. Linux runs it from a work queue, as it talks to the PHY there and
// sleeps; STATUS.LU needs neither, so it runs in the handler.
void Driver::link_work() {
  const bool link_up = field::STATUS_LU.in(bus_.read32(regs::STATUS));
  if (link_up && !field::TCTL_EN.in(tctl_)) {
    tctl_ |= field::TCTL_EN.mask();
    bus_.write32(regs::TCTL, tctl_);
  }
  set_carrier(link_up);
}

void Driver::set_carrier(bool on) {
  if (carrier_ == on) return;
  carrier_ = on;
  sink_.carrier_changed(*this);
}

// e1000_down. After the flush and 10 ms nothing is on its way any more; after the reset the card has forgotten the
// rings, and their memory may go.
void Driver::stop() {
  if (!up_) return;
  up_ = false;
  interrupts_.mask_all();
  wait_until([this] { return handling_ == 0; });  // synchronize_irq
  rctl_ &= ~field::RCTL_EN.mask();
  bus_.write32(regs::RCTL, rctl_);
  wait_until([this] { return transmitting_ == 0; });  // netif_tx_disable
  tctl_ &= ~field::TCTL_EN.mask();
  bus_.write32(regs::TCTL, tctl_);
  flush();
  msleep(SimTime::ms(10));
  set_carrier(false);
  disable();
  wait_until([this] { return !scheduled(); });  // napi_disable

  update_stats();  // the reset clears them
  reset_hw();
  init_hw();
  reclaim_rings();
  if (std::exchange(queue_stopped_, false)) sink_.tx_wake(*this);  // it is owed; what comes now is refused
}

// Frames that nobody will look at any more: transmit descriptors that the card never fetched, and received frames
// between write-back and poll.
void Driver::reclaim_rings() {
  for (; !tx_->all_clean(); tx_->clean_oldest()) {
    const FrameId id = unposted_oldest();
    if (id.valid()) ledger_.close(id, Fate::dropped, Station::tx_ring, runtime_.now(), DropReason::RESET);
  }
  tx_.reset();
  if (rx_ == nullptr) return close_window();
  FrameId closed = dropped_;  // the card may name a frame at each of its descriptors
  unsigned slot = rx_->next_to_clean();
  for (unsigned i = 0; i < rx_->count(); ++i, slot = rx_->after(slot)) {
    const FrameId id = ledger_.claim(config_.port, rx_->descriptor(slot));
    if (!id.valid() || id == closed) continue;
    ledger_.close(id, Fate::dropped, Station::dma, runtime_.now(), DropReason::RESET);
    closed = id;
  }
  rx_.reset();
}

}  // namespace nicosim
