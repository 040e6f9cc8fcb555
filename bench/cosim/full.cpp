// The whole simulation: card, link, simulated CPU with default costs, driver with NAPI, stack, a process that reads.
//
// How many frames get through is the simulated host's affair: at 14.88 M frames/s it drops most, as a real one would.
#include "bench/cosim/cell.hpp"
#include "bench/cosim/traffic.hpp"
#include "programs/datagram.hpp"
#include "sc_model/simulation.hpp"

namespace nicosim::bench {
namespace {

constexpr SimTime kDrain = SimTime::ms(5);  // for the process to read what is queued; the card is idle

}  // namespace

CellResult run_full(const Cell& cell) {
  DatagramStats stats;
  Traffic traffic{cell, SimTime::zero()};
  SimulationSetup setup;
  NicSetup nic;
  nic.driver.name = "eth0";
  nic.mac = kStation;
  nic.addresses = {{kStationIp, 24}};
  setup.nics.push_back(nic);
  DatagramProgram sink;
  sink.port = kPort;
  sink.stats = &stats;
  setup.apps.push_back({"sink", [sink](Posix& os) { return run_datagram_program(os, sink); }});
  setup.skip = cell.skip;
  setup.stop_after = SimTime::ps(static_cast<std::int64_t>(wire_cycles(cell)) * kCyclePs) + kDrain;

  // Lives until the process ends: SystemC's threads are still on their stacks.
  static Simulation* const sim = new Simulation{std::move(setup)};
  Simulation::WireEnds ends;
  ends.source = &traffic;
  sim->set_wire(0, std::move(ends));
  sim->run();

  CellResult result;
  result.delivered = stats.datagrams;
  result.cycles = wire_cycles(cell);
  result.evaluated = sim->engine(0).cycles_evaluated();
  result.interrupts = sim->cpu().vectors().vectors().at(0).count;
  result.wall_s = traffic.wall_s();
  return result;
}

}  // namespace nicosim::bench
