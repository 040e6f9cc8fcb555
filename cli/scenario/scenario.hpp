// A scenario: what a run is made of, as plain data. Read from TOML by parse_scenario(), written back by
// write_scenario(); parse(write(s)) == s.
//
// Everything is resolved: a default that depends on something else (a peer's target, a MAC) is filled in.
#pragma once

#include "common/bytes.hpp"
#include "common/result.hpp"
#include "common/sim_time.hpp"
#include "stack/netfilter/rule.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nicosim {

// Where something stands in the file, for messages. Does not take part in comparisons.
struct SourceLine {
  std::uint32_t line = 0;  // 0: not in a file
  bool operator==(const SourceLine&) const { return true; }
};

struct Scenario {
  // Paths as in --set, each with what stands after its '='.
  using Settings = std::vector<std::pair<std::string, std::string>>;

  enum class Mode : std::uint8_t { pio, dma_irq, napi };
  enum class RxPath : std::uint8_t { rps, netif_rx, direct };

  struct Stop {
    std::optional<SimTime> after;  // none: when nothing is left to do
    SimTime warmup;                // measured values start here
    bool operator==(const Stop&) const = default;
  };

  struct Address {
    Ipv4Address ip;
    unsigned prefix = 24;
    bool operator==(const Address&) const = default;
  };

  struct Route {
    Address destination;             // 0.0.0.0/0: the default route
    std::optional<Ipv4Address> via;  // none: on the link
    std::string dev;                 // name of a card
    bool operator==(const Route&) const = default;
  };

  struct Host {
    unsigned cores = 2;
    bool interleave = false;  // vary what a real machine leaves open, from the seed
    Mode mode = Mode::napi;
    RxPath rx_path = RxPath::rps;                 // netif_rx with pio and dma_irq
    std::map<std::string, std::uint64_t> sysctl;  // Linux's name to value; only what the scenario sets
    std::map<std::string, SimTime> costs;         // name in common/costs.hpp to time per unit; only what it sets
    std::vector<Route> routes;                    // beside those to the cards' own networks
    unsigned rlimit_nofile = 1024;                // descriptors of a process, as `ulimit -n`
    NetfilterConfig netfilter;
    std::uint64_t page_cache = 64U << 20U;  // bytes of files that memory holds
    bool operator==(const Host&) const = default;
  };

  struct Disk {
    SimTime latency = SimTime::us(100);
    std::uint64_t bandwidth = 500'000'000;  // bytes per second
    unsigned queue = 32;                    // requests in flight
    unsigned irq_cpu = 0;                   // the core that takes its interrupts
    bool operator==(const Disk&) const = default;
  };

  // What lies on the disk: a text, or `size` bytes made from `seed`.
  struct File {
    std::string path;
    std::uint64_t size = 0;
    std::string text;
    std::uint64_t seed = 1;
    bool operator==(const File&) const = default;
  };

  // Between card and host (sc_model/host_link): one way.
  struct Link {
    SimTime latency = SimTime::ns(400);
    std::uint64_t bandwidth_bps = 32'000'000'000;
    unsigned header_bytes = 24;
    unsigned payload_bytes = 256;  // longest packet, without header
    bool operator==(const Link&) const = default;
  };

  struct Nic {
    std::string name;
    MacAddress mac;  // default 02:00:00:00:00:01, :02, ... in file order
    std::vector<Address> addresses;
    unsigned rx_ring = 256, tx_ring = 256;  // descriptors, multiples of 8
    unsigned rx_usecs = 0;                  // ITR in us, as `ethtool -C`; 0: off
    // How ITR is set: by rx_usecs; `itr` as InterruptThrottleRate: a rate, or chosen by the driver
    enum class Itr : std::uint8_t { rx_usecs, rate, dynamic, conservative };
    Itr itr = Itr::rx_usecs;
    unsigned itr_rate = 0;  // interrupts per second at most, with Itr::rate
    unsigned napi_defer_hard_irqs = 0;
    SimTime gro_flush_timeout;
    bool threaded = false;  // a kernel thread polls
    unsigned mtu = 1500;
    unsigned copybreak = 256;
    bool promiscuous = false;
    enum class Tap : std::uint8_t { in, out, both, off };
    Tap tap = Tap::both;  // which frames the packet tap of the stack sees
    bool rx_checksum = true, tx_checksum = true, tso = true, gso = true, gro = false;  // as `ethtool -K`
    unsigned irq_cpu = 0;              // the core that takes its interrupts
    std::vector<unsigned> rps_cpus;    // cores that rx_path rps spreads its flows over; empty: all
    SimTime autoneg = SimTime::ms(1);  // how long the PHY negotiates
    Link link;                         // [link], then [nic.NAME.link]
    bool operator==(const Nic&) const = default;
  };

  // What the wire in front of a card does to frames. Chances in units of 10^-9.
  struct Wire {
    enum class Direction : std::uint8_t { in, out, both };
    struct Event {
      enum class State : std::uint8_t { down, up };
      SimTime at;
      State state = State::down;
      bool operator==(const Event&) const = default;
    };
    std::string nic;
    Direction direction = Direction::in;  // which way the chances apply; `in` is towards the card
    SimTime delay, jitter;                // both ways
    std::uint32_t loss_ppb = 0, corrupt_ppb = 0, duplicate_ppb = 0, reorder_ppb = 0;
    unsigned gap = 1;          // a frame is reordered at the earliest so many after the last one
    std::vector<Event> links;  // the cable goes and comes, in order of time
    bool operator==(const Wire&) const = default;
  };

  struct Send {
    enum class Kind : std::uint8_t { udp, arp, ping, raw };
    Kind kind = Kind::udp;
    SimTime at;                          // the first one
    std::optional<SimTime> every;        // distance of the next ones
    std::optional<std::uint64_t> rate;   // or how many per second; frame k leaves at + floor(k * 10^12 / rate) ps
    std::optional<std::uint64_t> count;  // none: until the run ends; 1 without every and rate
    MacAddress src_mac, dst_mac;
    Ipv4Address src, dst;
    std::uint16_t sport = 40'000, dport = 9;  // udp only
    std::vector<std::byte> payload;           // udp and ping: the data; raw: the whole frame without FCS
    bool operator==(const Send&) const = default;
  };

  struct Peer {
    enum class Kind : std::uint8_t { generator, pcap, stack, recording, tap };
    std::string name;
    std::string on;  // name of a card
    Kind kind = Kind::generator;
    // generator, stack; tap: of the client's interface
    MacAddress mac;  // default 02:00:00:00:01:01, ... in file order
    std::optional<Address> address;
    std::vector<Send> sends;
    std::optional<Ipv4Address> gateway;  // stack, tap: of its default route
    // pcap, recording
    std::string file;
    std::string pace = "capture";  // Pace::parse() reads it
    SimTime max_gap = SimTime::s(10);
    bool lenient = false;
    bool operator==(const Peer&) const = default;
  };

  struct App {
    enum class Kind : std::uint8_t {
      udp_sink,
      udp_echo,
      tcp_echo,
      discard,
      chargen,
      http_server,
      http_load,
      tcp_send,
      iperf,
      iperf_udp
    };
    enum class Model : std::uint8_t { iterative, blocking, nonblocking, select, poll, epoll, sigio, aio };
    std::string name;
    std::string on = "host";  // or the name of a peer with a stack: clients, and servers as may_be_on_peer() says
    Kind kind = Kind::udp_sink;
    std::uint16_t port = 0;  // of a server; of a client's target
    // servers over TCP
    unsigned backlog = 128;  // of listen()
    // tcp_echo, http_server (programs/models/)
    Model model = Model::iterative;
    std::optional<SimTime> timeout{};     // of select, poll and epoll_wait; none: for ever
    bool edge = false;                    // epoll: EPOLLET
    SimTime work_unit = SimTime::us(10);  // other work while there is nothing to serve
    // http_load, tcp_send
    Ipv4Address target{};
    SimTime at{};  // the first connection, from the start of the wire
    // tcp_send
    std::optional<std::uint64_t> bit_rate{};  // of what is written; none: as fast as TCP lets it
    std::uint64_t size = 0;                   // so many bytes, then it ends the stream; 0: until the run ends
    // http_load
    std::uint64_t connections = 1;
    std::optional<std::uint64_t> rate{};  // connections per second; none: one per millisecond
    std::string path = "/";
    std::uint64_t requests = 1;             // on each connection; 0: until the run ends
    std::optional<std::uint64_t> active{};  // so many connections ask, the others stay silent; none: all
    SimTime think{};                        // between an answer and the next request
    SimTime ask_from{};                     // nobody asks before, from the start of the wire
    bool prefer_busy_poll = false;          // of udp_sink and udp_echo: SO_PREFER_BUSY_POLL
    std::optional<unsigned> cpu{};          // servers: the only core it may run on; none: any
    enum class FileIo : std::uint8_t { read, sendfile };
    FileIo file_io = FileIo::read;  // http_server: how a file gets to the socket
    // Its process never sleeps, so that a run does not end by itself.
    bool never_idle() const {
      return model == Model::nonblocking || model == Model::sigio || model == Model::aio ||
             (timeout && model != Model::iterative);
    }
    // One process serves many connections at once, with calls that do not block on one of them.
    bool many_at_once() const { return model != Model::iterative && model != Model::blocking; }
    bool is_client() const { return kind == Kind::http_load || kind == Kind::tcp_send; }
    bool may_be_on_peer() const { return is_client() || has_model() || kind == Kind::discard; }
    bool has_model() const { return kind == Kind::tcp_echo || kind == Kind::http_server; }
    bool is_tcp() const { return kind != Kind::udp_sink && kind != Kind::udp_echo && kind != Kind::iperf_udp; }
    bool operator==(const App&) const = default;
  };

  struct Expect {
    std::string metric;  // path in report.json: "ledger.drop.*", "stations.read.p99_ns"
    std::optional<double> min, max, equals;
    SourceLine where;
    Settings at{};  // `where`: only at the points of the study that have these values; empty: at all
    bool operator==(const Expect&) const = default;
  };

  // Many runs of this scenario, each with other values. A run of one point has no study.
  struct Study {
    struct Axis {
      std::string key;                  // path as in --set
      std::vector<std::string> values;  // as after its '='; at least one
      bool zip = false;                 // advances together with the axis before it, which has as many values
      SourceLine where;
      bool operator==(const Axis&) const = default;
    };
    struct Column {
      std::string name;    // the metric itself unless the scenario calls it something
      std::string metric;  // as in Expect
      bool operator==(const Column&) const = default;
    };
    // One of several tables of the same points.
    struct View {
      std::string title;
      Settings where{};    // only the points that have these values
      std::string across;  // an axis whose values become columns of the one metric; empty: the columns are `columns`
      std::vector<Column> columns;
      bool operator==(const View&) const = default;
    };
    std::uint64_t seeds = 1;    // every point runs with seed, seed + 1, ...
    bool zip = false;           // the axes advance together instead of every value meeting every other
    std::vector<Axis> axes;     // the first one changes slowest
    std::vector<Column> table;  // every metric of the views among them
    std::vector<View> views;    // none: `table` is shown
    bool operator==(const Study&) const = default;
  };

  std::uint64_t seed = 1;
  Stop stop;
  Host host;
  std::vector<Nic> nics;  // in file order, which is the order of their ports
  std::vector<Wire> wires;
  std::vector<Peer> peers;
  Disk disk;
  std::vector<File> files;  // in their order on the disk
  std::vector<App> apps;    // started in this order
  std::vector<Expect> expects;
  std::optional<Study> study;

  bool operator==(const Scenario&) const = default;
};

inline constexpr int kScenarioSchema = 1;

// Which sysctl knobs there are: the stack's list, handed in so that scenarios can be read without a stack.
struct SysctlRules {
  std::vector<std::string> names;
  std::function<bool(std::string_view name, std::uint64_t value)> accepts;  // empty: every name and value
};

// Every error of a scenario, in file order: "FILE:LINE:COLUMN: what; expected ...; did you mean 'x'?". Exit code 2.
struct ScenarioErrors {
  std::vector<std::string> messages;
  std::string text() const;  // one a line
};

// `name` is what errors call the text. `overlays` are --set arguments, "PATH=VALUE", applied in order; where an
// instance is left out ("nic.rx_ring=64") all of them are meant.
Result<Scenario, ScenarioErrors> parse_scenario(std::string_view toml, std::string_view name,
                                                std::span<const std::string> overlays = {},
                                                const SysctlRules& sysctl = {});
// A scenario file as it stands; a study reads it once per point. "-" is standard input.
struct ScenarioText {
  std::string toml, name;
};
Result<ScenarioText, ScenarioErrors> read_scenario_text(const std::string& path);
// Both in one.
Result<Scenario, ScenarioErrors> load_scenario(const std::string& path, std::span<const std::string> overlays = {},
                                               const SysctlRules& sysctl = {});

// The resolved scenario as TOML.
std::string write_scenario(const Scenario& scenario);

std::string_view name_of(Scenario::Mode mode);
std::string_view name_of(Scenario::RxPath path);
std::string_view name_of(Scenario::Nic::Tap tap);
std::string_view name_of(Scenario::Wire::Direction direction);
std::string_view name_of(Scenario::Wire::Event::State);
std::string_view name_of(Scenario::Send::Kind kind);
std::string_view name_of(Scenario::Peer::Kind kind);
std::string_view name_of(Scenario::App::Kind kind);
std::string_view name_of(Scenario::App::Model model);
std::string_view name_of(Scenario::App::FileIo how);

}  // namespace nicosim
