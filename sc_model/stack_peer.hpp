// A peer on the wire with a protocol stack of its own: a TCP client that opens connections to the simulated host.
//
// It is software at the far end of the wire and costs no time: what reaches it is answered at once, its timers run when
// they are due. Plain C++; the simulation hands it frames and times (Simulation::WireEnds).
#pragma once

#include "common/bytes.hpp"
#include "common/frame.hpp"
#include "common/ledger.hpp"
#include "common/rng.hpp"
#include "sc_model/wire_peer.hpp"
#include "stack/stack.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
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
  std::uint64_t seed = 1;
  // What arrives, in order; connections are counted from 0. Empty: only the number of bytes is kept.
  std::function<void(std::uint64_t connection, Bytes data)> received;
};

class StackPeer final : public WirePeer {
 public:
  struct Stats {
    std::uint64_t connected = 0, failed = 0, finished = 0;  // finished: read to the end of file
    std::uint64_t bytes_sent = 0, bytes_received = 0;
  };

  explicit StackPeer(TcpClientConfig config);
  ~StackPeer() override;
  StackPeer(const StackPeer&) = delete;
  StackPeer& operator=(const StackPeer&) = delete;

  void start(SimTime wire_start) override;
  std::vector<WireFrame> receive(SimTime now, Bytes frame) override;
  SimTime next_deadline() const override;
  bool has_plans() const override { return !next_open_.is_never(); }
  std::vector<WireFrame> on_time(SimTime now) override;

  const Stats& stats() const { return stats_; }
  const CounterGroup& nstat() const { return stack_->nstat(); }

 private:
  class Port;
  class OwnRuntime;
  struct Connection {
    int fd = -1;
    std::uint64_t number = 0;
    std::size_t sent = 0;
    bool counted = false, done = false;
  };

  std::vector<WireFrame> settle();  // everything that can happen now has happened
  void open_due();
  void step(Connection& connection);

  TcpClientConfig config_;
  NullLedger ledger_;
  FramePool pool_;
  std::unique_ptr<OwnRuntime> runtime_;
  std::unique_ptr<Port> port_;
  std::unique_ptr<Task> task_;
  std::unique_ptr<Stack> stack_;
  SimTime next_open_ = SimTime::never();
  std::uint64_t opened_ = 0, arrived_ = 0;
  std::vector<Connection> connections_;
  Stats stats_;
};

}  // namespace nicosim
