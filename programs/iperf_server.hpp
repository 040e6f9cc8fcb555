// What the client of iperf 2 (2.1.8) expects of a server, over TCP and over UDP.
//
// Whatever comes is read and forgotten. The client's first bytes say whether it wants data back as well: instead of its
// own (-R) or beside it (--full-duplex) over the same connection, or over one that the server opens to it, at once (-d)
// or when its own test is over (-r). What goes at the same time is a process of its own. A UDP test ends with datagrams
// of negative number, each answered with the server's report: bytes, loss, order, jitter (RFC 3550).
#pragma once

#include "programs/datagram.hpp"
#include "programs/tcp_server.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace nicosim {

// What a client says at the start of a TCP connection.
struct IperfRequest {
  bool reverse = false;      // -R: the server sends, the client reads
  bool full_duplex = false;  // both at once on one connection
  bool tradeoff = false;     // -r: afterwards the server connects to `port` and sends
  bool dual = false;         // -d: it does so at once
  std::uint16_t port = 0;
  std::uint64_t bytes = 0;             // how much the server sends, or else
  SimTime duration = SimTime::zero();  // how long
  std::uint32_t bits_per_second = 0;   // how fast, of UDP; 0: not said
};
inline constexpr std::size_t kIperfRequestBytes = 36;
std::optional<IperfRequest> parse_iperf_request(std::span<const std::byte> first);  // nullopt: too short, or none

// One TCP connection; for TcpServerProgram::serve.
int serve_iperf(Posix& os, int fd, TcpServerStats& stats);

// The UDP server, for ever; 0 or -errno. One client at a time: a new one starts a new report.
int run_iperf_udp(Posix& os, std::uint16_t port, DatagramStats& stats);

}  // namespace nicosim
