// Faults of the wire in whole runs: both directions, every kind of peer, every frame accounted for, the same log
// however the card is evaluated.
#include "tb/system/scenes.hpp"

#include <gtest/gtest.h>

namespace nicosim {
namespace {

using namespace scenes;

constexpr WireChances kAFewOfEach{30'000'000, 30'000'000, 30'000'000, 200'000'000};

void bad_wire(Rig& rig) {
  one_card(rig);
  rig.setup.nics[0].wire = {SimTime::ps(20'000'123), SimTime::ps(7'000'001), kAFewOfEach, kAFewOfEach};
}

TEST(BadWire, HowTheCardIsEvaluatedDoesNotShow) {
  expect_same(bad_wire, {kOneCycle, kThousand, kNoSkip, kOneCycleNoSkip, Engine{"check skip", 1'000'000, true, 0, true},
                         Engine{"random reset", 1'000'000, true, 5}});
}

TEST(BadWire, HowTheCardIsEvaluatedDoesNotShowWithGapsBetweenTheReordered) {
  expect_same(
      [](Rig& rig) {
        one_card(rig);
        rig.setup.nics[0].wire.delay = SimTime::us(3);
        rig.setup.nics[0].wire.in = {.reorder_ppb = 300'000'000, .gap = 2};
        rig.setup.nics[0].wire.out = {.reorder_ppb = 300'000'000, .gap = 2};
      },
      {kOneCycle, kThousand, kNoSkip, kOneCycleNoSkip});
}

// Sent by the peer and what the wire made of it, on both sides of it.
TEST(BadWire, WhatEntersArrivesOrIsCounted) {
  in_child([] {
    Rig& rig = *new Rig;
    bad_wire(rig);
    std::size_t answers = 0;
    const auto react = [&](Bytes frame) -> std::vector<Packet> {
      if (load_be16(frame, 12) != 0x0800) return {};
      answers += 1;  // to nobody, so that it is not answered in turn
      return {udp_frame(pattern(30), {.from = 6000, .to = 4445})};
    };
    rig.peers[0].on_frame(react);
    rig.setup.linger = SimTime::ms(2);
    rig.run();
    rig.expect_sums();
    const FrameLedger& ledger = rig.sim->ledger();
    const WireCounts in = rig.sim->wire_counts_in(0), out = rig.sim->wire_counts_out(0);
    for (const std::uint64_t count :
         {in.lost, in.corrupted, in.duplicated, in.reordered, out.lost, out.corrupted, out.duplicated, out.reordered})
      EXPECT_GT(count, 0U);
    std::size_t asked = 0;  // by the host's ARP: answered as well
    for (const Packet& frame : rig.peers[0].received)
      asked += load_be16(frame, 12) == 0x0806 && load_be16(frame, 20) == 1 ? 1 : 0;
    EXPECT_EQ(ledger.opened_on_wire(), rig.peers[0].frames() + answers + asked - in.lost + in.duplicated);
    EXPECT_EQ(rig.peers[0].received.size(), ledger.count(true, Fate::sent) - out.lost - out.corrupted + out.duplicated);
    EXPECT_GE(ledger.dropped(false, Station::mac, DropReason::CRC_ERROR), in.corrupted);
  });
}

constexpr std::string_view kDownload = R"(
[stop]
after = "3s"
[nic.eth0]
address = ["10.77.0.2/24"]
[peer.client]
on = "eth0"
kind = "stack"
address = "10.77.0.9/24"
[[app]]
name = "web"
kind = "http_server"
port = 80
[[app]]
name = "load"
on = "client"
kind = "http_load"
target = "10.77.0.2:80"
connections = 3
path = "/bytes/100000"
[wire.eth0]
delay = "100us"
jitter = "10us"
)";
constexpr std::string_view kBad = "loss = 0.02\ncorrupt = 0.01\nduplicate = 0.01\nreorder = 0.1\ndirection = ";

// The log.
std::string downloads(std::string_view direction, const Engine& engine) {
  return text_from_child([&] {
    const std::string toml = std::string{kDownload} + std::string{kBad} + "\"" + std::string{direction} + "\"\n";
    const auto scenario = parse_scenario(toml, "s.toml");
    EXPECT_TRUE(scenario) << (scenario ? "" : scenario.error().text());
    HostSetup& host = *new HostSetup{*scenario};
    std::string& log = *new std::string;
    SimulationSetup setup = std::move(host.simulation);
    setup.batch = engine.batch;
    setup.skip = engine.skip;
    setup.events = [&log](std::string_view line) { log += line; };
    Simulation& sim = *new Simulation{std::move(setup)};
    host.attach(sim);
    sim.run();
    EXPECT_EQ(sim.unexplained(), 0U);
    EXPECT_EQ(host.clients[1]->stats().finished, 3U);
    EXPECT_GT(host.clients[1]->stats().bytes_received, 300'000U);
    const WireCounts in = sim.wire_counts_in(0), out = sim.wire_counts_out(0);
    EXPECT_EQ(in.lost > 0 && in.reordered > 0, direction != "out");
    EXPECT_EQ(out.lost > 0 && out.reordered > 0, direction != "in");
    EXPECT_EQ(lines_with(log, "fault") > 0, direction != "in") << "what became of a frame of the host is in its story";
    EXPECT_GT(sim.stack().nstat().value("TcpRetransSegs") + host.peers[0].stacks[0]->nstat().value("TcpRetransSegs"),
              0U);
    return log;
  });
}

TEST(BadWire, APeerWithAStackMeetsItsFaultsInBothDirections) {
  for (const char* const direction : {"in", "out", "both"}) {
    const std::string expected = downloads(direction, kDefault);
    EXPECT_GT(lines_with(expected, "tx_wire"), 200U);
    for (const Engine& engine : {kOneCycle, kThousand}) {
      const std::string log = downloads(direction, engine);
      EXPECT_TRUE(log == expected) << engine.name << ", first difference: " << first_difference(expected, log);
    }
  }
}

}  // namespace
}  // namespace nicosim
