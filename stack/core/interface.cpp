#include "stack/core/interface.hpp"

#include "stack/link/ethernet.hpp"

namespace nicosim {

// netif_addr_lock_bh: the card gets the lists of two CPUs one after the other, the later one last.
void Interface::update_rx_mode() {
  const BottomHalfGuard guard{runtime_, addr_list_lock_};
  std::vector<MacAddress> macs{multicast_mac({0xe000'0001})};
  for (const auto& [group, members] : groups) macs.push_back(multicast_mac(group));
  device.set_rx_mode(promiscuous, false, macs);
}

}  // namespace nicosim
