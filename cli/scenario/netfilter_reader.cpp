#include "cli/scenario/netfilter_reader.hpp"

#include "cli/scenario/overlay.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/format.h>
#include <iterator>

namespace nicosim {
namespace {

constexpr std::size_t kLongestComment = 255;
constexpr std::array kTables{NfTable::bridge, NfTable::raw, NfTable::mangle, NfTable::nat, NfTable::filter};
constexpr std::array kChains{NfHook::pre_routing, NfHook::local_in, NfHook::forward, NfHook::local_out,
                             NfHook::post_routing};
constexpr std::array kTargets{NfTarget::accept,   NfTarget::drop,    NfTarget::reject,
                              NfTarget::dnat,     NfTarget::snat,    NfTarget::masquerade,
                              NfTarget::redirect, NfTarget::notrack, NfTarget::mac_dnat};
constexpr std::array kRejects{NfRejectWith::icmp_port_unreachable, NfRejectWith::icmp_net_unreachable,
                              NfRejectWith::icmp_host_unreachable, NfRejectWith::icmp_proto_unreachable,
                              NfRejectWith::icmp_net_prohibited,   NfRejectWith::icmp_host_prohibited,
                              NfRejectWith::icmp_admin_prohibited, NfRejectWith::tcp_reset};
constexpr std::array kStates{NfState::new_, NfState::established, NfState::related, NfState::invalid,
                             NfState::untracked};
constexpr std::array<std::pair<std::string_view, std::uint8_t>, 8> kFlags{{{"FIN", 0x01},
                                                                           {"SYN", 0x02},
                                                                           {"RST", 0x04},
                                                                           {"PSH", 0x08},
                                                                           {"ACK", 0x10},
                                                                           {"URG", 0x20},
                                                                           {"ALL", 0x3f},
                                                                           {"NONE", 0x00}}};
constexpr std::array<std::pair<std::string_view, std::uint8_t>, 3> kProtocols{{{"icmp", 1}, {"tcp", 6}, {"udp", 17}}};
constexpr std::array<std::pair<std::string_view, std::uint16_t>, 2> kEtherTypes{{{"IPv4", 0x0800}, {"ARP", 0x0806}}};

template <class E, std::size_t N>
std::vector<std::pair<std::string_view, E>> choices(const std::array<E, N>& values) {
  std::vector<std::pair<std::string_view, E>> out;
  for (const E value : values) out.emplace_back(name_of(value), value);
  return out;
}

// ---- texts to values; nullopt: no such thing

std::optional<std::uint64_t> number(std::string_view text, std::uint64_t most) {
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (error != std::errc{} || end != text.data() + text.size() || value > most) return std::nullopt;
  return value;
}

std::optional<NfPrefix> prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = Ipv4Address::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  NfPrefix out{*address, 32};
  if (slash != std::string_view::npos) {
    const auto length = number(text.substr(slash + 1), 32);
    if (!length) return std::nullopt;
    out.length = static_cast<unsigned>(*length);
  }
  out.address.value &= out.mask();
  return out;
}

std::optional<NfPorts> ports(std::string_view text, char between) {
  const std::size_t at = text.find(between);
  const auto first = number(text.substr(0, at), 65'535);
  const auto last = at == std::string_view::npos ? first : number(text.substr(at + 1), 65'535);
  if (!first || !last || *first > *last) return std::nullopt;
  return NfPorts{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(*last)};
}

template <class V, std::size_t N>
std::optional<V> named(std::string_view text, const std::array<std::pair<std::string_view, V>, N>& names,
                       std::uint64_t most) {
  for (const auto& [name, value] : names)
    if (name == text) return value;
  if (const auto value = number(text, most)) return static_cast<V>(*value);
  return std::nullopt;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t place = text.find(at);
    parts.push_back(text.substr(0, place));
    if (place == std::string_view::npos) return parts;
    text.remove_prefix(place + 1);
  }
}

std::optional<std::uint8_t> flags(std::string_view text) {
  std::uint8_t all = 0;
  for (const std::string_view part : split(text, ',')) {
    const auto found = std::ranges::find(kFlags, part, &std::pair<std::string_view, std::uint8_t>::first);
    if (found == kFlags.end()) return std::nullopt;
    all |= found->second;
  }
  return all;
}

std::optional<NfTcpFlags> tcp_flags(std::string_view text) {
  const auto parts = split(text, ' ');
  if (parts.size() != 2) return std::nullopt;
  const auto mask = flags(parts[0]), set = flags(parts[1]);
  if (!mask || !set || (*set & ~*mask) != 0) return std::nullopt;
  return NfTcpFlags{*mask, *set};
}

std::optional<std::uint8_t> ctstates(std::string_view text) {
  std::uint8_t all = 0;
  for (const std::string_view part : split(text, ',')) {
    const auto found = std::ranges::find_if(kStates, [&](NfState state) { return name_of(state) == part; });
    if (found == kStates.end()) return std::nullopt;
    all |= static_cast<std::uint8_t>(1U << static_cast<unsigned>(*found));
  }
  return all;
}

// "10.0.0.2", "10.0.0.2-10.0.0.5", each with ":8080" or ":8000-8010" behind it.
std::optional<NfRange> range(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string_view addresses = text.substr(0, colon);
  const std::size_t dash = addresses.find('-');
  const auto first = Ipv4Address::parse(addresses.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : Ipv4Address::parse(addresses.substr(dash + 1));
  if (!first || !last || *first > *last || first->is_any()) return std::nullopt;
  NfRange out{*first, *last, std::nullopt};
  if (colon == std::string_view::npos) return out;
  out.ports = ports(text.substr(colon + 1), '-');
  if (!out.ports || out.ports->first == 0) return std::nullopt;
  return out;
}

// ---- one rule

class RuleReader {
 public:
  RuleReader(TableReader& t, std::span<const Scenario::Nic> nics) : t_(t), nics_(nics) {}

  NfRule read() {
    const bool has_target = t_.choice<NfTarget>("target", rule_.target, choices(kTargets));
    if (!t_.find("chain")) t_.wrong("", "lacks 'chain'", "PREROUTING, INPUT, FORWARD, OUTPUT or POSTROUTING");
    const bool has_chain_key = t_.choice<NfHook>("chain", rule_.chain, choices(kChains));
    rule_.table = usual_table();
    t_.choice<NfTable>("table", rule_.table, choices(kTables));
    if (has_chain_key && !has_chain(rule_.table, rule_.chain))
      t_.wrong("chain",
               fmt::format("is '{}', which table {} does not have", name_of(rule_.chain), name_of(rule_.table)),
               chains_of(rule_.table));
    else if (has_target && !takes_target(rule_.table, rule_.chain, rule_.target))
      t_.wrong("target",
               fmt::format("is '{}', which chain {} of table {} does not take", name_of(rule_.target),
                           name_of(rule_.chain), name_of(rule_.table)),
               targets_of(rule_));
    conditions();
    target();
    if (t_.text("comment", rule_.comment) && rule_.comment.size() > kLongestComment)
      t_.wrong("comment", fmt::format("has {} bytes", rule_.comment.size()), "at most 255");
    t_.finish();
    return std::move(rule_);
  }

 private:
  NfTable usual_table() const {
    if (is_nat(rule_.target)) return NfTable::nat;
    if (rule_.target == NfTarget::mac_dnat) return NfTable::bridge;
    if (rule_.target == NfTarget::notrack) return NfTable::raw;
    return has_chain(NfTable::filter, rule_.chain) ? NfTable::filter : NfTable::mangle;
  }
  static std::string chains_of(NfTable table) {
    std::vector<std::string> names;
    for (const NfHook chain : kChains)
      if (has_chain(table, chain)) names.emplace_back(name_of(chain));
    return "one of " + joined(names);
  }
  static std::string targets_of(const NfRule& rule) {
    std::vector<std::string> names;
    for (const NfTarget target : kTargets)
      if (takes_target(rule.table, rule.chain, target)) names.emplace_back(name_of(target));
    return "one of " + joined(names);
  }

  // A text, an integer written as one, each maybe with "!" in front. nullopt: absent or wrong.
  std::optional<std::pair<std::string, bool>> negatable(std::string_view key, std::string_view expected) {
    const toml::node* node = t_.find(key);
    if (node == nullptr) return std::nullopt;
    if (const auto* integer = node->as_integer()) return std::pair{std::to_string(integer->get()), false};
    std::string text;
    if (!t_.text(key, text, expected)) return std::nullopt;
    const bool negated = text.starts_with('!');
    if (negated) text.erase(0, text.find_first_not_of("! "));
    return std::pair{text, negated};
  }
  template <class T, class Parse>
  void condition(std::string_view key, NfOptional<T>& to, std::string_view expected, Parse parse) {
    const auto text = negatable(key, expected);
    if (!text) return;
    if (const std::optional<T> value = parse(std::string_view{text->first}))
      to = NfMatch<T>{*value, text->second};
    else
      t_.wrong(key, "is " + quoted(text->first), expected);
  }
  void interface(std::string_view key, NfOptional<std::string>& to, bool allowed) {
    const auto text = negatable(key, "a card such as \"eth0\"");
    if (!text) return;
    const std::string& name = text->first;
    if (!allowed)
      return t_.wrong(key,
                      fmt::format("does not go with chain {} of table {}", name_of(rule_.chain), name_of(rule_.table)));
    std::vector<std::string> names;
    for (const Scenario::Nic& nic : nics_) names.push_back(nic.name);
    const bool known =
        name.ends_with('+')
            ? std::ranges::any_of(
                  names, [&](const std::string& nic) { return nic.starts_with(name.substr(0, name.size() - 1)); })
            : std::ranges::find(names, name) != names.end();
    if (!known)
      return t_.wrong(key, "is " + quoted(name), "a card, one of " + joined(names) + did_you_mean(name, names));
    to = NfMatch<std::string>{name, text->second};
  }

  void conditions() {
    const bool bridge = rule_.table == NfTable::bridge;
    const bool leaving = rule_.chain == NfHook::local_out || rule_.chain == NfHook::post_routing;
    const bool coming = rule_.chain == NfHook::pre_routing || rule_.chain == NfHook::local_in;
    interface("in", rule_.in, !leaving);
    interface("out", rule_.out, !coming);
    constexpr std::string_view kMac = "a MAC address such as \"02:00:00:00:00:01\"";
    if (!leaving) condition("mac_source", rule_.mac_source, kMac, MacAddress::parse);
    if (bridge) {
      condition("mac_destination", rule_.mac_destination, kMac, MacAddress::parse);
      condition("ether_type", rule_.ether_type, "IPv4, ARP or a number such as \"0x88cc\"",
                [](std::string_view text) { return named(text, kEtherTypes, 0xffff); });
    }
    constexpr std::string_view kPrefix = "an address or network such as \"10.77.0.0/24\"";
    condition("source", rule_.source, kPrefix, prefix);
    condition("destination", rule_.destination, kPrefix, prefix);
    condition("proto", rule_.protocol, "tcp, udp, icmp or a number from 0 to 255",
              [](std::string_view text) { return named(text, kProtocols, 255); });
    constexpr std::string_view kPorts = "a port or a range such as \"8000:8010\"";
    const auto port_range = [](std::string_view text) { return ports(text, ':'); };
    condition("sport", rule_.sport, kPorts, port_range);
    condition("dport", rule_.dport, kPorts, port_range);
    condition("tcp_flags", rule_.tcp_flags, "mask and flags set, such as \"SYN,ACK,FIN,RST SYN\"", tcp_flags);
    if (!bridge)
      condition("ctstate", rule_.ctstate, "states out of NEW,ESTABLISHED,RELATED,INVALID,UNTRACKED", ctstates);
    for (const std::string_view key : {"sport", "dport"})
      if ((key == "sport" ? rule_.sport : rule_.dport) && !has_ports())
        t_.wrong(key, "needs a protocol with ports", "proto = \"tcp\" or \"udp\" beside it");
    if (rule_.tcp_flags && !only(6)) t_.wrong("tcp_flags", "needs TCP", "proto = \"tcp\" beside it");
  }
  bool only(std::uint8_t protocol) const {
    return rule_.protocol && !rule_.protocol->negated && rule_.protocol->value == protocol;
  }
  bool has_ports() const { return only(6) || only(17); }

  void target() {
    switch (rule_.target) {
      case NfTarget::reject:
        t_.choice<NfRejectWith>("reject_with", rule_.reject_with, choices(kRejects));
        if (rule_.reject_with != NfRejectWith::tcp_reset) return;
        if (!only(6)) t_.wrong("reject_with", "is 'tcp-reset'", "proto = \"tcp\" beside it");
        if (rule_.chain == NfHook::local_out)
          t_.wrong("reject_with", "is 'tcp-reset' on OUTPUT, where it would come back over a loopback device",
                   "an icmp- message");
        return;
      case NfTarget::dnat:
      case NfTarget::snat: {
        constexpr std::string_view kExpected = "an address such as \"10.0.0.2\", \"10.0.0.2:8080\" or a range of them";
        std::string text;
        if (!t_.find("to")) return t_.wrong("", "lacks 'to'", kExpected);
        if (!t_.text("to", text, kExpected)) return;
        const auto to = range(text);
        if (!to) return t_.wrong("to", "is " + quoted(text), kExpected);
        rule_.to = *to;
        return needs_ports("to");
      }
      case NfTarget::masquerade:
      case NfTarget::redirect: {
        constexpr std::string_view kExpected = "a port or a range such as \"8000-8010\"";
        const auto text = negatable("to_ports", kExpected);
        if (!text) return;
        rule_.to.ports = ports(text->first, '-');
        if (!rule_.to.ports || rule_.to.ports->first == 0 || text->second)
          return t_.wrong("to_ports", "is " + quoted(text->first), kExpected);
        return needs_ports("to_ports");
      }
      case NfTarget::mac_dnat:
        if (!t_.find("to")) return t_.wrong("", "lacks 'to'", "the MAC address that becomes the destination");
        t_.mac("to", rule_.to_mac);
        return;
      default:
        return;
    }
  }
  void needs_ports(std::string_view key) {
    if (rule_.to.ports && !has_ports()) t_.wrong(key, "names ports", "proto = \"tcp\" or \"udp\" beside it");
  }

  TableReader& t_;
  std::span<const Scenario::Nic> nics_;
  NfRule rule_;
};

constexpr std::array kPolicies{
    std::pair{NfTable::filter, NfHook::local_in}, std::pair{NfTable::filter, NfHook::forward},
    std::pair{NfTable::filter, NfHook::local_out}, std::pair{NfTable::bridge, NfHook::pre_routing}};

std::string_view policy_key(std::pair<NfTable, NfHook> place) {
  return place.first == NfTable::bridge ? std::string_view{"bridge"} : name_of(place.second);
}

// ---- values to texts

template <class T, class Text>
void put(std::string& out, std::string_view key, const NfOptional<T>& match, Text text) {
  if (match) out += fmt::format("{} = {}\n", key, quoted((match->negated ? "!" : "") + text(match->value)));
}

std::string prefix_text(const NfPrefix& p) { return fmt::format("{}/{}", p.address.text(), p.length); }

std::string ports_text(const NfPorts& p, char between) {
  return p.first == p.last ? std::to_string(p.first) : fmt::format("{}{}{}", p.first, between, p.last);
}

std::string flags_text(std::uint8_t value) {
  std::string out;
  for (const auto& [name, bit] : kFlags)
    if (bit != 0x3f && (value & bit) != 0) out += (out.empty() ? "" : ",") + std::string{name};
  return out.empty() ? "NONE" : out;
}

std::string states_text(std::uint8_t value) {
  std::string out;
  for (const NfState state : kStates)
    if (((value >> static_cast<unsigned>(state)) & 1U) != 0)
      out += (out.empty() ? "" : ",") + std::string{name_of(state)};
  return out;
}

std::string rule_text(const NfRule& rule) {
  std::string out = fmt::format("[[host.netfilter.rule]]\ntable = \"{}\"\nchain = \"{}\"\n", name_of(rule.table),
                                name_of(rule.chain));
  const auto same = [](const std::string& name) { return name; };
  const auto mac = [](const MacAddress& address) { return address.text(); };
  put(out, "in", rule.in, same);
  put(out, "out", rule.out, same);
  put(out, "mac_source", rule.mac_source, mac);
  put(out, "mac_destination", rule.mac_destination, mac);
  put(out, "ether_type", rule.ether_type, [](std::uint16_t type) { return fmt::format("0x{:04x}", type); });
  put(out, "source", rule.source, prefix_text);
  put(out, "destination", rule.destination, prefix_text);
  put(out, "proto", rule.protocol, [](std::uint8_t protocol) {
    for (const auto& [name, value] : kProtocols)
      if (value == protocol) return std::string{name};
    return std::to_string(protocol);
  });
  put(out, "sport", rule.sport, [](const NfPorts& p) { return ports_text(p, ':'); });
  put(out, "dport", rule.dport, [](const NfPorts& p) { return ports_text(p, ':'); });
  put(out, "tcp_flags", rule.tcp_flags,
      [](const NfTcpFlags& f) { return flags_text(f.mask) + " " + flags_text(f.set); });
  put(out, "ctstate", rule.ctstate, states_text);
  if (!rule.comment.empty()) out += fmt::format("comment = {}\n", quoted(rule.comment));
  if (rule.target == NfTarget::none) return out;
  out += fmt::format("target = \"{}\"\n", name_of(rule.target));
  if (rule.target == NfTarget::reject) out += fmt::format("reject_with = \"{}\"\n", name_of(rule.reject_with));
  if (rule.target == NfTarget::mac_dnat) out += fmt::format("to = \"{}\"\n", rule.to_mac.text());
  if (rule.target == NfTarget::dnat || rule.target == NfTarget::snat) {
    std::string to = rule.to.first.text();
    if (rule.to.last != rule.to.first) to += "-" + rule.to.last.text();
    if (rule.to.ports) to += ":" + ports_text(*rule.to.ports, '-');
    out += fmt::format("to = \"{}\"\n", to);
  } else if (rule.to.ports) {
    out += fmt::format("to_ports = \"{}\"\n", ports_text(*rule.to.ports, '-'));
  }
  return out;
}

}  // namespace

NetfilterConfig read_netfilter(TableReader t, std::span<const Scenario::Nic> nics) {
  NetfilterConfig config;
  if (const auto* table = t.table("policy")) {
    TableReader policy{t.diagnostics(), *table, t.full("policy")};
    constexpr std::array<std::pair<std::string_view, bool>, 2> kVerdicts{{{"ACCEPT", false}, {"DROP", true}}};
    for (const auto& place : kPolicies) {
      bool drop = false;
      policy.choice<bool>(policy_key(place), drop, kVerdicts);
      if (drop) config.drop_policy[place] = true;
    }
    policy.finish();
  }
  for (const auto* table : t.tables("rule")) {
    TableReader rule{t.diagnostics(), *table, t.full("rule")};
    config.rules.push_back(RuleReader{rule, nics}.read());
  }
  t.finish();
  return config;
}

Scenario::Route read_route(TableReader t, std::span<const Scenario::Nic> nics) {
  Scenario::Route route;
  constexpr std::string_view kExpected = "\"default\", or a network such as \"10.0.0.0/8\"";
  std::string text;
  if (!t.find("destination")) t.wrong("", "lacks 'destination'", kExpected);
  if (t.text("destination", text, kExpected)) {
    const auto to = text == "default" ? NfPrefix{Ipv4Address::any(), 0} : prefix(text);
    if (!to)
      t.wrong("destination", "is " + quoted(text), kExpected);
    else
      route.destination = {to->address, to->length};
  }
  Ipv4Address via;
  if (t.ip("via", via)) route.via = via;
  std::vector<std::string> names;
  for (const Scenario::Nic& nic : nics) names.push_back(nic.name);
  if (t.text("dev", route.dev) && std::ranges::find(names, route.dev) == names.end())
    t.wrong("dev", "is " + quoted(route.dev), "a card, one of " + joined(names) + did_you_mean(route.dev, names));
  if (!t.find("dev") && !t.find("via")) t.wrong("", "lacks 'dev'", "the card, or 'via', a gateway on its network");
  if (route.via) {
    const auto reaches = [&](const Scenario::Nic& nic) {
      return std::ranges::any_of(nic.addresses, [&](const Scenario::Address& own) {
        return NfPrefix{own.ip, own.prefix}.contains(via) && own.ip != via;
      });
    };
    const auto nic = std::ranges::find_if(
        nics, [&](const Scenario::Nic& n) { return (route.dev.empty() || n.name == route.dev) && reaches(n); });
    if (nic == nics.end())
      t.wrong("via",
              fmt::format("is {}, which is on no network of {}", via.text(),
                          route.dev.empty() ? std::string{"a card"} : route.dev),
              "a neighbour");
    else
      route.dev = nic->name;
  }
  t.finish();
  return route;
}

std::string write_netfilter(const NetfilterConfig& config) {
  if (config.empty()) return {};
  std::string out = "\n[host.netfilter.policy]\n";
  for (const auto& place : kPolicies)
    out += fmt::format("{} = \"{}\"\n", policy_key(place), config.drop_policy.contains(place) ? "DROP" : "ACCEPT");
  for (const NfRule& rule : config.rules) out += rule_text(rule);
  return out;
}

std::string write_route(const Scenario::Route& route) {
  std::string out =
      fmt::format("[[host.route]]\ndestination = \"{}/{}\"\n", route.destination.ip.text(), route.destination.prefix);
  if (route.via) out += fmt::format("via = \"{}\"\n", route.via->text());
  return out + fmt::format("dev = \"{}\"\n", route.dev);
}

}  // namespace nicosim
