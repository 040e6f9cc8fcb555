// A capture as a scenario: one card with the address of the station it was taken for, a reader for each of its ports.
#pragma once

#include "cli/host_setup.hpp"

#include <string>

namespace nicosim {

struct ReplayOptions {
  bool promiscuous = false;
  std::string pace = "capture";
  bool lenient = false;
  std::string as = "auto";
};

inline Scenario replay_scenario(const std::string& file, const ReplayOptions& options) {
  CaptureStation station;
  // Nothing but group addresses: the card is a bystander's.
  station.mac = MacAddress{{0x02, 0, 0, 0, 0, 0x01}};
  if (const auto guess = guess_station(file, options.as, options.lenient)) station = *guess;
  Scenario scenario;
  Scenario::Nic& nic = scenario.nics.emplace_back();
  nic.name = "eth0";
  nic.mac = station.mac;
  nic.promiscuous = options.promiscuous;
  if (!station.address.is_any()) nic.addresses.push_back({station.address, 32});
  Scenario::Peer& peer = scenario.peers.emplace_back();
  peer.on = nic.name;
  peer.kind = Scenario::Peer::Kind::pcap;
  peer.file = file;
  peer.pace = options.pace;
  peer.lenient = options.lenient;
  for (const std::uint16_t port : station.udp_ports)
    scenario.apps.push_back({"udp" + std::to_string(port), "host", Scenario::App::Kind::udp_sink, port});
  return scenario;
}

}  // namespace nicosim
