#include "sc_model/simulation.hpp"

#include "common/rng.hpp"
#include "sc_model/host/pci_bus.hpp"
#include "sc_model/host/user_space.hpp"
#include "sc_model/pci_function.hpp"
#include "stack/fs/file_system.hpp"

#include <algorithm>
#include <cassert>
#include <fmt/format.h>

namespace nicosim {
namespace {

// A frame's first bit is logged when its first column is evaluated, up to two columns later.
constexpr SimTime kReleaseMargin = SimTime::ps(2 * kCyclePs);
constexpr SimTime kCarrierPoll = SimTime::ms(1);
constexpr int kCarrierPolls = 10'000;
constexpr std::uint64_t kProgressSteps = 4096;
constexpr unsigned kDiskLine = 256;  // interrupt lines below are the cards', by port

std::string name_of_wire(unsigned port) { return "wire" + std::to_string(port); }

}  // namespace

// One card with everything between its wire and its driver.
class Simulation::Card {
 public:
  Card(Simulation& sim, unsigned port, const NicSetup& nic)
      : link(fmt::format("link{}", port).c_str(), *sim.agenda_, *sim.memory_, *sim.cpu_, port, nic.link),
        engine(fmt::format("engine{}", port).c_str(), *sim.agenda_, link, sim.ledger_, engine_config(sim, port, nic)),
        pci([this](bool on) { bus.bus_master(on); }),
        bus(fmt::format("bus{}", port).c_str(), *sim.cpu_, engine, pci),
        memory(*sim.memory_, *sim.cpu_),
        driver(bus, memory, *sim.cpu_, sim.ledger_, sim.pool_, *sim.stack_, *sim.stack_, driver_config(port, nic)) {
    engine.dma.bind(link.dma);
    link.registers.bind(engine.registers);
    bus.link.bind(link.host);
    link.memory.bind(sim.memory_->bus);
  }

  HostLink link;
  ClockEngine engine;
  PciFunction pci;
  PciBus bus;
  CoherentMemory memory;
  Driver driver;

 private:
  static EngineConfig engine_config(const Simulation& sim, unsigned port, const NicSetup& nic) {
    EngineConfig config;
    config.port = port;
    config.batch = sim.setup_.batch;
    config.skip = sim.setup_.skip;
    config.check_skip = sim.setup_.check_skip;
    config.model.assertions = sim.setup_.check_skip;
    config.model.gate_clocks = !sim.setup_.check_skip;  // all flops show whether they rest
    config.model.random_reset_seed = sim.setup_.random_reset_seed == 0 ? 0 : sim.setup_.random_reset_seed + port;
    config.model.name = nic.driver.name;
    if (!sim.setup_.waves.empty())
      config.model.waves = sim.setup_.nics.size() == 1 ? sim.setup_.waves : of_card(sim.setup_.waves, nic.driver.name);
    config.waves_from = sim.setup_.waves_from;
    config.waves_to = sim.setup_.waves_to;
    config.autoneg = nic.autoneg;
    for (const std::uint8_t octet : nic.mac.octets) config.station_address = (config.station_address << 8U) | octet;
    return config;
  }
  // "waves.fst" of one card among several: "waves.eth1.fst".
  static std::string of_card(const std::string& file, const std::string& card) {
    const std::size_t dot = file.ends_with(".fst") ? file.size() - 4 : file.size();
    return file.substr(0, dot) + "." + card + file.substr(dot);
  }
  static DriverConfig driver_config(unsigned port, const NicSetup& nic) {
    DriverConfig config = nic.driver;
    config.port = port;
    return config;
  }
};

// A source whose times count from the moment the wires came to life.
class Simulation::ShiftedSource final : public WireSource {
 public:
  ShiftedSource(WireSource& source, SimTime start) : source_(source), start_(start) {}
  std::optional<WireFrame> next() override {
    std::optional<WireFrame> frame = source_.next();
    if (frame) frame->not_before += start_;
    return frame;
  }
  std::optional<WireFrame> next_before(SimTime time) override {
    std::optional<WireFrame> frame = source_.next_before(time - start_);
    if (frame) frame->not_before += start_;
    return frame;
  }

 private:
  WireSource& source_;
  SimTime start_;
};

// The faults of a wire; none where there is only a constant delay.
struct Simulation::Paths {
  std::optional<WireFaults> source;  // towards the card: what is open loop ...
  std::optional<WirePath> answers;   // ... and what peers say when they hear something or their time has come
  std::optional<WirePath> out;
};

// A frame on its way from a card to the far end of its wire.
class Simulation::Delivery final : public AgendaItem {
 public:
  Delivery(unsigned source, std::function<void(std::vector<std::byte>&&)> arrive, std::vector<std::byte>&& bytes)
      : AgendaItem(Rank::wire, source), arrive_(std::move(arrive)), bytes_(std::move(bytes)) {}
  void due() override {
    arrive_(std::move(bytes_));
    delete this;  // posted once, owned by the agenda
  }

 private:
  std::function<void(std::vector<std::byte>&&)> arrive_;
  std::vector<std::byte> bytes_;
};

Simulation::Simulation(SimulationSetup setup)
    : setup_(std::move(setup)), log_(setup_.events ? EventLog{setup_.events} : EventLog{}) {
  wires_.resize(setup_.nics.size());
  for (unsigned port = 0; port < setup_.nics.size(); ++port) {
    const WireConfig& wire = setup_.nics[port].wire;
    Paths& paths = paths_.emplace_back();
    if (wire.touches_out())
      paths.out.emplace(wire.delay, wire.jitter, wire.out, Rng{setup_.seed, name_of_wire(port) + " out"});
    if (wire.jitter > SimTime::zero() || wire.in.any())
      paths.answers.emplace(wire.delay, wire.jitter, wire.in, Rng{setup_.seed, name_of_wire(port) + " answers"});
  }
  build();
}

Simulation::~Simulation() = default;

Driver& Simulation::driver(unsigned port) { return cards_.at(port)->driver; }
ClockEngine& Simulation::engine(unsigned port) { return cards_.at(port)->engine; }
HostLink& Simulation::link(unsigned port) { return cards_.at(port)->link; }
PciBus& Simulation::bus(unsigned port) { return cards_.at(port)->bus; }
PciFunction& Simulation::pci(unsigned port) { return cards_.at(port)->pci; }
SimTime Simulation::now() const { return agenda_->now(); }

std::uint64_t Simulation::syscalls() const { return user_->syscalls(); }

std::uint64_t Simulation::interrupts(unsigned port) {
  const std::uint64_t all = driver(port).work().interrupts;
  return port < boot_interrupts_.size() ? all - boot_interrupts_[port] : 0;
}

HostCpu::Times Simulation::cpu_times(unsigned core) const {
  return core < boot_times_.size() ? cpu_->times(core) - boot_times_[core] : HostCpu::Times{};
}

std::vector<Simulation::ProcessRow> Simulation::process_accounts() const {
  std::vector<ProcessRow> rows;
  for (const auto& process : cpu_->processes()) {
    const auto boot = boot_accounts_.find(process->pid());
    const ProcessAccount before = boot == boot_accounts_.end() ? ProcessAccount{} : boot->second;
    rows.push_back({process->pid(), process->task_name(), process->account(now()) - before});
  }
  return rows;
}

void Simulation::build() {
  agenda_ = std::make_unique<Agenda>("agenda");
  memory_ = std::make_unique<Memory>("memory", setup_.memory_bytes);
  auto rng = std::make_shared<Rng>(setup_.seed, "kernel");
  cpu_ = std::make_unique<HostCpu>("cpu", *agenda_, setup_.costs, setup_.cores, [rng] { return rng->next(); });
  stack_ = std::make_unique<Stack>(*cpu_, ledger_, pool_, setup_.stack);
  user_ = std::make_unique<UserSpace>(*cpu_, stack_->calls(), ledger_);
  for (unsigned port = 0; port < setup_.nics.size(); ++port)
    cards_.push_back(std::make_unique<Card>(*this, port, setup_.nics[port]));

  for (auto& a : cards_)
    for (auto& b : cards_)
      if (a != b) a->engine.add_neighbour(b->engine, a->link.latency() + b->link.latency());

  for (unsigned port = 0; port < cards_.size(); ++port) {
    Card& card = *cards_[port];
    cpu_->set_affinity(port, setup_.nics[port].irq_cpu);
    cpu_->vectors().connect(port, setup_.nics[port].driver.name, [&card] { return card.driver.handle_interrupt(); });
    const unsigned source = agenda_->new_source();
    card.engine.on_outgoing(
        [this, port, source](WireOut::Frame&& frame, FrameId id) { frame_left(port, source, std::move(frame), id); });
    card.engine.on_incoming([this, port](const WireFrame& frame, FrameId id, SimTime first_bit) {
      tap({port, Tap::wire_in, first_bit, id, frame.bytes, false, frame.packet});
    });
    card.driver.on_receive([this, port](const Frame& frame, SimTime time) {
      if (!setup_.taps) return;
      const auto bytes = frame.bytes();
      tap({port,
           Tap::driver,
           time,
           frame.ids.empty() ? FrameId{} : frame.ids.front(),
           {bytes.begin(), bytes.end()},
           false});
    });
  }
  const auto see = [this](const Frame& frame, const NetDevice& device, SimTime time) {
    if (!setup_.taps) return;
    const FrameId id = frame.ids.empty() ? FrameId{} : frame.ids.front();
    const auto bytes = frame.bytes();
    tap({device.port(), Tap::stack, time, id, {bytes.begin(), bytes.end()}, id.from_host()});
  };
  for (unsigned port = 0; port < cards_.size(); ++port)
    stack_->on_tap(see, {&cards_[port]->driver, setup_.nics[port].tap_in, setup_.nics[port].tap_out});
  cpu_->on_softirq([this](Softirq s) { stack_->softirq(s); });
  if (setup_.interleave) {
    cpu_->interleave(setup_.seed);
    for (auto& card : cards_) card->link.interleave(setup_.seed);
  }
  cpu_->on_interrupt_delivered([this](unsigned line, SimTime raised) {
    if (line < cards_.size()) ledger_.interrupt_delivered(line, raised);
  });
  build_disk();
  if (setup_.events)
    cpu_->on_state([this](const Process& process, std::string_view state, SimTime when) {
      ledger_.note(when, "state", {},
                   fmt::format("pid={} task={} state={}", process.pid(), process.task_name(), state));
    });
  usage_.resize(setup_.apps.size());
  measure_ = std::make_unique<AgendaCall>(Rank::stop, agenda_->new_source(), [this] { measure(); });
  cpu_->spawn("init", [this] { init_process(); });

  stop_ = std::make_unique<AgendaCall>(Rank::stop, agenda_->new_source(), [this] {
    stopped_ = true;
    end();
    sc_core::sc_stop();
  });
  agenda_->on_step([this] { watch(); });
}

void Simulation::build_disk() {
  if (setup_.files.empty()) return;
  disk_ = std::make_unique<Disk>(*agenda_, *cpu_, ledger_, kDiskLine, setup_.disk);
  cpu_->set_affinity(kDiskLine, setup_.disk_irq_cpu);
  cpu_->vectors().connect(kDiskLine, "disk", [this] { return disk_->handle_interrupt(); });
  stack_->file_system().mount(*disk_, setup_.page_cache);
  for (FileImage& file : setup_.files) stack_->file_system().add(std::move(file));
}

void Simulation::frame_left(unsigned port, unsigned source, WireOut::Frame&& frame, FrameId id) {
  tap({port, Tap::wire_out, frame.last_bit, id, frame.bytes, true});
  if (frame.aborted || (!wires_[port].receiver && wires_[port].peers.empty())) return;
  std::optional<WirePath>& path = paths_[port].out;
  if (!path) return deliver(port, source, frame.last_bit + setup_.nics[port].wire.delay, std::move(frame.bytes));
  const WireCounts before = path->counts();
  WireFrame entering;
  entering.not_before = frame.last_bit;
  entering.bytes = std::move(frame.bytes);
  for (WirePath::Arrival& arrival : path->carry(std::move(entering)))  // who hears a wrong FCS drops it
    if (!arrival.corrupted) deliver(port, source, arrival.frame.not_before, std::move(arrival.frame.bytes));
  if (!setup_.events) return;
  const auto tell = [&](std::uint64_t WireCounts::*which, std::string_view what) {
    if (path->counts().*which != before.*which) ledger_.note(frame.last_bit, "fault", id, what);
  };
  tell(&WireCounts::lost, "wire=lost");
  tell(&WireCounts::corrupted, "wire=corrupted");
  tell(&WireCounts::duplicated, "wire=duplicated");
  tell(&WireCounts::reordered, "wire=reordered");
}

void Simulation::deliver(unsigned port, unsigned source, SimTime arrival, std::vector<std::byte>&& bytes) {
  cards_[port]->engine.expect_push(arrival);
  auto* const delivery = new Delivery(
      source,
      [this, port](std::vector<std::byte>&& arrived) {
        std::vector<WireFrame> answers;
        if (wires_[port].receiver) answers = wires_[port].receiver(arrived);
        cards_[port]->engine.push_came();
        push_from_peer(port, std::move(answers));
        for (WirePeer* const peer : wires_[port].peers) push_from_peer(port, peer->receive(agenda_->now(), arrived));
        arm_peers(port);
      },
      std::move(bytes));
  agenda_->post(*delivery, arrival);
}

// What a peer says enters the wire now.
void Simulation::push_from_peer(unsigned port, std::vector<WireFrame> frames) {
  ClockEngine& engine = cards_[port]->engine;
  for (WireFrame& frame : frames) {
    frame.not_before = agenda_->now();
    if (!paths_[port].answers) {
      frame.not_before += setup_.nics[port].wire.delay;
      engine.push_frame(std::move(frame));
      continue;
    }
    for (WirePath::Arrival& arrival : paths_[port].answers->carry(std::move(frame)))
      engine.push_frame(std::move(arrival.frame));
  }
}

WireCounts Simulation::wire_counts_in(unsigned port) const {
  const Paths& paths = paths_.at(port);
  const WireCounts open_loop = paths.source ? paths.source->counts() : WireCounts{};
  return paths.answers ? open_loop + paths.answers->counts() : open_loop;
}

WireCounts Simulation::wire_counts_out(unsigned port) const {
  return paths_.at(port).out ? paths_[port].out->counts() : WireCounts{};
}

void Simulation::peers_due(unsigned port) {
  for (WirePeer* const peer : wires_[port].peers)
    if (peer->next_deadline() <= agenda_->now()) push_from_peer(port, peer->on_time(agenda_->now()));
  arm_peers(port);
}

void Simulation::arm_peers(unsigned port) {
  if (port >= peer_timers_.size() || peer_timers_[port] == nullptr) return;
  AgendaCall& timer = *peer_timers_[port];
  SimTime next = SimTime::never();
  bool planned = false;
  for (const WirePeer* const peer : wires_[port].peers) {
    next = std::min(next, peer->next_deadline());
    planned = planned || peer->has_plans();
  }
  cards_[port]->engine.set_peer_deadline(next);
  agenda_->cancel(timer);
  if (!next.is_never()) agenda_->post(timer, std::max(next, agenda_->now()), !planned);
}

void Simulation::connect(unsigned port_a, unsigned port_b, SimTime delay) {
  const auto join = [&](unsigned from, unsigned to) {
    ClockEngine& far = cards_.at(to)->engine;
    far.add_neighbour(cards_.at(from)->engine, delay);
    const unsigned source = agenda_->new_source();
    cards_.at(from)->engine.on_outgoing([this, from, delay, source, &far](WireOut::Frame&& frame, FrameId id) {
      tap({from, Tap::wire_out, frame.last_bit, id, frame.bytes, true});
      if (frame.aborted) return;
      const SimTime arrival = frame.last_bit + delay;
      far.expect_push(arrival);
      auto* const delivery = new Delivery(
          source,
          [this, &far](std::vector<std::byte>&& bytes) {
            far.push_came();
            WireFrame next;
            next.bytes = std::move(bytes);
            next.not_before = agenda_->now();
            far.push_frame(std::move(next));
          },
          std::move(frame.bytes));
      agenda_->post(*delivery, arrival);
    });
  };
  join(port_a, port_b);
  join(port_b, port_a);
}

// dev_set_threaded. The soft interrupt polls until the thread has run for the first time.
void Simulation::start_napi_thread(unsigned port) {
  Driver& driver = cards_[port]->driver;
  cpu_->spawn(fmt::format("napi/{}-{}", driver.name(), kMinNapiId + port),
              [this, &driver] { stack_->poll_in_thread(*driver.napi()); });
}

// What a system does at boot: finds its cards, brings the interfaces up, starts the programs; then the wires live.
void Simulation::init_process() {
  const auto sleep_for = [this](SimTime duration) {
    cpu_->prepare_to_sleep();
    cpu_->sleep(cpu_->now() + duration, false);
  };
  for (unsigned port = 0; port < cards_.size(); ++port) {
    Card& card = *cards_[port];
    const NicSetup& nic = setup_.nics[port];
    card.pci.write32(PciFunction::kBar0, 0xf000'0000 + port * 0x2'0000);
    card.pci.write32(PciFunction::kBar2, 0xc000 + port * 0x40);
    card.pci.write32(PciFunction::kCommand,
                     PciFunction::kCommandIo | PciFunction::kCommandMemory | PciFunction::kCommandBusMaster);
    card.driver.probe();
    stack_->attach(card.driver);
    for (const auto& [address, prefix] : nic.addresses) stack_->add_address(card.driver, address, prefix);
    for (const NicSetup::Route& route : nic.routes)
      stack_->add_route(route.destination, route.prefix_length, route.gateway, card.driver);
    stack_->set_rps_cpus(card.driver, nic.rps_cpus);
    if (nic.everyone_on_link) stack_->add_route(Ipv4Address::any(), 0, Ipv4Address::any(), card.driver);
    for (const auto& [address, mac] : nic.neighbours) stack_->set_neighbour(card.driver, address, mac);
    if (nic.threaded && card.driver.napi() != nullptr) start_napi_thread(port);
    card.driver.open();
  }
  for (auto& card : cards_)
    for (int i = 0; i < kCarrierPolls && !card->driver.carrier(); ++i) sleep_for(kCarrierPoll);

  for (std::size_t i = 0; i < setup_.apps.size(); ++i) {
    const AppSetup& app = setup_.apps[i];
    cpu_->bill(user_->start(app.name, app.main, app.cpu), usage_[i]);
  }
  sleep_for(SimTime::ms(1));  // they open their sockets and wait

  const std::int64_t millisecond = SimTime::ms(1).in_ps();
  wire_start_ = SimTime::ps((cpu_->now().in_ps() / millisecond + 2) * millisecond);
  for (auto& card : cards_) boot_interrupts_.push_back(card->driver.work().interrupts);
  for (unsigned core = 0; core < cpu_->cpus(); ++core) boot_times_.push_back(cpu_->times(core));
  for (const auto& process : cpu_->processes()) boot_accounts_[process->pid()] = process->account(wire_start_);
  sources_.resize(cards_.size());
  for (unsigned port = 0; port < cards_.size(); ++port) {
    for (const auto& [time, in] : setup_.nics[port].link_events) cards_[port]->engine.set_cable(wire_start_ + time, in);
    if (wires_[port].source == nullptr) continue;
    WireSource* source = wires_[port].source;
    const WireConfig& wire = setup_.nics[port].wire;
    if (wire.touches_in()) source = &paths_[port].source.emplace(*source, wire, Rng{setup_.seed, name_of_wire(port)});
    sources_[port] = std::make_unique<ShiftedSource>(*source, wire_start_);
    cards_[port]->engine.set_source(sources_[port].get());
  }
  peer_timers_.resize(cards_.size());
  for (unsigned port = 0; port < cards_.size(); ++port) {
    if (wires_[port].peers.empty()) continue;
    for (WirePeer* const peer : wires_[port].peers) peer->start(wire_start_);
    peer_timers_[port] =
        std::make_unique<AgendaCall>(Rank::wire, agenda_->new_source(), [this, port] { peers_due(port); });
    arm_peers(port);
  }
  ledger_.measure_from(wire_start_ + setup_.warmup);
  agenda_->post(*measure_, wire_start_ + setup_.warmup, true);
  if (setup_.stop_after) {
    const SimTime end = wire_start_ + *setup_.stop_after;
    for (auto& card : cards_) card->engine.set_end(end);
    agenda_->post(*stop_, end, true);
  }
  ready_ = true;
}

// The warm-up is over: what programs used before does not count.
void Simulation::measure() {
  used_from_ = agenda_->now();
  for (Usage& usage : usage_) {
    const std::uint64_t processes = usage.processes;
    usage = {};
    usage.processes = processes;
    usage.from = used_from_;
  }
  if (setup_.measuring) setup_.measuring();
}

void Simulation::tap(TapRecord record) {
  if (!setup_.taps) return;
  const unsigned source = record.port * static_cast<unsigned>(kTaps) + static_cast<unsigned>(record.tap);
  const SimTime time = record.time;
  taps_.add(time, source, std::move(record));
}

bool Simulation::idle() {
  return ready_ && agenda_->only_timers_left() && cpu_->idle() &&
         std::ranges::all_of(cards_, [](auto& card) { return card->engine.at_rest(); });
}

void Simulation::watch() {
  const SimTime complete = agenda_->now() - kReleaseMargin;
  log_.release(complete);
  if (setup_.taps) taps_.release(complete, [this](SimTime, TapRecord&& record) { setup_.taps(record); });
  if (++steps_ % kProgressSteps == 0 && setup_.progress) setup_.progress(agenda_->now());

  if (sliced_) return watch_slice();
  if (stopped_) return;
  if (interrupted_.load(std::memory_order_relaxed) && end_ != End::interrupted) {
    end_ = End::interrupted;
    agenda_->cancel(*stop_);
    agenda_->post(*stop_, agenda_->now(), true);
    return;
  }
  if (setup_.stop_after || end_ == End::interrupted) return;
  if (!idle()) {
    agenda_->cancel(*stop_);
    return;
  }
  SimTime since = agenda_->last_busy();
  for (auto& card : cards_) since = std::max(since, card->engine.rests_since());
  const SimTime when = std::max(since + setup_.linger, agenda_->now());
  if (stop_->scheduled() && stop_->time() == when) return;
  agenda_->cancel(*stop_);
  agenda_->post(*stop_, when, true);
}

Simulation::End Simulation::run() {
  end_ = setup_.stop_after ? End::time : End::idle;
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_DO_NOTHING);  // that it was stopped is our news
  sc_core::sc_start();
  while (!stopped_) {  // starved: only a thread moved time, and nobody looked since
    watch();
    assert(stop_->scheduled() && "the simulation has nothing to do and does not end");
    sc_core::sc_start();
  }
  finish();
  return end_;
}

// ---- slices

void Simulation::run_slice(SimTime until, const std::function<bool()>& enough) {
  if (!pause_) {
    sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_DO_NOTHING);
    outside_ = agenda_->new_source();
    pause_ = std::make_unique<AgendaCall>(Rank::stop, outside_, [this] {
      paused_ = true;
      sc_core::sc_pause();
      agenda_->let_threads_run();  // what is due later waits for the next slice
    });
  }
  sliced_ = true;
  paused_ = false;
  enough_ = &enough;
  slice_end_ = until;
  bound_engines();
  if (!until.is_never()) agenda_->post(*pause_, std::max(until, agenda_->now()), true);
  while (!paused_) {
    sc_core::sc_start();
    if (paused_) break;
    if ((enough && enough()) || agenda_->next().is_never()) break;  // starved: nobody has looked since
  }
  agenda_->cancel(*pause_);
  enough_ = nullptr;
}

// Whoever is outside may act as soon as the slice is over: at its end or, where something may end it before, now.
void Simulation::bound_engines() {
  const bool any_time = enough_ == nullptr || *enough_;
  const SimTime free = any_time ? agenda_->now() : std::max(slice_end_, agenda_->now());
  for (unsigned port = 0; port < cards_.size(); ++port) {
    SimTime next = free.is_never() ? free : free + setup_.nics[port].wire.least_delay_in();
    for (const WirePeer* const peer : wires_[port].peers) next = std::min(next, peer->next_deadline());
    cards_[port]->engine.set_peer_deadline(next);
  }
}

void Simulation::watch_slice() {
  bound_engines();
  if (paused_ || enough_ == nullptr || !*enough_ || !(*enough_)()) return;
  paused_ = true;
  sc_core::sc_pause();
  agenda_->let_threads_run();
}

void Simulation::source_has_more(unsigned port) { cards_.at(port)->engine.set_source(sources_.at(port).get()); }

SimTime Simulation::earliest_end() const {
  SimTime longest = SimTime::zero();
  for (const NicSetup& nic : setup_.nics) longest = std::max(longest, nic.wire.least_delay_in());
  return agenda_->now() + longest;
}

void Simulation::end_at(SimTime time) {
  assert(ready_ && time >= earliest_end() && "the end lies ahead of all engines");
  sliced_ = false;
  setup_.stop_after = time - wire_start_;
  end_ = End::time;
  for (unsigned port = 0; port < cards_.size(); ++port) {
    cards_[port]->engine.set_peer_deadline(SimTime::never());
    arm_peers(port);
    cards_[port]->engine.set_end(time);
  }
  agenda_->post(*stop_, time, true);
  while (!stopped_) sc_core::sc_start();
  finish();
}

void Simulation::at_once(std::function<void()> what) {
  class Once final : public AgendaItem {
   public:
    Once(unsigned source, std::function<void()> call) : AgendaItem(Rank::cpu, source), what_(std::move(call)) {}
    void due() override {
      what_();
      delete this;  // posted once, owned by the agenda
    }

   private:
    std::function<void()> what_;
  };
  agenda_->post(*new Once{outside_, std::move(what)}, agenda_->now());
}

void Simulation::arrive(unsigned port, std::vector<std::byte> frame) {
  std::vector<WireFrame> frames(1);
  frames.front().bytes = std::move(frame);
  push_from_peer(port, std::move(frames));
}

// Who still holds a frame says so: queues, running code, rings, cards. What is then left is unexplained, our bug.
// Then the simulated threads unwind, in the delta cycle that follows.
void Simulation::end() {
  const SimTime now = agenda_->now();
  cpu_->settle_usage();
  agenda_->end();
  stack_->close_queued(now);
  pool_.for_each_live([&](Frame& frame) {
    for (const FrameId id : frame.ids) ledger_.close_as_queued(id, now);
    frame.ids.clear();
  });
  ledger_.close_rings_as_queued(now);
  for (auto& card : cards_) {
    card->engine.for_each_frame([&](FrameId id) { ledger_.close_as_queued(id, now); });
    card->link.end_of_time();
    card->bus.end_of_time();
  }
  cpu_->end_of_time();
}

// After the last delta cycle: what the cards counted, and everything that waited for its place in time.
void Simulation::finish() {
  for (auto& card : cards_) card->driver.update_stats();
  log_.release(SimTime::never());
  if (setup_.taps) taps_.release(SimTime::never(), [this](SimTime, TapRecord&& record) { setup_.taps(record); });
}

}  // namespace nicosim
