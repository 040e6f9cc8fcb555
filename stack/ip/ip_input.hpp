// IPv4 on the way in: checks, for us or not, reassembly, protocol (net/ipv4/ip_input.c, route.c, ip_forward.c).
#pragma once

#include "stack/core/interface.hpp"
#include "stack/core/net.hpp"
#include "stack/ip/packet.hpp"
#include "stack/ip/reassembly.hpp"
#include "stack/ip/routes.hpp"

namespace nicosim {

class Icmp;
class IpOutput;
class Netfilter;
enum class NfHook : std::uint8_t;
struct NfVerdict;

class IpInput {
 public:
  IpInput(Net& net, Routes& routes, Netfilter& netfilter, IpOutput& output, Icmp& icmp, Protocols& protocols);

  void receive(FramePtr frame, Interface& in, LinkClass link_class);  // ip_rcv, from the IP header on
  Reassembly& reassembly() { return reassembly_; }

 private:
  bool hook(NfHook hook, IpPacket& packet, const Interface* out);  // false: dropped or answered
  void refuse(IpPacket packet, const NfVerdict& verdict);
  bool pre_routing(IpPacket& packet);  // joins fragments first when connections are tracked; false: gone or kept
  bool route(IpPacket& packet);        // ip_route_input: sets destination_kind; false: dropped
  bool options(IpPacket& packet);      // ip_rcv_options; false: dropped or answered
  void deliver(IpPacket packet);       // ip_local_deliver
  void forward(IpPacket packet);       // ip_forward
  void hand_on(FramePtr frame, const Route& route);
  // The packet ends here; an ICMP error went back if the rules allow one, and then it counts as answered.
  void reject(IpPacket packet, Station at, DropReason reason, std::uint8_t type, std::uint8_t code,
              std::uint32_t info = 0);

  Net& net_;
  Routes& routes_;
  Netfilter& netfilter_;
  IpOutput& output_;
  Icmp& icmp_;
  Protocols& protocols_;
  Reassembly reassembly_;
};

}  // namespace nicosim
