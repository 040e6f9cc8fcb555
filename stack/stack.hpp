// The protocol stack of one host: FrameSink of its drivers, system calls for its processes.
//
// No thread and no global state: time, CPUs and sleep come from the Runtime, so two stacks may live in one process.
// A frame enters by receive(), goes through the stations of docs/life_of_a_frame.md from `backlog` to `read`, and ends
// there, as an answer, or with a DropReason. To follow one, start at Stack::receive, then core/softnet,
// link/link_layer, ip/ip_input, udp/udp, udp/udp_socket.
#pragma once

#include "common/bytes.hpp"
#include "common/counters.hpp"
#include "common/frame.hpp"
#include "common/ledger.hpp"
#include "common/napi.hpp"
#include "common/net_device.hpp"
#include "common/runtime.hpp"
#include "stack/core/sysctl.hpp"
#include "stack/netfilter/rule.hpp"
#include "stack/syscalls.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nicosim {

class FileSystem;

// How a frame gets from the driver to the link layer.
enum class RxPath : std::uint8_t {
  rps,      // through the input_pkt_queue of the CPU that its flow hashes to
  direct,   // at once, in the driver's poll: Linux's default for NAPI drivers
  netif_rx  // through this CPU's input_pkt_queue: drivers without NAPI, also from hard interrupts
};

struct StackConfig {
  RxPath rx_path = RxPath::rps;
  Sysctl sysctl;
  NetfilterConfig netfilter{};
  int rlimit_nofile = 1024;  // descriptors of one process are below this
};

class Stack final : public FrameSink, public NapiScheduler {
 public:
  // All three must outlive the stack.
  Stack(Runtime& runtime, Ledger& ledger, FramePool& pool, StackConfig config);
  // Frames that still wait get Fate::queued. No system call may be in progress: end the processes first.
  ~Stack() override;

  // Setting up. Devices must outlive the stack and be attached before anything else names them.
  void attach(NetDevice& device);
  void add_address(NetDevice& device, Ipv4Address address, unsigned prefix_length);
  void add_route(Ipv4Address destination, unsigned prefix_length, Ipv4Address gateway /*any: on-link*/,
                 NetDevice& device);
  void set_neighbour(NetDevice& device, Ipv4Address address, MacAddress mac);  // NUD_PERMANENT
  void set_rps_cpus(NetDevice& device, std::vector<unsigned> cpus);            // of rx_path rps; empty: all
  void set_promiscuous(NetDevice& device, bool on);                            // IFF_PROMISC
  // Capture point `eth0:stack`: whole Ethernet frames at the packet tap, received ones and, just before the driver
  // gets them, sent ones (those have ids that are from_host()). The frame is the stack's; copy what you keep.
  void on_tap(std::function<void(const Frame&, const NetDevice&, SimTime)> listener, TapFilter filter = {});

  // From the driver: hard or soft interrupt context.
  void receive(NetDevice& from, FramePtr frame) override;
  void poll_done(NetDevice& from) override;
  void tx_wake(NetDevice& device) override;
  void carrier_changed(NetDevice& device) override;
  void enqueue(Napi& napi) override;
  void start_watchdog(Napi& napi, SimTime after) override;
  bool gro_holds(const Napi& napi) const override;
  void gro_flush(Napi& napi, bool flush_old) override;

  // From the runtime.
  void softirq(Softirq which);  // net_rx_action, net_tx_action or the timers, on the current CPU
  void run_timers();            // everything due; Runtime::arm() has been told when
  SimTime next_deadline() const;
  // The body of the kernel thread napi/NAME-ID of a threaded card: polls it from now on. Process context; never
  // returns.
  void poll_in_thread(Napi& napi);

  Syscalls& calls();
  FileSystem& file_system();  // mount() a disk before anybody opens a file
  // Turns a knob while the stack runs, as writing to /proc/sys does; 0, -ENOENT or -EINVAL.
  int write_sysctl(std::string_view name, std::string_view text);

  // What Linux would show.
  const CounterGroup& nstat() const;
  struct Softnet {
    std::uint64_t processed, dropped, time_squeeze, received_rps, backlog_len;
  };
  Softnet softnet(unsigned cpu) const;
  std::string softnet_stat() const;     // /proc/net/softnet_stat, 13 hexadecimal columns per CPU
  std::string sockets_table() const;    // ss -tuanp
  std::string listeners_table() const;  // ss -tlnp: Recv-Q and Send-Q are the accept queue and its limit
  std::string nstat_text() const;       // nstat -as: the counters that are not zero
  std::size_t half_open() const;        // connections that wait for the last ACK, of all listeners (SYN-RECV of ss)
  // Rules and connections as iptables -L -v -n -x and conntrack -L show them; empty without rules.
  std::string netfilter_rules() const;
  std::string netfilter_connections();
  std::vector<std::pair<std::string, std::uint64_t>> netfilter_counters() const;  // "filter.INPUT.1.packets", ...
  std::vector<std::pair<std::string, std::uint64_t>> conntrack_counters();        // nf_conntrack_count, insert, ...
  struct DeviceStats {
    std::uint64_t rx_dropped;            // input_pkt_queue full, or nobody for the type
    std::uint64_t rx_otherhost_dropped;  // another station's, seen because the card is promiscuous
    std::uint64_t tx_dropped;            // device queue full or no carrier
    // What GRO did with received packets: held as the first of a frame, merged into one, passed on as they are
    std::uint64_t gro_held, gro_merged, gro_normal;
  };
  // All zero for a device that was never attached: a run may end while the host still boots.
  DeviceStats device_stats(const NetDevice& device) const;

  // For tests: the first invariant of a queue or a counter that does not hold, in words; empty when all do, or when
  // the run is over. Between calls, not from within one.
  std::string_view broken_invariant() const;

  // The end of a run: every frame in a queue, in reassembly or waiting for a neighbour gets Fate::queued there. Nothing
  // may be asked of the stack afterwards but its counters; it wakes nobody and touches no card any more.
  void close_queued(SimTime now);

 private:
  struct Layers;
  std::unique_ptr<Layers> layers_;
};

}  // namespace nicosim
