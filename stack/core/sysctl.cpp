#include "stack/core/sysctl.hpp"

#include <array>

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
    Knob{"net.core.rmem_default", &Sysctl::rmem_default, 2304, kIntMax},
    Knob{"net.core.rmem_max", &Sysctl::rmem_max, 2304, kIntMax},
    Knob{"net.core.wmem_default", &Sysctl::wmem_default, 4608, kIntMax},
    Knob{"net.core.wmem_max", &Sysctl::wmem_max, 4608, kIntMax},
    Knob{"net.ipv4.ip_default_ttl", &Sysctl::ip_default_ttl, 1, 255},
    Knob{"net.ipv4.ipfrag_high_thresh", &Sysctl::ipfrag_high_thresh, 0, kIntMax},
    Knob{"net.ipv4.ipfrag_time", &Sysctl::ipfrag_time, 0, kIntMax},
    Knob{"net.ipv4.icmp_echo_ignore_all", &Sysctl::icmp_echo_ignore_all, 0, 1},
    Knob{"net.ipv4.icmp_echo_ignore_broadcasts", &Sysctl::icmp_echo_ignore_broadcasts, 0, 1},
    Knob{"net.ipv4.icmp_ratelimit", &Sysctl::icmp_ratelimit, 0, kIntMax},
    Knob{"net.ipv4.icmp_ratemask", &Sysctl::icmp_ratemask, 0, kIntMax},
    Knob{"net.ipv4.neigh.default.mcast_solicit", &Sysctl::mcast_solicit, 1, 255},
    Knob{"net.ipv4.neigh.default.ucast_solicit", &Sysctl::ucast_solicit, 1, 255},
    Knob{"net.ipv4.neigh.default.retrans_time_ms", &Sysctl::retrans_time_ms, 10, kIntMax},
    Knob{"net.ipv4.neigh.default.base_reachable_time_ms", &Sysctl::base_reachable_time_ms, 1, kIntMax},
    Knob{"net.ipv4.neigh.default.delay_first_probe_time", &Sysctl::delay_first_probe_time, 0, kIntMax},
    Knob{"net.ipv4.neigh.default.unres_qlen_bytes", &Sysctl::unres_qlen_bytes, 0, kIntMax},
    Knob{"net.ipv4.neigh.default.gc_thresh3", &Sysctl::gc_thresh3, 1, kIntMax},
};

}  // namespace

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
