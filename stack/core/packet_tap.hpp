// The packet tap (ptype_all): where Wireshark looks, both ways.
//
// A received frame passes it after input_pkt_queue and before any layer above may drop it; a sent one just before the
// driver gets it (net/core/dev.c: __netif_receive_skb_core, dev_queue_xmit_nit).
#pragma once

#include "common/frame.hpp"
#include "common/net_device.hpp"
#include "stack/core/net.hpp"

#include <functional>
#include <utility>
#include <vector>

namespace nicosim {

class PacketTap {
 public:
  using Listener = std::function<void(const Frame&, const NetDevice&, SimTime)>;

  explicit PacketTap(Net& net) : net_(net) {}
  void listen(Listener listener, TapFilter filter) { listeners_.emplace_back(std::move(listener), filter); }
  // Every listener that wants such frames sees it from its Ethernet header on, and copies what it wants to keep.
  void pass(const Frame& frame, const NetDevice& device, bool outbound) {
    for (const auto& [listener, filter] : listeners_) {
      if (!filter.wants(device, outbound)) continue;
      net_.runtime.charge(Cost::tap_copy);
      listener(frame, device, net_.now());
    }
  }

 private:
  Net& net_;
  std::vector<std::pair<Listener, TapFilter>> listeners_;
};

}  // namespace nicosim
