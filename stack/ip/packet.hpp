// A received IPv4 packet on its way up, and the interface that transport protocols present to IP (struct net_protocol).
#pragma once

#include "common/frame.hpp"
#include "stack/core/interface.hpp"
#include "stack/ip/ipv4.hpp"
#include "stack/ip/routes.hpp"
#include "stack/link/ethernet.hpp"

#include <array>
#include <cstdint>

namespace nicosim {

struct IpPacket {
  FramePtr frame;  // from the payload on; the IP header is still there in its headroom
  Ipv4Header ip;
  Interface* in = nullptr;
  LinkClass link_class = LinkClass::host;
  AddressKind destination_kind = AddressKind::local;
};

// An ICMP error about a packet that we sent (RFC 792): enough of it to find the socket.
struct IcmpReport {
  std::uint8_t type = 0, code = 0;
  Ipv4Address source, destination;  // of our packet
  Bytes transport;                  // its first bytes behind the IP header, at least 8
  std::uint32_t info = 0;           // the message's second word: the next hop's MTU, or a pointer
};

class TransportProtocol {
 public:
  virtual ~TransportProtocol() = default;
  virtual void receive(IpPacket packet) = 0;
  virtual void error(const IcmpReport& report) = 0;
};

using Protocols = std::array<TransportProtocol*, 256>;  // inet_protos: by IP protocol number, nullptr: none

}  // namespace nicosim
