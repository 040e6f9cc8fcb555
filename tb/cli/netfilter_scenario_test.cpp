// Rules, policies and routes in a scenario: what is read, what is refused and where, what is written back.
#include "cli/scenario/scenario.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nicosim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kCards = R"([nic.eth0]
address = ["10.77.0.2/24"]
[nic.eth1]
address = ["10.78.0.2/24"]
)";

Scenario good(const std::string& toml) {
  const auto scenario = parse_scenario(toml, "s.toml");
  EXPECT_TRUE(scenario) << scenario.error().text();
  return scenario ? *scenario : Scenario{};
}
NfRule rule(const std::string& lines) {
  const Scenario s = good(std::string{kCards} + "[[host.netfilter.rule]]\n" + lines);
  EXPECT_EQ(s.host.netfilter.rules.size(), 1U);
  return s.host.netfilter.rules.empty() ? NfRule{} : s.host.netfilter.rules.front();
}

constexpr std::string_view kEverything = R"(
[[host.route]]
destination = "default"
via = "10.78.0.1"
[[host.route]]
destination = "172.16.0.0/12"
dev = "eth0"
[host.netfilter.policy]
INPUT = "DROP"
FORWARD = "ACCEPT"
bridge = "DROP"
[[host.netfilter.rule]]
chain = "PREROUTING"
in = "eth0"
proto = "tcp"
dport = 80
target = "DNAT"
to = "10.78.0.9-10.78.0.12:8080"
[[host.netfilter.rule]]
chain = "INPUT"
in = "!eth+"
mac_source = "02:00:00:00:01:01"
source = "! 10.0.0.0/8"
destination = "10.77.0.2"
proto = "tcp"
sport = "1024:65535"
dport = "!22"
tcp_flags = "SYN,ACK,FIN,RST SYN"
ctstate = "NEW,INVALID"
comment = "all at once"
target = "REJECT"
reject_with = "tcp-reset"
[[host.netfilter.rule]]
chain = "POSTROUTING"
out = "eth1"
proto = 17
target = "MASQUERADE"
to_ports = "40000-50000"
[[host.netfilter.rule]]
table = "bridge"
chain = "PREROUTING"
mac_destination = "02:00:00:00:00:77"
ether_type = "IPv4"
target = "dnat"
to = "02:00:00:00:00:01"
[[host.netfilter.rule]]
chain = "OUTPUT"
target = "NOTRACK"
[[host.netfilter.rule]]
chain = "FORWARD"
)";

TEST(NetfilterScenario, RulesAreReadAsIptablesWouldReadThem) {
  const NfRule dnat = rule(
      "chain = \"PREROUTING\"\nin = \"eth0\"\nproto = \"tcp\"\ndport = 80\ntarget = \"DNAT\"\n"
      "to = \"10.78.0.9:8080\"");
  EXPECT_EQ(dnat.table, NfTable::nat);
  EXPECT_EQ(dnat.chain, NfHook::pre_routing);
  EXPECT_EQ(dnat.in->value, "eth0");
  EXPECT_EQ(dnat.protocol->value, 6);
  EXPECT_EQ(dnat.dport->value, (NfPorts{80, 80}));
  EXPECT_EQ(dnat.to.first.text(), "10.78.0.9");
  EXPECT_EQ(dnat.to.ports, (NfPorts{8080, 8080}));
}

TEST(NetfilterScenario, AnExclamationMarkNegatesWhatFollows) {
  const NfRule r = rule("chain = \"INPUT\"\nsource = \"! 10.1.2.3/8\"\nproto = \"udp\"\ndport = \"!53\"");
  EXPECT_TRUE(r.source->negated);
  EXPECT_EQ(r.source->value, (NfPrefix{{0x0a00'0000}, 8})) << "host bits are masked";
  EXPECT_TRUE(r.dport->negated);
  EXPECT_FALSE(r.protocol->negated);
  EXPECT_EQ(r.target, NfTarget::none);
}

TEST(NetfilterScenario, TheUsualTableFollowsFromTargetAndChain) {
  EXPECT_EQ(rule("chain = \"INPUT\"\ntarget = \"DROP\"").table, NfTable::filter);
  EXPECT_EQ(rule("chain = \"PREROUTING\"\ntarget = \"DROP\"").table, NfTable::mangle);
  EXPECT_EQ(rule("chain = \"PREROUTING\"\ntarget = \"NOTRACK\"").table, NfTable::raw);
  EXPECT_EQ(rule("chain = \"POSTROUTING\"\ntarget = \"MASQUERADE\"").table, NfTable::nat);
  EXPECT_EQ(rule("chain = \"PREROUTING\"\ntarget = \"dnat\"\nto = \"02:00:00:00:00:01\"").table, NfTable::bridge);
}

TEST(NetfilterScenario, WhatIsWrittenReadsBackTheSame) {
  const Scenario s = good(std::string{kCards} + std::string{kEverything});
  ASSERT_EQ(s.host.netfilter.rules.size(), 6U);
  EXPECT_EQ(s.host.netfilter.drop_policy.size(), 2U);
  const std::string written = write_scenario(s);
  EXPECT_EQ(good(written), s) << written;
  EXPECT_EQ(write_scenario(good(written)), written);
}

TEST(NetfilterScenario, ARouteFindsItsCardByItsGateway) {
  const Scenario s = good(std::string{kCards} + std::string{kEverything});
  ASSERT_EQ(s.host.routes.size(), 2U);
  EXPECT_EQ(s.host.routes[0].dev, "eth1");
  EXPECT_EQ(s.host.routes[0].destination, (Scenario::Address{Ipv4Address::any(), 0}));
  EXPECT_EQ(s.host.routes[1].dev, "eth0");
  EXPECT_FALSE(s.host.routes[1].via);
}

TEST(NetfilterScenario, AnErrorNamesItsPlaceWhatWasExpectedAndTheNearestName) {
  const auto scenario = parse_scenario(
      std::string{kCards} + "[[host.netfilter.rule]]\nchain = \"PREROUTNG\"\ntarget = \"DROP\"\n", "s.toml");
  ASSERT_FALSE(scenario);
  EXPECT_THAT(
      scenario.error().messages,
      ElementsAre(StartsWith("s.toml:6:9: host.netfilter.rule.chain is 'PREROUTNG'; expected one of PREROUTING")));
  EXPECT_THAT(scenario.error().text(), HasSubstr("did you mean 'PREROUTING'?"));
}

struct Bad {
  std::string lines;
  const char* says;
};
std::string nf(const std::string& lines) { return "[[host.netfilter.rule]]\n" + lines + "\n"; }

struct BadNetfilter : ::testing::TestWithParam<Bad> {};
TEST_P(BadNetfilter, IsRefusedWithAReason) {
  const auto scenario = parse_scenario(std::string{kCards} + GetParam().lines, "s.toml");
  ASSERT_FALSE(scenario) << GetParam().lines;
  EXPECT_THAT(scenario.error().text(), HasSubstr(GetParam().says));
  EXPECT_THAT(scenario.error().text(), StartsWith("s.toml:"));
}
INSTANTIATE_TEST_SUITE_P(
    Rules, BadNetfilter,
    ::testing::Values(
        Bad{nf("target = \"DROP\""), "lacks 'chain'"}, Bad{nf("chain = \"INPUT\"\ntarget = \"REJCT\""), "'REJECT'?"},
        Bad{nf("chain = \"INPUT\"\njump = \"DROP\""), "unknown key 'jump'"},
        Bad{nf("chain = \"FORWARD\"\ntable = \"nat\""), "which table nat does not have"},
        Bad{nf("chain = \"INPUT\"\ntarget = \"MASQUERADE\""), "does not take; expected one of ACCEPT, SNAT"},
        Bad{nf("chain = \"PREROUTING\"\ntable = \"nat\"\ntarget = \"DROP\""), "does not take"},
        Bad{nf("chain = \"OUTPUT\"\nin = \"eth0\""), "does not go with chain OUTPUT"},
        Bad{nf("chain = \"INPUT\"\nout = \"eth0\""), "does not go with chain INPUT"},
        Bad{nf("chain = \"INPUT\"\nin = \"eth2\""), "a card, one of eth0, eth1; did you mean"},
        Bad{nf("chain = \"INPUT\"\nin = \"wl+\""), "a card, one of eth0, eth1"},
        Bad{nf("chain = \"INPUT\"\nsource = \"10.0.0.0/33\""), "an address or network"},
        Bad{nf("chain = \"INPUT\"\ndport = 80"), "needs a protocol with ports"},
        Bad{nf("chain = \"INPUT\"\nproto = \"!tcp\"\ndport = 80"), "needs a protocol with ports"},
        Bad{nf("chain = \"INPUT\"\nproto = \"tcp\"\ndport = \"90:80\""), "a port or a range"},
        Bad{nf("chain = \"INPUT\"\nproto = \"tcp\"\ndport = 65536"), "a port or a range"},
        Bad{nf("chain = \"INPUT\"\nproto = \"tpc\""), "tcp, udp, icmp or a number"},
        Bad{nf("chain = \"INPUT\"\nproto = \"udp\"\ntcp_flags = \"SYN SYN\""), "needs TCP"},
        Bad{nf("chain = \"INPUT\"\nproto = \"tcp\"\ntcp_flags = \"SYN ACK\""), "mask and flags set"},
        Bad{nf("chain = \"INPUT\"\nctstate = \"NEW,OLD\""), "states out of"},
        Bad{nf("chain = \"INPUT\"\nmac_destination = \"02:00:00:00:00:01\""), "unknown key 'mac_destination'"},
        Bad{nf("chain = \"INPUT\"\ntarget = \"DROP\"\nreject_with = \"tcp-reset\""), "unknown key 'reject_with'"},
        Bad{nf("chain = \"INPUT\"\ntarget = \"REJECT\"\nreject_with = \"tcp-reset\""), "proto = \"tcp\" beside it"},
        Bad{nf("chain = \"OUTPUT\"\nproto = \"tcp\"\ntarget = \"REJECT\"\nreject_with = \"tcp-reset\""), "loopback"},
        Bad{nf("chain = \"PREROUTING\"\ntarget = \"DNAT\""), "lacks 'to'"},
        Bad{nf("chain = \"PREROUTING\"\ntarget = \"DNAT\"\nto = \"10.0.0.300\""), "an address such as"},
        Bad{nf("chain = \"PREROUTING\"\ntarget = \"DNAT\"\nto = \"10.0.0.3:80\""), "names ports"},
        Bad{nf("chain = \"PREROUTING\"\ntarget = \"DNAT\"\nto = \"10.0.0.9-10.0.0.3\""), "an address such as"},
        Bad{nf("chain = \"PREROUTING\"\ntarget = \"dnat\"\nto = \"10.0.0.3\""), "a MAC address such as"},
        Bad{"[host.netfilter.policy]\nPREROUTING = \"DROP\"\n", "unknown key 'PREROUTING'"},
        Bad{"[host.netfilter.policy]\nINPUT = \"REJECT\"\n", "one of ACCEPT, DROP"},
        Bad{"[host.netfilter]\nrules = 5\n", "did you mean 'rule'?"},
        Bad{"[[host.route]]\nvia = \"10.77.0.1\"\n", "lacks 'destination'"},
        Bad{"[[host.route]]\ndestination = \"default\"\n", "lacks 'dev'"},
        Bad{"[[host.route]]\ndestination = \"default\"\nvia = \"10.79.0.1\"\n", "on no network of a card"},
        Bad{"[[host.route]]\ndestination = \"default\"\nvia = \"10.77.0.1\"\ndev = \"eth1\"\n",
            "on no network of eth1"},
        Bad{"[[host.route]]\ndestination = \"10.0.0.0/40\"\ndev = \"eth1\"\n", "or a network such as"},
        Bad{"[[host.route]]\ndestination = \"default\"\ndev = \"eth7\"\n", "did you mean"}));

}  // namespace
}  // namespace nicosim
