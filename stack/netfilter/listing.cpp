// Rules and connections as iptables(8) and conntrack(8) print them, and as counters for a report.
#include "stack/icmp/icmp.hpp"
#include "stack/ip/ipv4.hpp"
#include "stack/netfilter/netfilter.hpp"

#include <fmt/format.h>
#include <map>

namespace nicosim {
namespace {

std::string protocol_name(std::uint8_t protocol) {
  switch (protocol) {
    case kIpIcmp:
      return "icmp";
    case kIpTcp:
      return "tcp";
    case kIpUdp:
      return "udp";
    default:
      return std::to_string(protocol);
  }
}

template <class T, class Text>
std::string shown(const NfOptional<T>& match, Text to_text, const char* absent) {
  if (!match) return absent;
  return (match->negated ? "!" : "") + to_text(match->value);
}

std::string prefix_text(const NfPrefix& prefix) {
  if (prefix.length == 32) return prefix.address.text();
  return prefix.address.text() + "/" + std::to_string(prefix.length);
}

std::string ports_text(const NfPorts& ports, char between) {
  if (ports.first == ports.last) return std::to_string(ports.first);
  return std::to_string(ports.first) + between + std::to_string(ports.last);
}

std::string port_match(const char* one, const char* many, const NfMatch<NfPorts>& match) {
  const bool single = match.value.first == match.value.last;
  return std::string{" "} + (single ? one : many) + (match.negated ? "!" : "") + ports_text(match.value, ':');
}

std::string states_text(std::uint8_t states) {
  std::string out;
  for (unsigned i = 0; i <= static_cast<unsigned>(NfState::untracked); ++i)
    if (((states >> i) & 1U) != 0) out += (out.empty() ? "" : ",") + std::string{name_of(static_cast<NfState>(i))};
  return out;
}

std::string range_text(const NfRange& range) {
  std::string out;
  if (!range.first.is_any()) out = range.first.text();
  if (range.last != range.first) out += "-" + range.last.text();
  if (range.ports) out += (out.empty() ? "" : ":") + ports_text(*range.ports, '-');
  return out;
}

// What stands behind the columns.
std::string details(const NfRule& rule) {
  std::string out;
  if (rule.protocol && (rule.sport || rule.dport || rule.tcp_flags)) out += " " + protocol_name(rule.protocol->value);
  if (rule.sport) out += port_match("spt:", "spts:", *rule.sport);
  if (rule.dport) out += port_match("dpt:", "dpts:", *rule.dport);
  if (rule.tcp_flags)
    out += fmt::format(" flags:{}0x{:02X}/0x{:02X}", rule.tcp_flags->negated ? "!" : "", rule.tcp_flags->value.mask,
                       rule.tcp_flags->value.set);
  if (rule.mac_source)
    out += " MAC " + shown(
                         rule.mac_source, [](const MacAddress& m) { return m.text(); }, "");
  if (rule.mac_destination)
    out += " MAC-DST " + shown(
                             rule.mac_destination, [](const MacAddress& m) { return m.text(); }, "");
  if (rule.ether_type)
    out += fmt::format(" ether_type {}0x{:04x}", rule.ether_type->negated ? "!" : "", rule.ether_type->value);
  if (rule.ctstate) out += (rule.ctstate->negated ? " ! ctstate " : " ctstate ") + states_text(rule.ctstate->value);
  if (!rule.comment.empty()) out += " /* " + rule.comment + " */";
  switch (rule.target) {
    case NfTarget::reject:
      return out + " reject-with " + std::string{name_of(rule.reject_with)};
    case NfTarget::dnat:
    case NfTarget::snat:
      return out + " to:" + range_text(rule.to);
    case NfTarget::redirect:
      return out + (rule.to.ports ? " redir ports " + range_text(rule.to) : "");
    case NfTarget::masquerade:
      return out + (rule.to.ports ? " masq ports: " + range_text(rule.to) : "");
    case NfTarget::mac_dnat:
      return out + " to:" + rule.to_mac.text();
    default:
      return out;
  }
}

std::string rule_line(const NfRule& rule, std::uint64_t packets, std::uint64_t bytes) {
  const auto same = [](const std::string& name) { return name; };
  std::string line =
      fmt::format("{:>8} {:>8} {:<10} {:<4} --  {:<6} {:<6} {:<20} {:<20}", packets, bytes, name_of(rule.target),
                  shown(rule.protocol, protocol_name, "all"), shown(rule.in, same, "*"), shown(rule.out, same, "*"),
                  shown(rule.source, prefix_text, "0.0.0.0/0"), shown(rule.destination, prefix_text, "0.0.0.0/0"));
  line += details(rule);
  line.erase(line.find_last_not_of(' ') + 1);
  return line + "\n";
}

std::string tuple_text(const NfTuple& tuple) {
  std::string out = "src=" + tuple.source.text() + " dst=" + tuple.destination.text();
  if (tuple.protocol == kIpIcmp)
    return out + fmt::format(" type={} code={} id={}", tuple.destination_port >> 8U, tuple.destination_port & 0xffU,
                             tuple.source_port);
  if (tuple.protocol == kIpTcp || tuple.protocol == kIpUdp)
    out += fmt::format(" sport={} dport={}", tuple.source_port, tuple.destination_port);
  return out;
}

}  // namespace

std::string Netfilter::rules_listing() const {
  std::string out;
  for (std::size_t t = 0; t < kNfTables; ++t) {
    const auto table = static_cast<NfTable>(t);
    bool used = false;
    for (std::size_t h = 0; h < kNfHooks; ++h) used = used || chain(table, static_cast<NfHook>(h)).used();
    if (!used) continue;
    out += (out.empty() ? "Table " : "\nTable ") + std::string{name_of(table)} + "\n";
    for (std::size_t h = 0; h < kNfHooks; ++h) {
      const auto hook = static_cast<NfHook>(h);
      if (!has_chain(table, hook)) continue;
      const Chain& here = chain(table, hook);
      out += fmt::format("\nChain {} (policy {} {} packets, {} bytes)\n", name_of(hook), here.drop ? "DROP" : "ACCEPT",
                         here.packets, here.bytes);
      out += "    pkts      bytes target     prot opt in     out     source               destination\n";
      for (const std::size_t index : here.rules) {
        const Rule& rule = rules_[index];
        out += rule_line(rule.rule, rule.packets, rule.bytes);
      }
    }
  }
  return out;
}

Netfilter::Counts Netfilter::rule_counters() const {
  Counts counts;
  for (std::size_t t = 0; t < kNfTables; ++t)
    for (std::size_t h = 0; h < kNfHooks; ++h) {
      const auto table = static_cast<NfTable>(t);
      const auto hook = static_cast<NfHook>(h);
      const Chain& here = chain(table, hook);
      if (!here.used()) continue;
      const std::string name = std::string{name_of(table)} + "." + std::string{name_of(hook)} + ".";
      for (std::size_t i = 0; i < here.rules.size(); ++i) {
        const Rule& rule = rules_[here.rules[i]];
        counts.emplace_back(name + std::to_string(i + 1) + ".packets", rule.packets);
        counts.emplace_back(name + std::to_string(i + 1) + ".bytes", rule.bytes);
      }
      counts.emplace_back(name + "policy.packets", here.packets);
      counts.emplace_back(name + "policy.bytes", here.bytes);
    }
  return counts;
}

Netfilter::Counts Netfilter::conntrack_counters() {
  if (!tracks_) return {};
  const std::uint64_t count = conntrack_.count();
  const Conntrack::Stat& s = conntrack_.stat();
  return {{"nf_conntrack_count", count},      {"found", s.found}, {"invalid", s.invalid},       {"insert", s.insert},
          {"insert_failed", s.insert_failed}, {"drop", s.drop},   {"early_drop", s.early_drop}, {"error", s.error},
          {"clash_resolve", s.clash_resolve}};
}

std::string Conntrack::listing() {
  collect();
  std::map<std::uint64_t, const NfConn*> by_age;
  for (const auto& [deadline, conn] : deadlines_) by_age.emplace(conn->number, conn);
  std::string out;
  for (const auto& [number, conn] : by_age) {
    const NfTuple& original = conn->tuple(NfDirection::original);
    out += fmt::format("{:<8} {} {} ", protocol_name(original.protocol), original.protocol,
                       (conn->deadline - net_.now()).in_ns() / 1'000'000'000);
    if (original.protocol == kIpTcp) out += std::string{name_of(conn->tcp)} + " ";
    out += tuple_text(original);
    out += fmt::format(" packets={} bytes={} ", conn->packets[0], conn->bytes[0]);
    if (!conn->seen_reply) out += "[UNREPLIED] ";
    out += tuple_text(conn->tuple(NfDirection::reply));
    out += fmt::format(" packets={} bytes={} ", conn->packets[1], conn->bytes[1]);
    out += conn->assured ? "[ASSURED]\n" : "\n";
  }
  return out;
}

}  // namespace nicosim
