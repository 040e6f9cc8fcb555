// The same traffic through the co-simulation machinery: Agenda, ClockEngine, HostLink, Memory. The host is a stub.
//
// On each interrupt the stub reads ICR over the link, takes the frames that are done and writes RDT. No simulated CPU,
// no driver, no stack: what it costs more than the bare card is the price of joining RTL and SystemC.
#include "bench/cosim/cell.hpp"
#include "bench/cosim/rings.hpp"
#include "bench/cosim/traffic.hpp"
#include "sc_model/agenda.hpp"
#include "sc_model/clock_engine.hpp"
#include "sc_model/host_link.hpp"
#include "sc_model/memory.hpp"

#include <systemc>
#include <tlm_utils/simple_initiator_socket.h>

namespace nicosim::bench {
namespace {

constexpr SimTime kLead = SimTime::us(10);  // from set-up to the first frame; more than the link's latency

class StubHost final : public sc_core::sc_module, public InterruptSink {
 public:
  tlm_utils::simple_initiator_socket<StubHost> link{"link"};

  SC_HAS_PROCESS(StubHost);
  StubHost(sc_core::sc_module_name name, Agenda& agenda, Memory& memory, const Cell& cell)
      : sc_module(name), agenda_(agenda), memory_(memory), cell_(cell) {
    SC_THREAD(live);
  }

  void set_card(ClockEngine& card) { card_ = &card; }
  void line(unsigned, bool high, SimTime) override {
    high_ = high;
    if (!high) return;
    ++interrupts_;
    raised_.notify();
    agenda_.let_threads_run();
  }

  CellResult result() const {
    CellResult r;
    r.delivered = ring_.delivered();
    r.cycles = wire_cycles(cell_);
    r.evaluated = card_->cycles_evaluated();
    r.interrupts = interrupts_;
    r.wall_s = traffic_->wall_s();
    return r;
  }

 private:
  void live() {
    std::byte* const memory = memory_.at(0, kMemoryBytes).data();
    access(tlm::TLM_WRITE_COMMAND, kBusMasterAccess, 1);
    set_up_receive([this](std::uint32_t offset, std::uint32_t value) { access(tlm::TLM_WRITE_COMMAND, offset, value); },
                   memory);
    access(tlm::TLM_READ_COMMAND, regs::STATUS, 0);  // pushes the writes in front of it

    const auto edge = (agenda_.now() + kLead).in_ps() / kCyclePs;
    const SimTime start = SimTime::ps(edge * kCyclePs);
    card_->set_end(start + SimTime::ps(static_cast<std::int64_t>(wire_cycles(cell_)) * kCyclePs) + kTail);
    traffic_.emplace(cell_, start);
    card_->set_source(&*traffic_);
    for (;;) {  // until the card's time is over and nothing wakes us any more
      while (!high_) sc_core::wait(raised_);
      access(tlm::TLM_READ_COMMAND, regs::ICR, 0);
      if (ring_.clean(memory)) access(tlm::TLM_WRITE_COMMAND, regs::RDT, ring_.tail());
    }
  }

  std::uint32_t access(tlm::tlm_command command, std::uint32_t offset, std::uint32_t value) {
    tlm::tlm_generic_payload trans;
    trans.set_command(command);
    trans.set_address(offset);
    trans.set_data_ptr(reinterpret_cast<unsigned char*>(&value));
    trans.set_data_length(sizeof value);
    trans.set_streaming_width(sizeof value);
    sc_core::sc_time none = sc_core::SC_ZERO_TIME;
    link->b_transport(trans, none);
    return value;
  }

  Agenda& agenda_;
  Memory& memory_;
  Cell cell_;
  ClockEngine* card_ = nullptr;
  std::optional<Traffic> traffic_;
  ReceiveRing ring_;
  sc_core::sc_event raised_;
  bool high_ = false;
  std::uint64_t interrupts_ = 0;
};

EngineConfig engine_config(const Cell& cell) {
  EngineConfig config;
  config.skip = cell.skip;
  for (const std::uint8_t octet : kStation.octets) config.station_address = (config.station_address << 8U) | octet;
  return config;
}

struct System {
  explicit System(const Cell& cell)
      : host("host", agenda, memory, cell), engine("engine", agenda, link, ledger, engine_config(cell)) {
    engine.dma.bind(link.dma);
    link.registers.bind(engine.registers);
    host.link.bind(link.host);
    link.memory.bind(memory.bus);
    host.set_card(engine);
  }

  NullLedger ledger;
  Agenda agenda{"agenda"};
  Memory memory{"memory", kMemoryBytes};
  StubHost host;
  HostLink link{"link", agenda, memory, host, 0, LinkConfig{}};
  ClockEngine engine;
};

}  // namespace

CellResult run_cosim(const Cell& cell) {
  // Lives until the process ends: the stub's thread is still on its stack.
  static System* const system = new System{cell};
  sc_core::sc_start();
  return system->host.result();
}

}  // namespace nicosim::bench

// SystemC's library wants this name; whoever links us has a main() of its own.
__attribute__((visibility("default"))) int sc_main(int, char**) { return 0; }
