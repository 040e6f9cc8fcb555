// A peer on the wire with a protocol stack of its own: a TCP client that opens connections to the simulated host.
//
// Each connection asks once, or again and again after thinking about the answer, or stays silent; so a few busy clients
// among many idle ones are one peer. It is software at the far end of the wire and costs no time: what reaches it is
// answered at once, its timers run when they are due. Plain C++; the simulation hands it frames and times
// (Simulation::WireEnds).
#pragma once

#include "common/bytes.hpp"
#include "common/frame.hpp"
#include "common/ledger.hpp"
#include "common/rng.hpp"
#include "programs/http_answers.hpp"
#include "sc_model/wire_peer.hpp"
#include "stack/stack.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace nicosim {

struct TcpClientConfig {
  MacAddress mac;
  Ipv4Address address;
  unsigned prefix_length = 24;
  Ipv4Address gateway;  // of the default route; any: none
  Ipv4Address server;
  std::uint16_t port = 80;
  SimTime at;                      // of the first connect(), from the start of the wire
  SimTime every = SimTime::ms(1);  // distance of the next ones
  std::uint64_t connections = 1;
  std::string request;     // sent as soon as the connection stands
  bool half_close = true;  // and nothing follows it: FIN
  // More than one request on each connection, the next one when the answer to the last has come and was thought about.
  // Answers are HTTP (programs/http_answers.hpp).
  std::uint64_t requests = 1;           // on each connection; 0: until the run ends
  std::string earlier_request;          // all but the last one
  SimTime think = SimTime::zero();      // between an answer and the next request: from half of this to one and a half
  SimTime ask_from = SimTime::zero();   // nobody asks before, counted from the start of the wire
  std::optional<std::uint64_t> active;  // so many connections ask, evenly spread; the others stay silent
  SimTime measure_from = SimTime::zero();  // times of answers count from here on, from the start of the wire
  std::uint64_t seed = 1;
  // What arrives, in order; connections are counted from 0. Empty: only the number of bytes is kept.
  std::function<void(std::uint64_t connection, Bytes data)> received;
};

class StackPeer final : public WirePeer {
 public:
  struct Stats {
    std::uint64_t connected = 0, failed = 0, finished = 0;  // finished: read to the end of file
    std::uint64_t bytes_sent = 0, bytes_received = 0;
    std::uint64_t answers = 0;            // whole ones; counted with more than one request on a connection
    std::vector<SimTime> response_times;  // of those measured: from the request's sending to the answer's last byte
  };

  explicit StackPeer(TcpClientConfig config);
  ~StackPeer() override;
  StackPeer(const StackPeer&) = delete;
  StackPeer& operator=(const StackPeer&) = delete;

  void start(SimTime wire_start) override;
  std::vector<WireFrame> receive(SimTime now, Bytes frame) override;
  SimTime next_deadline() const override;
  bool has_plans() const override { return !next_open_.is_never() || !thinking_.empty(); }
  std::vector<WireFrame> on_time(SimTime now) override;

  const Stats& stats() const { return stats_; }
  const CounterGroup& nstat() const { return stack_->nstat(); }

 private:
  class Port;
  class OwnRuntime;
  struct Connection {
    int fd = -1;
    std::uint64_t number = 0;
    std::uint64_t asked = 0;  // whole requests
    std::size_t sent = 0;     // of the next one
    bool asks = true, may_ask = false, counted = false, finished = false;
    SimTime asked_at;
    HttpAnswers answers;
  };

  std::vector<WireFrame> settle();  // everything that can happen now has happened
  void open_due();
  void ask_due();
  void step(Connection& connection);
  bool say(Connection& connection);  // false: it has failed
  void answered(Connection& connection);
  void think(const Connection& connection, SimTime from);
  void finish(Connection& connection, std::uint64_t& counter);
  bool is_last(const Connection& connection) const { return connection.asked + 1 == config_.requests; }

  TcpClientConfig config_;
  Rng think_rng_{config_.seed, "think"};
  NullLedger ledger_;
  FramePool pool_;
  std::unique_ptr<OwnRuntime> runtime_;
  std::unique_ptr<Port> port_;
  std::unique_ptr<Task> task_;
  std::unique_ptr<Stack> stack_;
  SimTime next_open_ = SimTime::never();
  std::uint64_t opened_ = 0, arrived_ = 0;
  int epoll_ = -1;
  std::map<int, Connection> connections_;       // by descriptor
  std::set<std::pair<SimTime, int>> thinking_;  // when who asks again
  Stats stats_;
};

}  // namespace nicosim
