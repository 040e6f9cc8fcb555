// A TCP client program on a stack at the far end of the wire: opens connections and asks on them.
//
// Each connection asks once, or again and again after thinking about the answer, or stays silent; so a few busy clients
// among many idle ones are one load.
#pragma once

#include "common/bytes.hpp"
#include "common/rng.hpp"
#include "programs/http_answers.hpp"
#include "sc_model/peer_program.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace nicosim {

struct TcpLoadConfig {
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

class TcpLoad final : public PeerProgram {
 public:
  struct Stats {
    std::uint64_t connected = 0, failed = 0, finished = 0;  // finished: read to the end of file
    std::uint64_t bytes_sent = 0, bytes_received = 0;
    std::uint64_t answers = 0;            // whole ones; counted with more than one request on a connection
    std::vector<SimTime> response_times;  // of those measured: from the request's sending to the answer's last byte
  };

  TcpLoad(TcpLoadConfig config, Syscalls& calls, unsigned pid);

  void start(SimTime wire_start) override;
  SimTime next_deadline() const override;  // when it opens its next connection or asks again
  const Stats& stats() const { return stats_; }

 private:
  struct Connection {
    int fd = -1;
    std::uint64_t number = 0;
    std::uint64_t asked = 0;  // whole requests
    std::size_t sent = 0;     // of the next one
    bool asks = true, may_ask = false, counted = false, finished = false;
    SimTime asked_at;
    HttpAnswers answers;
  };

  void due() override;
  void ready(int fd) override;
  void open_due();
  void ask_due();
  void step(Connection& connection);
  bool say(Connection& connection);  // false: it has failed
  void answered(Connection& connection);
  void think(const Connection& connection, SimTime from);
  void finish(Connection& connection, std::uint64_t& counter);
  bool is_last(const Connection& connection) const { return connection.asked + 1 == config_.requests; }

  TcpLoadConfig config_;
  Rng think_rng_{config_.seed, "think"};
  SimTime next_open_ = SimTime::never();
  std::uint64_t opened_ = 0;
  std::map<int, Connection> connections_;       // by descriptor
  std::set<std::pair<SimTime, int>> thinking_;  // when who asks again
  Stats stats_;
};

}  // namespace nicosim
