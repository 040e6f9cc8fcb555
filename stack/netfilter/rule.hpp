// What netfilter is told to do, as plain data: rules in tables and chains, and the chains' policies.
//
// Words are those of iptables(8) and iptables-extensions(8); the table `bridge` stands for ebtables(8). A scenario
// holds the same struct, so nothing is translated on the way.
#pragma once

#include "common/bytes.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nicosim {

// In the order in which a packet meets them at one hook.
enum class NfTable : std::uint8_t { bridge, raw, mangle, nat, filter };
// NF_INET_*; the chains PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING.
enum class NfHook : std::uint8_t { pre_routing, local_in, forward, local_out, post_routing };
inline constexpr std::size_t kNfTables = 5, kNfHooks = 5;

enum class NfTarget : std::uint8_t {
  none,  // count and go on
  accept,
  drop,
  reject,
  dnat,
  snat,
  masquerade,
  redirect,
  notrack,
  mac_dnat  // ebtables' dnat
};

enum class NfRejectWith : std::uint8_t {
  icmp_net_unreachable,
  icmp_host_unreachable,
  icmp_proto_unreachable,
  icmp_port_unreachable,
  icmp_net_prohibited,
  icmp_host_prohibited,
  icmp_admin_prohibited,
  tcp_reset
};

enum class NfState : std::uint8_t { new_, established, related, invalid, untracked };  // --ctstate

// A condition and iptables' "!" in front of it.
template <class T>
struct NfMatch {
  T value{};
  bool negated = false;
  bool holds(bool found) const { return found != negated; }
  bool operator==(const NfMatch&) const = default;
};
template <class T>
using NfOptional = std::optional<NfMatch<T>>;

struct NfPrefix {
  Ipv4Address address;
  unsigned length = 32;
  std::uint32_t mask() const { return length == 0 ? 0 : ~std::uint32_t{0} << (32U - length); }
  bool contains(Ipv4Address other) const { return ((address.value ^ other.value) & mask()) == 0; }
  bool operator==(const NfPrefix&) const = default;
};
struct NfPorts {  // both ends belong to it
  std::uint16_t first = 0, last = 0;
  bool contains(std::uint16_t port) const { return port >= first && port <= last; }
  bool operator==(const NfPorts&) const = default;
};
struct NfTcpFlags {  // of the flags in `mask`, exactly those in `set` are set
  std::uint8_t mask = 0, set = 0;
  bool operator==(const NfTcpFlags&) const = default;
};
// Where DNAT, SNAT, MASQUERADE and REDIRECT may lead.
struct NfRange {
  Ipv4Address first, last;       // any: the target decides
  std::optional<NfPorts> ports;  // none: keep, or any that is free
  bool operator==(const NfRange&) const = default;
};

struct NfRule {
  NfTable table = NfTable::filter;
  NfHook chain = NfHook::local_in;
  NfOptional<std::string> in{}, out{};  // interface; "eth+": every one that begins with eth
  NfOptional<MacAddress> mac_source{}, mac_destination{};
  NfOptional<std::uint16_t> ether_type{};  // of table bridge
  NfOptional<NfPrefix> source{}, destination{};
  NfOptional<std::uint8_t> protocol{};
  NfOptional<NfPorts> sport{}, dport{};  // of TCP and UDP
  NfOptional<NfTcpFlags> tcp_flags{};
  NfOptional<std::uint8_t> ctstate{};  // a bit per NfState
  std::string comment{};

  NfTarget target = NfTarget::none;
  NfRejectWith reject_with = NfRejectWith::icmp_port_unreachable;
  NfRange to{};
  MacAddress to_mac{};
  bool operator==(const NfRule&) const = default;
};

struct NetfilterConfig {
  std::vector<NfRule> rules;                               // in order within a chain
  std::map<std::pair<NfTable, NfHook>, bool> drop_policy;  // true: DROP; absent: ACCEPT
  bool empty() const { return rules.empty() && drop_policy.empty(); }
  bool operator==(const NetfilterConfig&) const = default;
};

// Which chains a table has, and which targets a chain takes, as iptables would say.
bool has_chain(NfTable table, NfHook chain);
bool takes_target(NfTable table, NfHook chain, NfTarget target);
bool is_nat(NfTarget target);

std::string_view name_of(NfTable table);    // "filter"
std::string_view name_of(NfHook chain);     // "PREROUTING"
std::string_view name_of(NfTarget target);  // "DNAT", "dnat"; none: ""
std::string_view name_of(NfRejectWith with);
std::string_view name_of(NfState state);
std::uint8_t icmp_code(NfRejectWith with);  // of destination unreachable; not tcp_reset

}  // namespace nicosim
