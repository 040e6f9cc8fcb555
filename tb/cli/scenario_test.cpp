#include "cli/scenario/scenario.hpp"

#include "tb/cli/temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nicosim {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kFull = R"(schema = 1
seed = 7
stop = { after = "50ms", warmup = "5ms" }
[host]
mode = "napi"
rx_path = "direct"
[host.sysctl]
net.core.netdev_max_backlog = 1000
net.ipv4.ip_forward = true
[host.costs]
irq_entry = "600ns"
copy_per_byte = "60ps"
[link]
latency = "500ns"
bandwidth = "2.5Gb/s"
[nic.eth1]
address = ["10.77.0.2/24", "10.79.0.2/16"]
rx_ring = 64
rx_usecs = 8
promiscuous = true
tap = "in"
tx_checksum = false
gro = true
[nic.eth0]
mac = "02:00:00:00:00:33"
itr = "conservative"
napi_defer_hard_irqs = 2
gro_flush_timeout = "200us"
threaded = true
[nic.eth0.link]
latency = "1us"
[wire.eth1]
delay = "5us"
loss = 0.001
jitter = "2us"
reorder = 0.25
gap = 5
[[wire.eth1.link]]
at = "1ms"
state = "down"
[[wire.eth1.link]]
at = "2ms"
state = "up"
[peer.client]
on = "eth1"
kind = "generator"
address = "10.77.0.9/24"
[[peer.client.send]]
kind = "udp"
at = "1us"
rate = "20k/s"
count = 10
dport = 7
payload = "hello"
[[peer.client.send]]
kind = "arp"
every = "1ms"
[[peer.client.send]]
kind = "ping"
size = 100
[[peer.client.send]]
kind = "raw"
hex = "ff ff ff ff ff ff 020000000101 0800"
[peer.old]
on = "eth0"
kind = "pcap"
file = "captures/old \"times\".pcap"
pace = "2.50x"
max_gap = "1s"
lenient = true
[[app]]
name = "echo"
kind = "udp_echo"
port = 7
[[app]]
name = "sink"
kind = "udp_sink"
port = 9
[[expect]]
metric = "ledger.answered"
min = 1
[[expect]]
metric = "stations.read.p99_ns"
max = 12345.5
)";
constexpr std::string_view kSmall = "[nic.eth0]\naddress = [\"10.77.0.2/24\"]\n";

Scenario good(std::string_view toml) {
  const auto scenario = parse_scenario(toml, "s.toml");
  EXPECT_TRUE(scenario) << scenario.error().text();
  return scenario ? *scenario : Scenario{};
}
std::vector<std::string> errors(std::string_view toml) {
  const auto scenario = parse_scenario(toml, "s.toml");
  EXPECT_FALSE(scenario) << toml;
  return scenario ? std::vector<std::string>{} : scenario.error().messages;
}
std::string error(std::string_view toml) {
  const auto all = errors(toml);
  EXPECT_EQ(all.size(), 1U) << ::testing::PrintToString(all);
  return all.empty() ? std::string{} : all.front();
}
std::string with_nic(std::string_view lines) { return "[nic.eth0]\n" + std::string{lines} + "\n"; }

TEST(Scenario, IsReadKeyByKey) {
  const Scenario s = good(kFull);
  EXPECT_EQ(s.seed, 7U);
  EXPECT_EQ(s.stop.after, SimTime::ms(50));
  EXPECT_EQ(s.stop.warmup, SimTime::ms(5));
  EXPECT_EQ(s.host.rx_path, Scenario::RxPath::direct);
  EXPECT_EQ(s.host.sysctl.at("net.core.netdev_max_backlog"), 1000U);
  EXPECT_EQ(s.host.sysctl.at("net.ipv4.ip_forward"), 1U);
  EXPECT_EQ(s.host.costs.at("irq_entry"), SimTime::ns(600));
  ASSERT_EQ(s.nics.size(), 2U);
  EXPECT_EQ(s.nics[0].name, "eth1");  // ports count in file order, not by name
  EXPECT_EQ(s.nics[0].mac.text(), "02:00:00:00:00:01");
  EXPECT_EQ(s.nics[0].addresses[1].prefix, 16U);
  EXPECT_EQ(s.nics[0].rx_ring, 64U);
  EXPECT_FALSE(s.nics[0].tx_checksum);
  EXPECT_TRUE(s.nics[0].gro);
  EXPECT_TRUE(s.nics[1].rx_checksum && s.nics[1].tx_checksum && s.nics[1].tso && s.nics[1].gso);
  EXPECT_FALSE(s.nics[1].gro);
  EXPECT_EQ(s.nics[0].link.latency, SimTime::ns(500));
  EXPECT_EQ(s.nics[0].link.bandwidth_bps, 2'500'000'000U);
  EXPECT_EQ(s.nics[1].link.latency, SimTime::us(1));  // its own; the rest from [link]
  EXPECT_EQ(s.nics[1].link.bandwidth_bps, 2'500'000'000U);
  ASSERT_EQ(s.wires.size(), 1U);
  EXPECT_EQ(s.wires[0].loss_ppb, 1'000'000U);
  EXPECT_EQ(s.wires[0].jitter, SimTime::us(2));
  EXPECT_EQ(s.wires[0].reorder_ppb, 250'000'000U);
  EXPECT_EQ(s.wires[0].gap, 5U);
  ASSERT_EQ(s.wires[0].links.size(), 2U);
  EXPECT_EQ(s.wires[0].links[1].at, SimTime::ms(2));
  EXPECT_EQ(s.wires[0].links[1].state, Scenario::Wire::Event::State::up);
  ASSERT_EQ(s.peers.size(), 2U);
  const auto& sends = s.peers[0].sends;
  ASSERT_EQ(sends.size(), 4U);
  EXPECT_EQ(sends[0].dst.text(), "10.77.0.2");  // the card the peer is connected to
  EXPECT_EQ(sends[0].dst_mac, s.nics[0].mac);
  EXPECT_EQ(sends[0].src.text(), "10.77.0.9");
  EXPECT_EQ(sends[0].payload.size(), 5U);
  EXPECT_EQ(sends[0].rate, 20'000U);
  EXPECT_TRUE(sends[1].dst_mac.is_broadcast());
  EXPECT_FALSE(sends[1].count);  // repeats until the run ends
  EXPECT_EQ(sends[2].count, 1U);
  EXPECT_EQ(sends[2].payload.size(), 100U);
  EXPECT_EQ(sends[3].payload.size(), 14U);
  EXPECT_EQ(s.peers[1].file, "captures/old \"times\".pcap");
  EXPECT_EQ(s.peers[1].pace, "2.5x");
  EXPECT_EQ(s.apps[1].port, 9U);
  EXPECT_EQ(s.expects[1].max, 12345.5);
  EXPECT_EQ(s.expects[1].where.line, 82U);
}

TEST(Scenario, WrittenBackItReadsAsTheSameScenario) {
  for (const std::string_view toml : {kFull, kSmall}) {
    const Scenario s = good(toml);
    const std::string written = write_scenario(s);
    EXPECT_EQ(good(written), s) << written;
    EXPECT_EQ(write_scenario(good(written)), written);
  }
}

TEST(Scenario, DefaultsNeedNothingButACard) {
  const Scenario s = good("[nic.eth0]\n");
  EXPECT_EQ(s.seed, 1U);
  EXPECT_FALSE(s.stop.after);
  EXPECT_EQ(s.host.mode, Scenario::Mode::napi);
  EXPECT_EQ(s.host.rx_path, Scenario::RxPath::rps);
  EXPECT_EQ(s.nics[0].link, Scenario::Link{});
  EXPECT_THAT(error(""), HasSubstr("at least one [nic.NAME]"));
}

TEST(Scenario, ErrorsNameThePlaceAndWhatWasExpected) {
  EXPECT_EQ(error(with_nic("rx_ring = 12")),
            "s.toml:2:11: nic.eth0.rx_ring is 12; expected an integer from 8 to 4096, a multiple of 8");
  EXPECT_THAT(error(with_nic("rx_rng = 256")),
              ::testing::AllOf(StartsWith("s.toml:2:1: unknown key 'rx_rng' in [nic.eth0]"),
                               HasSubstr("did you mean 'rx_ring'?")));
}

TEST(Scenario, AClientProgramRunsOnAPeerWithAStack) {
  const std::string head = "[nic.eth0]\n[peer.c]\non = \"eth0\"\nkind = \"stack\"\naddress = \"10.77.0.9/24\"\n";
  const std::string load = "[[app]]\nname = \"l\"\non = \"c\"\nkind = \"http_load\"\n";
  const Scenario s = good(head + load + "target = \"10.77.0.2:80\"\nconnections = 3\nrate = \"2k/s\"\npath = \"/x\"");
  ASSERT_EQ(s.apps.size(), 1U);
  EXPECT_EQ(s.apps[0].target.text(), "10.77.0.2");
  EXPECT_EQ(s.apps[0].port, 80);
  EXPECT_EQ(s.apps[0].connections, 3U);
  EXPECT_EQ(s.apps[0].rate, 2000U);
  EXPECT_EQ(s.apps[0].path, "/x");
  EXPECT_EQ(good(write_scenario(s)), s);
  for (const char* const target : {"10.77.0.2", "10.77.0.2:", "10.77.0.2:0", "10.77.0.2:65536", "host:80", "1:2:3"})
    EXPECT_THAT(errors(head + load + "target = \"" + target + "\""),
                ElementsAre(HasSubstr("expected an address and a port")))
        << target;
}

TEST(Scenario, APeerWithAStackSendsAndServes) {
  const std::string head = "[nic.eth0]\n[peer.c]\non = \"eth0\"\nkind = \"stack\"\naddress = \"10.77.0.9/24\"\n";
  const std::string app = "[[app]]\nname = \"a\"\non = \"c\"\n";
  const std::string send = app + "kind = \"tcp_send\"\ntarget = \"10.77.0.2:9\"\n";
  const Scenario s = good(head + send + "rate = \"1Gb/s\"\nsize = \"3MiB\"\nat = \"2ms\"");
  EXPECT_EQ(s.apps.at(0).bit_rate, 1'000'000'000U);
  EXPECT_EQ(s.apps[0].size, 3U << 20U);
  EXPECT_EQ(s.apps[0].at, SimTime::ms(2));
  EXPECT_EQ(good(write_scenario(s)), s);
  EXPECT_THAT(errors(head + send), ElementsAre(HasSubstr("the run has no end")));
  const Scenario endless = good("stop = { after = \"1ms\" }\n" + head + send);
  EXPECT_EQ(good(write_scenario(endless)), endless);

  for (const char* const kind : {"discard", "tcp_echo", "http_server"}) {
    const Scenario server = good(head + app + "kind = \"" + kind + "\"\nport = 9\nbacklog = 5");
    EXPECT_EQ(server.apps.at(0).backlog, 5U) << kind;
    EXPECT_EQ(good(write_scenario(server)), server) << kind;
  }
  const std::string discard = "kind = \"discard\"\nport = 9\n";
  good(head + app + discard + "[[app]]\nname = \"b\"\n" + discard);  // each has its ports
  EXPECT_THAT(errors(head + app + discard + "[[app]]\nname = \"b\"\non = \"c\"\n" + discard),
              ElementsAre(HasSubstr("that of 'a'")));
  EXPECT_THAT(errors(head + app + "kind = \"chargen\"\nport = 19"), ElementsAre(HasSubstr("runs on the host only")));
  EXPECT_THAT(errors(head + app + "kind = \"http_server\"\nport = 80\nmodel = \"epoll\""),
              ElementsAre(HasSubstr("unknown key 'model'")));
}

TEST(Scenario, AllErrorsOfAFileAreToldTogetherInItsOrder) {
  const auto all = errors(R"(sed = 3
[host]
mode = "nappi"
cores = 65
[nic.eth0]
rx_ring = 1e12
mac = "ff:00:00:00:00:01"
[wire.eth1]
loss = nan
[peer.c]
on = "eth9"
kind = "tun"
)");
  EXPECT_THAT(
      all, ElementsAre(StartsWith("s.toml:1:1: unknown key 'sed'"), StartsWith("s.toml:3:8: host.mode is 'nappi'"),
                       StartsWith("s.toml:4:9: host.cores is 65; expected an integer from 1 to 64"),
                       StartsWith("s.toml:6:11: nic.eth0.rx_ring is a number with a point"),
                       StartsWith("s.toml:7:7: nic.eth0.mac is not one station's"),
                       StartsWith("s.toml:8:1: wire.eth1 belongs to no card"),
                       StartsWith("s.toml:9:8: wire.eth1.loss is nan"), StartsWith("s.toml:11:6: peer.c.on is 'eth9'"),
                       StartsWith("s.toml:12:8: peer.c.kind is 'tun'; expected")));
}

struct Bad {
  std::string toml;
  const char* words;
};
class BadScenario : public ::testing::TestWithParam<Bad> {};

TEST_P(BadScenario, IsRefusedInClearWords) { EXPECT_THAT(error(GetParam().toml), HasSubstr(GetParam().words)); }

INSTANTIATE_TEST_SUITE_P(
    Values, BadScenario,
    ::testing::Values(
        Bad{with_nic("rx_ring = 1e12"), "expected an integer from 8 to 4096"},
        Bad{with_nic("rx_ring = 1000000000000"), "is 1000000000000"},
        Bad{with_nic("rx_ring = nan"), "expected an integer"}, Bad{with_nic("rx_ring = -8"), "is -8"},
        Bad{with_nic("rx_ring = 9223372036854775808"), "s.toml:2:"},
        Bad{with_nic("rx_ring = \"256\""), "is a text; expected an integer"},
        Bad{with_nic("rx_ring = [256]"), "is an array"}, Bad{with_nic("rx_ring = 2026-01-01"), "is a date or time"},
        Bad{with_nic("promiscuous = 1"), "expected true or false"},
        Bad{with_nic("tap = \"inn\""), "did you mean 'in'?"}, Bad{with_nic("mac = \"2:x\""), "a MAC address such as"},
        Bad{with_nic("address = \"10.0.0.1/24\""), "expected a list"},
        Bad{with_nic("address = [\"10.0.0.1\"]"), "with its prefix"},
        Bad{with_nic("address = [\"10.0.0.1/33\"]"), "with its prefix"},
        Bad{with_nic("address = [7]"), "holds an integer"}, Bad{with_nic("link = 5"), "expected a table"},
        Bad{with_nic("[nic.eth0.link]\nlatency = 400"), "such as \"400ns\""},
        Bad{with_nic("[nic.eth0.link]\nlatency = \"2s\""), "from \"0ps\" to \"1s\""},
        Bad{with_nic("[nic.eth0.link]\nbandwidth = \"32GB/s\""), "such as \"32Gb/s\""},
        Bad{with_nic("[nic.eth0.link]\nheader = 2.0"), "expected an integer"},
        Bad{"nic = 5", "nic is an integer; expected a table"}, Bad{"[nic]\neth0 = 5", "expected a table, [nic.eth0]"},
        Bad{"[nic.\"a b\"]", "no name for a card"}, Bad{"schema = 2\n[nic.eth0]", "schema is 2"},
        Bad{"seed = -1\n[nic.eth0]", "seed is -1"}, Bad{"[nic.eth0]\n[study]\nseeds = 0", "study.seeds is 0"},
        Bad{"stop = { after = \"1ms\", warmup = \"1ms\" }\n[nic.eth0]", "does not end before the run"},
        Bad{"stop = { after = \"0s\" }\n[nic.eth0]", "stop.after is '0s'"},
        Bad{"[nic.eth0]\n[nic.eth1]\nmac = \"02:00:00:00:00:01\"", "is that of eth0 as well"},
        Bad{"host = { mode = \"dma_irq\", rx_path = \"direct\" }\n[nic.eth0]", "which mode 'dma_irq' cannot use"},
        Bad{"host = { mode = \"pio\", rx_path = \"direct\" }\n[nic.eth0]", "which mode 'pio' cannot use"},
        Bad{with_nic("itr = \"fast\""), "\"dynamic\", \"conservative\" or interrupts per second"},
        Bad{with_nic("itr = 99"), "nic.eth0.itr is 99"},
        Bad{with_nic("itr = 1.5"), "nic.eth0.itr is a number with a point"},
        Bad{with_nic("itr = 8000\nrx_usecs = 10"), "sets what rx_usecs sets"},
        Bad{with_nic("gro_flush_timeout = 20"), "such as"}, Bad{with_nic("threaded = 1"), "threaded"},
        Bad{"host = { mode = \"poi\" }\n[nic.eth0]", "expected one of pio, dma_irq, napi"},
        Bad{"[nic.eth0]\n[host.costs]\nirq_enter = \"1ns\"", "did you mean 'irq_entry'?"},
        Bad{"[nic.eth0]\n[host.sysctl]\nnet.core.dev_weight = \"64\"", "expected an integer from 0"},
        Bad{"[nic.eth0]\n[wire.eth0]\nloss = 1.5", "a chance from 0 to 1"},
        Bad{"[nic.eth0]\n[wire.eth0]\nreorder = 0.1", "stands without a delay"},
        Bad{"[nic.eth0]\n[wire.eth0]\ndelay = \"1us\"\njitter = \"2us\"", "is above the delay"},
        Bad{"[nic.eth0]\n[wire.eth0]\ndelay = \"1us\"\ngap = 5", "expected 'reorder' above 0"},
        Bad{"[nic.eth0]\nautoneg = \"21s\"", "nic.eth0.autoneg"},
        Bad{"[nic.eth0]\n[[wire.eth0.link]]\nat = \"1ms\"", "lacks 'state'"},
        Bad{"[nic.eth0]\n[[wire.eth0.link]]\nat = \"1ms\"\nstate = \"dwon\"", "did you mean 'down'?"},
        Bad{"[nic.eth0]\n[[wire.eth0.link]]\nat = \"2ms\"\nstate = \"down\"\n[[wire.eth0.link]]\nat = \"1ms\"\n"
            "state = \"up\"",
            "events in order of time"},
        Bad{"[nic.eth0]\n[wire.eth0]\nloss = 0.00000000015", "at most nine decimals"}));

std::string with_peer(std::string_view lines) {
  return std::string{kSmall} + "[peer.p]\non = \"eth0\"\n" + std::string{lines} + "\n";
}
std::string with_send(std::string_view lines) {
  return with_peer("kind = \"generator\"\naddress = \"10.77.0.9/24\"\n[[peer.p.send]]\n" + std::string{lines});
}
std::string with_app(std::string_view lines) { return std::string{kSmall} + "[[app]]\n" + std::string{lines} + "\n"; }

INSTANTIATE_TEST_SUITE_P(
    PeersAndApps, BadScenario,
    ::testing::Values(
        Bad{with_peer(""), "lacks 'kind'"},
        Bad{with_peer("kind = \"tun\""), "one of generator, pcap, stack, recording, tap"},
        Bad{with_peer("kind = \"tap\"\nsend = 5"), "unknown key 'send'"},
        Bad{with_peer("kind = \"generator\"\n[peer.q]\non = \"eth0\"\nkind = \"tap\""),
            "leads nowhere else; expected a card of its own"},
        Bad{with_peer("kind = \"stack\"\naddress = \"10.77.0.9/24\"\n[peer.q]\non = \"eth0\"\n"
                      "kind = \"stack\"\naddress = \"10.77.0.9/24\""),
            "s.toml:10:11: peer.q.address is that of 'p' as well"},
        Bad{with_peer("kind = \"pcap\""), "lacks 'file'"},
        Bad{with_peer("kind = \"pcap\"\nfile = \"a\"\npace = \"fast\""), "a factor such as 2.5x"},
        Bad{with_peer("kind = \"pcap\"\nfile = \"a\"\naddress = \"10.0.0.1/8\""), "unknown key 'address'"},
        Bad{with_send(""), "lacks 'kind'"}, Bad{with_send("kind = \"tcp\""), "one of udp, arp, ping, raw"},
        Bad{with_send("kind = \"udp\"\nevery = \"1us\"\nrate = \"1k/s\""), "stands beside 'every'"},
        Bad{with_send("kind = \"udp\"\ncount = 0"), "count is 0"},
        Bad{with_send("kind = \"udp\"\ndport = 65536"), "is 65536"},
        Bad{with_send("kind = \"udp\"\nsize = 20000"), "from 0 to 16384"},
        Bad{with_send("kind = \"udp\"\nsize = 20\nhex = \"00\""), "not the only payload"},
        Bad{with_send("kind = \"raw\""), "has no bytes"},
        Bad{with_send("kind = \"raw\"\nhex = \"abc\""), "even number"},
        Bad{with_send("kind = \"raw\"\nhex = \"zz\""), "hexadecimal"},
        Bad{with_send("kind = \"arp\"\ndport = 5"), "unknown key 'dport'"},
        Bad{"[nic.eth0]\n[peer.p]\non = \"eth0\"\nkind = \"generator\"\naddress = \"1.2.3.4/8\"\n[[peer.p.send]]\nkind "
            "= \"ping\"",
            "no destination address"},
        Bad{with_peer("kind = \"generator\"\n[[peer.p.send]]\nkind = \"ping\""), "no source address"},
        Bad{with_peer("kind = \"generator\"\nsend = 5"), "[[peer.p.send]]"},
        Bad{with_app("name = \"a\"\nport = 7"), "lacks 'kind'"},
        Bad{with_app("name = \"a\"\nkind = \"udp_echo\""), "lacks 'port'"},
        Bad{with_app("kind = \"udp_echo\"\nport = 7"), "lacks 'name'"},
        Bad{with_app("name = \"a\"\nkind = \"tcp_send\"\ntarget = \"10.77.0.2:9\"\nsize = \"1B\""),
            "a peer of kind stack"},
        Bad{with_app("name = \"a\"\nkind = \"http_load\"\ntarget = \"10.77.0.2:80\""), "a peer of kind stack"},

        Bad{with_peer("kind = \"stack\""), "lacks 'address'"},
        Bad{with_app("name = \"a\"\nkind = \"udp_eco\""), "did you mean 'udp_echo'?"},
        Bad{with_app("name = \"a\"\non = \"p\"\nkind = \"udp_echo\"\nport = 7"), "\"host\" or a peer of kind stack"},
        Bad{with_app(
                "name = \"a\"\nkind = \"udp_echo\"\nport = 7\n[[app]]\nname = \"b\"\nkind = \"udp_sink\"\nport = 7"),
            "that of 'a'"},
        Bad{with_app(
                "name = \"a\"\nkind = \"udp_echo\"\nport = 7\n[[app]]\nname = \"a\"\nkind = \"udp_sink\"\nport = 8"),
            "'a' is taken"},
        Bad{std::string{kSmall} + "[[expect]]\nmetric = \"ledger.read\"", "expects nothing"},
        Bad{std::string{kSmall} + "[[expect]]\nmin = 1", "lacks 'metric'"},
        Bad{std::string{kSmall} + "[[expect]]\nmetric = \"x\"\nmin = 2\nmax = 1", "above max"},
        Bad{std::string{kSmall} + "[[expect]]\nmetric = \"x\"\nmin = inf", "a finite number"}));

TEST(Scenario, TextThatIsNoTomlIsRefusedWhereItBreaks) {
  EXPECT_THAT(error("seed = 1\nseed = 2\n[nic.eth0]\n"), StartsWith("s.toml:2:"));
  EXPECT_THAT(error("[nic.eth0]\nrx_ring = \xff\xfe\n"), StartsWith("s.toml:2:"));
  EXPECT_THAT(error(std::string_view{"a = 1\0b", 7}), StartsWith("s.toml:1:"));
  EXPECT_THAT(error("\xff\xfe[\0n"), StartsWith("s.toml:1:"));  // UTF-16
  EXPECT_THAT(error("[nic.eth0\n"), StartsWith("s.toml:1:"));
}

TEST(Scenario, AMessageIsOneLineWhateverTheFileHasInIt) {
  // The parser quotes what it saw, and a value is quoted as it stands.
  EXPECT_THAT(error("[nic.eth0]\nrx_ring = i\n"), AllOf(StartsWith("s.toml:2:"), Not(HasSubstr("\n"))));
  EXPECT_THAT(error("[nic.eth0]\nmac = \"a\\n\\u001b[31m\"\n"),
              AllOf(HasSubstr("a\\n\\x1b[31m"), Not(HasSubstr("\n")), Not(HasSubstr("\x1b"))));
}

TEST(Scenario, ByteOrderMarkAndWindowsLineEndsAreFine) {
  EXPECT_EQ(good("\xef\xbb\xbf[nic.eth0]\r\nrx_ring = 64\r\n").nics[0].rx_ring, 64U);
}

std::string repeated(std::string_view part, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

TEST(Scenario, NoNestingIsDeepEnoughToHurt) {
  constexpr std::size_t kDeep = 300'000;
  EXPECT_THAT(error("a = " + repeated("[", kDeep)), StartsWith("s.toml:1:"));
  EXPECT_THAT(error("a = " + repeated("{a=", kDeep)), StartsWith("s.toml:1:"));
  EXPECT_THAT(error("\n" + repeated("a.", kDeep) + "a = 1"), StartsWith("s.toml:2:1: a key with more than 32 dots"));
  EXPECT_THAT(error("[" + repeated("\"],[\".", kDeep) + "a]"), HasSubstr("more than 32 dots"));
  // Behind strings that end in odd ways
  EXPECT_THAT(error("x = { a = \"\\\"\", " + repeated("b.", kDeep) + "c = 1 }"), HasSubstr("more than 32 dots"));
  EXPECT_THAT(error("x = { a = \"\"\"q\"y\"\"\"\"\", " + repeated("b.", kDeep) + "c = 1 }"),
              HasSubstr("more than 32 dots"));
  EXPECT_THAT(error("x = '''\n'''\n" + repeated("b.", kDeep) + "c = 1"), StartsWith("s.toml:3:"));
  // Dots that are no key
  good("# " + repeated(".", 100) + "\n" + std::string{kSmall} + "[[expect]]\nmetric = \"" + repeated("a.", 100) +
       "\"\nmin = 1");
}

TEST(Scenario, KnobsAreThoseOfTheStack) {
  const SysctlRules rules{{"net.core.dev_weight"}, [](std::string_view, std::uint64_t v) { return v > 0; }};
  const auto parse = [&](const std::string& line) {
    return parse_scenario(std::string{kSmall} + "[host.sysctl]\n" + line, "s.toml", {}, rules);
  };
  EXPECT_TRUE(parse("net.core.dev_weight = 64"));
  EXPECT_TRUE(parse("\"net.core.dev_weight\" = 64"));
  EXPECT_THAT(parse("net.core.dev_weigth = 64").error().text(), HasSubstr("did you mean 'net.core.dev_weight'?"));
  EXPECT_THAT(parse("net.core.dev_weight = 0").error().text(), HasSubstr("a value that Linux takes"));
}

TEST(Scenario, ComesFromAFileOrTheReasonWhyNot) {
  const TemporaryFolder folder;
  folder.write("s.toml", kFull);
  const auto loaded = load_scenario(folder.file("s.toml"));
  ASSERT_TRUE(loaded) << loaded.error().text();
  EXPECT_EQ(*loaded, good(kFull));
  EXPECT_THAT(load_scenario(folder.file("absent.toml")).error().text(), HasSubstr("No such file"));
  EXPECT_THAT(load_scenario(folder.file("")).error().text(), HasSubstr("cannot be read"));
  EXPECT_THAT(load_scenario("/dev/zero").error().text(), HasSubstr("longer than"));
}

}  // namespace
}  // namespace nicosim
