#include "cli/host_setup.hpp"

#include "cli/capture/spool.hpp"
#include "cli/packets.hpp"
#include "programs/http_server.hpp"
#include "programs/iperf_server.hpp"
#include "programs/models/models.hpp"

#include <algorithm>
#include <cassert>

namespace nicosim {
namespace {

// Several sources on one wire, merged by the wanted time; at equal times in order of declaration.
class MergedSource final : public WireSource {
 public:
  void add(WireSource& source) { inputs_.push_back({&source, std::nullopt, false}); }
  std::optional<WireFrame> next() override {
    Input* first = nullptr;
    for (Input& input : inputs_) {
      if (!input.head && !input.done) {
        input.head = input.source->next();
        input.done = !input.head;
      }
      if (input.head && (first == nullptr || input.head->not_before < first->head->not_before)) first = &input;
    }
    if (first == nullptr) return std::nullopt;
    std::optional<WireFrame> frame = std::move(first->head);
    first->head.reset();
    return frame;
  }

 private:
  struct Input {
    WireSource* source;
    std::optional<WireFrame> head;
    bool done;
  };
  std::vector<Input> inputs_;
};

LinkConfig link_of(const Scenario::Link& link) {
  return {link.latency, link.bandwidth_bps, link.header_bytes, link.payload_bytes};
}

RxPath rx_path_of(Scenario::RxPath path) {
  switch (path) {
    case Scenario::RxPath::rps:
      return RxPath::rps;
    case Scenario::RxPath::direct:
      return RxPath::direct;
    case Scenario::RxPath::netif_rx:
      return RxPath::netif_rx;
  }
  return RxPath::rps;
}

IoModel model_of(Scenario::App::Model model) {
  switch (model) {
    case Scenario::App::Model::iterative:
      return IoModel::iterative;
    case Scenario::App::Model::blocking:
      return IoModel::blocking;
    case Scenario::App::Model::nonblocking:
      return IoModel::nonblocking;
    case Scenario::App::Model::select:
      return IoModel::select;
    case Scenario::App::Model::poll:
      return IoModel::poll;
    case Scenario::App::Model::epoll:
      return IoModel::epoll;
    case Scenario::App::Model::sigio:
      return IoModel::sigio;
    case Scenario::App::Model::aio:
      return IoModel::aio;
  }
  return IoModel::iterative;
}

NewConversation conversation_of(Scenario::App::Kind kind) {
  if (kind == Scenario::App::Kind::tcp_echo)
    return [](TcpServerStats& counted) { return std::make_unique<EchoConversation>(counted); };
  if (kind == Scenario::App::Kind::discard)
    return [](TcpServerStats&) { return std::make_unique<DiscardConversation>(); };
  return [](TcpServerStats& counted) { return std::make_unique<HttpConversation>(counted); };
}

ReceiveMode receive_mode_of(Scenario::Mode mode) {
  switch (mode) {
    case Scenario::Mode::pio:
      return ReceiveMode::pio;
    case Scenario::Mode::dma_irq:
      return ReceiveMode::dma_irq;
    case Scenario::Mode::napi:
      return ReceiveMode::napi;
  }
  return ReceiveMode::napi;
}

// ITR counts 256 ns (8254x manual, "Interrupt Throttling Register").
std::uint32_t itr_of(unsigned usecs) { return static_cast<std::uint32_t>((std::uint64_t{usecs} * 1000 + 128) / 256); }

}  // namespace

Result<CaptureStation, std::string> guess_station(const std::string& file, const std::string& as, bool lenient) {
  CaptureReader reader = CaptureReader::open(file, lenient);
  StationGuess guess;
  while (const auto packet = reader.next()) guess.see(packet->bytes);
  return guess.choose(as);
}

SysctlRules sysctl_rules() {
  return {Sysctl::names(), [](std::string_view name, std::uint64_t value) {
            Sysctl scratch;
            return Sysctl::set(scratch, name, value);
          }};
}

StackConfig stack_config_of(const Scenario& scenario) {
  StackConfig config;
  config.rx_path = rx_path_of(scenario.host.rx_path);
  config.rlimit_nofile = static_cast<int>(scenario.host.rlimit_nofile);
  for (const auto& [name, value] : scenario.host.sysctl) {
    const bool known = Sysctl::set(config.sysctl, name, value);
    assert(known && "the scenario's knobs were checked when it was read");
    (void)known;
  }
  return config;
}

HostSetup::HostSetup(const Scenario& scenario) {
  simulation.seed = scenario.seed;
  simulation.cores = scenario.host.cores;
  simulation.interleave = scenario.host.interleave;
  simulation.stop_after = scenario.stop.after;
  simulation.warmup = scenario.stop.warmup;
  simulation.stack = stack_config_of(scenario);
  for (const auto& [name, time] : scenario.host.costs) simulation.costs.set(*cost_from(name), time);
  for (const Scenario::Nic& nic : scenario.nics) add_card(scenario, nic);
  for (const Scenario::Route& route : scenario.host.routes)
    simulation.nics.at(port_of(scenario, route.dev))
        .routes.push_back({route.destination.ip, route.destination.prefix, route.via.value_or(Ipv4Address::any())});
  simulation.stack.netfilter = scenario.host.netfilter;
  for (const Scenario::File& file : scenario.files)
    simulation.files.push_back({file.path, file.size, file.text, file.seed});
  simulation.disk = {scenario.disk.latency, scenario.disk.bandwidth, scenario.disk.queue};
  simulation.disk_irq_cpu = scenario.disk.irq_cpu;
  simulation.page_cache = scenario.host.page_cache;
  for (const Scenario::Peer& peer : scenario.peers) add_peer(scenario, peer);

  simulation.measuring = [this] { server_stats_before = server_stats; };
  for (std::size_t i = 0; i < scenario.apps.size(); ++i) {
    const Scenario::App& app = scenario.apps[i];
    programs_.push_back(simulation.apps.size());
    DatagramStats& datagrams = stats.emplace_back();
    server_stats.emplace_back();
    server_stats_before.emplace_back();
    clients.push_back(nullptr);
    senders.push_back(nullptr);
    if (app.kind == Scenario::App::Kind::http_load) {
      add_client(scenario, app, i);
      continue;
    }
    if (app.kind == Scenario::App::Kind::tcp_send) {
      add_sender(app, i);
      continue;
    }
    if (app.on != "host") {
      add_peer_server(app, i);
      continue;
    }
    if (app.is_tcp()) {
      add_server(app, i);
      continue;
    }
    if (app.kind == Scenario::App::Kind::iperf_udp) {
      simulation.apps.push_back(
          {app.name, [port = app.port, &datagrams](Posix& os) { return run_iperf_udp(os, port, datagrams); }, app.cpu});
      continue;
    }
    DatagramProgram program;
    program.port = app.port;
    program.echo = app.kind == Scenario::App::Kind::udp_echo;
    program.prefer_busy_poll = app.prefer_busy_poll;
    program.stats = &datagrams;
    program.seen = [this, i](std::span<const std::byte> datagram, const sockaddr_in& from) {
      if (on_datagram) on_datagram(i, datagram, from);
    };
    simulation.apps.push_back({app.name, [program](Posix& os) { return run_datagram_program(os, program); }, app.cpu});
  }
}

void HostSetup::add_server(const Scenario::App& app, std::size_t index) {
  if (app.has_model()) {
    ModelServer server;
    server.name = app.name;
    server.model = model_of(app.model);
    server.port = app.port;
    server.backlog = static_cast<int>(app.backlog);
    server.stats = &server_stats[index];
    server.timeout = app.timeout;
    server.edge = app.edge;
    server.work_unit = app.work_unit;
    server.converse = conversation_of(app.kind);
    const bool pages = app.file_io == Scenario::App::FileIo::sendfile;
    if (app.kind == Scenario::App::Kind::http_server)
      server.serve = [how = pages ? FileIo::sendfile : FileIo::read](Posix& os, int fd, TcpServerStats& counted) {
        return serve_http_files(os, fd, counted, how);
      };
    const auto run = [server, pages](Posix& os) {
      if (pages) os.sigaction(SIGPIPE, SigAction::ignore());  // a client that goes away is no reason to end
      return run_model_server(os, server);
    };
    simulation.apps.push_back({app.name, run, app.cpu});
    return;
  }
  TcpServerProgram program;
  program.port = app.port;
  program.backlog = static_cast<int>(app.backlog);
  program.stats = &server_stats[index];
  switch (app.kind) {
    case Scenario::App::Kind::chargen:
      program.serve = serve_chargen;
      break;
    case Scenario::App::Kind::iperf:
      program.serve = serve_iperf;
      break;
    default:
      program.serve = serve_discard;
  }
  simulation.apps.push_back({app.name, [program](Posix& os) { return run_tcp_server(os, program); }, app.cpu});
}

void HostSetup::add_client(const Scenario& scenario, const Scenario::App& app, std::size_t index) {
  TcpLoadConfig config;
  config.server = app.target;
  config.port = app.port;
  config.at = app.at;
  if (app.rate) config.every = SimTime::ps(1'000'000'000'000 / static_cast<std::int64_t>(*app.rate));
  config.connections = app.connections;
  const std::string head = "GET " + app.path + " HTTP/1.1\r\nHost: " + app.target.text() + "\r\n";
  config.request = head + "Connection: close\r\n\r\n";
  config.earlier_request = head + "\r\n";
  config.requests = app.requests;
  config.active = app.active;
  config.think = app.think;
  config.ask_from = app.ask_from;
  config.measure_from = scenario.stop.warmup;
  config.half_close = false;  // the server closes: it was asked to
  config.seed = scenario.seed + index;
  clients[index] = &stack_of(app).add(std::move(config));
}

void HostSetup::add_sender(const Scenario::App& app, std::size_t index) {
  senders[index] = &stack_of(app).add(TcpSendConfig{app.target, app.port, app.at, app.bit_rate, app.size});
}

void HostSetup::add_peer_server(const Scenario::App& app, std::size_t index) {
  PeerServerConfig config;
  config.port = app.port;
  config.backlog = static_cast<int>(app.backlog);
  config.stats = &server_stats[index];
  config.converse = conversation_of(app.kind);
  stack_of(app).add(std::move(config));
}

StackPeer& HostSetup::stack_of(const Scenario::App& app) {
  const auto peer = stacks_.find(app.on);
  assert(peer != stacks_.end() && "the scenario's names were checked when it was read");
  return *peer->second;
}

void HostSetup::add_stack(const Scenario& scenario, const Scenario::Peer& peer) {
  assert(peer.address && "the scenario's keys were checked when it was read");
  StackPeerConfig config;
  config.mac = peer.mac;
  config.address = peer.address->ip;
  config.prefix_length = peer.address->prefix;
  if (peer.gateway) config.gateway = *peer.gateway;
  const auto first = std::ranges::find(scenario.apps, peer.name, &Scenario::App::on);
  config.seed = scenario.seed + static_cast<std::uint64_t>(first - scenario.apps.begin());
  auto& here = peers.at(port_of(scenario, peer.on)).stacks;
  here.push_back(std::make_unique<StackPeer>(config));
  stacks_[peer.name] = here.back().get();
}

unsigned HostSetup::port_of(const Scenario& scenario, const std::string& nic) const {
  const auto place = std::ranges::find(scenario.nics, nic, &Scenario::Nic::name);
  assert(place != scenario.nics.end() && "the scenario's names were checked when it was read");
  return static_cast<unsigned>(place - scenario.nics.begin());
}

void HostSetup::add_card(const Scenario& scenario, const Scenario::Nic& nic) {
  NicSetup setup;
  setup.driver.name = nic.name;
  setup.driver.rx_ring = nic.rx_ring;
  setup.driver.tx_ring = nic.tx_ring;
  setup.driver.mode = receive_mode_of(scenario.host.mode);
  setup.driver.copybreak = nic.copybreak;
  setup.driver.mtu = nic.mtu;
  setup.driver.promiscuous = nic.promiscuous;
  setup.driver.features = {.rx_checksum = nic.rx_checksum,
                           .tx_checksum = nic.tx_checksum,
                           .tso = nic.tso,
                           .gso = nic.gso,
                           .gro = nic.gro && scenario.host.mode == Scenario::Mode::napi};  // it is NAPI's
  using Itr = Scenario::Nic::Itr;
  setup.driver.itr = nic.itr == Itr::rate ? AdaptiveThrottle::interval(nic.itr_rate) : itr_of(nic.rx_usecs);
  if (nic.itr == Itr::dynamic) setup.driver.throttle = Throttle::dynamic;
  if (nic.itr == Itr::conservative) setup.driver.throttle = Throttle::conservative;
  setup.driver.napi_defer_hard_irqs = nic.napi_defer_hard_irqs;
  setup.driver.gro_flush_timeout = nic.gro_flush_timeout;
  setup.threaded = nic.threaded;
  setup.mac = nic.mac;
  for (const Scenario::Address& address : nic.addresses) setup.addresses.emplace_back(address.ip, address.prefix);
  setup.link = link_of(nic.link);
  setup.autoneg = nic.autoneg;
  setup.tap_in = nic.tap == Scenario::Nic::Tap::in || nic.tap == Scenario::Nic::Tap::both;
  setup.tap_out = nic.tap == Scenario::Nic::Tap::out || nic.tap == Scenario::Nic::Tap::both;
  setup.irq_cpu = nic.irq_cpu;
  setup.rps_cpus = nic.rps_cpus;
  for (const Scenario::Wire& wire : scenario.wires) {
    if (wire.nic != nic.name) continue;
    const WireChances chances{wire.loss_ppb, wire.corrupt_ppb, wire.duplicate_ppb, wire.reorder_ppb, wire.gap};
    setup.wire.delay = wire.delay;
    setup.wire.jitter = wire.jitter;
    if (wire.direction != Scenario::Wire::Direction::out) setup.wire.in = chances;
    if (wire.direction != Scenario::Wire::Direction::in) setup.wire.out = chances;
    for (const Scenario::Wire::Event& e : wire.links)
      setup.link_events.emplace_back(e.at, e.state == Scenario::Wire::Event::State::up);
  }
  simulation.nics.push_back(std::move(setup));
  peers.emplace_back();
}

void HostSetup::add_peer(const Scenario& scenario, const Scenario::Peer& peer) {
  const unsigned port = port_of(scenario, peer.on);
  Peers& here = peers.at(port);
  if (peer.kind == Scenario::Peer::Kind::generator) {
    std::vector<Generator::Send> sends;
    for (const Scenario::Send& send : peer.sends)
      sends.push_back({send.at, send.every, send.rate, send.count, build_frame(send)});
    std::optional<Ipv4Address> address;
    if (peer.address) address = peer.address->ip;
    here.generators.push_back(std::make_unique<Generator>(peer.mac, address, std::move(sends)));
    return;
  }
  if (peer.kind == Scenario::Peer::Kind::tap) return;  // go_live() says where the wire leads
  if (peer.kind == Scenario::Peer::Kind::stack) return add_stack(scenario, peer);
  if (peer.kind == Scenario::Peer::Kind::recording) {
    here.recordings.push_back(std::make_unique<RecordedSource>(peer.file));
    return;
  }
  const auto pace = Pace::parse(peer.pace);
  assert(pace && "the scenario's pace was checked when it was read");
  const std::string file = readable_again(peer.file);
  here.replays.push_back(std::make_unique<ReplaySource>(CaptureReader::open(file, peer.lenient), *pace, peer.max_gap));
  here.replay_files.push_back(peer.file);
  // Nobody answers ARP in a replay: the neighbours are those of the capture, and all of them are on this wire.
  NicSetup& nic = simulation.nics.at(port);
  nic.everyone_on_link = true;
  const std::string own = nic.addresses.empty() ? "auto" : nic.addresses.front().first.text();
  if (const auto station = guess_station(file, own, peer.lenient))
    for (const auto& [ip, mac] : station->neighbours) nic.neighbours.emplace_back(ip, mac);
}

void HostSetup::go_live(unsigned port, std::function<void(Bytes)> to_live) {
  Peers& here = peers.at(port);
  here.live = std::make_unique<LiveSource>();
  here.to_live = std::move(to_live);
}

void HostSetup::attach(Simulation& sim) {
  for (unsigned port = 0; port < peers.size(); ++port) {
    Peers& here = peers[port];
    auto merged = std::make_unique<MergedSource>();
    for (auto& generator : here.generators) merged->add(*generator);
    for (auto& replay : here.replays) merged->add(*replay);
    for (auto& recording : here.recordings) merged->add(*recording);
    here.merged = std::move(merged);
    Simulation::WireEnds ends;
    ends.source = here.source();
    ends.receiver = [&here](Bytes frame) {
      std::vector<WireFrame> answers;
      ++here.received;
      if (here.to_live) here.to_live(frame);
      for (auto& generator : here.generators)
        if (auto answer = generator->receive(frame)) {
          WireFrame& wire = answers.emplace_back();
          wire.bytes = std::move(*answer);
        }
      return answers;
    };
    for (auto& stack : here.stacks) ends.peers.push_back(stack.get());
    sim.set_wire(port, std::move(ends));
  }
}

}  // namespace nicosim
