// The two doors between a driver and the stack: NetDevice (what the stack sees of a card) and FrameSink (what the
// driver sees of the stack). Neither side knows more of the other.
#pragma once

#include "common/bytes.hpp"
#include "common/frame.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace nicosim {

// What `ethtool -k` shows. gso and gro are the stack's work, switched per card.
struct Features {
  bool rx_checksum = false, tx_checksum = false, tso = false, vlan = false, gso = false, gro = false;
  bool operator==(const Features&) const = default;
};

class Napi;
class NetDevice;

// What a packet tap wants to see: one interface or all, one direction or both (tcpdump -i and -Q).
struct TapFilter {
  const NetDevice* device = nullptr;  // nullptr: every one
  bool in = true, out = true;

  bool wants(const NetDevice& on, bool outbound) const {
    return (device == nullptr || device == &on) && (outbound ? out : in);
  }
};

class NetDevice {
 public:
  virtual ~NetDevice() = default;

  virtual std::string_view name() const = 0;  // "eth0"
  virtual unsigned port() const = 0;          // index of the card in the simulation, as in frame ids
  virtual MacAddress address() const = 0;
  virtual unsigned mtu() const = 0;  // bytes of IP packet
  virtual Features features() const = 0;
  // ndo_features_check: what of it the card will do for this frame; the stack does the rest before transmit().
  virtual Features features_check(const Frame& /*frame*/) const { return features(); }
  virtual bool carrier() const = 0;

  // What a waiting process may poll itself (busy polling); nullptr: frames come by interrupts only.
  virtual Napi* napi() { return nullptr; }

  // Hands a whole Ethernet frame without FCS to the card (ndo_start_xmit). true: taken, `frame` is empty afterwards.
  // false: NETDEV_TX_BUSY, the frame stays with the caller and FrameSink::tx_wake() follows when there is room.
  [[nodiscard]] virtual bool transmit(FramePtr& frame) = 0;

  // ndo_set_rx_mode: `groups` are multicast addresses to receive beside broadcast and the own address.
  virtual void set_rx_mode(bool promiscuous, bool all_multicast, std::span<const MacAddress> groups) = 0;
};

class FrameSink {
 public:
  virtual ~FrameSink() = default;

  // A frame from the Ethernet header on, without FCS (netif_rx or napi_gro_receive, as rx_path says).
  virtual void receive(NetDevice& from, FramePtr frame) = 0;
  virtual void poll_done(NetDevice& from) = 0;  // a NAPI poll used up its budget: GRO flush (__napi_poll)
  virtual void tx_wake(NetDevice& device) = 0;  // the transmit ring has room again (netif_wake_queue)
  virtual void carrier_changed(NetDevice& device) = 0;
};

}  // namespace nicosim
