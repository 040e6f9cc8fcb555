#include "stack/netfilter/rule.hpp"

#include <array>

namespace nicosim {
namespace {

using namespace std::string_view_literals;

constexpr std::array kTables{"bridge"sv, "raw"sv, "mangle"sv, "nat"sv, "filter"sv};
constexpr std::array kChains{"PREROUTING"sv, "INPUT"sv, "FORWARD"sv, "OUTPUT"sv, "POSTROUTING"sv};
constexpr std::array kTargets{""sv,     "ACCEPT"sv,     "DROP"sv,     "REJECT"sv,  "DNAT"sv,
                              "SNAT"sv, "MASQUERADE"sv, "REDIRECT"sv, "NOTRACK"sv, "dnat"sv};
constexpr std::array kRejects{
    "icmp-net-unreachable"sv, "icmp-host-unreachable"sv, "icmp-proto-unreachable"sv, "icmp-port-unreachable"sv,
    "icmp-net-prohibited"sv,  "icmp-host-prohibited"sv,  "icmp-admin-prohibited"sv,  "tcp-reset"sv};
constexpr std::array<std::uint8_t, 8> kCodes{0, 1, 2, 3, 9, 10, 13, 0};  // RFC 792, RFC 1122, RFC 1812
constexpr std::array kStates{"NEW"sv, "ESTABLISHED"sv, "RELATED"sv, "INVALID"sv, "UNTRACKED"sv};

}  // namespace

bool has_chain(NfTable table, NfHook chain) {
  switch (table) {
    case NfTable::bridge:
      return chain == NfHook::pre_routing;
    case NfTable::raw:
      return chain == NfHook::pre_routing || chain == NfHook::local_out;
    case NfTable::mangle:
      return true;
    case NfTable::nat:
      return chain != NfHook::forward;
    case NfTable::filter:
      return chain == NfHook::local_in || chain == NfHook::forward || chain == NfHook::local_out;
  }
  return false;
}

bool takes_target(NfTable table, NfHook chain, NfTarget target) {
  switch (target) {
    case NfTarget::none:
    case NfTarget::accept:
      return true;
    case NfTarget::drop:
      return table != NfTable::nat;  // a packet of a known connection never gets there
    case NfTarget::reject:
      return table == NfTable::filter;
    case NfTarget::dnat:
      return table == NfTable::nat && (chain == NfHook::pre_routing || chain == NfHook::local_out);
    case NfTarget::redirect:  // on OUTPUT it would lead to the loopback device, which we have not
      return table == NfTable::nat && chain == NfHook::pre_routing;
    case NfTarget::snat:
      return table == NfTable::nat && (chain == NfHook::local_in || chain == NfHook::post_routing);
    case NfTarget::masquerade:
      return table == NfTable::nat && chain == NfHook::post_routing;
    case NfTarget::notrack:
      return table == NfTable::raw;
    case NfTarget::mac_dnat:
      return table == NfTable::bridge;
  }
  return false;
}

bool is_nat(NfTarget target) {
  return target == NfTarget::dnat || target == NfTarget::snat || target == NfTarget::masquerade ||
         target == NfTarget::redirect;
}

std::string_view name_of(NfTable table) { return kTables.at(static_cast<std::size_t>(table)); }
std::string_view name_of(NfHook chain) { return kChains.at(static_cast<std::size_t>(chain)); }
std::string_view name_of(NfTarget target) { return kTargets.at(static_cast<std::size_t>(target)); }
std::string_view name_of(NfRejectWith with) { return kRejects.at(static_cast<std::size_t>(with)); }
std::string_view name_of(NfState state) { return kStates.at(static_cast<std::size_t>(state)); }
std::uint8_t icmp_code(NfRejectWith with) { return kCodes.at(static_cast<std::size_t>(with)); }

}  // namespace nicosim
