// Several cores at once in everything: NAT, forwarding and TCP, at many legal interleavings. And where the time went.
#include "cli/host_setup.hpp"
#include "tb/system/exactness.hpp"
#include "tb/system/rig.hpp"
#include "tb/system/run_in_child.hpp"

#include <array>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>

namespace nicosim {
namespace {

using namespace packets;

// A client fetches pages from a web server on a host of four cores; at the same time its datagrams go through the host
// to a server behind the other card, under the host's address, and that server's own come to the host's programs.
constexpr const char* kGateway = R"(
schema = 1
stop = { after = "20ms" }
[host]
cores = 4
[host.sysctl]
net.ipv4.ip_forward = 1
[[host.netfilter.rule]]
chain = "FORWARD"
ctstate = "NEW,ESTABLISHED,RELATED"
target = "ACCEPT"
[[host.netfilter.rule]]
chain = "POSTROUTING"
out = "eth1"
source = "10.77.0.0/24"
target = "MASQUERADE"
[nic.eth0]
mac = "02:00:00:00:00:01"
address = ["10.77.0.2/24"]
[nic.eth1]
mac = "02:00:00:00:00:02"
address = ["10.78.0.2/24"]
irq_cpu = 2
[wire.eth0]
delay = "5us"
[peer.client]
on = "eth0"
kind = "stack"
address = "10.77.0.9/24"
[peer.talker]
on = "eth0"
kind = "generator"
mac = "02:00:00:00:01:07"
address = "10.77.0.7/24"
[peer.server]
on = "eth1"
kind = "generator"
mac = "02:00:00:00:01:02"
address = "10.78.0.9/24"
[[app]]
name = "web"
kind = "http_server"
port = 80
[[app]]
name = "load"
on = "client"
kind = "http_load"
target = "10.77.0.2:80"
connections = 12
rate = "2k/s"
path = "/bytes/20000"
[[app]]
name = "echo"
kind = "udp_echo"
port = 7
)";
constexpr unsigned kFlows = 8, kPerFlow = 40, kPages = 12;

std::string gateway_text() {
  std::string text = kGateway;
  for (unsigned flow = 0; flow < kFlows; ++flow) {
    text += fmt::format(
        "[[peer.talker.send]]\nkind = \"udp\"\nat = \"{}us\"\nrate = \"5k/s\"\ncount = {}\ndst = \"10.78.0.9\"\n"
        "sport = {}\ndport = 9\npayload = \"out\"\n",
        100 + flow, kPerFlow, 5000 + flow);
    text += fmt::format(
        "[[peer.server.send]]\nkind = \"udp\"\nat = \"{}us\"\nrate = \"5k/s\"\ncount = {}\ndst = \"10.78.0.2\"\n"
        "sport = {}\ndport = 7\npayload = \"in\"\n",
        101 + flow, kPerFlow, 6000 + flow);
  }
  return text;
}

// One run: what the programs got and where the frames went, which no interleaving may change; then the event log.
struct Outcome {
  std::string result, log;
};

Outcome run_gateway(bool interleave, std::uint64_t seed, std::uint64_t batch = 1'000'000) {
  const std::string told = text_from_child([&] {
    auto scenario = parse_scenario(gateway_text(), "gateway", {}, sysctl_rules());
    if (!scenario) throw std::runtime_error(scenario.error().text());
    scenario->seed = seed;
    scenario->host.interleave = interleave;
    HostSetup& host = *new HostSetup{*scenario};
    std::string& log = *new std::string;
    SimulationSetup setup = std::move(host.simulation);
    setup.batch = batch;
    setup.events = [&log](std::string_view line) { log += line; };
    Simulation& sim = *new Simulation{std::move(setup)};
    host.attach(sim);
    sim.run();
    const FrameLedger& ledger = sim.ledger();
    EXPECT_EQ(sim.unexplained(), 0U);
    std::uint64_t arrived = 0, sent = 0;
    for (const auto& [fate, count] : ledger.totals()) arrived += count;
    for (const auto& [fate, count] : ledger.totals_of_host_frames()) sent += count;
    EXPECT_EQ(arrived, ledger.opened_on_wire());
    EXPECT_EQ(sent, ledger.opened_from_host());
    const TcpLoad::Stats& load = host.clients[1]->stats();
    std::map<std::string, std::uint64_t> tracked;
    for (const auto& [name, value] : sim.stack().conntrack_counters()) tracked[name] = value;
    EXPECT_GE(load.bytes_received, kPages * 20'000U);
    return fmt::format("pages {} failed {} echoed {} forwarded {} dropped {} of ours {} connections {}\n",
                       load.finished, load.failed, host.stats[2].datagrams, ledger.count(false, Fate::forwarded),
                       ledger.count(false, Fate::dropped), ledger.count(true, Fate::dropped), tracked["insert"]) +
           log;
  });
  const std::size_t end = told.find('\n');
  return {told.substr(0, end), told.substr(std::min(told.size(), end + 1))};
}

TEST(Interleaving, ChangesTheOrderOfEventsAndNoResult) {
  // The client's connections and the flows both ways are tracked, each once.
  const std::string expected =
      fmt::format("pages {} failed 0 echoed {} forwarded {} dropped 0 of ours 0 connections {}", kPages,
                  kFlows * kPerFlow, kFlows * kPerFlow, kPages + 2 * kFlows);
  EXPECT_EQ(run_gateway(false, 1).result, expected);
  std::set<std::string> logs;
  constexpr std::uint64_t kSeeds = 8;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Outcome outcome = run_gateway(true, seed);
    EXPECT_EQ(outcome.result, expected) << "seed " << seed;
    logs.insert(outcome.log);
  }
  EXPECT_EQ(logs.size(), kSeeds) << "each seed has an order of its own";
}

TEST(Interleaving, TheSameSeedGivesTheSameBytesHoweverTheCardsAreEvaluated) {
  const Outcome first = run_gateway(true, 5);
  EXPECT_GE(lines_with(first.log, "forwarded"), std::size_t{kFlows * kPerFlow});
  const Outcome again = run_gateway(true, 5);
  EXPECT_TRUE(first.log == again.log) << first_difference(first.log, again.log);
  const Outcome single = run_gateway(true, 5, 7);
  EXPECT_TRUE(first.log == single.log) << "batch 7, first difference: " << first_difference(first.log, single.log);
  const Outcome plain = run_gateway(false, 5);
  EXPECT_FALSE(first.log == plain.log);
}

// ---- where the time went

// netif_rx() does RPS as well: the handler of the older modes leaves the work to another core.
TEST(Rps, WorksWithoutNapiToo) {
  for (const char* const mode : {"dma_irq", "pio"})
    in_child([mode] {
      const std::string text = fmt::format(R"([host]
mode = "{}"
rx_path = "rps"
[nic.eth0]
address = ["10.77.0.2/24"]
irq_cpu = 0
rps_cpus = [1]
[peer.p]
on = "eth0"
kind = "generator"
address = "10.77.0.9/24"
[[peer.p.send]]
kind = "udp"
dport = 7
count = 5
every = "100us"
payload = "hello"
[[app]]
name = "sink"
kind = "udp_sink"
port = 7
)",
                                           mode);
      const auto scenario = parse_scenario(text, "s.toml");
      ASSERT_TRUE(scenario) << scenario.error().text();
      HostSetup& host = *new HostSetup{*scenario};
      Simulation& sim = *new Simulation{std::move(host.simulation)};
      host.attach(sim);
      sim.run();
      EXPECT_EQ(host.stats[0].datagrams, 5U);
      const std::string stat = sim.stack().softnet_stat();
      EXPECT_EQ(stat.substr(0, 8), "00000000") << stat;
      EXPECT_EQ(stat.substr(stat.find('\n') + 1, 8), "00000005") << stat;
    });
}

TEST(CpuTime, EveryPicosecondHasItsFunctionAndEveryProcessItsOwn) {
  in_child([] {
    Rig& rig = *new Rig;
    rig.setup.cores = 2;
    rig.setup.nics[0].neighbours = {{kPeerIp, kPeerMac}};
    rig.add_program(9, true);
    for (int i = 0; i < 100; ++i) rig.peers[0].send(SimTime::us(10 + 20 * i), udp_frame(pattern(200), {.to = 9}));
    rig.run();
    SimTime of_contexts = SimTime::zero(), stalled = SimTime::zero();
    for (unsigned core = 0; core < 2; ++core) {
      const CoreTimes times = rig.sim->cpu_times(core);
      const std::array<SimTime, 3> whole{times.hardirq, times.softirq, times.process};
      for (std::size_t context = 0; context < 3; ++context) {
        SimTime sum = SimTime::zero();
        for (const SimTime spent : times.functions[context]) sum += spent;
        EXPECT_EQ(sum, whole.at(context)) << "core " << core << ", context " << context;
        of_contexts += sum;
        stalled += times.functions[context][kBusStall];
      }
    }
    EXPECT_GT(stalled, SimTime::us(80)) << "at least the read of ICR in each interrupt, 800 ns";

    SimTime of_processes = SimTime::zero();
    for (const auto& [pid, name, account] : rig.sim->process_accounts()) {
      of_processes += account.cpu;
      if (name != "echo9") continue;
      EXPECT_EQ(account.syscalls, 200U) << "recvfrom and sendto, each time";
      EXPECT_EQ(account.voluntary, 100U) << "it sleeps before each datagram";
      EXPECT_EQ(account.involuntary, 0U);
      EXPECT_GT(account.blocked, SimTime::us(1000));
      const SimTime known = account.cpu + account.waiting + account.blocked;
      EXPECT_LE(known, rig.sim->measured());
      EXPECT_GE(known, rig.sim->measured() - SimTime::us(100)) << "the rest are interrupts while it ran";
    }
    EXPECT_GT(of_processes, SimTime::zero());
    EXPECT_LE(of_processes, of_contexts);
  });
}

}  // namespace
}  // namespace nicosim
