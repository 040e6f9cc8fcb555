// A simulated host with scripted peers on its wires, for tests of the whole system.
//
// Fill `setup`, give each card's peer its frames, run() once per process (tb/system/run_in_child.hpp), then look.
#pragma once

#include "programs/datagram.hpp"
#include "sc_model/simulation.hpp"
#include "tb/stack/packets.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace nicosim {

// Whoever is at the far end of a wire: sends prepared frames, answers ARP for every address, keeps what it gets.
class ScriptedPeer final : public WireSource {
 public:
  using Reaction = std::function<std::vector<packets::Packet>(Bytes frame)>;

  // `frame` from the destination address on, without FCS. Times count from the moment at which the wire lives.
  void send(SimTime at, packets::Packet frame) {
    finish_for_wire(frame);
    send_raw(at, std::move(frame));
  }
  void send_raw(SimTime at, packets::Packet with_fcs) { frames_.emplace_back(at, std::move(with_fcs)); }
  void on_frame(Reaction reaction) { reaction_ = std::move(reaction); }

  std::optional<WireFrame> next() override {
    if (next_ == 0) std::ranges::stable_sort(frames_, {}, &std::pair<SimTime, packets::Packet>::first);
    if (next_ == frames_.size()) return std::nullopt;
    WireFrame frame;
    frame.not_before = frames_[next_].first;
    frame.bytes = frames_[next_].second;
    frame.packet = next_++;
    return frame;
  }
  std::vector<WireFrame> receive(Bytes frame) {
    received.emplace_back(frame.begin(), frame.end());
    std::vector<packets::Packet> answers;
    if (frame.size() >= 42 && load_be16(frame, 12) == 0x0806 && load_be16(frame, 20) == 1) {  // RFC 826
      packets::Arp reply{.operation = 2};
      reply.sender_mac = mac;
      reply.sender_ip = {load_be32(frame, 38)};
      reply.target_mac = MacAddress::from(frame.subspan(22));
      reply.target_ip = {load_be32(frame, 28)};
      answers.push_back(packets::ethernet(packets::arp(reply), {.to = reply.target_mac, .from = mac, .type = 0x0806}));
    } else if (reaction_) {
      answers = reaction_(frame);
    }
    std::vector<WireFrame> out;
    for (packets::Packet& answer : answers) {
      finish_for_wire(answer);
      out.emplace_back().bytes = std::move(answer);
    }
    return out;
  }

  std::size_t frames() const { return frames_.size(); }
  MacAddress mac = packets::kPeerMac;
  std::vector<packets::Packet> received;  // with FCS, ARP requests included

 private:
  std::vector<std::pair<SimTime, packets::Packet>> frames_;
  std::size_t next_ = 0;
  Reaction reaction_;
};

struct Cable {
  unsigned from, to;
  SimTime delay;
};

struct Rig {
  // One card with the address that packets.hpp calls ours.
  Rig() {
    setup.linger = SimTime::ms(1);
    add_card(packets::kOurMac, packets::kOurIp);
  }
  void add_card(const MacAddress& mac, Ipv4Address address) {
    NicSetup& nic = setup.nics.emplace_back();
    nic.driver.name = "eth" + std::to_string(setup.nics.size() - 1);
    nic.mac = mac;
    nic.addresses = {{address, 24}};
    peers.emplace_back();
  }
  DatagramStats& add_program(std::uint16_t port, bool echo, decltype(DatagramProgram::seen) seen = {}) {
    DatagramProgram program;
    program.port = port;
    program.echo = echo;
    program.stats = &stats.emplace_back();
    program.seen = std::move(seen);
    setup.apps.push_back({(echo ? "echo" : "sink") + std::to_string(port),
                          [program](Posix& os) { return run_datagram_program(os, program); }});
    return stats.back();
  }
  void log_events() {
    setup.events = [this](std::string_view line) { events += line; };
  }

  Simulation::End run() {
    sim = new Simulation(setup);  // never freed: its threads' stacks still refer to it
    for (unsigned port = 0; port < setup.nics.size(); ++port) {
      const bool cabled = std::ranges::any_of(cables, [&](const Cable& c) { return c.from == port || c.to == port; });
      ScriptedPeer& peer = peers[port];
      if (!cabled) sim->set_wire(port, {&peer, [&peer](Bytes frame) { return peer.receive(frame); }, {}});
    }
    for (const Cable& c : cables) sim->connect(c.from, c.to, c.delay);
    return sim->run();
  }

  // Every frame has exactly one fate, and the fates add up to the frames.
  void expect_sums() const {
    const FrameLedger& ledger = sim->ledger();
    std::uint64_t arrived = 0, sent = 0;
    for (const auto& [fate, count] : ledger.totals()) arrived += count;
    for (const auto& [fate, count] : ledger.totals_of_host_frames()) sent += count;
    EXPECT_EQ(arrived, ledger.opened_on_wire());
    EXPECT_EQ(sent, ledger.opened_from_host());
    EXPECT_EQ(sim->unexplained(), 0U);
  }

  SimulationSetup setup;
  std::deque<ScriptedPeer> peers;  // one per card
  std::deque<DatagramStats> stats;
  std::vector<Cable> cables;
  std::string events;
  std::string notes;                      // what programs of a test have seen
  std::function<std::string()> epilogue;  // ... and what a test sees when the run is over
  Simulation* sim = nullptr;
};

}  // namespace nicosim
