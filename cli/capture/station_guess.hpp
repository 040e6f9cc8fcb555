// Whom a capture was taken at: the station whose place the simulated host takes (`replay --as auto|MAC|IP`).
#pragma once

#include "common/bytes.hpp"
#include "common/result.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nicosim {

struct CaptureStation {
  MacAddress mac;       // all zero when the capture carries no addresses: then filter by IP, or run promiscuous
  Ipv4Address address;  // any() when no IPv4 goes with that MAC
  std::vector<std::uint16_t> udp_ports;          // ascending: those that datagrams to `address` name
  std::map<Ipv4Address, MacAddress> neighbours;  // everybody else, with the MAC their frames come from or go to
};

// Feed it every frame of the capture, then ask. Memory grows with the number of different addresses.
class StationGuess {
 public:
  void see(Bytes frame);

  // `auto`: the MAC that is source or destination of most unicast frames; equal ones by how many of them carry its
  // most used IPv4 address, then a private address (RFC 1918) first, then the lower MAC. Captures with all-zero MACs
  // are decided by IPv4 address alone. A MAC or an IPv4 address is taken as it is, and must occur. The error says what
  // was expected.
  Result<CaptureStation, std::string> choose(std::string_view as) const;

 private:
  using Pair = std::pair<MacAddress, Ipv4Address>;

  void see_arp(Bytes packet);
  void see_ipv4(MacAddress source, MacAddress destination, Bytes packet);
  void endpoint(MacAddress mac, Ipv4Address address);
  std::pair<Ipv4Address, std::uint64_t> main_address(MacAddress mac) const;
  MacAddress main_mac(Ipv4Address address) const;
  CaptureStation describe(MacAddress mac, Ipv4Address address) const;
  Result<CaptureStation, std::string> choose_by_itself() const;

  std::map<MacAddress, std::uint64_t> unicast_frames_;
  std::map<Ipv4Address, std::uint64_t> unicast_packets_;
  std::map<Pair, std::uint64_t> pairs_;
  std::map<Ipv4Address, MacAddress> by_arp_, by_ip_;
  std::map<Ipv4Address, std::set<std::uint16_t>> udp_ports_;
};

}  // namespace nicosim
