// A peer with a stack is one host, however many programs run on it.
#include "cli/host_setup.hpp"
#include "tb/system/run_in_child.hpp"

#include <gtest/gtest.h>
#include <string>
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

constexpr std::string_view kThroughTheHost = R"(
[host]
sysctl = { net.ipv4.ip_forward = 1 }
[nic.eth0]
address = ["10.77.0.2/24"]
[nic.eth1]
address = ["10.78.0.2/24"]
[peer.client]
on = "eth0"
kind = "stack"
address = "10.77.0.9/24"
gateway = "10.77.0.2"
[peer.backend]
on = "eth1"
kind = "stack"
address = "10.78.0.9/24"
gateway = "10.78.0.2"
[[app]]
name = "sink"
on = "backend"
kind = "discard"
port = 9
[[app]]
name = "web"
on = "backend"
kind = "http_server"
port = 80
[[app]]
name = "paced"
on = "client"
kind = "tcp_send"
target = "10.78.0.9:9"
rate = "100Mb/s"
size = "500000B"
[[app]]
name = "fast"
on = "client"
kind = "tcp_send"
target = "10.78.0.9:9"
size = "500001B"
[[app]]
name = "nobody"
on = "client"
kind = "tcp_send"
target = "10.78.0.9:10"
size = "1B"
[[app]]
name = "pages"
on = "client"
kind = "http_load"
target = "10.78.0.9:80"
path = "/bytes/20000"
connections = 3
)";

TEST(StackPeer, ServesWhatAnotherPeerSendsThroughTheHost) {
  in_child([] {
    const auto scenario = parse_scenario(kThroughTheHost, "s.toml");
    ASSERT_TRUE(scenario) << scenario.error().text();
    HostSetup& host = *new HostSetup{*scenario};
    Simulation& sim = *new Simulation{std::move(host.simulation)};
    host.attach(sim);
    sim.run();
    EXPECT_EQ(sim.unexplained(), 0U);
    EXPECT_EQ(host.server_stats[0].connections, 2U);
    EXPECT_EQ(host.server_stats[0].bytes_in, 1'000'001U);
    EXPECT_EQ(host.server_stats[1].requests, 3U);
    for (const std::size_t app : {2U, 3U}) EXPECT_EQ(host.senders[app]->stats().finished, 1U);
    EXPECT_EQ(host.senders[2]->stats().bytes_sent, 500'000U);
    EXPECT_EQ(host.senders[3]->stats().bytes_sent, 500'001U);
    EXPECT_EQ(host.senders[4]->stats().failed, 1U);
    EXPECT_EQ(host.senders[4]->stats().connected, 0U);
    EXPECT_EQ(host.clients[5]->stats().finished, 3U);
    EXPECT_GT(host.clients[5]->stats().bytes_received, 60'000U);
  });
}

TEST(StackPeer, ASenderKeepsItsRate) {
  in_child([] {
    std::string text{kThroughTheHost};
    text = text.substr(0, text.find("[[app]]\nname = \"fast\"")) + "[stop]\nafter = \"40ms\"\n";
    const auto scenario = parse_scenario(text, "s.toml");
    ASSERT_TRUE(scenario) << scenario.error().text();
    HostSetup& host = *new HostSetup{*scenario};
    Simulation& sim = *new Simulation{std::move(host.simulation)};
    host.attach(sim);
    sim.run();
    // 40 ms at 100 Mb/s; the first block falls due at once.
    EXPECT_NEAR(static_cast<double>(host.senders[2]->stats().bytes_sent), 500'000.0, 1.5 * TcpSend::kBlock);
    EXPECT_EQ(host.senders[2]->stats().bytes_sent % TcpSend::kBlock, 0U);
  });
}

}  // namespace
}  // namespace nicosim
