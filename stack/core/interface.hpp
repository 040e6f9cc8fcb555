// A network interface as the stack keeps it: the card, its addresses, its queue (struct net_device and in_device).
#pragma once

#include "common/bytes.hpp"
#include "common/net_device.hpp"
#include "common/spin_lock.hpp"
#include "stack/core/gro.hpp"
#include "stack/core/tx_queue.hpp"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace nicosim {

struct InterfaceAddress {
  Ipv4Address address;
  unsigned prefix_length = 0;

  std::uint32_t mask() const { return prefix_length == 0 ? 0 : ~std::uint32_t{0} << (32U - prefix_length); }
  bool contains(Ipv4Address other) const { return ((address.value ^ other.value) & mask()) == 0; }
  Ipv4Address broadcast() const { return {address.value | ~mask()}; }
  bool has_broadcast() const { return prefix_length < 31; }  // RFC 3021: /31 and /32 have none
};

struct Interface {
  Interface(Net& net, NetDevice& card, PacketTap& tap, unsigned number, Gro::Pass pass)
      : device(card), queue(net, card, tap), gro(net, std::move(pass)), index(number), runtime_(net.runtime) {}

  // Tells the card which groups to receive (dev_set_rx_mode). 224.0.0.1 is always among them.
  void update_rx_mode();

  NetDevice& device;
  TxQueue queue;
  Gro gro;
  bool promiscuous = false;                 // IFF_PROMISC
  std::vector<unsigned> rps_cpus;           // of rx_path rps; empty: all
  unsigned index;                           // order of attach(), from 0
  std::vector<InterfaceAddress> addresses;  // in order of add_address(); the first is the preferred source
  std::map<Ipv4Address, unsigned> groups;   // joined multicast groups and how many sockets joined each
  std::uint64_t rx_dropped = 0;             // backlog full, no protocol handler
  std::uint64_t rx_otherhost_dropped = 0;

 private:
  Runtime& runtime_;
  SpinLock addr_list_lock_;
};

}  // namespace nicosim
