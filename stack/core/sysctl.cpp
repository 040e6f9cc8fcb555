#include "stack/core/sysctl.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>

namespace nicosim {
namespace {

struct Knob {
  std::string_view name;
  std::uint32_t Sysctl::*member;
  std::uint32_t least, most;
};

constexpr std::uint32_t kIntMax = 0x7fff'ffff;
constexpr std::string_view kForward = "net.ipv4.ip_forward";

constexpr std::array kKnobs{
    Knob{"net.core.netdev_max_backlog", &Sysctl::netdev_max_backlog, 0, kIntMax},
    Knob{"net.core.netdev_budget", &Sysctl::netdev_budget, 1, kIntMax},
    Knob{"net.core.netdev_budget_usecs", &Sysctl::netdev_budget_usecs, 0, kIntMax},
    Knob{"net.core.dev_weight", &Sysctl::dev_weight, 1, kIntMax},
    Knob{"net.core.busy_poll", &Sysctl::busy_poll, 0, kIntMax},
    Knob{"net.core.busy_read", &Sysctl::busy_read, 0, kIntMax},
    Knob{"net.core.rmem_default", &Sysctl::rmem_default, 2304, kIntMax},
    Knob{"net.core.rmem_max", &Sysctl::rmem_max, 2304, kIntMax},
    Knob{"net.core.wmem_default", &Sysctl::wmem_default, 4608, kIntMax},
    Knob{"net.core.wmem_max", &Sysctl::wmem_max, 4608, kIntMax},
    Knob{"net.ipv4.ip_default_ttl", &Sysctl::ip_default_ttl, 1, 255},
    Knob{"net.ipv4.route.min_pmtu", &Sysctl::route_min_pmtu, 68, 65535},
    Knob{"net.ipv4.route.mtu_expires", &Sysctl::route_mtu_expires, 0, kIntMax},
    Knob{"net.ipv4.ipfrag_high_thresh", &Sysctl::ipfrag_high_thresh, 0, kIntMax},
    Knob{"net.ipv4.ipfrag_time", &Sysctl::ipfrag_time, 0, kIntMax},
    Knob{"net.ipv4.icmp_echo_ignore_all", &Sysctl::icmp_echo_ignore_all, 0, 1},
    Knob{"net.ipv4.icmp_echo_ignore_broadcasts", &Sysctl::icmp_echo_ignore_broadcasts, 0, 1},
    Knob{"net.ipv4.icmp_ratelimit", &Sysctl::icmp_ratelimit, 0, kIntMax},
    Knob{"net.ipv4.icmp_ratemask", &Sysctl::icmp_ratemask, 0, kIntMax},
    Knob{"net.core.somaxconn", &Sysctl::somaxconn, 0, kIntMax},
    Knob{"net.ipv4.tcp_syncookies", &Sysctl::tcp_syncookies, 0, 2},
    Knob{"net.ipv4.tcp_abort_on_overflow", &Sysctl::tcp_abort_on_overflow, 0, 255},
    Knob{"net.ipv4.tcp_max_syn_backlog", &Sysctl::tcp_max_syn_backlog, 0, kIntMax},
    Knob{"net.ipv4.tcp_synack_retries", &Sysctl::tcp_synack_retries, 0, 255},
    Knob{"net.ipv4.tcp_syn_retries", &Sysctl::tcp_syn_retries, 1, 127},
    Knob{"net.ipv4.tcp_retries1", &Sysctl::tcp_retries1, 0, 255},
    Knob{"net.ipv4.tcp_retries2", &Sysctl::tcp_retries2, 0, 255},
    Knob{"net.ipv4.tcp_orphan_retries", &Sysctl::tcp_orphan_retries, 0, 255},
    Knob{"net.ipv4.tcp_fin_timeout", &Sysctl::tcp_fin_timeout, 0, kIntMax},
    Knob{"net.ipv4.tcp_keepalive_time", &Sysctl::tcp_keepalive_time, 0, kIntMax},
    Knob{"net.ipv4.tcp_keepalive_intvl", &Sysctl::tcp_keepalive_intvl, 0, kIntMax},
    Knob{"net.ipv4.tcp_keepalive_probes", &Sysctl::tcp_keepalive_probes, 0, 255},
    Knob{"net.ipv4.tcp_rmem_default", &Sysctl::tcp_rmem_default, 1, kIntMax},
    Knob{"net.ipv4.tcp_rmem_max", &Sysctl::tcp_rmem_max, 1, kIntMax},
    Knob{"net.ipv4.tcp_wmem_default", &Sysctl::tcp_wmem_default, 1, kIntMax},
    Knob{"net.ipv4.tcp_wmem_max", &Sysctl::tcp_wmem_max, 1, kIntMax},
    Knob{"net.ipv4.tcp_sack", &Sysctl::tcp_sack, 0, 1},
    Knob{"net.ipv4.tcp_dsack", &Sysctl::tcp_dsack, 0, 1},
    Knob{"net.ipv4.tcp_timestamps", &Sysctl::tcp_timestamps, 0, 2},
    Knob{"net.ipv4.tcp_window_scaling", &Sysctl::tcp_window_scaling, 0, 1},
    Knob{"net.ipv4.tcp_reordering", &Sysctl::tcp_reordering, 1, kIntMax},
    Knob{"net.ipv4.tcp_max_reordering", &Sysctl::tcp_max_reordering, 1, kIntMax},
    Knob{"net.ipv4.tcp_recovery", &Sysctl::tcp_recovery, 0, 255},
    Knob{"net.ipv4.tcp_early_retrans", &Sysctl::tcp_early_retrans, 0, 4},
    Knob{"net.ipv4.tcp_frto", &Sysctl::tcp_frto, 0, 255},
    Knob{"net.ipv4.tcp_slow_start_after_idle", &Sysctl::tcp_slow_start_after_idle, 0, 1},
    Knob{"net.ipv4.tcp_moderate_rcvbuf", &Sysctl::tcp_moderate_rcvbuf, 0, 1},
    Knob{"net.ipv4.tcp_invalid_ratelimit", &Sysctl::tcp_invalid_ratelimit, 0, kIntMax},
    Knob{"net.ipv4.tcp_rfc1337", &Sysctl::tcp_rfc1337, 0, 1},
    Knob{"net.ipv4.tcp_max_tw_buckets", &Sysctl::tcp_max_tw_buckets, 0, kIntMax},
    Knob{"net.ipv4.tcp_min_tso_segs", &Sysctl::tcp_min_tso_segs, 1, 65535},
    Knob{"net.ipv4.tcp_tso_rtt_log", &Sysctl::tcp_tso_rtt_log, 0, 255},
    Knob{"net.ipv4.tcp_tso_win_divisor", &Sysctl::tcp_tso_win_divisor, 1, kIntMax},
    Knob{"net.ipv4.tcp_pacing_ss_ratio", &Sysctl::tcp_pacing_ss_ratio, 0, 1000},
    Knob{"net.ipv4.tcp_pacing_ca_ratio", &Sysctl::tcp_pacing_ca_ratio, 0, 1000},
    Knob{"net.netfilter.nf_conntrack_max", &Sysctl::nf_conntrack_max, 1, kIntMax},
    Knob{"net.netfilter.nf_conntrack_tcp_loose", &Sysctl::nf_conntrack_tcp_loose, 0, 1},
    Knob{"net.netfilter.nf_conntrack_generic_timeout", &Sysctl::nf_conntrack_generic_timeout, 0, kIntMax},
    Knob{"net.netfilter.nf_conntrack_icmp_timeout", &Sysctl::nf_conntrack_icmp_timeout, 0, kIntMax},
    Knob{"net.netfilter.nf_conntrack_udp_timeout", &Sysctl::nf_conntrack_udp_timeout, 0, kIntMax},
    Knob{"net.netfilter.nf_conntrack_udp_timeout_stream", &Sysctl::nf_conntrack_udp_timeout_stream, 0, kIntMax},
    Knob{"net.netfilter.nf_conntrack_tcp_timeout_syn_sent", &Sysctl::nf_conntrack_tcp_timeout_syn_sent, 0, kIntMax},
    Knob{"net.netfilter.nf_conntrack_tcp_timeout_syn_recv", &Sysctl::nf_conntrack_tcp_timeout_syn_recv, 0, kIntMax},
    Knob{"net.netfilter.nf_conntrack_tcp_timeout_established", &Sysctl::nf_conntrack_tcp_timeout_established, 0,
         kIntMax},
    Knob{"net.netfilter.nf_conntrack_tcp_timeout_fin_wait", &Sysctl::nf_conntrack_tcp_timeout_fin_wait, 0, kIntMax},
    Knob{"net.netfilter.nf_conntrack_tcp_timeout_close_wait", &Sysctl::nf_conntrack_tcp_timeout_close_wait, 0, kIntMax},
    Knob{"net.netfilter.nf_conntrack_tcp_timeout_last_ack", &Sysctl::nf_conntrack_tcp_timeout_last_ack, 0, kIntMax},
    Knob{"net.netfilter.nf_conntrack_tcp_timeout_time_wait", &Sysctl::nf_conntrack_tcp_timeout_time_wait, 0, kIntMax},
    Knob{"net.netfilter.nf_conntrack_tcp_timeout_close", &Sysctl::nf_conntrack_tcp_timeout_close, 0, kIntMax},
    Knob{"net.netfilter.nf_conntrack_tcp_timeout_unacknowledged", &Sysctl::nf_conntrack_tcp_timeout_unacknowledged, 0,
         kIntMax},
    Knob{"net.ipv4.neigh.default.mcast_solicit", &Sysctl::mcast_solicit, 1, 255},
    Knob{"net.ipv4.neigh.default.ucast_solicit", &Sysctl::ucast_solicit, 1, 255},
    Knob{"net.ipv4.neigh.default.retrans_time_ms", &Sysctl::retrans_time_ms, 10, kIntMax},
    Knob{"net.ipv4.neigh.default.base_reachable_time_ms", &Sysctl::base_reachable_time_ms, 1, kIntMax},
    Knob{"net.ipv4.neigh.default.delay_first_probe_time", &Sysctl::delay_first_probe_time, 0, kIntMax},
    Knob{"net.ipv4.neigh.default.unres_qlen_bytes", &Sysctl::unres_qlen_bytes, 0, kIntMax},
    Knob{"net.ipv4.neigh.default.gc_thresh3", &Sysctl::gc_thresh3, 1, kIntMax},
};

// Decimal numbers between spaces or tabs; nothing when there is anything else.
std::optional<std::vector<std::uint64_t>> numbers(std::string_view text) {
  std::vector<std::uint64_t> all;
  const char* at = text.data();
  const char* const end = at + text.size();
  for (;;) {
    while (at != end && (*at == ' ' || *at == '\t' || *at == '\n')) ++at;
    if (at == end) return all;
    const auto [next, error] = std::from_chars(at, end, all.emplace_back());
    if (error != std::errc{}) return std::nullopt;
    at = next;
  }
}

}  // namespace

int Sysctl::write(Sysctl& sysctl, std::string_view linux_name, std::string_view text) {
  if (linux_name == "net.ipv4.tcp_congestion_control") {
    if (text != "cubic" && text != "reno") return -EINVAL;
    sysctl.tcp_cubic = text == "cubic";
    return 0;
  }
  const auto values = numbers(text);
  if (linux_name == "net.ipv4.tcp_rmem" || linux_name == "net.ipv4.tcp_wmem") {
    if (!values || values->size() != 3) return -EINVAL;
    Sysctl changed = sysctl;
    const std::string name{linux_name};
    if (!set(changed, name + "_default", (*values)[1]) || !set(changed, name + "_max", (*values)[2])) return -EINVAL;
    sysctl = changed;
    return 0;
  }
  const std::vector<std::string> known = names();
  if (std::ranges::find(known, linux_name) == known.end()) return -ENOENT;
  return values && values->size() == 1 && set(sysctl, linux_name, values->front()) ? 0 : -EINVAL;
}

bool Sysctl::set(Sysctl& sysctl, std::string_view linux_name, std::uint64_t value) {
  if (linux_name == kForward) {
    if (value > 1) return false;
    sysctl.ip_forward = value != 0;
    return true;
  }
  for (const Knob& knob : kKnobs) {
    if (knob.name != linux_name) continue;
    if (value < knob.least || value > knob.most) return false;
    sysctl.*knob.member = static_cast<std::uint32_t>(value);
    return true;
  }
  return false;
}

std::vector<std::string> Sysctl::names() {
  std::vector<std::string> all;
  for (const Knob& knob : kKnobs) all.emplace_back(knob.name);
  all.emplace_back(kForward);
  return all;
}

}  // namespace nicosim
