// A process that reads datagrams and does nothing with them, and one that sends them back (RFC 862).
#pragma once

#include "programs/posix.hpp"

#include <cstdint>
#include <functional>

namespace nicosim {

struct DatagramStats {
  std::uint64_t datagrams = 0, bytes = 0, errors = 0;
};

struct DatagramProgram {
  std::uint16_t port = 0;
  bool echo = false;
  DatagramStats* stats = nullptr;                                                 // counted into, may be null
  std::function<void(std::span<const std::byte>, const sockaddr_in& from)> seen;  // each datagram, may be empty
  bool prefer_busy_poll = false;  // SO_PREFER_BUSY_POLL: nobody else polls the card while it is at it
};

// Runs until a call fails for good: socket, bind on INADDR_ANY, then recvfrom() and, for echo, sendto() for ever.
// Returns 0 or the error as -errno.
int run_datagram_program(Posix& os, const DatagramProgram& program);

}  // namespace nicosim
