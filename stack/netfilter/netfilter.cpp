#include "stack/netfilter/netfilter.hpp"

#include "common/spin_lock.hpp"
#include "stack/ip/ipv4.hpp"

#include <algorithm>
#include <optional>

namespace nicosim {
namespace {

// "eth+" means every name that begins so.
bool names(std::string_view pattern, const Interface* interface) {
  if (interface == nullptr) return false;
  const std::string_view name = interface->device.name();
  if (pattern.ends_with('+')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return name == pattern;
}

template <class T, class Found>
bool holds(const NfOptional<T>& match, Found found) {
  return !match || match->holds(found(match->value));
}

// Behind a received packet's IP header its Ethernet header still lies in front.
std::optional<EthernetHeader> ethernet_before(Frame& frame) {
  if (frame.headroom() < EthernetHeader::kBytes) return std::nullopt;
  frame.push(EthernetHeader::kBytes);
  const auto header = parse_ethernet(frame.bytes());
  frame.pull(EthernetHeader::kBytes);
  if (!header) return std::nullopt;
  return *header;
}

}  // namespace

struct Netfilter::Context {
  Frame& frame;
  const Interface *in = nullptr, *out = nullptr;
  std::optional<NfPacket> packet;          // none: not IPv4, table bridge only
  std::optional<EthernetHeader> ethernet;  // of a received frame
  std::size_t bytes = 0;                   // what rules count
};

Netfilter::Netfilter(Net& net, const Routes& routes, NetfilterConfig config) : net_(net), routes_(routes) {
  for (NfRule& rule : config.rules) {
    chain(rule.table, rule.chain).rules.push_back(rules_.size());
    tracks_ = tracks_ || rule.ctstate.has_value();
    translates_ = translates_ || is_nat(rule.target);
    rules_.push_back({std::move(rule)});
  }
  for (const auto& [place, drop] : config.drop_policy) {
    chain(place.first, place.second).drop = drop;
    has_policy_ = true;
  }
  tracks_ = tracks_ || translates_;
  bridge_active_ = chain(NfTable::bridge, NfHook::pre_routing).used();
  for (std::size_t hook = 0; hook < kNfHooks; ++hook) {
    for (const NfTable table : {NfTable::raw, NfTable::mangle, NfTable::nat, NfTable::filter})
      active_[hook] = active_[hook] || chain(table, static_cast<NfHook>(hook)).used();
    if (static_cast<NfHook>(hook) != NfHook::forward) active_[hook] = active_[hook] || tracks_;
  }
}

NfVerdict Netfilter::run(NfHook hook, Frame& frame, const Interface* in, const Interface* out) {
  const BottomHalfGuard guard{net_.runtime};
  Context context{frame, in, out, NfPacket{frame.bytes(), frame.checksum_left()}, std::nullopt, frame.size()};
  if (in != nullptr) context.ethernet = ethernet_before(frame);
  constexpr NfVerdict kDrop{NfVerdict::What::drop};
  const bool comes = hook == NfHook::pre_routing || hook == NfHook::local_out;
  const bool leaves = hook == NfHook::local_in || hook == NfHook::post_routing;

  if (const NfVerdict v = filter(NfTable::raw, hook, context); !v.accepted()) return v;
  if (comes && tracks_ && !conntrack_.in(frame, hook)) return kDrop;
  if (const NfVerdict v = filter(NfTable::mangle, hook, context); !v.accepted()) return v;
  if (comes && translates_ && !translate(hook, context, NfManip::destination)) return kDrop;
  if (const NfVerdict v = filter(NfTable::filter, hook, context); !v.accepted()) return v;
  if (leaves && translates_ && !translate(hook, context, NfManip::source)) return kDrop;
  if (leaves && tracks_ && !conntrack_.confirm(frame)) return kDrop;
  return {};
}

bool Netfilter::run_bridge(Frame& frame, const Interface& in) {
  const BottomHalfGuard guard{net_.runtime};
  const auto header = parse_ethernet(frame.bytes());
  if (!header) return true;
  Context context{frame, &in, nullptr, std::nullopt, *header, frame.size()};
  const auto payload = frame.bytes().subspan(EthernetHeader::kBytes);
  if (header->type == kEtherIpv4 && parse_ipv4(payload)) context.packet.emplace(payload);
  const NfRule* const rule = traverse(NfTable::bridge, NfHook::pre_routing, context);
  if (rule == nullptr) return !chain(NfTable::bridge, NfHook::pre_routing).drop;
  if (rule->target == NfTarget::mac_dnat) rule->to_mac.store(frame.bytes());
  return rule->target != NfTarget::drop;
}

// ---- rules

const NfRule* Netfilter::traverse(NfTable table, NfHook hook, const Context& context) {
  Chain& here = chain(table, hook);
  for (const std::size_t index : here.rules) {
    Rule& candidate = rules_[index];
    net_.runtime.charge(Cost::nf_rule);
    if (!matches(candidate.rule, context)) continue;
    ++candidate.packets;
    candidate.bytes += context.bytes;
    if (candidate.rule.target != NfTarget::none) return &candidate.rule;
  }
  ++here.packets;
  here.bytes += context.bytes;
  return nullptr;
}

NfVerdict Netfilter::filter(NfTable table, NfHook hook, const Context& context) {
  const Chain& here = chain(table, hook);
  if (!here.used()) return {};
  const NfRule* const rule = traverse(table, hook, context);
  if (rule == nullptr) return {here.drop ? NfVerdict::What::drop : NfVerdict::What::accept};
  switch (rule->target) {
    case NfTarget::drop:
      return {NfVerdict::What::drop};
    case NfTarget::reject:
      return {NfVerdict::What::reject, rule->reject_with};
    case NfTarget::notrack:
      Conntrack::notrack(context.frame);
      return {};
    default:
      return {};
  }
}

bool Netfilter::matches(const NfRule& rule, const Context& c) {
  if (!holds(rule.in, [&](const std::string& name) { return names(name, c.in); })) return false;
  if (!holds(rule.out, [&](const std::string& name) { return names(name, c.out); })) return false;
  if (rule.mac_source || rule.mac_destination || rule.ether_type) {
    if (!c.ethernet) return false;
    if (!holds(rule.mac_source, [&](const MacAddress& mac) { return mac == c.ethernet->source; })) return false;
    if (!holds(rule.mac_destination, [&](const MacAddress& mac) { return mac == c.ethernet->destination; }))
      return false;
    if (!holds(rule.ether_type, [&](std::uint16_t type) { return type == c.ethernet->type; })) return false;
  }
  const bool wants_ip = rule.source || rule.destination || rule.protocol || rule.sport || rule.dport || rule.tcp_flags;
  if (wants_ip && (!c.packet || !matches_ip(rule, *c.packet))) return false;
  return holds(rule.ctstate, [&](std::uint8_t states) {
    return ((states >> static_cast<unsigned>(ct_info(c.frame).state)) & 1U) != 0;
  });
}

bool Netfilter::matches_ip(const NfRule& rule, const NfPacket& packet) {
  if (!holds(rule.source, [&](const NfPrefix& prefix) { return prefix.contains(packet.source()); })) return false;
  if (!holds(rule.destination, [&](const NfPrefix& p) { return p.contains(packet.destination()); })) return false;
  if (!holds(rule.protocol, [&](std::uint8_t protocol) { return protocol == packet.protocol(); })) return false;
  if (rule.sport || rule.dport) {
    if (!packet.has_ports()) return false;
    if (!holds(rule.sport, [&](const NfPorts& ports) { return ports.contains(packet.source_port()); })) return false;
    if (!holds(rule.dport, [&](const NfPorts& ports) { return ports.contains(packet.destination_port()); }))
      return false;
  }
  if (!rule.tcp_flags) return true;
  constexpr std::size_t kFlagsAt = 13;
  if (packet.protocol() != kIpTcp || packet.later_fragment() || packet.transport().size() <= kFlagsAt) return false;
  const std::uint8_t flags = load8(packet.transport(), kFlagsAt);
  return holds(rule.tcp_flags, [&](const NfTcpFlags& wanted) { return (flags & wanted.mask) == wanted.set; });
}

// ---- translation

bool Netfilter::translate(NfHook hook, const Context& context, NfManip manip) {
  Frame& frame = context.frame;
  if (!frame.nfct) return true;
  if (ct_info(frame).state == NfState::new_ && !Nat::decided(*frame.nfct, manip) && !choose(hook, context, manip))
    return false;
  Nat::translate(frame, manip);
  return true;
}

// The first packet of a connection asks the table; what it says holds for all.
bool Netfilter::choose(NfHook hook, const Context& context, NfManip manip) {
  NfConn& conn = *context.frame.nfct;
  const NfRule* const rule = chain(NfTable::nat, hook).used() ? traverse(NfTable::nat, hook, context) : nullptr;
  if (rule == nullptr || !is_nat(rule->target)) {
    nat_.setup(conn, nullptr, manip);
    return true;
  }
  NfRange range = rule->to;
  if (rule->target == NfTarget::masquerade) {  // the address that this host would send from itself
    const auto route = routes_.output(context.packet->destination());
    if (!route || route->source.is_any()) return false;
    range.first = range.last = route->source;
  } else if (rule->target == NfTarget::redirect) {
    if (context.in == nullptr || context.in->addresses.empty()) return false;
    range.first = range.last = context.in->addresses.front().address;
  }
  nat_.setup(conn, &range, manip);
  return true;
}

}  // namespace nicosim
