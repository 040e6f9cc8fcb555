#include "stack/core/interface.hpp"

#include "stack/link/ethernet.hpp"

namespace nicosim {

void Interface::update_rx_mode() {
  std::vector<MacAddress> macs{multicast_mac({0xe000'0001})};
  for (const auto& [group, members] : groups) macs.push_back(multicast_mac(group));
  device.set_rx_mode(promiscuous, false, macs);
}

}  // namespace nicosim
