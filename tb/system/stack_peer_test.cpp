// A peer with a stack is one host, however many programs run on it.
#include "cli/host_setup.hpp"
#include "tb/system/run_in_child.hpp"

#include <gtest/gtest.h>
#include <string_view>

namespace nicosim {
namespace {

constexpr std::string_view kTwoLoads = R"(
[nic.eth0]
address = ["10.77.0.2/24"]
[peer.client]
on = "eth0"
kind = "stack"
address = "10.77.0.9/24"
[[app]]
name = "web"
kind = "http_server"
model = "epoll"
port = 80
[[app]]
name = "other"
kind = "http_server"
port = 8080
[[app]]
name = "many"
on = "client"
kind = "http_load"
target = "10.77.0.2:80"
connections = 20
requests = 3
rate = "20k/s"
[[app]]
name = "large"
on = "client"
kind = "http_load"
target = "10.77.0.2:80"
connections = 5
rate = "5k/s"
path = "/bytes/50000"
[[app]]
name = "elsewhere"
on = "client"
kind = "http_load"
target = "10.77.0.2:8080"
connections = 5
rate = "5k/s"
)";

TEST(StackPeer, ProgramsOnOnePeerDoNotDisturbEachOther) {
  in_child([] {
    const auto scenario = parse_scenario(kTwoLoads, "s.toml");
    ASSERT_TRUE(scenario) << scenario.error().text();
    HostSetup& host = *new HostSetup{*scenario};
    Simulation& sim = *new Simulation{std::move(host.simulation)};
    host.attach(sim);
    sim.run();
    EXPECT_EQ(sim.unexplained(), 0U);
    EXPECT_EQ(host.peers[0].stacks.size(), 1U);
    for (const auto& [app, connections] : {std::pair<std::size_t, std::uint64_t>{2, 20}, {3, 5}, {4, 5}}) {
      EXPECT_EQ(host.clients[app]->stats().finished, connections) << scenario->apps[app].name;
      EXPECT_EQ(host.clients[app]->stats().failed, 0U) << scenario->apps[app].name;
    }
    EXPECT_EQ(host.server_stats[0].requests, 20U * 3 + 5);
    EXPECT_EQ(host.server_stats[1].requests, 5U);
    EXPECT_GT(host.clients[3]->stats().bytes_received, 5U * 50'000);
    const CounterGroup& peer = host.peers[0].stacks[0]->nstat();
    for (const char* const name : {"TcpOutRsts", "TcpEstabResets", "TcpRetransSegs"}) {
      EXPECT_EQ(peer.value(name), 0U) << name;
      EXPECT_EQ(sim.stack().nstat().value(name), 0U) << name;
    }
  });
}

}  // namespace
}  // namespace nicosim
