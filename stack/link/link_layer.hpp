// The door of the stack for a received frame: tap, address class, type (net/core/dev.c: __netif_receive_skb_core).
#pragma once

#include "stack/core/interface.hpp"
#include "stack/core/net.hpp"
#include "stack/core/packet_tap.hpp"
#include "stack/ip/ip_input.hpp"
#include "stack/link/arp.hpp"
#include "stack/netfilter/netfilter.hpp"

namespace nicosim {

class LinkLayer {
 public:
  LinkLayer(Net& net, PacketTap& tap, Netfilter& netfilter, Arp& arp, IpInput& ip)
      : net_(net), tap_(tap), netfilter_(netfilter), arp_(arp), ip_(ip) {}

  void receive(FramePtr frame, Interface& in);  // from the Ethernet header on

 private:
  Net& net_;
  PacketTap& tap_;
  Netfilter& netfilter_;
  Arp& arp_;
  IpInput& ip_;
};

}  // namespace nicosim
