// What work costs on a simulated CPU: one named table, in picoseconds per unit.
//
// Defaults carry where they come from; "assumption" means that nobody measured it for this project. A scenario
// changes single entries under [host.costs]; `./nicosim costs` prints the table.
#pragma once

#include "common/sim_time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace nicosim {

// clang-format off
// X(name, default in ps, unit, what it stands for, source)
#define NICOSIM_COSTS(X) \
  X(irq_entry,        500'000, "interrupt", "vector, save registers, irq_enter",               "assumption") \
  X(irq_exit,         200'000, "interrupt", "irq_exit, restore registers",                     "assumption") \
  X(irq_spurious,     300'000, "interrupt", "no handler found, or none claimed it",            "assumption") \
  X(softirq_entry,    150'000, "run",       "do_softirq until the first action",               "assumption") \
  X(napi_schedule,     50'000, "call",      "napi_schedule and raising NET_RX",                "assumption") \
  X(napi_poll,        100'000, "poll",      "overhead of one poll call",                       "assumption") \
  X(busy_loop,         50'000, "round",     "of a busy-poll loop: own NAPI, clock, need_resched", "assumption") \
  X(rx_descriptor,     40'000, "frame",     "look at a receive descriptor, cache miss included", "assumption") \
  X(skb_alloc,        120'000, "frame",     "allocate the packet buffer",                      "assumption") \
  X(skb_free,          60'000, "frame",     "free the packet buffer",                          "assumption") \
  X(dma_map,           30'000, "buffer",    "map a buffer for the card",                       "assumption") \
  X(dma_unmap,         30'000, "buffer",    "unmap a buffer",                                  "assumption") \
  X(copy_per_byte,         60, "byte",      "memcpy inside the kernel",                        "assumption: about 16 GB/s") \
  X(copybreak,         20'000, "frame",     "decide and set up the copy of a short frame",     "assumption") \
  X(gro_receive,       60'000, "frame",     "dev_gro_receive: compare with what is held",      "assumption") \
  X(mmio_write,        20'000, "write",     "issue a posted register write",                   "assumption") \
  X(mmio_read,         20'000, "read",      "issue a register read; the round trip comes on top", "assumption") \
  X(backlog_enqueue,   80'000, "frame",     "RPS decision and input_pkt_queue",                "assumption") \
  X(netif_receive,    100'000, "frame",     "__netif_receive_skb_core: taps, type lookup",     "assumption") \
  X(tap_copy,          50'000, "frame",     "clone for a packet tap",                          "assumption") \
  X(arp_receive,      150'000, "frame",     "arp_rcv and neighbour table",                     "assumption") \
  X(ip_receive,       150'000, "packet",    "ip_rcv, checks, route",                           "assumption") \
  X(ip_reassemble,    200'000, "fragment",  "ip_defrag",                                       "assumption") \
  X(nf_rule,           15'000, "rule",      "compare a packet with a netfilter rule",          "assumption") \
  X(nf_conntrack,     150'000, "packet",    "nf_conntrack_in: tuple, lookup, state",           "assumption") \
  X(checksum_per_byte,    100, "byte",      "software checksum",                               "assumption: about 10 GB/s") \
  X(icmp_receive,     150'000, "message",   "icmp_rcv",                                        "assumption") \
  X(udp_receive,      200'000, "datagram",  "udp_rcv, socket lookup, receive queue",           "assumption") \
  X(tcp_receive,      400'000, "segment",   "tcp_v4_rcv",                                      "assumption") \
  X(tcp_transmit,     300'000, "segment",   "tcp_transmit_skb",                                "assumption") \
  X(sock_wake,        150'000, "waiter",    "sk_data_ready to try_to_wake_up",                 "assumption") \
  X(ipi_latency,      500'000, "interrupt", "from one core to another, until it is taken",   "assumption") \
  X(context_switch, 1'200'000, "switch",    "schedule() and the switch itself",                "assumption") \
  X(syscall_entry,    100'000, "call",      "user to kernel",                                  "assumption") \
  X(syscall_exit,     100'000, "call",      "kernel to user",                                  "assumption") \
  X(pipe_io,          100'000, "call",      "pipe_read or pipe_write without the copy",        "assumption") \
  X(fork,          50'000'000, "call",      "copy_process",                                    "assumption") \
  X(exit,          30'000'000, "process",   "do_exit, without closing files",                  "assumption") \
  X(signal_send,      250'000, "signal",    "send_signal and signal_wake_up",                  "assumption") \
  X(signal_deliver,   400'000, "signal",    "get_signal and the frame on the user's stack",    "assumption") \
  X(sigreturn,        200'000, "signal",    "rt_sigreturn beyond the call itself",             "assumption") \
  X(copy_to_user_per_byte, 80, "byte",      "copy_to_user, copy_from_user",                    "assumption: about 12 GB/s") \
  X(sock_recv,        150'000, "call",      "recvmsg without the copy",                        "assumption") \
  X(sock_send,        200'000, "call",      "sendmsg without the copy",                        "assumption") \
  X(poll_file,         50'000, "file",      "look whether a file is ready: poll, select, epoll", "assumption") \
  X(ip_send,          150'000, "packet",    "route, header, ip_output",                        "assumption") \
  X(neigh_output,      60'000, "packet",    "neighbour lookup and link-layer header",          "assumption") \
  X(dev_queue_xmit,   120'000, "frame",     "__dev_queue_xmit",                                "assumption") \
  X(tx_descriptor,     60'000, "descriptor", "fill a transmit descriptor",                     "assumption") \
  X(tx_clean,          60'000, "descriptor", "clean a finished transmit descriptor",           "assumption") \
  X(path_lookup,      150'000, "component", "link_path_walk: one name of a path",               "assumption") \
  X(page_lookup,       50'000, "page",      "find a page in the page cache",                   "assumption") \
  X(blk_submit,       600'000, "request",   "submit_bio until the disk has the request",       "assumption") \
  X(blk_complete,     400'000, "request",   "the disk's interrupt: request done, pages unlocked", "assumption") \
  X(splice_page,       60'000, "page",      "hand a page to a socket by reference",            "assumption") \
  X(aio_submit,       300'000, "request",   "io_submit of one request: look up, pin, queue",   "assumption") \
  X(aio_complete,     200'000, "request",   "aio_complete: result, and who is to be told",     "assumption") \
  X(aio_error,         10'000, "look",      "look at a control block: no system call",         "assumption") \
  X(timer_run,        100'000, "run",       "run_timer_softirq",                               "assumption") \
  X(app_work,           1'000, "ns",        "work that a program asks for",                    "the program")
// clang-format on

enum class Cost : std::uint16_t {
#define NICOSIM_X(name, ps, unit, text, source) name,
  NICOSIM_COSTS(NICOSIM_X)
#undef NICOSIM_X
};
inline constexpr std::size_t kCosts = static_cast<std::size_t>(Cost::app_work) + 1;

struct CostInfo {
  std::string_view name;
  std::int64_t default_ps;  // per unit
  std::string_view unit, text, source;
};
const std::array<CostInfo, kCosts>& cost_infos();
std::optional<Cost> cost_from(std::string_view name);

class CostTable {
 public:
  CostTable();  // the defaults
  void set(Cost cost, SimTime per_unit) { per_unit_[static_cast<std::size_t>(cost)] = per_unit; }
  SimTime per_unit(Cost cost) const { return per_unit_[static_cast<std::size_t>(cost)]; }
  SimTime of(Cost cost, std::uint64_t units) const { return per_unit(cost) * static_cast<std::int64_t>(units); }

 private:
  std::array<SimTime, kCosts> per_unit_{};
};

}  // namespace nicosim
