// Sockets as ss(8) prints them, column by column (iproute2, misc/ss.c).
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace nicosim {

struct SsRow {
  std::string netid, state;
  std::size_t recv_q = 0, send_q = 0;  // of a listener: connections that wait for accept(), and how many may
  std::string local, local_port, peer, peer_port;
  std::string process;  // with a space in front: nothing else parts it from the port
};

// Every column is as wide as its widest field, heading included. `netid`: with that column, as for several protocols.
std::string ss_text(std::span<const SsRow> rows, bool netid);

}  // namespace nicosim
