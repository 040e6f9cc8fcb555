#include "tb/oracle/card_device.hpp"

#include "regmap/regmap.hpp"
#include "sc_model/clock_engine.hpp"
#include "sc_model/pci_function.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <stdexcept>
#include <utility>

namespace nicosim {
namespace {

constexpr std::size_t kMemoryBytes = 64U << 20U;
constexpr std::size_t kStackBytes = 4U << 20U;  // GoogleTest's assertions and the driver run on it
constexpr std::uint32_t kBar0 = 0xf000'0000;
constexpr SimTime kLook = SimTime::us(2);
constexpr int kMostLooks = 1'000'000;

std::uint64_t station_address() {
  std::uint64_t value = 0;
  for (const std::uint8_t octet : kStation.octets) value = (value << 8U) | octet;
  return value;
}

EngineConfig engine_config() {
  EngineConfig config;
  config.station_address = station_address();
  return config;
}

class Bench final : public sc_core::sc_module, public CardDevice, private InterruptSink {
 public:
  SC_HAS_PROCESS(Bench);
  tlm_utils::simple_initiator_socket<Bench> bus{"bus"};

  Bench(sc_core::sc_module_name name, const std::function<void(CardDevice&)>& body, Ledger* ledger)
      : sc_module(name), body_(body), ledger_(ledger != nullptr ? *ledger : nobody_) {
    engine_.dma.bind(link_.dma);
    link_.registers.bind(engine_.registers);
    bus.bind(link_.host);
    link_.memory.bind(memory_.bus);
    engine_.on_outgoing([this](WireOut::Frame&& frame, FrameId) {
      if (frame.aborted && &ledger_ != &nobody_) return;  // by a reset; the ledger has its fate
      if (frame.aborted || !frame.good_fcs) throw std::runtime_error("the card sent a frame with a bad FCS");
      frame.bytes.resize(frame.bytes.size() - 4);
      sent_.push_back(std::move(frame.bytes));
    });
    SC_THREAD(run);
    set_stack_size(kStackBytes);
  }

  void go() {
    sc_core::sc_start();
    if (failure_) std::rethrow_exception(failure_);
    if (!done_) throw std::logic_error("the simulation ended before the test did");
  }

  std::string_view name() const override { return "card"; }
  SimTime now() const override { return agenda_.now(); }
  unsigned rises() const override { return rises_; }
  std::uint64_t cycles() const override { return engine_.cycles_evaluated(); }

  // CTRL.RST leaves the PHY alone, so that gets its own reset (IEEE 802.3, register 0, bit 15).
  void power_on() override {
    settle();
    pci_.write32(0x10, kBar0);
    pci_.write32(0x04, PciFunction::kCommandMemory | PciFunction::kCommandBusMaster);
    write32(regs::MDIC, field::MDIC_OP.put(1) | field::MDIC_PHYADD.put(1) | field::MDIC_DATA.put(0x8000));
    advance(SimTime::us(30));  // the 64 clocks of MDIO
    write32(regs::CTRL, field::CTRL_RST.mask());
    advance(SimTime::us(5));
    settle();
    read32(regs::ICR);
    settle();
    sent_.clear();
  }

  std::uint32_t read32(std::uint32_t offset) override { return access(tlm::TLM_READ_COMMAND, offset, 0); }
  void write32(std::uint32_t offset, std::uint32_t value) override { access(tlm::TLM_WRITE_COMMAND, offset, value); }
  std::vector<std::uint32_t> read_all(std::span<const std::uint32_t> offsets) override {
    std::vector<std::uint32_t> values;
    for (const std::uint32_t offset : offsets) values.push_back(read32(offset));
    return values;
  }

  void load(std::uint64_t where, std::span<std::byte> to) override {
    std::ranges::copy(at(where, to.size()), to.begin());
  }
  void store(std::uint64_t where, std::span<const std::byte> from) override {
    std::ranges::copy(from, at(where, from.size()).begin());
  }

  void fill(std::uint64_t where, std::size_t bytes, std::byte value) override {
    std::ranges::fill(at(where, bytes), value);
  }

  void inject(Bytes frame) override {
    WireFrame out;
    out.not_before = agenda_.now();
    out.bytes.assign(frame.begin(), frame.end());
    finish_for_wire(out.bytes);
    engine_.push_frame(std::move(out));
  }
  std::vector<ByteVector> collect() override { return std::exchange(sent_, {}); }
  bool line() override { return line_; }

  void settle() override {
    for (int i = 0; i < kMostLooks; ++i) {
      advance(kLook);
      if (engine_.at_rest() && agenda_.only_timers_left()) return;
    }
    throw std::runtime_error("the card does not come to rest");
  }
  void advance(SimTime duration) override {
    agenda_.post(wake_, agenda_.now() + duration, true);
    sc_core::wait(awake_);
  }

 private:
  void line(unsigned, bool high, SimTime) override {
    if (high && !line_) ++rises_;
    line_ = high;
  }

  void run() {
    try {
      body_(*this);
      done_ = true;
    } catch (...) {
      failure_ = std::current_exception();
    }
    sc_core::sc_stop();
  }

  std::uint32_t access(tlm::tlm_command command, std::uint32_t offset, std::uint32_t value) {
    tlm::tlm_generic_payload trans;
    trans.set_command(command);
    trans.set_address(offset);
    trans.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    trans.set_data_length(sizeof value);
    trans.set_streaming_width(sizeof value);
    sc_core::sc_time none = sc_core::SC_ZERO_TIME;
    bus->b_transport(trans, none);
    return trans.is_response_ok() ? value : ~std::uint32_t{0};
  }

  std::span<std::byte> at(std::uint64_t where, std::size_t bytes) {
    if (!memory_.contains(where, bytes)) throw std::out_of_range("the test reaches outside memory");
    return memory_.at(where, bytes);
  }

  std::function<void(CardDevice&)> body_;
  NullLedger nobody_;
  Ledger& ledger_;
  Agenda agenda_{"agenda"};
  Memory memory_{"memory", kMemoryBytes};
  HostLink link_{"link", agenda_, memory_, *this, 0, LinkConfig{}};
  ClockEngine engine_{"engine", agenda_, link_, ledger_, engine_config()};
  PciFunction pci_{[this](bool on) { write32(kBusMasterAccess, on ? 1 : 0); }};
  sc_core::sc_event awake_;
  AgendaCall wake_{Rank::cpu, agenda_.new_source(), [this] {
                     awake_.notify();
                     agenda_.let_threads_run();
                   }};
  std::vector<ByteVector> sent_;
  bool line_ = false, done_ = false;
  unsigned rises_ = 0;
  std::exception_ptr failure_;
};

}  // namespace

void with_card(const std::function<void(CardDevice&)>& body, Ledger* ledger) {
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_DO_NOTHING);
  Bench& bench = *new Bench{"bench", body, ledger};  // never freed: simulated threads are still on their stacks
  bench.go();
}

}  // namespace nicosim
