// The knobs of the stack, under Linux's names and with Linux's defaults (6.1, HZ=250).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

struct Sysctl {
  // net.core
  std::uint32_t netdev_max_backlog = 1000;     // input_pkt_queue holds one more than this
  std::uint32_t netdev_budget = 300;           // packets per net_rx_action
  std::uint32_t netdev_budget_usecs = 8000;    // time per net_rx_action
  std::uint32_t dev_weight = 64;               // quota of the backlog NAPI
  std::uint32_t busy_poll = 0, busy_read = 0;  // us: poll, select and epoll_wait; a read. 0: they sleep at once
  std::uint32_t rmem_default = 212992, rmem_max = 212992;
  std::uint32_t wmem_default = 212992, wmem_max = 212992;
  std::uint32_t somaxconn = 4096;  // listen() backlog at most

  // net.ipv4
  bool ip_forward = false;
  std::uint32_t ip_default_ttl = 64;
  std::uint32_t route_min_pmtu = 552;            // bytes; what a router claims below that is not believed
  std::uint32_t route_mtu_expires = 600;         // seconds
  std::uint32_t ipfrag_high_thresh = 4U << 20U;  // bytes; above it no new reassembly starts
  std::uint32_t ipfrag_time = 30;                // seconds
  std::uint32_t icmp_echo_ignore_all = 0;
  std::uint32_t icmp_echo_ignore_broadcasts = 1;
  std::uint32_t icmp_ratelimit = 1000;  // ms between errors to one target; 0: no limit
  std::uint32_t icmp_ratemask = 6168;   // bit per ICMP type that is limited: 3, 4, 11, 12

  // net.ipv4, TCP
  std::uint32_t tcp_syncookies = 1;          // 0: never, 1: when the SYN queue is full, 2: always
  std::uint32_t tcp_abort_on_overflow = 0;   // 1: RST when the accept queue is full
  std::uint32_t tcp_max_syn_backlog = 2048;  // matters without cookies only
  std::uint32_t tcp_synack_retries = 5, tcp_syn_retries = 6;
  std::uint32_t tcp_retries1 = 3, tcp_retries2 = 15, tcp_orphan_retries = 0;  // 0: 8
  std::uint32_t tcp_fin_timeout = 60;                                         // seconds in FIN_WAIT_2 without an owner
  std::uint32_t tcp_keepalive_time = 7200, tcp_keepalive_intvl = 75;          // seconds
  std::uint32_t tcp_keepalive_probes = 9;
  std::uint32_t tcp_rmem_default = 131072, tcp_rmem_max = 6291456;  // tcp_rmem[1], [2], bytes
  std::uint32_t tcp_wmem_default = 16384, tcp_wmem_max = 4194304;   // tcp_wmem[1], [2], bytes
  std::uint32_t tcp_sack = 1, tcp_dsack = 1, tcp_timestamps = 1, tcp_window_scaling = 1;
  std::uint32_t tcp_reordering = 3, tcp_max_reordering = 300;  // segments
  std::uint32_t tcp_recovery = 1;                              // RACK
  std::uint32_t tcp_early_retrans = 3;                         // tail loss probe
  std::uint32_t tcp_frto = 2;
  std::uint32_t tcp_slow_start_after_idle = 1;
  std::uint32_t tcp_moderate_rcvbuf = 1;
  std::uint32_t tcp_invalid_ratelimit = 500;  // ms between answers to out-of-window segments
  std::uint32_t tcp_rfc1337 = 0;              // 1: a RST does not end TIME_WAIT
  std::uint32_t tcp_max_tw_buckets = 262144;
  std::uint32_t tcp_min_tso_segs = 2;     // packets per frame at least, however slow the connection
  std::uint32_t tcp_tso_rtt_log = 9;      // the closer the peer (2^9 us), the larger the frames
  std::uint32_t tcp_tso_win_divisor = 3;  // send at once what fills this part of the window
  std::uint32_t tcp_pacing_ss_ratio = 200, tcp_pacing_ca_ratio = 120;  // per cent of the current rate
  bool tcp_cubic = true;                                               // tcp_congestion_control: cubic, else reno

  // net.netfilter; seconds
  std::uint32_t nf_conntrack_max = 262144;   // entries
  std::uint32_t nf_conntrack_tcp_loose = 1;  // 1: a connection may be picked up in its middle
  std::uint32_t nf_conntrack_generic_timeout = 600, nf_conntrack_icmp_timeout = 30;
  std::uint32_t nf_conntrack_udp_timeout = 30, nf_conntrack_udp_timeout_stream = 120;
  std::uint32_t nf_conntrack_tcp_timeout_syn_sent = 120, nf_conntrack_tcp_timeout_syn_recv = 60;
  std::uint32_t nf_conntrack_tcp_timeout_established = 432'000, nf_conntrack_tcp_timeout_fin_wait = 120;
  std::uint32_t nf_conntrack_tcp_timeout_close_wait = 60, nf_conntrack_tcp_timeout_last_ack = 30;
  std::uint32_t nf_conntrack_tcp_timeout_time_wait = 120, nf_conntrack_tcp_timeout_close = 10;
  std::uint32_t nf_conntrack_tcp_timeout_unacknowledged = 300;

  // net.ipv4.neigh.default
  std::uint32_t mcast_solicit = 3, ucast_solicit = 3;  // ARP requests before giving up
  std::uint32_t retrans_time_ms = 1000;
  std::uint32_t base_reachable_time_ms = 30'000;
  std::uint32_t delay_first_probe_time = 5;  // seconds
  std::uint32_t unres_qlen_bytes = 212992;   // truesize waiting for one neighbour
  std::uint32_t gc_thresh3 = 1024;           // entries at most

  // `linux_name` as sysctl(8) prints it: "net.core.netdev_max_backlog". false: no such knob, or not a legal value.
  static bool set(Sysctl&, std::string_view linux_name, std::uint64_t value);
  // The same from the text that one writes to /proc/sys: also tcp_rmem and tcp_wmem (three numbers; the least one is
  // not used) and tcp_congestion_control. 0, -ENOENT: no such knob, -EINVAL: not a legal value.
  static int write(Sysctl&, std::string_view linux_name, std::string_view text);
  static std::vector<std::string> names();
};

}  // namespace nicosim
