// A TCP client that sends: one connection, one way, as fast as it is told or as TCP lets it. As `iperf -c -b` does, it
// catches up when it could not keep its rate.
#pragma once

#include "sc_model/peer_program.hpp"

#include <cstdint>
#include <optional>

namespace nicosim {

struct TcpSendConfig {
  Ipv4Address server;
  std::uint16_t port = 9;
  SimTime at;                         // of the connect(), from the start of the wire
  std::optional<std::uint64_t> rate;  // bits per second of what is written, once it is connected; none: no limit
  std::uint64_t bytes = 0;            // then it ends the stream; 0: until the run ends
};

class TcpSend final : public PeerProgram {
 public:
  static constexpr std::uint64_t kBlock = 8192;  // bytes that fall due at once

  struct Stats {
    std::uint64_t connected = 0, failed = 0, finished = 0;  // finished: the server has closed too
    std::uint64_t bytes_sent = 0;                           // given to the socket
  };

  TcpSend(TcpSendConfig config, Syscalls& calls, unsigned pid) : PeerProgram(calls, pid), config_(config) {}

  void start(SimTime wire_start) override;
  SimTime next_deadline() const override { return next_; }
  const Stats& stats() const { return stats_; }

 private:
  void due() override;
  void ready(int fd) override;
  void say();
  void end(std::uint64_t& counter);

  TcpSendConfig config_;
  int fd_ = -1;
  SimTime next_ = SimTime::never();  // of the connect(), then of the next block
  SimTime interval_;                 // between blocks; zero: no limit
  std::uint64_t due_bytes_ = 0;      // that may have been written by now
  Stats stats_;
};

}  // namespace nicosim
