// Ten thousand connections to one epoll server, through the RTL: all of them stand, the few that ask are answered, and
// what each costs this machine is printed.
#include "programs/http_server.hpp"
#include "programs/models/models.hpp"
#include "sc_model/simulation.hpp"
#include "sc_model/stack_peer.hpp"
#include "tb/stack/packets.hpp"
#include "tb/system/run_in_child.hpp"

#include <ctime>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace nicosim {
namespace {

constexpr std::uint64_t kConnections = 10'000, kActive = 100;
constexpr SimTime kEnd = SimTime::ms(250), kAsk = SimTime::ms(220);

std::uint64_t resident_bytes() {
  std::ifstream statm{"/proc/self/statm"};
  std::uint64_t size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

TEST(ManyConnections, TenThousandStandOnOneEpollServerThroughTheRtl) {
  in_child([] {
    SimulationSetup setup;
    setup.stop_after = kEnd;
    setup.warmup = kAsk;
    setup.stack.rlimit_nofile = 20'000;
    NicSetup& nic = setup.nics.emplace_back();
    nic.mac = packets::kOurMac;
    nic.addresses = {{packets::kOurIp, 24}};
    nic.wire.delay = SimTime::us(5);
    TcpServerStats stats;
    ModelServer server;
    server.model = IoModel::epoll;
    server.port = 80;
    server.stats = &stats;
    server.converse = [](TcpServerStats& counted) { return std::make_unique<HttpConversation>(counted); };
    setup.apps.push_back({"web", [server](Posix& os) { return run_model_server(os, server); }});

    TcpLoadConfig load;
    load.server = packets::kOurIp;
    load.every = SimTime::us(20);  // 50 000 SYNs per second
    load.connections = kConnections;
    load.earlier_request = "GET / HTTP/1.1\r\nHost: us\r\n\r\n";
    load.half_close = false;
    load.requests = 0;
    load.think = SimTime::ms(1);
    load.ask_from = kAsk;
    load.active = kActive;
    StackPeer peer{{.mac = packets::kPeerMac, .address = packets::kPeerIp}};
    const TcpLoad& clients = peer.add(load);

    auto& sim = *new Simulation(std::move(setup));  // never freed: its threads' stacks still refer to it
    sim.set_wire(0, {.source = nullptr, .receiver = {}, .peers = {&peer}});
    const std::uint64_t before = resident_bytes();
    sim.run();
    const std::uint64_t each = (resident_bytes() - before) / kConnections;
    // Of this process: a machine that has other things to do makes it wait, but not work more.
    const double seconds = static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
    fmt::print("{} connections: {} bytes each (both ends), {:.1f} s of CPU time, {} requests\n", kConnections, each,
               seconds, stats.requests);

    EXPECT_EQ(clients.stats().connected, kConnections);
    EXPECT_EQ(clients.stats().failed, 0U);
    EXPECT_EQ(stats.connections, kConnections);
    EXPECT_EQ(stats.refused, 0U);
    EXPECT_GE(clients.stats().answers, 10 * kActive);
    EXPECT_EQ(sim.stack().nstat().value("TcpRetransSegs"), 0U);
    EXPECT_EQ(sim.unexplained(), 0U);
    EXPECT_LT(each, 64U * 1024);
    EXPECT_LT(seconds, 60);
    // What is idle costs nothing: a request still takes one look, one read, one answer.
    const Usage& usage = sim.usage(0);
    EXPECT_LT(static_cast<double>(usage.syscalls.at("epoll_wait")) / static_cast<double>(clients.stats().answers), 1.1);
  });
}

}  // namespace
}  // namespace nicosim
