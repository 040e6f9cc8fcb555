#include "stack/stack.hpp"

#include "stack/core/busy_poll.hpp"
#include "stack/core/interface.hpp"
#include "stack/core/net.hpp"
#include "stack/core/packet_tap.hpp"
#include "stack/core/softnet.hpp"
#include "stack/icmp/icmp.hpp"
#include "stack/ip/ip_input.hpp"
#include "stack/ip/ip_output.hpp"
#include "stack/ip/routes.hpp"
#include "stack/link/arp.hpp"
#include "stack/link/link_layer.hpp"
#include "stack/link/neighbour.hpp"
#include "stack/netfilter/netfilter.hpp"
#include "stack/netfilter/reject.hpp"
#include "stack/socket/af_unix.hpp"
#include "stack/socket/socket_calls.hpp"
#include "stack/tcp/tcp.hpp"
#include "stack/udp/udp.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <fmt/format.h>
#include <vector>

namespace nicosim {

// The layers in the order in which they depend on each other; torn down the other way round.
struct Stack::Layers {
  Layers(Runtime& runtime, Ledger& ledger, FramePool& pool, const StackConfig& config)
      : rx_path(config.rx_path),
        net{runtime, ledger, pool, config.sysctl},
        netfilter{net, routes, config.netfilter},
        calls{net.runtime,
              net.ledger,
              net.timers,
              [this](Socket& s, int type, int protocol) { return create(s, type, protocol); },
              [this](Socket& a, Socket& b, int type) { af_unix.pair(a, b, type); },
              config.rlimit_nofile} {
    ip_output.on_refused([this](Bytes packet, std::uint8_t code) { refused.add(packet, code); });
    protocols[kIpIcmp] = &icmp;
    protocols[kIpUdp] = &udp;
    protocols[kIpTcp] = &tcp;
    net.busy_poll = &busy_poll;
  }

  Interface& interface(const NetDevice& device) {
    for (Interface* const known : interfaces)
      if (&known->device == &device) return *known;
    assert(false && "a device that was never attached");
    std::abort();
  }
  Interface& by_port(unsigned port) {
    for (Interface* const known : interfaces)
      if (known->device.port() == port) return *known;
    assert(false && "a frame from a port that was never attached");
    std::abort();
  }
  int create(Socket& socket, int type, int protocol) {  // inet_create
    if (type == SOCK_STREAM) {
      if (protocol != 0 && protocol != IPPROTO_TCP) return -EPROTONOSUPPORT;
      tcp.create(socket);
      return 0;
    }
    if (type != SOCK_DGRAM) return -ESOCKTNOSUPPORT;
    if (protocol != 0 && protocol != IPPROTO_UDP) return -EPROTONOSUPPORT;
    udp.create(socket);
    return 0;
  }

  RxPath rx_path;
  Net net;
  PacketTap tap{net};
  std::vector<std::unique_ptr<Interface>> owned;
  std::vector<Interface*> interfaces;
  Routes routes{net, interfaces};
  Netfilter netfilter;
  NeighbourTable neighbours{net};
  IpOutput ip_output{net, routes, netfilter, neighbours};
  Protocols protocols{};
  Icmp icmp{net, routes, ip_output, protocols};
  RefusedPackets refused{net, protocols};
  IpInput ip_input{net, routes, netfilter, ip_output, icmp, protocols};
  Udp udp{net, routes, ip_output, icmp, interfaces};
  Tcp tcp{net, routes, ip_output};
  Arp arp{net, routes, neighbours};
  LinkLayer link{net, tap, netfilter, arp, ip_input};
  nicosim::Softnet softnet{net, [this](FramePtr frame) { deliver(std::move(frame)); }};
  BusyPoll busy_poll{net, softnet};
  AfUnix af_unix{net};
  SocketCalls calls;

  // netif_receive_skb, or RPS: where a frame goes from the driver or from GRO.
  void pass(NetDevice& from, FramePtr frame) {
    if (rx_path == RxPath::direct) return deliver(std::move(frame));
    const unsigned cpu = rx_path == RxPath::rps ? softnet.rps_cpu(*frame, interface(from).rps_cpus) : net.runtime.cpu();
    if (softnet.enqueue(frame, cpu)) return;
    ++interface(from).rx_dropped;
    net.drop(std::move(frame), Station::backlog, DropReason::CPU_BACKLOG);
  }

  void deliver(FramePtr frame) {  // __netif_receive_skb
    softnet.count_processed();
    Interface& in = by_port(frame->port);
    link.receive(std::move(frame), in);
  }
};

Stack::Stack(Runtime& runtime, Ledger& ledger, FramePool& pool, StackConfig config)
    : layers_(std::make_unique<Layers>(runtime, ledger, pool, config)) {}

Stack::~Stack() { close_queued(layers_->net.now()); }

void Stack::attach(NetDevice& device) {
  const auto index = static_cast<unsigned>(layers_->owned.size());
  Layers& l = *layers_;
  const auto pass = [&l, &device](FramePtr frame) { l.pass(device, std::move(frame)); };
  l.owned.push_back(std::make_unique<Interface>(l.net, device, l.tap, index, pass));
  l.owned.back()->update_rx_mode();  // every host is in 224.0.0.1 (ip_mc_up)
  layers_->interfaces.push_back(layers_->owned.back().get());
  l.busy_poll.add(device);
  if (Napi* const napi = device.napi()) l.softnet.join(*napi, l.owned.back()->gro);
}

void Stack::add_address(NetDevice& device, Ipv4Address address, unsigned prefix_length) {
  layers_->routes.add_address(layers_->interface(device), address, prefix_length);
}

void Stack::add_route(Ipv4Address destination, unsigned prefix_length, Ipv4Address gateway, NetDevice& device) {
  layers_->routes.add_route(destination, prefix_length, gateway, layers_->interface(device));
}

void Stack::set_neighbour(NetDevice& device, Ipv4Address address, MacAddress mac) {
  layers_->neighbours.set_permanent(layers_->interface(device), address, mac);
}

void Stack::set_promiscuous(NetDevice& device, bool on) {
  Interface& interface = layers_->interface(device);
  interface.promiscuous = on;
  interface.update_rx_mode();
}

void Stack::set_rps_cpus(NetDevice& device, std::vector<unsigned> cpus) {
  layers_->interface(device).rps_cpus = std::move(cpus);
}

void Stack::on_tap(std::function<void(const Frame&, const NetDevice&, SimTime)> listener, TapFilter filter) {
  layers_->tap.listen(std::move(listener), filter);
}

void Stack::receive(NetDevice& from, FramePtr frame) {
  Layers& l = *layers_;
  frame->port = from.port();
  if (l.rx_path != RxPath::netif_rx && from.features().gro) return l.interface(from).gro.receive(std::move(frame));
  l.pass(from, std::move(frame));
}

void Stack::poll_done(NetDevice& from) { layers_->interface(from).gro.flush(); }

bool Stack::gro_holds(const Napi& napi) const { return layers_->softnet.gro_holds(napi); }

void Stack::gro_flush(Napi& napi, bool flush_old) { layers_->softnet.gro_flush(napi, flush_old); }

void Stack::tx_wake(NetDevice& device) {
  if (layers_->interface(device).queue.wake())
    layers_->net.runtime.raise_softirq(Softirq::net_tx, layers_->net.runtime.cpu());
}

void Stack::carrier_changed(NetDevice& device) {
  if (!device.carrier()) layers_->interface(device).queue.shut_down();
}

void Stack::enqueue(Napi& napi) { layers_->softnet.enqueue(napi); }

void Stack::start_watchdog(Napi& napi, SimTime after) { layers_->softnet.start_watchdog(napi, after); }

void Stack::poll_in_thread(Napi& napi) { layers_->softnet.poll_in_thread(napi); }

void Stack::softirq(Softirq which) {
  switch (which) {
    case Softirq::timer:
      layers_->net.runtime.charge(Cost::timer_run);
      return run_timers();
    case Softirq::net_tx:
      for (Interface* const interface : layers_->interfaces) interface->queue.run();
      return;
    case Softirq::net_rx:
      return layers_->softnet.net_rx_action();
  }
}

void Stack::run_timers() { layers_->net.timers.run(layers_->net.now()); }

SimTime Stack::next_deadline() const { return layers_->net.timers.next(); }

Syscalls& Stack::calls() { return layers_->calls; }

FileSystem& Stack::file_system() { return layers_->calls.file_system(); }

int Stack::write_sysctl(std::string_view name, std::string_view text) {
  return Sysctl::write(layers_->net.sysctl, name, text);
}

const CounterGroup& Stack::nstat() const { return layers_->net.mib.group; }

Stack::Softnet Stack::softnet(unsigned cpu) const {
  const auto stat = layers_->softnet.stat(cpu);
  return {stat.processed, stat.dropped, stat.time_squeeze, stat.received_rps, stat.backlog_len};
}

std::string Stack::softnet_stat() const { return layers_->softnet.softnet_stat(); }

std::string Stack::sockets_table() const {
  std::vector<SsRow> rows = layers_->calls.rows();
  std::ranges::move(layers_->tcp.rows_without_process(), std::back_inserter(rows));
  return ss_text(rows, true);
}

std::string Stack::listeners_table() const {
  std::vector<SsRow> rows = layers_->calls.rows();
  std::erase_if(rows, [](const SsRow& row) { return row.state != "LISTEN"; });
  return ss_text(rows, false);
}

std::string Stack::nstat_text() const {
  std::string text = "#kernel\n";
  for (const CounterGroup::Entry& entry : nstat().entries())
    if (entry.value != 0) text += fmt::format("{:<32}{:<16}{:>6.1f}\n", entry.name, entry.value, 0.0);
  return text;
}

std::string Stack::netfilter_rules() const { return layers_->netfilter.rules_listing(); }

std::string Stack::netfilter_connections() { return layers_->netfilter.conntrack_listing(); }

std::vector<std::pair<std::string, std::uint64_t>> Stack::netfilter_counters() const {
  return layers_->netfilter.rule_counters();
}

std::vector<std::pair<std::string, std::uint64_t>> Stack::conntrack_counters() {
  return layers_->netfilter.conntrack_counters();
}

Stack::DeviceStats Stack::device_stats(const NetDevice& device) const {
  const auto& all = layers_->interfaces;
  const auto found = std::ranges::find_if(all, [&](const Interface* i) { return &i->device == &device; });
  if (found == all.end()) return {};
  const Interface& interface = **found;
  const Gro::Counts& gro = interface.gro.counts();
  return {interface.rx_dropped,
          interface.rx_otherhost_dropped,
          interface.queue.dropped(),
          gro.held,
          gro.merged,
          gro.normal};
}

std::size_t Stack::half_open() const { return layers_->tcp.half_open(); }

std::string_view Stack::broken_invariant() const { return layers_->net.over ? "" : layers_->tcp.broken_invariant(); }

void Stack::close_queued(SimTime now) {
  Layers& l = *layers_;
  l.net.over = true;
  l.softnet.close_queued(now);
  l.ip_input.reassembly().close_queued(now);
  l.udp.close_queued(now);
  l.tcp.close_queued(now);
  l.neighbours.close_queued(now);
  for (Interface* const interface : l.interfaces) {
    interface->gro.close_queued(now);
    interface->queue.close_queued(now);
  }
}

}  // namespace nicosim
