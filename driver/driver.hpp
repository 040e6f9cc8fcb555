// The driver of an Intel 8254x card, in the order of work of Linux's e1000.
//
// It knows hardware through DeviceBus and DmaMemory only, and the stack as a FrameSink. Costs of register accesses are
// charged by the bus; everything else is charged here, by name.
//
// Who runs what: probe, open, stop, update_stats and set_rx_mode in process context (the first three sleep);
// handle_interrupt in hard-interrupt context; poll where the NapiScheduler runs it; transmit in any context. Of the
// sink's calls carrier_changed and, with pio and dma_irq, all others come in hard-interrupt context. Time passes in
// every bus and memory access, so other cores and nested interrupts come in between.
#pragma once

#include "common/counters.hpp"
#include "common/frame.hpp"
#include "common/ledger.hpp"
#include "common/napi.hpp"
#include "common/net_device.hpp"
#include "common/runtime.hpp"
#include "driver/device_bus.hpp"
#include "driver/ethtool.hpp"
#include "driver/interrupt.hpp"
#include "driver/rx_ring.hpp"
#include "driver/throttle.hpp"
#include "driver/tx_ring.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

enum class ReceiveMode : std::uint8_t {
  pio,      // no receive ring: the handler reads one frame out of the card, word by word (docs/rx_window.md)
  dma_irq,  // the handler takes the frames out of the ring; the interrupt stays enabled
  napi,     // the handler masks the interrupt, poll() takes them
};

struct DriverConfig {
  std::string name = "eth0";
  unsigned port = 0;                      // index of the card, as in frame ids
  unsigned rx_ring = 256, tx_ring = 256;  // descriptors: 8..4096, multiples of 8
  ReceiveMode mode = ReceiveMode::napi;
  unsigned copybreak = 256;  // received frames up to this length (FCS included) are copied
  unsigned mtu = 1500;       // bytes of IP packet: 68..1500
  bool promiscuous = false;
  Throttle throttle = Throttle::fixed;  // the other two begin at 20 000 interrupts/s and choose
  std::uint32_t itr = 0;                // fixed: register ITR, least interval between interrupts in 256 ns; 0 = off
  // Of sysfs, with napi: the interrupt stays masked for so many polls that find nothing, each this time after the last
  unsigned napi_defer_hard_irqs = 0;
  SimTime gro_flush_timeout = SimTime::zero();
  // `ethtool -K`; e1000's defaults, but for GRO, which Linux has on
  Features features{.rx_checksum = true, .tx_checksum = true, .tso = true, .gso = true, .gro = false};
};

class Driver final : public NetDevice, public Napi {
 public:
  // Throws std::invalid_argument when the configuration is out of range. Nothing is touched before probe().
  Driver(DeviceBus& bus, DmaMemory& memory, Runtime& runtime, Ledger& ledger, FramePool& pool, NapiScheduler& scheduler,
         FrameSink& sink, DriverConfig config);
  ~Driver() override = default;  // also while open: a run may end at any time
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  // Process context; sleeps. probe() comes first and once, then open() and stop() in turn.
  void probe();  // resets the card and learns the station address
  void open();   // rings, receiver, interrupts; the carrier follows by an interrupt when the card says link up
  void stop();   // silences the card; every frame still in a ring gets its fate (drop.dma.RESET, drop.tx_ring.RESET)

  // Hard-interrupt context. false: ICR read 0, not this card's interrupt.
  bool handle_interrupt();

  // Napi
  int poll(int budget) override;
  std::string_view napi_name() const override { return config_.name; }

  // NetDevice
  std::string_view name() const override { return config_.name; }
  unsigned port() const override { return config_.port; }
  MacAddress address() const override { return address_; }
  unsigned mtu() const override { return config_.mtu; }
  Features features() const override;
  Features features_check(const Frame& frame) const override;
  bool carrier() const override { return carrier_; }
  Napi* napi() override { return config_.mode == ReceiveMode::napi ? this : nullptr; }
  [[nodiscard]] bool transmit(FramePtr& frame) override;
  void set_rx_mode(bool promiscuous, bool all_multicast, std::span<const MacAddress> groups) override;

  // `ethtool -S`. Register counts are as of the last update_stats() (process context; stop() does it, too).
  const CounterGroup& ethtool() { return counters_.group(); }
  void update_stats();
  RingParameters ring_parameters() const;  // `ethtool -g`

  unsigned tx_ring_used() const { return tx_ ? tx_->used() : 0; }  // descriptors of frames not cleaned yet

  // The capture point eth0:driver: called for each frame taken out of the ring, before the stack gets it.
  using FrameHook = std::function<void(const Frame&, SimTime)>;
  void on_receive(FrameHook hook) { hook_ = std::move(hook); }

  struct Work {
    std::uint64_t interrupts = 0;  // with a cause of ours
    std::uint64_t polls = 0;
    std::uint64_t frames = 0;            // handed to the stack
    std::uint64_t budget_exhausted = 0;  // polls that used all of it
    std::uint64_t spurious = 0;          // ICR read 0
  };
  const Work& work() const { return work_; }

 private:
  // driver.cpp
  void reset_hw();
  void init_hw();
  void configure_tx();
  void configure_rx();
  void link_work();
  void set_carrier(bool on);
  void reclaim_rings();
  void flush();
  void msleep(SimTime duration);
  template <class Condition>
  void wait_until(Condition condition);

  // interrupt.cpp
  void schedule_poll();
  void set_itr();

  // napi.cpp
  bool clean_tx();
  int clean_rx(int limit);
  FramePtr take(const RxRing::Done& done);
  DropReason judge(const RxRing::Done& done);
  void refill_rx();

  // pio.cpp
  void read_window();
  void close_window();

  // transmit.cpp
  bool refuse(FramePtr& frame, DropReason reason);
  std::optional<TxContext> context_for(Frame& frame);
  unsigned fill(const Frame& frame, unsigned slot);
  void ring_doorbell();
  FrameId unposted_oldest();

  // rx_mode.cpp
  void write_receive_addresses();
  std::uint32_t rctl_filters() const;

  DeviceBus& bus_;
  DmaMemory& memory_;
  Runtime& runtime_;
  Ledger& ledger_;
  FramePool& pool_;
  NapiScheduler& scheduler_;
  FrameSink& sink_;
  const DriverConfig config_;
  InterruptRegisters interrupts_{bus_};
  AdaptiveThrottle throttle_{config_.throttle};
  EthtoolCounters counters_;
  std::uint64_t& tx_dropped_ = counters_.counter("tx_dropped");
  std::uint64_t& tx_restart_queue_ = counters_.counter("tx_restart_queue");
  std::uint64_t& rx_csum_offload_good_ = counters_.counter("rx_csum_offload_good");
  std::uint64_t& rx_csum_offload_errors_ = counters_.counter("rx_csum_offload_errors");
  Work work_;
  FrameHook hook_;

  MacAddress address_;
  bool probed_ = false;
  bool up_ = false;  // the opposite of Linux's __E1000_DOWN
  bool carrier_ = false;
  unsigned handling_ = 0, transmitting_ = 0;  // cores inside handle_interrupt() and transmit(), for stop()

  // What the driver last wrote to these; nobody else changes them
  std::uint32_t rctl_ = 0, tctl_ = 0;
  bool promiscuous_ = false, all_multicast_ = false;
  std::vector<MacAddress> groups_;

  std::unique_ptr<RxRing> rx_;  // while open; not with pio
  bool discarding_ = false;     // inside a frame of several descriptors, until its EOP
  FrameId dropped_;             // the last frame dropped in the ring; its other descriptors may name it again

  std::unique_ptr<TxRing> tx_;  // while open
  struct TxWork {
    std::uint64_t packets = 0, bytes = 0;
  };
  std::vector<TxWork> tx_work_;            // what the frame that begins at this slot is, for the throttle
  std::optional<TxContext> last_context_;  // what the card knows about checksums, since open()
  bool queue_stopped_ = false;             // transmit() said busy and owes a tx_wake()
  bool ringing_ = false;                   // somebody is writing TDT
  unsigned doorbell_ = 0;                  // last value written to TDT
};

}  // namespace nicosim
