// Which UDP socket gets a datagram, and which ports are free (struct udp_table).
#pragma once

#include "common/bytes.hpp"
#include "common/runtime.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace nicosim {

struct Sock;

class UdpTable {
 public:
  static constexpr std::uint16_t kFirstEphemeral = 32768, kLastEphemeral = 60999;  // net.ipv4.ip_local_port_range

  // udp_v4_get_port: enters the socket under `port`, 0 picks a free one at random. 0 or -EADDRINUSE.
  int insert(Sock& sock, std::uint16_t port, Runtime& runtime);
  void remove(Sock& sock);

  // __udp4_lib_lookup: the best match; among equals the one bound last. nullptr: nobody.
  std::shared_ptr<Sock> lookup(Ipv4Address source, std::uint16_t source_port, Ipv4Address destination,
                               std::uint16_t destination_port) const;
  // Everyone who wants a broadcast or multicast datagram (__udp_is_mcast_sock), newest first.
  std::vector<std::shared_ptr<Sock>> lookup_all(Ipv4Address source, std::uint16_t source_port, Ipv4Address destination,
                                                std::uint16_t destination_port) const;

 private:
  bool conflict(const Sock& sock, std::uint16_t port) const;

  std::map<std::uint16_t, std::vector<Sock*>> ports_;  // newest first
};

}  // namespace nicosim
