#include "sc_model/rtl_model.hpp"

#include "common/card_clocks.hpp"

#include <cstdlib>
#include <cstring>

#include "Vnic_top.h"
#include "Vnic_top___024root.h"
#include "verilated.h"
#ifdef NICOSIM_TRACE
#include "verilated_fst_c.h"
#endif

namespace nicosim {
namespace {

constexpr std::int64_t kHalfCyclePs = 3200;  // 156.25 MHz

}  // namespace

// Nothing in the card happens at a falling edge, yet evaluating one costs some 150 instructions. So the model is told
// that it has seen the clocks low, where this version of Verilator keeps that under the name we know.
template <class Root>
bool saw_falling_edge([[maybe_unused]] Root& root) {
  if constexpr (requires { root.__Vtrigrprev__TOP__clk_i; }) {
    root.__Vtrigrprev__TOP__clk_i = 0;
    root.__Vtrigrprev__TOP__clk_rx_i = root.__Vtrigrprev__TOP__clk_tx_i = 0;
    root.__Vtrigrprev__TOP__clk_reg_i = root.__Vtrigrprev__TOP__clk_ev_i = 0;
    return true;
  }
  return false;
}

class RtlModel::Impl {
 public:
  explicit Impl(const Options& options)
      : name_(options.name), assertions_(options.assertions || std::getenv("NICOSIM_ASSERT") != nullptr) {
    context_.threads(1);  // or each context starts a pool of one thread per core
    if (options.random_reset_seed != 0) {
      context_.randReset(2);
      context_.randSeed(static_cast<int>(options.random_reset_seed % 0x7fff'fffe) + 1);
    }
#ifdef NICOSIM_TRACE
    if (!options.waves.empty()) context_.traceEverOn(true);
#endif
    top_ = std::make_unique<Vnic_top>(&context_, name_.c_str());
#ifdef NICOSIM_TRACE
    if (!options.waves.empty()) {
      top_->trace(&waves_, 99);
      waves_.set_time_unit("1ps");
      waves_.set_time_resolution("1ps");
      waves_.open(options.waves.c_str());
    }
#endif
  }
  ~Impl() {
    Verilated::threadContextp(&context_);  // with two cards, destruction goes by the thread's context
    top_->final();
#ifdef NICOSIM_TRACE
    if (waves_.isOpen()) waves_.close();
#endif
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void rise() {
    if (gate_clocks_)
      raise_clocks(*top_);
    else
      raise_all_clocks(*top_);
    top_->eval();
  }

  void cycle() {
    rise();
    lower_clocks(*top_);
    if (!saw_falling_edge(*top_->rootp)) top_->eval();
  }

  void cycle_with_waves(std::int64_t time_ps) {
    rise();
    dump(time_ps);
    lower_clocks(*top_);
    top_->eval();
    dump(time_ps + kHalfCyclePs);
  }

  void dump([[maybe_unused]] std::int64_t time_ps) {
#ifdef NICOSIM_TRACE
    if (waves_.isOpen()) waves_.dump(static_cast<std::uint64_t>(time_ps));
#endif
  }

  std::string name_;
  bool assertions_;
  bool gate_clocks_ = false;  // from the end of the reset on, if at all
  VerilatedContext context_;
  std::unique_ptr<Vnic_top> top_;
#ifdef NICOSIM_TRACE
  VerilatedFstC waves_;
#endif
};

RtlModel::RtlModel() : RtlModel(Options{}) {}

RtlModel::RtlModel(const Options& options) : impl_(std::make_unique<Impl>(options)) {
  Vnic_top& t = *impl_->top_;
  pins_.reset(new Pins{
      t.bus_master_i,
      t.rst_ni,
      t.station_addr_i,
      t.cable_i,
      t.autoneg_cycles_i,
      t.now_i,
      t.xgmii_rxd_i,
      t.xgmii_rxc_i,
      t.xgmii_txd_o,
      t.xgmii_txc_o,
      t.s_axil_awvalid_i,
      t.s_axil_awready_o,
      t.s_axil_awaddr_i,
      t.s_axil_wvalid_i,
      t.s_axil_wready_o,
      t.s_axil_wdata_i,
      t.s_axil_wstrb_i,
      t.s_axil_bvalid_o,
      t.s_axil_bready_i,
      t.s_axil_bresp_o,
      t.s_axil_arvalid_i,
      t.s_axil_arready_o,
      t.s_axil_araddr_i,
      t.s_axil_rvalid_o,
      t.s_axil_rready_i,
      t.s_axil_rdata_o,
      t.s_axil_rresp_o,
      t.m_axi_arvalid_o,
      t.m_axi_arready_i,
      t.m_axi_araddr_o,
      t.m_axi_aruser_o,
      t.m_axi_rvalid_i,
      t.m_axi_rdata_i.data(),
      t.m_axi_rresp_i,
      t.m_axi_rlast_i,
      t.m_axi_awvalid_o,
      t.m_axi_awready_i,
      t.m_axi_awaddr_o,
      t.m_axi_awlen_o,
      t.m_axi_wvalid_o,
      t.m_axi_wready_i,
      t.m_axi_wdata_o.data(),
      t.m_axi_wstrb_o,
      t.m_axi_wlast_o,
      t.m_axi_bvalid_i,
      t.m_axi_bresp_i,
      t.intr_o,
      t.quiescent_o,
      t.next_deadline_o,
      t.loopback_o,
      t.ev_any_o,
      {t.ev_mac_valid_o, t.ev_mac_kind_o, t.ev_mac_tag_o},
      {t.ev_filter_valid_o, t.ev_filter_kind_o, t.ev_filter_tag_o},
      {t.ev_fifo_valid_o, t.ev_fifo_kind_o, t.ev_fifo_tag_o},
      {t.ev_dma_valid_o, t.ev_dma_kind_o, t.ev_dma_tag_o},
      {t.ev_interrupt_valid_o, t.ev_interrupt_kind_o, t.ev_interrupt_tag_o},
      {t.ev_tx_dma_valid_o, t.ev_tx_dma_kind_o, t.ev_tx_dma_tag_o},
      {t.ev_tx_fifo_valid_o, t.ev_tx_fifo_kind_o, t.ev_tx_fifo_tag_o},
      {t.ev_tx_mac_valid_o, t.ev_tx_mac_kind_o, t.ev_tx_mac_tag_o},
      t.ev_dma_desc_o,
      t.ev_tx_dma_desc_o,
      t.ev_reset_valid_o,
      t.ev_reset_tag_o,
      t.ev_reset_tx_tag_o,
  });
  reset();
  impl_->gate_clocks_ = options.gate_clocks;
}

RtlModel::~RtlModel() = default;

void RtlModel::cycle() { impl_->cycle(); }

void RtlModel::reset() {
  Vnic_top& t = *impl_->top_;
  t.bus_master_i = 0;
  t.cable_i = 1;
  t.now_i = 0;
  t.xgmii_rxd_i = 0x0707'0707'0707'0707ULL;
  t.xgmii_rxc_i = 0xff;
  t.s_axil_awvalid_i = t.s_axil_wvalid_i = t.s_axil_arvalid_i = 0;
  t.s_axil_bready_i = t.s_axil_rready_i = 1;
  t.s_axil_awaddr_i = t.s_axil_araddr_i = 0;
  t.s_axil_wdata_i = 0;
  t.s_axil_wstrb_i = 0xf;
  t.m_axi_arready_i = t.m_axi_awready_i = t.m_axi_wready_i = 1;
  t.m_axi_rvalid_i = t.m_axi_rlast_i = t.m_axi_bvalid_i = 0;
  t.m_axi_rresp_i = t.m_axi_bresp_i = 0;
  for (unsigned i = 0; i < 4; ++i) t.m_axi_rdata_i[i] = 0;
  impl_->context_.assertOn(false);  // what flops hold before their reset breaks every rule
  lower_clocks(t);
  t.rst_ni = 0;
  t.eval();
  for (int i = 0; i < 8; ++i) cycle();
  t.rst_ni = 1;
  for (int i = 0; i < 4; ++i) cycle();
  impl_->context_.assertOn(impl_->assertions_);
}

void RtlModel::cycle_with_waves(std::int64_t time_ps) { impl_->cycle_with_waves(time_ps); }

std::string RtlModel::verilator_version() { return Verilated::productVersion(); }

bool RtlModel::can_dump_waves() {
#ifdef NICOSIM_TRACE
  return true;
#else
  return false;
#endif
}

std::vector<std::uint64_t> RtlModel::snapshot() const {
  const auto& root = *impl_->top_->rootp;
  std::vector<std::uint64_t> words(sizeof(root) / sizeof(std::uint64_t));
  std::memcpy(words.data(), &root, words.size() * sizeof(std::uint64_t));
  return words;
}

}  // namespace nicosim
