// ARP for IPv4 over Ethernet (RFC 826; net/ipv4/arp.c).
#pragma once

#include "common/bytes.hpp"
#include "common/drop_reason.hpp"
#include "common/frame.hpp"
#include "common/result.hpp"
#include "stack/core/interface.hpp"
#include "stack/core/net.hpp"
#include "stack/ip/routes.hpp"
#include "stack/link/ethernet.hpp"

#include <cstdint>

namespace nicosim {

class NeighbourTable;

struct ArpMessage {
  static constexpr std::size_t kBytes = 28;
  enum Operation : std::uint16_t { kRequest = 1, kReply = 2 };

  std::uint16_t operation = kRequest;
  MacAddress sender_mac;
  Ipv4Address sender_ip;
  MacAddress target_mac;
  Ipv4Address target_ip;
};

// Ethernet, IPv4, request or reply; everything else is refused.
Result<ArpMessage, DropReason> parse_arp(Bytes packet);
// A whole frame, Ethernet header included, without an id.
FramePtr make_arp(FramePool& pool, const ArpMessage& message, const MacAddress& from, const MacAddress& to);

// arp_rcv and arp_process: answers requests for our addresses, keeps the neighbour table fresh.
class Arp {
 public:
  Arp(Net& net, Routes& routes, NeighbourTable& neighbours) : net_(net), routes_(routes), neighbours_(neighbours) {}

  void receive(FramePtr frame, Interface& in, LinkClass link_class);  // from the ARP header on

 private:
  bool asks_for_us(const ArpMessage& message) const;
  void reply(const ArpMessage& request, const Frame& frame, Interface& out);

  Net& net_;
  Routes& routes_;
  NeighbourTable& neighbours_;
};

}  // namespace nicosim
