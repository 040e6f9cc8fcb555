// Packet filter of one host: the hooks on a packet's way, the rules behind them, connection tracking and NAT
// (net/netfilter/core.c, net/ipv4/netfilter/ip_tables.c).
//
// At each hook a packet meets raw, conntrack, mangle, nat and filter in Linux's order of priorities. The layers call
// active() first, so a host without rules pays nothing.
#pragma once

#include "common/counters.hpp"
#include "common/frame.hpp"
#include "stack/core/interface.hpp"
#include "stack/core/net.hpp"
#include "stack/ip/routes.hpp"
#include "stack/link/ethernet.hpp"
#include "stack/netfilter/conntrack.hpp"
#include "stack/netfilter/nat.hpp"
#include "stack/netfilter/rule.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace nicosim {

struct NfVerdict {
  enum class What : std::uint8_t { accept, drop, reject };
  What what = What::accept;
  NfRejectWith with = NfRejectWith::icmp_port_unreachable;  // of reject
  bool accepted() const { return what == What::accept; }
};

class Netfilter {
 public:
  Netfilter(Net& net, const Routes& routes, NetfilterConfig config);

  // Whether anything is registered at a hook, or in front of the address check of the link layer.
  bool active(NfHook hook) const { return active_.at(static_cast<std::size_t>(hook)); }
  bool bridge_active() const { return bridge_active_; }
  bool tracks() const { return tracks_; }  // conntrack is in use: fragments must be joined in front of it

  // nf_hook_slow: `packet` begins with its IP header, which has been checked; addresses and ports may be other ones
  // afterwards. in, out: nullptr where there is none. The caller ends the packet unless it is accepted.
  NfVerdict run(NfHook hook, Frame& packet, const Interface* in, const Interface* out);
  // Table bridge: `frame` begins with its Ethernet header, whose destination may be another one afterwards. false:
  // drop.
  bool run_bridge(Frame& frame, const Interface& in);

  // What iptables -L -v -n -x and conntrack -L would print.
  std::string rules_listing() const;
  std::string conntrack_listing() { return conntrack_.listing(); }
  bool configured() const { return !rules_.empty() || tracks_ || has_policy_; }
  using Counts = std::vector<std::pair<std::string, std::uint64_t>>;
  Counts rule_counters() const;  // "filter.INPUT.1.packets", ...
  Counts conntrack_counters();   // nf_conntrack_count, insert, drop, ...

 private:
  struct Rule {
    NfRule rule;
    std::uint64_t packets = 0, bytes = 0;
  };
  struct Chain {
    std::vector<std::size_t> rules;        // indices into rules_
    bool drop = false;                     // policy
    std::uint64_t packets = 0, bytes = 0;  // that met the policy
    bool used() const { return drop || !rules.empty(); }
  };
  struct Context;

  Chain& chain(NfTable table, NfHook hook) {
    return chains_.at(static_cast<std::size_t>(table)).at(static_cast<std::size_t>(hook));
  }
  const Chain& chain(NfTable table, NfHook hook) const {
    return chains_.at(static_cast<std::size_t>(table)).at(static_cast<std::size_t>(hook));
  }
  static bool matches(const NfRule& rule, const Context& context);
  static bool matches_ip(const NfRule& rule, const NfPacket& packet);
  const NfRule* traverse(NfTable table, NfHook hook, const Context& context);  // nullptr: the policy
  NfVerdict filter(NfTable table, NfHook hook, const Context& context);
  bool translate(NfHook hook, const Context& context, NfManip manip);  // nf_nat_inet_fn; false: drop
  bool choose(NfHook hook, const Context& context, NfManip manip);

  Net& net_;
  const Routes& routes_;
  std::vector<Rule> rules_;
  std::array<std::array<Chain, kNfHooks>, kNfTables> chains_{};
  std::array<bool, kNfHooks> active_{};
  bool bridge_active_ = false, tracks_ = false, translates_ = false, has_policy_ = false;
  Conntrack conntrack_{net_};
  Nat nat_{net_, conntrack_};
};

}  // namespace nicosim
