// The packet tap (ptype_all): where Wireshark looks, both ways.
//
// A received frame passes it after input_pkt_queue and before any layer above may drop it; a sent one just before the
// driver gets it (net/core/dev.c: __netif_receive_skb_core, dev_queue_xmit_nit).
#pragma once

#include "common/frame.hpp"
#include "common/net_device.hpp"
#include "stack/core/net.hpp"

#include <functional>
#include <vector>

namespace nicosim {

class PacketTap {
 public:
  using Listener = std::function<void(const Frame&, const NetDevice&, SimTime)>;

  explicit PacketTap(Net& net) : net_(net) {}
  void listen(Listener listener) { listeners_.push_back(std::move(listener)); }
  // Every listener sees the frame from its Ethernet header on, and copies what it wants to keep.
  void pass(const Frame& frame, const NetDevice& device) {
    for (const Listener& listener : listeners_) {
      net_.runtime.charge(Cost::tap_copy);
      listener(frame, device, net_.now());
    }
  }

 private:
  Net& net_;
  std::vector<Listener> listeners_;
};

}  // namespace nicosim
