#include "cli/scenario/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nicosim {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kTwoCards = R"(
[nic.eth0]
address = ["10.77.0.2/24"]
[nic.eth1]
address = ["10.78.0.2/24"]
[wire.eth1]
loss = 0.25
[peer.client]
on = "eth0"
kind = "generator"
address = "10.77.0.9/24"
[[app]]
name = "echo"
kind = "udp_echo"
port = 7
[[app]]
name = "sink"
kind = "udp_sink"
port = 9
)";

Scenario with(const std::vector<std::string>& changes) {
  const auto scenario = parse_scenario(kTwoCards, "s.toml", changes);
  EXPECT_TRUE(scenario) << scenario.error().text();
  return scenario ? *scenario : Scenario{};
}
std::string refused(const std::vector<std::string>& changes) {
  const auto scenario = parse_scenario(kTwoCards, "s.toml", changes);
  EXPECT_FALSE(scenario);
  return scenario ? std::string{} : scenario.error().text();
}

TEST(Set, ChangesOneValue) {
  EXPECT_EQ(with({"seed=9"}).seed, 9U);
  EXPECT_EQ(with({"stop.after=10ms"}).stop.after, SimTime::ms(10));  // a bare word is a text
  EXPECT_EQ(with({"stop.after=\"10ms\""}).stop.after, SimTime::ms(10));
  EXPECT_EQ(with({"host.mode=dma_irq"}).host.mode, Scenario::Mode::dma_irq);
  EXPECT_EQ(with({"host.sysctl.net.core.netdev_max_backlog=5"}).host.sysctl.at("net.core.netdev_max_backlog"), 5U);
  EXPECT_EQ(with({"nic.eth1.rx_ring=64"}).nics[0].rx_ring, 256U);
  EXPECT_EQ(with({"nic.eth1.rx_ring=64"}).nics[1].rx_ring, 64U);
  EXPECT_EQ(with({"nic.eth0.address=[\"10.1.0.1/8\"]"}).nics[0].addresses[0].prefix, 8U);
}

TEST(Set, OnAListOfTablesMeansAllOfThem) {
  const auto scenario =
      parse_scenario(R"(
[nic.eth0]
[peer.client]
on = "eth0"
kind = "generator"
address = "10.77.0.9/24"
[[peer.client.send]]
kind = "udp"
dst = "10.77.0.2"
rate = "1k/s"
[[peer.client.send]]
kind = "udp"
dst = "10.77.0.2"
every = "1ms"
)",
                     "s.toml", std::vector<std::string>{"peer.client.send.sport=7", "peer.client.send.at=5us"});
  ASSERT_TRUE(scenario) << scenario.error().text();
  for (const auto& send : scenario->peers[0].sends) {
    EXPECT_EQ(send.sport, 7);
    EXPECT_EQ(send.at, SimTime::us(5));
  }
}

TEST(Set, WithoutTheInstanceMeansAllOfThem) {
  const Scenario s = with({"nic.rx_ring=64", "nic.link.latency=1us", "wire.loss=0.5", "app.on=host"});
  for (const auto& nic : s.nics) {
    EXPECT_EQ(nic.rx_ring, 64U);
    EXPECT_EQ(nic.link.latency, SimTime::us(1));
  }
  ASSERT_EQ(s.wires.size(), 2U);  // in front of every card, mentioned before or not
  for (const auto& wire : s.wires) EXPECT_EQ(wire.loss_ppb, 500'000'000U);
}

TEST(Set, FindsAnAppByItsName) {
  const Scenario s = with({"app.sink.port=1234"});
  EXPECT_EQ(s.apps[0].port, 7U);
  EXPECT_EQ(s.apps[1].port, 1234U);
}

TEST(Set, LaterOnesWin) {
  EXPECT_EQ(with({"seed=2", "nic.rx_ring=64", "nic.rx_ring=128", "seed=3"}).nics[0].rx_ring, 128U);
}

TEST(Set, PassesTheSameChecksAsTheFileAndIsNamedAsTheCulprit) {
  EXPECT_EQ(refused({"seed=1e12"}),
            "--set seed=1e12: seed is a number with a point or exponent; expected an integer from 0 to "
            "9223372036854775807");
  EXPECT_THAT(refused({"nic.rx_rng=64"}), HasSubstr("--set nic.rx_rng=64: unknown key 'rx_rng' in [nic.eth0]"));
  EXPECT_THAT(refused({"nic.eht0.rx_ring=64"}),
              HasSubstr("there is no nic 'eht0'; expected one of eth0, eth1; did you mean 'eth0'?"));
  EXPECT_THAT(refused({"app.skin.port=64"}), HasSubstr("did you mean 'sink'?"));
  EXPECT_THAT(refused({"seed=1", "seed.deep=1"}), HasSubstr("'seed' is not a table"));
  EXPECT_THAT(refused({"peer.client.on=eth7"}), HasSubstr("peer.client.on is 'eth7'"));
}

TEST(Set, WhatIsNoChangeIsRefused) {
  for (const char* change : {"", "seed", "=5", ".seed=5", "nic..rx_ring=5", "seed.=5"})
    EXPECT_THAT(refused({change}), HasSubstr("expected PATH=VALUE")) << change;
  EXPECT_THAT(refused({"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a=1"}), StartsWith("--set"));
  EXPECT_THAT(refused({"seed=\xff\xfe"}), StartsWith("--set"));
  EXPECT_THAT(refused({"seed=1\nhost.mode=\"pio\""}), HasSubstr("is a text"));  // not a way to smuggle in a second key
}

}  // namespace
}  // namespace nicosim
