// From TOML to Scenario: one function per section, each reading its keys in the order of the struct.
#include "cli/capture/pacing.hpp"
#include "cli/scenario/app_reader.hpp"
#include "cli/scenario/files_reader.hpp"
#include "cli/scenario/netfilter_reader.hpp"
#include "cli/scenario/overlay.hpp"
#include "cli/scenario/scenario.hpp"
#include "cli/scenario/study_reader.hpp"
#include "cli/scenario/toml_depth.hpp"
#include "cli/scenario/toml_reader.hpp"
#include "common/costs.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <limits>

namespace nicosim {
namespace {

using Mode = Scenario::Mode;
using RxPath = Scenario::RxPath;
using Direction = Scenario::Wire::Direction;
using SendKind = Scenario::Send::Kind;
using PeerKind = Scenario::Peer::Kind;
using AppKind = Scenario::App::Kind;

template <class E>
using Name = std::pair<std::string_view, E>;

constexpr std::array kModes{Name<Mode>{"pio", Mode::pio}, Name<Mode>{"dma_irq", Mode::dma_irq},
                            Name<Mode>{"napi", Mode::napi}};
constexpr std::array kRxPaths{Name<RxPath>{"rps", RxPath::rps}, Name<RxPath>{"netif_rx", RxPath::netif_rx},
                              Name<RxPath>{"direct", RxPath::direct}};
constexpr std::array kDirections{Name<Direction>{"in", Direction::in}, Name<Direction>{"out", Direction::out},
                                 Name<Direction>{"both", Direction::both}};
using TapDirection = Scenario::Nic::Tap;
constexpr std::array kTaps{Name<TapDirection>{"in", TapDirection::in}, Name<TapDirection>{"out", TapDirection::out},
                           Name<TapDirection>{"both", TapDirection::both},
                           Name<TapDirection>{"off", TapDirection::off}};
using LinkState = Scenario::Wire::Event::State;
constexpr std::array kLinkStates{Name<LinkState>{"down", LinkState::down}, Name<LinkState>{"up", LinkState::up}};
constexpr std::array kSendKinds{Name<SendKind>{"udp", SendKind::udp}, Name<SendKind>{"arp", SendKind::arp},
                                Name<SendKind>{"ping", SendKind::ping}, Name<SendKind>{"raw", SendKind::raw}};
constexpr std::array kPeerKinds{Name<PeerKind>{"generator", PeerKind::generator},
                                Name<PeerKind>{"pcap", PeerKind::pcap}, Name<PeerKind>{"stack", PeerKind::stack},
                                Name<PeerKind>{"recording", PeerKind::recording}, Name<PeerKind>{"tap", PeerKind::tap}};
constexpr std::array kAppKinds{
    Name<AppKind>{"udp_sink", AppKind::udp_sink},   Name<AppKind>{"udp_echo", AppKind::udp_echo},
    Name<AppKind>{"tcp_echo", AppKind::tcp_echo},   Name<AppKind>{"discard", AppKind::discard},
    Name<AppKind>{"chargen", AppKind::chargen},     Name<AppKind>{"http_server", AppKind::http_server},
    Name<AppKind>{"http_load", AppKind::http_load}, Name<AppKind>{"tcp_send", AppKind::tcp_send},
    Name<AppKind>{"iperf", AppKind::iperf},         Name<AppKind>{"iperf_udp", AppKind::iperf_udp}};
using FileIo = Scenario::App::FileIo;
constexpr std::array kFileIos{Name<FileIo>{"read", FileIo::read}, Name<FileIo>{"sendfile", FileIo::sendfile}};

template <class E, std::size_t N>
std::string_view name_in(const std::array<Name<E>, N>& names, E value) {
  for (const auto& [name, its_value] : names)
    if (its_value == value) return name;
  return "?";
}

constexpr SimTime kLongestRun = SimTime::s(100 * 86'400);  // simulated time ends after 106 days
constexpr SimTime kLongestDelay = SimTime::s(10);
constexpr SimTime kLongestAutoneg = SimTime::s(20);
constexpr std::uint64_t kInt31 = std::numeric_limits<std::int32_t>::max();
constexpr std::uint64_t kInt63 = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kMostNics = 8;
constexpr std::size_t kLongestNicName = 15;  // IFNAMSIZ - 1
constexpr std::size_t kLongestName = 32;
constexpr std::uint64_t kLongestFrame = 16'384;
constexpr std::size_t kLargestFile = 16U << 20U;
constexpr unsigned kDeepestKey = 32;

bool is_name(std::string_view name, std::size_t longest) {
  return !name.empty() && name.size() <= longest && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

MacAddress numbered_mac(std::uint8_t group, std::size_t number) {
  return {{0x02, 0, 0, 0, group, static_cast<std::uint8_t>(number + 1)}};
}

std::optional<Scenario::Address> parse_address(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto ip = Ipv4Address::parse(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  if (!ip || digits.empty() || digits.size() > 2) return std::nullopt;
  unsigned prefix = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    prefix = prefix * 10 + static_cast<unsigned>(c - '0');
  }
  if (prefix == 0 || prefix > 32) return std::nullopt;
  return Scenario::Address{*ip, prefix};
}
constexpr std::string_view kAddressExpected = "an address with its prefix such as \"10.77.0.2/24\"";

class Parser {
 public:
  Parser(Diagnostics& diagnostics, const SysctlRules& sysctl) : diagnostics_(diagnostics), sysctl_(sysctl) {}

  Scenario parse(const toml::table& root) {
    TableReader top{diagnostics_, root, ""};
    int schema = kScenarioSchema;
    top.number("schema", schema, kScenarioSchema, kScenarioSchema);
    top.integer("seed", scenario_.seed, 0, kInt63);
    if (const auto* t = top.table("stop")) stop({diagnostics_, *t, "stop"});
    if (const auto* t = top.table("host")) host({diagnostics_, *t, "host"});
    Scenario::Link common;
    if (const auto* t = top.table("link")) link({diagnostics_, *t, "link"}, common);
    if (const auto* t = top.table("nic")) nics({diagnostics_, *t, "nic"}, common);
    if (const auto* t = root["host"].as_table()) paths({diagnostics_, *t, "host"});
    if (const auto* t = top.table("wire")) wires({diagnostics_, *t, "wire"});
    if (const auto* t = top.table("peer")) peers({diagnostics_, *t, "peer"});
    if (const auto* t = top.table("disk")) scenario_.disk = read_disk({diagnostics_, *t, "disk"}, scenario_.host.cores);
    for (const auto* t : top.tables("file"))
      scenario_.files.push_back(read_file({diagnostics_, *t, "file"}, scenario_));
    for (const auto* t : top.tables("app")) app({diagnostics_, *t, "app"});
    for (const auto* t : top.tables("expect")) expect({diagnostics_, *t, "expect"});
    if (const auto* t = top.table("study")) scenario_.study = read_study({diagnostics_, *t, "study"});
    check_where(scenario_, diagnostics_, where_);
    top.finish();
    if (!root.contains("nic"))
      diagnostics_.add(root.source(), "the scenario has no card; expected at least one [nic.NAME]");
    return std::move(scenario_);
  }

 private:
  void stop(TableReader t) {
    SimTime after;
    if (t.duration("after", after, SimTime::ps(1), kLongestRun)) scenario_.stop.after = after;
    t.duration("warmup", scenario_.stop.warmup, SimTime::zero(), kLongestRun);
    if (scenario_.stop.after && scenario_.stop.warmup >= *scenario_.stop.after)
      t.wrong("warmup", "does not end before the run", "a time below stop.after");
    t.finish();
  }

  void host(TableReader t) {
    Scenario::Host& host = scenario_.host;
    t.number("cores", host.cores, 1, 64);
    t.boolean("interleave", host.interleave);
    t.choice<Mode>("mode", host.mode, kModes);
    // The older modes hand each frame over from the interrupt handler, as drivers did before NAPI: netif_rx(), which
    // does RPS as well.
    const bool from_handler = host.mode != Mode::napi;
    if (from_handler) host.rx_path = RxPath::netif_rx;
    if (t.choice<RxPath>("rx_path", host.rx_path, kRxPaths) && from_handler && host.rx_path == RxPath::direct)
      t.wrong("rx_path", fmt::format("is 'direct', which mode '{}' cannot use", name_of(host.mode)),
              "netif_rx, rps, or mode 'napi'");
    if (const auto* sysctl = t.table("sysctl")) sysctls(*sysctl, "");
    if (const auto* costs = t.table("costs")) {
      TableReader c{diagnostics_, *costs, "host.costs"};
      for (const CostInfo& info : cost_infos()) {
        SimTime per_unit;
        if (c.duration(info.name, per_unit, SimTime::zero(), SimTime::s(1)))
          host.costs[std::string{info.name}] = per_unit;
      }
      c.finish();
    }
    t.number("rlimit_nofile", host.rlimit_nofile, 4, 1'048'576);
    t.bytes("page_cache", host.page_cache, 4096, std::uint64_t{1} << 34U);
    t.find("route");  // both name cards, so they are read after them: paths()
    t.find("netfilter");
    t.finish();
  }

  // What the host does with packets between its cards.
  void paths(TableReader t) {
    for (const auto* route : t.tables("route"))
      scenario_.host.routes.push_back(read_route({diagnostics_, *route, t.full("route")}, scenario_.nics));
    if (const auto* rules = t.table("netfilter"))
      scenario_.host.netfilter = read_netfilter({diagnostics_, *rules, t.full("netfilter")}, scenario_.nics);
  }

  // `net.core.netdev_max_backlog = 1000` is three tables deep in TOML; the name is the path.
  void sysctls(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      const std::string name = prefix + std::string{key.str()};
      if (const auto* below = node.as_table()) {
        sysctls(*below, name + ".");
        continue;
      }
      const toml::source_region& place = node.source();
      const auto complain = [&](const std::string& what) { diagnostics_.add(place, what); };
      std::uint64_t value = 0;
      if (const auto* flag = node.as_boolean()) {
        value = flag->get() ? 1 : 0;
      } else if (const auto* number = node.as_integer(); number != nullptr && number->get() >= 0) {
        value = static_cast<std::uint64_t>(number->get());
      } else {
        complain(fmt::format("host.sysctl.{} is {}; expected an integer from 0", name,
                             node.is_integer() ? "negative" : type_text(node)));
        continue;
      }
      const bool known = sysctl_.names.empty() || std::ranges::find(sysctl_.names, name) != sysctl_.names.end();
      if (!known)
        complain(fmt::format("unknown sysctl '{}'; expected one of {}{}", name, joined(sysctl_.names),
                             did_you_mean(name, sysctl_.names)));
      else if (sysctl_.accepts && !sysctl_.accepts(name, value))
        complain(fmt::format("host.sysctl.{} is {}; expected a value that Linux takes", name, value));
      else if (!scenario_.host.sysctl.emplace(name, value).second)
        complain(fmt::format("host.sysctl.{} is set twice", name));
    }
  }

  void link(TableReader t, Scenario::Link& link) {
    t.duration("latency", link.latency, SimTime::zero(), SimTime::s(1));
    t.bit_rate("bandwidth", link.bandwidth_bps, 1'000'000, 10'000'000'000'000);
    t.number("header", link.header_bytes, 0, 256);
    t.number("payload", link.payload_bytes, 64, 4096, 64);
    t.finish();
  }

  void nics(TableReader t, const Scenario::Link& common) {
    const auto tables = t.named_tables();
    if (tables.size() > kMostNics)
      t.wrong("", fmt::format("has {} cards", tables.size()), fmt::format("at most {}", kMostNics));
    for (std::size_t i = 0; i < tables.size() && i < kMostNics; ++i) {
      const auto& [name, table] = tables[i];
      Scenario::Nic nic;
      nic.name = name;
      nic.mac = numbered_mac(0, i);
      nic.link = common;
      this->nic({diagnostics_, *table, "nic." + name}, nic);
      scenario_.nics.push_back(std::move(nic));
    }
    t.finish();
  }

  void nic(TableReader t, Scenario::Nic& nic) {
    if (!is_name(nic.name, kLongestNicName))
      t.wrong("", "is no name for a card", "1 to 15 letters, digits, '_' or '-', as Linux has it");
    // All zero is legal: captures without link-layer addresses have it, and it is what their stations answer to.
    if (t.mac("mac", nic.mac) && nic.mac.is_multicast())
      t.wrong("mac", "is not one station's address", "an even first octet");
    for (const Scenario::Nic& other : scenario_.nics)
      if (other.mac == nic.mac) t.wrong("mac", fmt::format("is that of {} as well", other.name), "one of its own");
    if (const toml::node* node = t.find("address")) addresses(t, *node, nic);
    t.number("rx_ring", nic.rx_ring, 8, 4096, 8);
    t.number("tx_ring", nic.tx_ring, 8, 4096, 8);
    t.number("rx_usecs", nic.rx_usecs, 0, 16'776);  // ITR: 16 bits of 256 ns
    if (const toml::node* node = t.find("itr")) itr(t, *node, nic);
    t.number("napi_defer_hard_irqs", nic.napi_defer_hard_irqs, 0, kInt31);
    t.duration("gro_flush_timeout", nic.gro_flush_timeout, SimTime::zero(), SimTime::s(1));
    t.boolean("threaded", nic.threaded);
    t.number("mtu", nic.mtu, 68, 1500);
    t.number("copybreak", nic.copybreak, 0, kLongestFrame);
    t.boolean("promiscuous", nic.promiscuous);
    t.choice<TapDirection>("tap", nic.tap, kTaps);
    t.boolean("rx_checksum", nic.rx_checksum);
    t.boolean("tx_checksum", nic.tx_checksum);
    t.boolean("tso", nic.tso);
    t.boolean("gso", nic.gso);
    t.boolean("gro", nic.gro);
    core(t, "irq_cpu", nic.irq_cpu);
    if (const toml::node* node = t.find("rps_cpus")) cores(t, "rps_cpus", *node, nic.rps_cpus);
    t.duration("autoneg", nic.autoneg, SimTime::zero(), kLongestAutoneg);
    if (const auto* own = t.table("link")) link({diagnostics_, *own, t.full("link")}, nic.link);
    t.finish();
  }

  // InterruptThrottleRate of e1000: a word, or interrupts per second.
  void itr(TableReader& t, const toml::node& node, Scenario::Nic& nic) {
    constexpr std::uint64_t kLeast = 100, kMost = 100'000;
    if (t.find("rx_usecs")) t.wrong("itr", "sets what rx_usecs sets", "one of the two");
    if (node.is_integer()) {
      nic.itr = Scenario::Nic::Itr::rate;
      t.number("itr", nic.itr_rate, kLeast, kMost);
      return;
    }
    const auto* word = node.as_string();
    if (word != nullptr && word->get() == "dynamic")
      nic.itr = Scenario::Nic::Itr::dynamic;
    else if (word != nullptr && word->get() == "conservative")
      nic.itr = Scenario::Nic::Itr::conservative;
    else
      t.wrong("itr", "is " + (word == nullptr ? type_text(node) : quoted(word->get())),
              "\"dynamic\", \"conservative\" or interrupts per second from 100 to 100000");
  }

  bool core(TableReader& t, std::string_view key, unsigned& to) {
    return t.number(key, to, 0, scenario_.host.cores - 1);
  }

  void cores(TableReader& t, std::string_view key, const toml::node& node, std::vector<unsigned>& to) {
    const std::string expected = fmt::format("a list of cores from 0 to {}", scenario_.host.cores - 1);
    const toml::array* array = node.as_array();
    if (array == nullptr) return t.wrong(key, fmt::format("is {}", type_text(node)), expected);
    for (const toml::node& element : *array) {
      const auto* number = element.as_integer();
      const bool good = number != nullptr && number->get() >= 0 && number->get() < std::int64_t{scenario_.host.cores};
      if (!good)
        diagnostics_.add(element.source(),
                         fmt::format("{} holds {}; expected {}", t.full(key),
                                     number == nullptr ? type_text(element) : fmt::to_string(number->get()), expected));
      else if (std::ranges::find(to, static_cast<unsigned>(number->get())) == to.end())
        to.push_back(static_cast<unsigned>(number->get()));
    }
  }

  void addresses(TableReader& t, const toml::node& node, Scenario::Nic& nic) {
    const toml::array* array = node.as_array();
    if (array == nullptr)
      return t.wrong("address", fmt::format("is {}", type_text(node)), "a list such as [\"10.77.0.2/24\"]");
    for (const toml::node& element : *array) {
      const auto* text = element.as_string();
      const auto address = text == nullptr ? std::nullopt : parse_address(text->get());
      if (!address)
        diagnostics_.add(element.source(),
                         fmt::format("{} holds {}; expected {}", t.full("address"),
                                     text == nullptr ? type_text(element) : quoted(text->get()), kAddressExpected));
      else
        nic.addresses.push_back(*address);
    }
  }

  std::vector<std::string> nic_names() const {
    std::vector<std::string> names;
    for (const Scenario::Nic& nic : scenario_.nics) names.push_back(nic.name);
    return names;
  }

  void wires(TableReader t) {
    const std::vector<std::string> names = nic_names();
    for (const auto& [name, table] : t.named_tables()) {
      TableReader w{diagnostics_, *table, "wire." + name};
      if (std::ranges::find(names, name) == names.end())
        w.wrong("", "belongs to no card", "one of " + joined(names) + did_you_mean(name, names));
      Scenario::Wire wire;
      wire.nic = name;
      w.duration("delay", wire.delay, SimTime::zero(), kLongestDelay);
      w.choice<Direction>("direction", wire.direction, kDirections);
      w.chance("loss", wire.loss_ppb);
      w.chance("corrupt", wire.corrupt_ppb);
      w.chance("duplicate", wire.duplicate_ppb);
      if (w.duration("jitter", wire.jitter, SimTime::zero(), kLongestDelay) && wire.jitter > wire.delay)
        w.wrong("jitter", "is above the delay", "at most that of 'delay'");
      if (w.chance("reorder", wire.reorder_ppb) && wire.reorder_ppb != 0 && wire.delay == SimTime::zero())
        w.wrong("reorder", "stands without a delay, and there is nothing to overtake", "'delay' above 0");
      if (w.number("gap", wire.gap, 1, 1'000'000) && wire.reorder_ppb == 0)
        w.wrong("gap", "is how far apart reordered frames are, and none is", "'reorder' above 0");
      for (const auto* event : w.tables("link")) link_event({diagnostics_, *event, w.full("link")}, wire);
      w.finish();
      scenario_.wires.push_back(std::move(wire));
    }
    t.finish();
    const auto port = [&](const Scenario::Wire& w) { return std::ranges::find(names, w.nic) - names.begin(); };
    std::ranges::stable_sort(scenario_.wires, {}, port);
  }

  void link_event(TableReader t, Scenario::Wire& wire) {
    Scenario::Wire::Event event;
    if (!t.find("at")) t.wrong("", "lacks 'at'", "a duration");
    if (!t.find("state")) t.wrong("", "lacks 'state'", "down or up");
    if (t.duration("at", event.at, SimTime::zero(), kLongestRun) && !wire.links.empty() &&
        event.at < wire.links.back().at)
      t.wrong("at", "is before that of the event above", "events in order of time");
    t.choice<LinkState>("state", event.state, kLinkStates);
    t.finish();
    wire.links.push_back(event);
  }

  void peers(TableReader t) {
    const auto tables = t.named_tables();
    for (std::size_t i = 0; i < tables.size(); ++i) {
      const auto& [name, table] = tables[i];
      Scenario::Peer peer;
      peer.name = name;
      peer.mac = numbered_mac(1, i);
      this->peer({diagnostics_, *table, "peer." + name}, peer);
      scenario_.peers.push_back(std::move(peer));
    }
    t.finish();
  }

  void peer(TableReader t, Scenario::Peer& peer) {
    if (!is_name(peer.name, kLongestName)) t.wrong("", "is no name", "1 to 32 letters, digits, '_' or '-'");
    const std::vector<std::string> names = nic_names();
    if (!t.find("on")) {
      t.wrong("", "lacks 'on'", "the card it is connected to, one of " + joined(names));
    } else if (t.text("on", peer.on) && std::ranges::find(names, peer.on) == names.end()) {
      t.wrong("on", fmt::format("is '{}'", peer.on), "a card, one of " + joined(names) + did_you_mean(peer.on, names));
    }
    if (!t.find("kind")) t.wrong("", "lacks 'kind'", "generator, pcap, stack, recording or tap");
    if (!t.choice<PeerKind>("kind", peer.kind, kPeerKinds)) return;  // its keys depend on it
    if (peer.kind == PeerKind::pcap)
      pcap(t, peer);
    else if (peer.kind == PeerKind::recording)
      file(t, peer);
    else if (peer.kind == PeerKind::stack)
      stack(t, peer);
    else if (peer.kind == PeerKind::tap)
      client(t, peer);
    else
      generator(t, peer);
    t.finish();
    for (const Scenario::Peer& other : scenario_.peers) beside(t, peer, other);
  }

  // Two peers on one wire.
  void beside(TableReader& t, const Scenario::Peer& peer, const Scenario::Peer& other) {
    if (other.on != peer.on) return;
    const auto either = [&](PeerKind kind) { return peer.kind == kind || other.kind == kind; };
    if (either(PeerKind::tap))
      t.wrong("on", fmt::format("is where '{}' is; a wire with a peer of kind tap leads nowhere else", other.name),
              "a card of its own");
    // They would reset each other's connections.
    if (either(PeerKind::stack) && peer.address && other.address && peer.address->ip == other.address->ip)
      t.wrong("address", fmt::format("is that of '{}' as well, on the same wire", other.name), "one of its own");
  }

  void file(TableReader& t, Scenario::Peer& peer) {
    if (!t.find("file"))
      t.wrong("", "lacks 'file'", "the capture to send");
    else if (t.text("file", peer.file) && peer.file.empty())
      t.wrong("file", "is empty", "the capture to send");
  }

  void pcap(TableReader& t, Scenario::Peer& peer) {
    file(t, peer);
    if (t.text("pace", peer.pace)) {
      if (const auto pace = Pace::parse(peer.pace))
        peer.pace = pace->text();
      else
        t.wrong("pace", fmt::format("is {}", quoted(peer.pace)), "capture, line, or a factor such as 2.5x");
    }
    t.duration("max_gap", peer.max_gap, SimTime::zero(), kLongestRun);
    t.boolean("lenient", peer.lenient);
  }

  void station(TableReader& t, Scenario::Peer& peer) {
    if (t.mac("mac", peer.mac) && peer.mac.is_multicast())
      t.wrong("mac", "is not one station's address", "an even first octet");
    std::string text;
    if (t.text("address", text, kAddressExpected)) {
      peer.address = parse_address(text);
      if (!peer.address) t.wrong("address", "is " + quoted(text), kAddressExpected);
    }
  }

  void stack(TableReader& t, Scenario::Peer& peer) {
    station(t, peer);
    if (!t.find("address")) t.wrong("", "lacks 'address'", kAddressExpected);
    gateway(t, peer);
  }

  void client(TableReader& t, Scenario::Peer& peer) {
    station(t, peer);
    gateway(t, peer);
  }

  void gateway(TableReader& t, Scenario::Peer& peer) {
    Ipv4Address gateway;
    if (t.ip("gateway", gateway)) peer.gateway = gateway;
  }

  void generator(TableReader& t, Scenario::Peer& peer) {
    station(t, peer);
    for (const auto* table : t.tables("send")) send({diagnostics_, *table, t.full("send")}, peer);
  }

  void send(TableReader t, Scenario::Peer& peer) {
    Scenario::Send send;
    if (!t.find("kind")) t.wrong("", "lacks 'kind'", "udp, arp, ping or raw");
    if (!t.choice<SendKind>("kind", send.kind, kSendKinds)) return;
    t.duration("at", send.at, SimTime::zero(), kLongestRun);
    SimTime every;
    std::uint64_t rate = 0;
    std::uint64_t count = 0;
    if (t.duration("every", every, SimTime::ps(1), kLongestRun)) send.every = every;
    if (t.rate("rate", rate, 1, 1'000'000'000)) send.rate = rate;
    if (send.every && send.rate) t.wrong("rate", "stands beside 'every'", "one of the two");
    if (t.integer("count", count, 1, 1'000'000'000'000))
      send.count = count;
    else if (!send.every && !send.rate)
      send.count = 1;
    if (send.kind != SendKind::raw) addresses_of(t, peer, send);
    if (send.kind == SendKind::udp) {
      t.number("sport", send.sport, 1, 65'535);
      t.number("dport", send.dport, 1, 65'535);
    }
    if (send.kind != SendKind::arp) payload(t, send);
    t.finish();
    peer.sends.push_back(std::move(send));
  }

  // From the peer to the card it is connected to, unless the scenario says otherwise.
  void addresses_of(TableReader& t, const Scenario::Peer& peer, Scenario::Send& send) {
    const auto nic = std::ranges::find(scenario_.nics, peer.on, &Scenario::Nic::name);
    send.src_mac = peer.mac;
    send.dst_mac = send.kind == SendKind::arp || nic == scenario_.nics.end() ? MacAddress::broadcast() : nic->mac;
    t.mac("src_mac", send.src_mac);
    t.mac("dst_mac", send.dst_mac);
    if (peer.address) send.src = peer.address->ip;
    if (nic != scenario_.nics.end() && !nic->addresses.empty()) send.dst = nic->addresses.front().ip;
    const bool has_src = t.ip("src", send.src);
    const bool has_dst = t.ip("dst", send.dst);
    if (!has_src && !peer.address) t.wrong("", "has no source address", "'src' here or 'address' in the peer");
    if (!has_dst && send.dst.is_any() && nic != scenario_.nics.end())
      t.wrong("", "has no destination address", "'dst' here or 'address' in the card");
  }

  // One of `payload` (a text), `hex` (bytes) or `size` (counting bytes 0, 1, 2, ...).
  void payload(TableReader& t, Scenario::Send& send) {
    std::string text;
    std::string hex;
    std::uint64_t size = send.kind == SendKind::ping ? 56 : 18;
    const bool raw = send.kind == SendKind::raw;
    const bool has_text = !raw && t.text("payload", text);
    const bool has_size = !raw && t.integer("size", size, 0, kLongestFrame);
    const bool has_hex = t.text("hex", hex, "bytes such as \"0a4d0002\"");
    if (has_text + has_size + has_hex > 1)
      t.wrong(has_size ? "size" : "hex", "is not the only payload", "one of payload, size, hex");
    if (raw && !has_hex) return t.wrong("", "has no bytes", "the frame as 'hex', without FCS");
    if (has_text) {
      const Bytes bytes = std::as_bytes(std::span{text});
      send.payload.assign(bytes.begin(), bytes.end());
    } else if (has_hex) {
      if (!decode_hex(hex, send.payload) || (raw && send.payload.empty()))
        t.wrong("hex", "is no row of bytes", "an even number of hexadecimal digits, spaces between bytes allowed");
    } else {
      for (std::uint64_t i = 0; i < size; ++i) send.payload.push_back(std::byte(i & 0xffU));
    }
    if (send.payload.size() > kLongestFrame)
      t.wrong(has_text ? "payload" : "hex", fmt::format("has {} bytes", send.payload.size()),
              fmt::format("at most {}", kLongestFrame));
  }

  static bool decode_hex(std::string_view text, std::vector<std::byte>& to) {
    const auto digit = [](char c) {
      if (c >= '0' && c <= '9') return c - '0';
      if (c >= 'a' && c <= 'f') return c - 'a' + 10;
      if (c >= 'A' && c <= 'F') return c - 'A' + 10;
      return -1;
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == ' ') continue;
      if (i + 1 >= text.size() || digit(text[i]) < 0 || digit(text[i + 1]) < 0) return false;
      to.push_back(std::byte(digit(text[i]) * 16 + digit(text[i + 1])));
      ++i;
    }
    return true;
  }

  void server(TableReader& t, Scenario::App& app) {
    if (app.on == "host") {
      on_host(t, app);
    } else if (on_peer(t, app)) {
      if (!app.may_be_on_peer())
        t.wrong("kind", fmt::format("is '{}', and that runs on the host only", name_of(app.kind)),
                "discard, tcp_echo or http_server on a peer");
      t.number("backlog", app.backlog, 1, 65'535);
    }
    if (!t.find("port")) t.wrong("", "lacks 'port'", "an integer from 1 to 65535");
    if (!t.number("port", app.port, 1, 65'535)) return;
    for (const Scenario::App& other : scenario_.apps)
      if (!other.is_client() && other.on == app.on && other.port == app.port && other.is_tcp() == app.is_tcp())
        t.wrong("port", fmt::format("{} is that of '{}'", app.port, other.name), "one of its own");
  }

  // How the simulated host runs it; on a peer work takes no time, and there is nothing to choose.
  void on_host(TableReader& t, Scenario::App& app) {
    unsigned cpu = 0;
    if (core(t, "cpu", cpu)) app.cpu = cpu;
    read_model(t, app, scenario_.stop.after.has_value());
    if (app.kind == AppKind::http_server && t.choice<FileIo>("file_io", app.file_io, kFileIos) &&
        app.file_io == FileIo::sendfile && app.many_at_once())
      t.wrong("file_io", fmt::format("is for files, which model '{}' does not serve", name_of(app.model)),
              "model iterative or blocking");
    if (!app.is_tcp()) t.boolean("prefer_busy_poll", app.prefer_busy_poll);
  }

  bool on_peer(TableReader& t, const Scenario::App& app) {
    std::vector<std::string> stacks;
    for (const Scenario::Peer& peer : scenario_.peers)
      if (peer.kind == PeerKind::stack) stacks.push_back(peer.name);
    if (std::ranges::find(stacks, app.on) != stacks.end()) return true;
    t.wrong(
        "on", "is " + quoted(app.on),
        (app.is_client() ? "a peer of kind stack" : "\"host\" or a peer of kind stack") + did_you_mean(app.on, stacks));
    return false;
  }

  void client(TableReader& t, Scenario::App& app) {
    on_peer(t, app);
    std::string target;
    if (!t.find("target")) t.wrong("", "lacks 'target'", "an address and a port such as \"10.77.0.2:80\"");
    if (t.text("target", target)) {
      const std::size_t colon = target.find(':');
      const auto ip = Ipv4Address::parse(std::string_view{target}.substr(0, colon));
      unsigned port = 0;
      for (const char c : colon == std::string::npos ? std::string{} : target.substr(colon + 1))
        port = c >= '0' && c <= '9' && port < 65'536 ? port * 10 + static_cast<unsigned>(c - '0') : 65'536;
      if (!ip || port == 0 || port > 65'535)
        t.wrong("target", "is " + quoted(target), "an address and a port such as \"10.77.0.2:80\"");
      else
        app.target = *ip, app.port = static_cast<std::uint16_t>(port);
    }
    t.duration("at", app.at, SimTime::zero(), kLongestRun);
    if (app.kind == AppKind::http_load)
      load(t, app);
    else
      read_stream(t, app, scenario_.stop.after.has_value());
  }

  // Opens connections, asks each for one page, reads it to the end.
  void load(TableReader& t, Scenario::App& app) {
    t.integer("connections", app.connections, 1, 1'000'000);
    std::uint64_t rate = 0;
    if (t.rate("rate", rate, 1, 1'000'000)) app.rate = rate;
    if (t.text("path", app.path) && !app.path.starts_with('/'))
      t.wrong("path", "is " + quoted(app.path), "a path from '/' on");
    read_pattern(t, app, scenario_.stop.after.has_value());
  }

  void app(TableReader t) {
    Scenario::App app;
    if (!t.find("name"))
      t.wrong("", "lacks 'name'", "a name of its own");
    else if (t.text("name", app.name) && !is_name(app.name, kLongestName))
      t.wrong("name", "is no name", "1 to 32 letters, digits, '_' or '-'");
    for (const Scenario::App& other : scenario_.apps)
      if (other.name == app.name && !app.name.empty())
        t.wrong("name", fmt::format("'{}' is taken", app.name), "a name of its own");
    t.text("on", app.on);
    if (!t.find("kind")) t.wrong("", "lacks 'kind'", "a program such as udp_echo or http_server");
    if (t.choice<AppKind>("kind", app.kind, kAppKinds)) {
      if (app.is_client())
        client(t, app);
      else
        server(t, app);
      t.finish();
    }
    scenario_.apps.push_back(std::move(app));
  }

  void expect(TableReader t) {
    Scenario::Expect expect;
    expect.where.line = t.place("").begin.line;
    if (!t.find("metric"))
      t.wrong("", "lacks 'metric'", "a path in report.json such as \"ledger.read\"");
    else if (t.text("metric", expect.metric) && expect.metric.empty())
      t.wrong("metric", "is empty", "a path in report.json such as \"ledger.read\"");
    t.real("min", expect.min);
    t.real("max", expect.max);
    t.real("equals", expect.equals);
    if (!t.find("min") && !t.find("max") && !t.find("equals"))
      t.wrong("", "expects nothing", "at least one of min, max, equals");
    if (expect.min && expect.max && *expect.min > *expect.max) t.wrong("min", "is above max", "a range");
    if (const auto* at = t.table("where")) expect.at = settings_of(*at);
    where_.push_back(t.place("where"));
    t.finish();
    scenario_.expects.push_back(std::move(expect));
  }

  Diagnostics& diagnostics_;
  const SysctlRules& sysctl_;
  std::vector<toml::source_region> where_;  // of each expectation
  Scenario scenario_;
};

}  // namespace

std::string_view name_of(Scenario::Mode mode) { return name_in(kModes, mode); }
std::string_view name_of(Scenario::RxPath path) { return name_in(kRxPaths, path); }
std::string_view name_of(Scenario::Wire::Direction direction) { return name_in(kDirections, direction); }
std::string_view name_of(Scenario::Nic::Tap tap) { return name_in(kTaps, tap); }
std::string_view name_of(Scenario::Wire::Event::State state) { return name_in(kLinkStates, state); }
std::string_view name_of(Scenario::Send::Kind kind) { return name_in(kSendKinds, kind); }
std::string_view name_of(Scenario::Peer::Kind kind) { return name_in(kPeerKinds, kind); }
std::string_view name_of(Scenario::App::Kind kind) { return name_in(kAppKinds, kind); }
std::string_view name_of(Scenario::App::FileIo how) { return name_in(kFileIos, how); }

std::string ScenarioErrors::text() const { return fmt::format("{}", fmt::join(messages, "\n")); }

Result<Scenario, ScenarioErrors> parse_scenario(std::string_view toml, std::string_view name,
                                                std::span<const std::string> overlays, const SysctlRules& sysctl) {
  Diagnostics diagnostics{name};
  if (const std::uint32_t line = line_of_deep_key(toml, kDeepestKey); line != 0)
    return ScenarioErrors{
        {fmt::format("{}:{}:1: a key with more than {} dots; expected at most that many", name, line, kDeepestKey)}};
  toml::table root;
  try {
    root = toml::parse(toml, name);
  } catch (const toml::parse_error& error) {
    diagnostics.add(error.source(), fmt::format("{}; expected valid TOML", error.description()));
    return ScenarioErrors{diagnostics.sorted()};
  }
  for (const std::string& overlay : overlays) apply_overlay(root, overlay, diagnostics);
  Scenario scenario = Parser{diagnostics, sysctl}.parse(root);
  if (!diagnostics.empty()) return ScenarioErrors{diagnostics.sorted()};
  return scenario;
}

Result<ScenarioText, ScenarioErrors> read_scenario_text(const std::string& path) {
  std::ifstream file;
  if (path != "-") {
    file.open(path, std::ios::binary);
    if (!file) return ScenarioErrors{{fmt::format("{}: {}", path, std::strerror(errno))}};
  }
  std::istream& in = path == "-" ? std::cin : file;
  std::string text;
  std::array<char, 65'536> chunk;
  while (in.read(chunk.data(), chunk.size()) || in.gcount() > 0) {
    text.append(chunk.data(), static_cast<std::size_t>(in.gcount()));
    if (text.size() > kLargestFile)
      return ScenarioErrors{{fmt::format("{}: longer than {} bytes; expected a scenario", path, kLargestFile)}};
  }
  if (in.bad()) return ScenarioErrors{{fmt::format("{}: cannot be read; expected a TOML file", path)}};
  return ScenarioText{std::move(text), path == "-" ? "standard input" : path};
}

Result<Scenario, ScenarioErrors> load_scenario(const std::string& path, std::span<const std::string> overlays,
                                               const SysctlRules& sysctl) {
  const auto text = read_scenario_text(path);
  if (!text) return text.error();
  return parse_scenario(text->toml, text->name, overlays, sysctl);
}

}  // namespace nicosim
