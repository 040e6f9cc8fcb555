// The verilated card behind plain C++: pins by reference, one call per clock cycle.
//
// The only place that knows Verilator (rtl_model.cpp includes its headers and never SystemC's). Pins are references
// into the model, so that poking one costs a store. Owns the model.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace nicosim {

class RtlModel {
 public:
  struct Options {
    std::uint64_t random_reset_seed = 0;  // 0: flops start at zero; else at random values, before the reset
    std::string waves;                    // FST file; only in a build with tracing
    // Checks the RTL's assertions; one that fails prints file, line and name and aborts. Also on when the environment
    // has NICOSIM_ASSERT, as in all our tests.
    bool assertions = false;
    bool gate_clocks = true;  // parts that sleep are not clocked (card_clocks.hpp); nothing but the speed changes
    std::string name = "nic";
  };

  RtlModel();
  explicit RtlModel(const Options&);
  ~RtlModel();
  RtlModel(const RtlModel&) = delete;
  RtlModel& operator=(const RtlModel&) = delete;

  struct Pins;
  Pins& pins() { return *pins_; }

  // One rising edge: inputs as they stand, outputs as they are after it.
  void cycle();
  // Holds the reset for as long as it takes; inputs idle, the time base at 0. Called once by the constructor.
  void reset();

  // The same, with the edge and the falling one half a cycle later written to the waves; nothing is without tracing.
  void cycle_with_waves(std::int64_t time_ps);
  static bool can_dump_waves();
  static std::string verilator_version();

  // All state but the clock, as 64-bit words: what must not move while the card is skipped over.
  std::vector<std::uint64_t> snapshot() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
  std::unique_ptr<Pins> pins_;
};

// References to nic_top's ports; see there for their meaning.
struct RtlModel::Pins {
  std::uint8_t &bus_master, &rst_n;
  std::uint64_t& station_addr;
  std::uint8_t& cable;
  std::uint32_t& autoneg_cycles;
  std::uint64_t& now;
  std::uint64_t& xgmii_rxd;
  std::uint8_t& xgmii_rxc;
  const std::uint64_t& xgmii_txd;
  const std::uint8_t& xgmii_txc;

  std::uint8_t& axil_awvalid;
  const std::uint8_t& axil_awready;
  std::uint32_t& axil_awaddr;
  std::uint8_t& axil_wvalid;
  const std::uint8_t& axil_wready;
  std::uint32_t& axil_wdata;
  std::uint8_t& axil_wstrb;
  const std::uint8_t& axil_bvalid;
  std::uint8_t& axil_bready;
  const std::uint8_t& axil_bresp;
  std::uint8_t& axil_arvalid;
  const std::uint8_t& axil_arready;
  std::uint32_t& axil_araddr;
  const std::uint8_t& axil_rvalid;
  std::uint8_t& axil_rready;
  const std::uint32_t& axil_rdata;
  const std::uint8_t& axil_rresp;

  const std::uint8_t& arvalid;
  std::uint8_t& arready;
  const std::uint64_t& araddr;
  const std::uint16_t& aruser;
  std::uint8_t& rvalid;
  std::uint32_t* rdata;  // four words, least significant first
  std::uint8_t &rresp, &rlast;
  const std::uint8_t& awvalid;
  std::uint8_t& awready;
  const std::uint64_t& awaddr;
  const std::uint8_t& awlen;
  const std::uint8_t& wvalid;
  std::uint8_t& wready;
  const std::uint32_t* wdata;  // four words, least significant first
  const std::uint16_t& wstrb;
  const std::uint8_t& wlast;
  std::uint8_t &bvalid, &bresp;

  const std::uint8_t &intr, &quiescent;
  const std::uint64_t& next_deadline;
  const std::uint8_t& loopback;
  struct Event {
    const std::uint8_t &valid, &kind;
    const std::uint32_t& tag;
  };
  const std::uint8_t& ev_any;
  Event ev_mac, ev_filter, ev_fifo, ev_dma, ev_interrupt, ev_tx_dma, ev_tx_fifo, ev_tx_mac;
  const std::uint64_t &ev_dma_desc, &ev_tx_dma_desc;
  const std::uint8_t& ev_reset;
  const std::uint32_t &ev_reset_tag, &ev_reset_tx_tag;
};

}  // namespace nicosim
