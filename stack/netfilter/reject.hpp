// Target REJECT with tcp-reset: the RST that the other end would have sent (net/ipv4/netfilter/nf_reject_ipv4.c).
#pragma once

#include "stack/core/net.hpp"
#include "stack/core/timer.hpp"
#include "stack/ip/ip_output.hpp"
#include "stack/ip/packet.hpp"
#include "stack/ip/routes.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace nicosim {

// nf_send_reset, about a packet whose transport header comes first. false: not TCP, damaged, itself a RST, or no route.
bool nf_send_reset(Net& net, const Routes& routes, IpOutput& output, const IpPacket& about);

// Packets of our own that REJECT refused on OUTPUT: their sockets hear of it as soon as the call that sent them is
// over, as if the ICMP message had come back over a loopback device.
class RefusedPackets {
 public:
  RefusedPackets(Net& net, const Protocols& protocols) : net_(net), protocols_(protocols) {}

  void add(Bytes packet, std::uint8_t code);  // from the IP header on; code of destination unreachable

 private:
  struct Refused {
    std::vector<std::byte> packet;
    std::uint8_t code = 0;
  };
  void tell();

  Net& net_;
  const Protocols& protocols_;
  std::vector<Refused> waiting_;
  Timer timer_{net_.timers, [this] { tell(); }};
};

}  // namespace nicosim
