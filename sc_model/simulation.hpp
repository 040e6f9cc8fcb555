// One simulated host with its cards and wires, put together and run.
//
// SystemC elaborates once per process, so there is one Simulation per process, and it lives until the process ends.
// run() is over at an exact simulated time: a fixed one, or when nothing is left to do plus a linger.
#pragma once

#include "common/bytes.hpp"
#include "common/costs.hpp"
#include "common/event_log.hpp"
#include "common/frame_ledger.hpp"
#include "common/release_queue.hpp"
#include "driver/driver.hpp"
#include "programs/posix.hpp"
#include "sc_model/clock_engine.hpp"
#include "sc_model/host/cpu.hpp"
#include "sc_model/host/disk.hpp"
#include "sc_model/host_link.hpp"
#include "sc_model/wire.hpp"
#include "sc_model/wire_faults.hpp"
#include "sc_model/wire_peer.hpp"
#include "stack/fs/inode.hpp"
#include "stack/stack.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nicosim {

class PciBus;
class PciFunction;
class UserSpace;

struct NicSetup {
  DriverConfig driver;  // name, rings, mode, promiscuous; `port` is set by the simulation
  MacAddress mac;
  std::vector<std::pair<Ipv4Address, unsigned>> addresses;  // with prefix length
  struct Route {
    Ipv4Address destination;
    unsigned prefix_length;
    Ipv4Address gateway;  // any: on the link
  };
  std::vector<Route> routes;           // beside that to the card's own network
  bool everyone_on_link = false;       // a route for 0.0.0.0/0 without gateway
  bool tap_in = true, tap_out = true;  // what the packet tap of the stack sees of it
  bool threaded = false;               // polled by a kernel thread napi/NAME-ID instead of the soft interrupt
  unsigned irq_cpu = 0;                // which core takes its interrupts (smp_affinity)
  std::vector<unsigned> rps_cpus;      // cores that its flows are spread over; empty: all
  std::vector<std::pair<Ipv4Address, MacAddress>> neighbours;
  LinkConfig link;
  WireConfig wire;
  SimTime autoneg = SimTime::ms(1);  // how long the PHY negotiates
  std::vector<std::pair<SimTime, bool>>
      link_events;  // the cable comes (true) or goes; times as of wire frames, in order
};

struct AppSetup {
  std::string name;
  std::function<int(Posix&)> main;
  std::optional<unsigned> cpu = std::nullopt;  // the only core it may run on
};

enum class Tap : std::uint8_t { wire_in, driver, stack, wire_out };
inline constexpr std::size_t kTaps = 4;

struct TapRecord {
  unsigned port = 0;
  Tap tap = Tap::wire_in;
  SimTime time;
  FrameId frame;                 // invalid: no id (a tapped copy carries the first id of its frame)
  std::vector<std::byte> bytes;  // with FCS at the wire taps
  bool outbound = false;
  std::uint64_t packet = 0;  // wire_in: what the source calls the frame (WireFrame::packet)
};

struct SimulationSetup {
  std::uint64_t seed = 1;
  unsigned cores = 1;
  bool interleave = false;  // vary what a real machine leaves open: HostCpu, HostLink::interleave
  std::vector<NicSetup> nics;
  std::vector<AppSetup> apps;
  std::vector<FileImage> files;  // what lies on the disk; without any there is no disk
  DiskConfig disk;
  unsigned disk_irq_cpu = 0;            // which core takes its interrupts
  std::size_t page_cache = 64U << 20U;  // bytes
  StackConfig stack;
  CostTable costs;
  std::size_t memory_bytes = 256U << 20U;

  std::optional<SimTime> stop_after;  // counted from the moment at which the wires live; else when nothing is left ...
  SimTime linger = SimTime::ms(100);  // ... to do, for this long
  SimTime warmup = SimTime::zero();   // latencies count for frames from here on, counted from the same moment
  std::uint64_t batch = 1'000'000;
  bool skip = true, check_skip = false;
  std::uint64_t random_reset_seed = 0;
  std::string waves;  // FST file; with several cards one each, "waves.eth1.fst"; times as in the event log
  SimTime waves_from = SimTime::zero(), waves_to = SimTime::never();

  EventLog::Sink events;                       // empty: no event log
  std::function<void(const TapRecord&)> taps;  // empty: no taps; called in time order
  std::function<void(SimTime)> progress;       // now and then, for people
  std::function<void()> measuring;             // once, when the warm-up is over
};

class Simulation {
 public:
  // The wire of a card: where frames come from and go to. Both may be null. Set before run().
  struct WireEnds {
    WireSource* source = nullptr;  // its times count from the moment at which the host is ready
    // A frame has left the card and reached the far end (in simulated time). Returns frames to send back at once.
    std::function<std::vector<WireFrame>(Bytes frame)> receiver;
    // Those with timers; they hear every frame, too. Must outlive the run.
    std::vector<WirePeer*> peers{};
  };

  explicit Simulation(SimulationSetup setup);
  ~Simulation();

  void set_wire(unsigned port, WireEnds ends) { wires_.at(port) = std::move(ends); }
  // Joins two cards by a cable of this length.
  void connect(unsigned port_a, unsigned port_b, SimTime delay);

  enum class End : std::uint8_t { time, idle, interrupted };
  End run();

  // ---- In slices, instead of run(), for a program that decides itself when time goes on (embed/)
  // Until everything due at `until` has happened or, sooner, until after some event `enough` says so, or nothing is
  // left to happen. The run has no end of its own; the card sees what is said between slices at their time, to the
  // cycle, since no engine runs ahead of them: of the moment, with `enough`, which may end the slice after any event;
  // without it of `until`.
  void run_slice(SimTime until, const std::function<bool()>& enough = {});
  // Between slices: the source of this wire said that it had no more, and now it has, nothing earlier than now.
  void source_has_more(unsigned port);
  // After the last slice: ends the run as `stop_after` would have, at this time. A run of the same inputs with that
  // stop is the same run. Not before earliest_end(), since an engine may have gone ahead by the length of its wire.
  void end_at(SimTime time);
  SimTime earliest_end() const;
  bool ready() const { return ready_; }                   // booted, and the wires live
  SimTime next_event() const { return agenda_->next(); }  // never(): nothing is left to happen
  bool idle();                                            // nothing is left to happen but timers
  void at_once(std::function<void()> what);               // the first thing in the next slice, as an event of the CPU
  void arrive(unsigned port, std::vector<std::byte> frame);  // with FCS; one wire delay later it is at the card
  WireEnds& wire(unsigned port) { return wires_.at(port); }
  const WireConfig& wire_config(unsigned port) const { return setup_.nics.at(port).wire; }
  WireCounts wire_counts_in(unsigned port) const;  // what the wire did to frames towards the card, and from it
  WireCounts wire_counts_out(unsigned port) const;

  // From a signal handler: stop at the next opportunity.
  void interrupt() { interrupted_.store(true, std::memory_order_relaxed); }

  SimTime now() const;
  SimTime wire_start() const { return wire_start_; }  // when the host was ready and the wires came to life
  FrameLedger& ledger() { return ledger_; }
  std::uint64_t unexplained() const { return ledger_.unexplained(); }
  HostCpu& cpu() { return *cpu_; }
  Stack& stack() { return *stack_; }
  std::size_t ports() const { return cards_.size(); }
  Driver& driver(unsigned port);
  ClockEngine& engine(unsigned port);
  HostLink& link(unsigned port);
  PciBus& bus(unsigned port);
  PciFunction& pci(unsigned port);
  const Disk* disk() const { return disk_.get(); }  // nullptr: there is none
  std::uint64_t syscalls() const;
  // Since the wires came to life; those of the boot (link up) do not count.
  std::uint64_t interrupts(unsigned port);
  // The same for what the CPU did, and for how long that is: zero while the host still boots.
  HostCpu::Times cpu_times(unsigned core) const;
  struct ProcessRow {
    unsigned pid;
    std::string_view name;
    ProcessAccount account;
  };
  std::vector<ProcessRow> process_accounts() const;  // of every process there was, in order of their pids
  // What the processes of each program have used since the warm-up was over, and for how long that is.
  const Usage& usage(std::size_t app) const { return usage_.at(app); }
  SimTime used_for() const { return used_from_ <= now() ? now() - used_from_ : SimTime::zero(); }
  SimTime measured() const { return wire_start_ <= now() ? now() - wire_start_ : SimTime::zero(); }

 private:
  class Card;
  class ShiftedSource;
  class Delivery;
  struct Paths;

  void build();
  void build_disk();
  void init_process();
  void start_napi_thread(unsigned port);
  void frame_left(unsigned port, unsigned source, WireOut::Frame&& frame, FrameId id);
  void deliver(unsigned port, unsigned source, SimTime arrival, std::vector<std::byte>&& bytes);
  void push_from_peer(unsigned port, std::vector<WireFrame> frames);
  void peers_due(unsigned port);
  void arm_peers(unsigned port);
  void measure();
  void watch();
  void watch_slice();
  void bound_engines();
  void tap(TapRecord record);
  void end();
  void finish();

  SimulationSetup setup_;
  EventLog log_;
  FrameLedger ledger_{log_};
  FramePool pool_;
  ReleaseQueue<TapRecord> taps_;
  std::unique_ptr<Agenda> agenda_;
  std::unique_ptr<Memory> memory_;
  std::unique_ptr<HostCpu> cpu_;
  std::unique_ptr<Disk> disk_;
  std::unique_ptr<Stack> stack_;
  std::vector<std::unique_ptr<Card>> cards_;
  std::vector<WireEnds> wires_;
  std::unique_ptr<UserSpace> user_;
  std::vector<Paths> paths_;                              // per card
  std::vector<std::unique_ptr<WireSource>> sources_;      // per card; nullptr without one
  std::vector<std::unique_ptr<AgendaCall>> peer_timers_;  // per card; nullptr without such peers
  std::vector<std::uint64_t> boot_interrupts_;
  std::vector<HostCpu::Times> boot_times_;            // per core
  std::map<unsigned, ProcessAccount> boot_accounts_;  // by pid
  std::vector<Usage> usage_;                          // per program
  SimTime used_from_ = SimTime::never();
  std::unique_ptr<AgendaCall> measure_;
  std::unique_ptr<AgendaCall> stop_;
  std::unique_ptr<AgendaCall> pause_;         // the end of a slice
  const std::function<bool()>* enough_ = {};  // of the slice that runs
  SimTime slice_end_ = SimTime::never();
  unsigned outside_ = 0;  // who acts between slices, on the agenda
  bool sliced_ = false, paused_ = false;
  SimTime wire_start_ = SimTime::never();
  bool ready_ = false, stopped_ = false;
  End end_ = End::idle;
  std::uint64_t steps_ = 0;
  std::atomic<bool> interrupted_ = false;
};

}  // namespace nicosim
