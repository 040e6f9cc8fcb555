// A scenario turned into a simulation: cards, wires with what hangs on them, programs.
#pragma once

#include "cli/capture/recorded_source.hpp"
#include "cli/capture/replay_source.hpp"
#include "cli/capture/station_guess.hpp"
#include "cli/live/live_source.hpp"
#include "cli/scenario/scenario.hpp"
#include "common/result.hpp"
#include "programs/datagram.hpp"
#include "programs/tcp_server.hpp"
#include "sc_model/generator.hpp"
#include "sc_model/simulation.hpp"
#include "sc_model/stack_peer.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace nicosim {

// The peers of one card's wire.
struct Peers {
  std::vector<std::unique_ptr<Generator>> generators;
  std::vector<std::unique_ptr<ReplaySource>> replays;
  std::vector<std::string> replay_files;
  std::vector<std::unique_ptr<RecordedSource>> recordings;
  std::vector<std::unique_ptr<StackPeer>> stacks;
  std::unique_ptr<LiveSource> live;    // instead of all of them: a real network ...
  std::function<void(Bytes)> to_live;  // ... which gets what comes out of the card, FCS included
  std::unique_ptr<WireSource> merged;  // of all of them, by time
  std::uint64_t received = 0;          // frames that came out of the card

  WireSource* source() { return live ? static_cast<WireSource*>(live.get()) : merged.get(); }
};

class HostSetup {
 public:
  // Opens captures; throws CaptureError. The scenario has been checked.
  explicit HostSetup(const Scenario& scenario);

  SimulationSetup simulation;  // complete but for outputs and engine options; take it (move) into a Simulation
  // The wire of this card leads out of the simulation. It must have no peer. Before attach().
  void go_live(unsigned port, std::function<void(Bytes)> to_live);
  void attach(Simulation& sim);  // joins the wires

  std::deque<Peers> peers;          // per card
  std::deque<DatagramStats> stats;  // per app; only one of the three is in use for each
  std::deque<TcpServerStats> server_stats;
  std::deque<TcpServerStats> server_stats_before;                              // the same when the warm-up was over
  std::size_t program_of(std::size_t app) const { return programs_.at(app); }  // its number in the simulation
  std::vector<const TcpLoad*> clients;                                         // nullptr: no http_load
  std::vector<const TcpSend*> senders;                                         // nullptr: no tcp_send
  // Seen by every datagram program: the app's index, the datagram, its sender. Set before the run.
  std::function<void(std::size_t app, std::span<const std::byte>, const sockaddr_in&)> on_datagram;

 private:
  std::vector<std::size_t> programs_;         // per app
  std::map<std::string, StackPeer*> stacks_;  // by the peer's name

  void add_card(const Scenario&, const Scenario::Nic&);
  void add_peer(const Scenario&, const Scenario::Peer&);
  void add_stack(const Scenario&, const Scenario::Peer&);
  void add_server(const Scenario::App&, std::size_t index);
  void add_peer_server(const Scenario::App&, std::size_t index);
  void add_client(const Scenario&, const Scenario::App&, std::size_t index);
  void add_sender(const Scenario::App&, std::size_t index);
  StackPeer& stack_of(const Scenario::App&);
  unsigned port_of(const Scenario&, const std::string& nic) const;
};

// The stack's knobs, for reading scenarios.
SysctlRules sysctl_rules();
StackConfig stack_config_of(const Scenario& scenario);

// What is known about the station a capture was taken for. Throws CaptureError; the Result's error is a sentence.
Result<CaptureStation, std::string> guess_station(const std::string& file, const std::string& as, bool lenient);

}  // namespace nicosim
