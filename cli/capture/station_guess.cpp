#include "cli/capture/station_guess.hpp"

#include <fmt/format.h>
#include <tuple>

namespace nicosim {
namespace {

constexpr std::size_t kEthernetHeader = 14;

bool is_station(MacAddress mac) { return !mac.is_multicast() && !mac.is_zero(); }
bool is_host(Ipv4Address a) {
  return !a.is_any() && !a.is_multicast() && !a.is_loopback() && a != Ipv4Address::broadcast();
}

// RFC 1918: of a client and the gateway to its server, the client is the one that was captured at
bool is_private(Ipv4Address a) { return a.value >> 24U == 10 || a.value >> 20U == 0xac1 || a.value >> 16U == 0xc0a8; }

}  // namespace

void StationGuess::see(Bytes frame) {
  if (frame.size() < kEthernetHeader) return;
  const MacAddress destination = MacAddress::from(frame);
  const MacAddress source = MacAddress::from(frame.subspan(6));
  if (!destination.is_multicast()) {
    if (is_station(source)) ++unicast_frames_[source];
    if (is_station(destination) && destination != source) ++unicast_frames_[destination];
  }
  std::size_t at = 12;
  unsigned type = load_be16(frame, at);
  for (int tags = 0; tags < 2 && (type == 0x8100 || type == 0x88a8) && frame.size() >= at + 6; ++tags) {
    at += 4;
    type = load_be16(frame, at);
  }
  const Bytes packet = frame.subspan(at + 2);
  if (type == 0x0806) see_arp(packet);
  if (type == 0x0800) see_ipv4(source, destination, packet);
}

void StationGuess::see_arp(Bytes packet) {
  // RFC 826: Ethernet (1), IPv4, 6 and 4 bytes of address
  if (packet.size() < 28 || load_be32(packet, 0) != 0x0001'0800 || load_be16(packet, 4) != 0x0604) return;
  const MacAddress mac = MacAddress::from(packet.subspan(8));
  const Ipv4Address address{load_be32(packet, 14)};
  if (is_station(mac) && is_host(address)) by_arp_.try_emplace(address, mac);
}

void StationGuess::endpoint(MacAddress mac, Ipv4Address address) {
  if (!is_host(address)) return;
  ++pairs_[{mac, address}];
  if (!mac.is_multicast()) by_ip_.try_emplace(address, mac);
}

void StationGuess::see_ipv4(MacAddress source, MacAddress destination, Bytes packet) {
  if (packet.size() < 20 || load8(packet, 0) >> 4U != 4) return;
  const std::size_t header = std::size_t{load8(packet, 0) & 0xfU} * 4;
  const Ipv4Address from{load_be32(packet, 12)};
  const Ipv4Address to{load_be32(packet, 16)};
  endpoint(source, from);
  if (!destination.is_multicast()) {
    endpoint(destination, to);
    if (is_host(from)) ++unicast_packets_[from];
    if (is_host(to) && to != from) ++unicast_packets_[to];
  }
  const bool first_fragment = (load_be16(packet, 6) & 0x1fffU) == 0;
  if (load8(packet, 9) == 17 && first_fragment && header >= 20 && packet.size() >= header + 8 &&
      !destination.is_multicast())
    udp_ports_[to].insert(load_be16(packet, header + 2));
}

std::pair<Ipv4Address, std::uint64_t> StationGuess::main_address(MacAddress mac) const {
  std::pair<Ipv4Address, std::uint64_t> best{Ipv4Address::any(), 0};
  for (auto i = pairs_.lower_bound({mac, Ipv4Address::any()}); i != pairs_.end() && i->first.first == mac; ++i)
    if (i->second > best.second) best = {i->first.second, i->second};
  return best;
}

MacAddress StationGuess::main_mac(Ipv4Address address) const {
  std::pair<MacAddress, std::uint64_t> best{};
  for (const auto& [pair, count] : pairs_)
    if (pair.second == address && !pair.first.is_multicast() && count > best.second) best = {pair.first, count};
  if (best.second == 0)
    if (const auto known = by_arp_.find(address); known != by_arp_.end()) return known->second;
  return best.first;
}

CaptureStation StationGuess::describe(MacAddress mac, Ipv4Address address) const {
  CaptureStation station{mac, address, {}, by_arp_};
  if (const auto ports = udp_ports_.find(address); ports != udp_ports_.end() && !address.is_any())
    station.udp_ports.assign(ports->second.begin(), ports->second.end());
  for (const auto& [neighbour, its_mac] : by_ip_) station.neighbours.try_emplace(neighbour, its_mac);
  station.neighbours.erase(address);
  return station;
}

Result<CaptureStation, std::string> StationGuess::choose_by_itself() const {
  using Score = std::tuple<std::uint64_t, std::uint64_t, bool>;
  MacAddress mac;
  Score best{0, 0, false};
  for (const auto& [candidate, frames] : unicast_frames_) {
    if (candidate.is_multicast()) continue;  // as a source: nobody's
    const auto [address, packets] = main_address(candidate);
    const Score score{frames, packets, is_private(address)};
    if (score > best) {
      best = score;
      mac = candidate;
    }
  }
  if (!mac.is_zero()) return describe(mac, main_address(mac).first);

  std::pair<Ipv4Address, std::uint64_t> busiest{};
  for (const auto& [address, packets] : unicast_packets_)
    if (packets > busiest.second) busiest = {address, packets};
  if (busiest.second == 0)
    return std::string{
        "the capture has no unicast frame to guess a station from; expected a "
        "MAC or IPv4 address"};
  return describe(main_mac(busiest.first), busiest.first);
}

Result<CaptureStation, std::string> StationGuess::choose(std::string_view as) const {
  if (as == "auto") return choose_by_itself();
  if (const auto mac = MacAddress::parse(as)) {
    const auto [address, packets] = main_address(*mac);
    if (packets == 0 && !unicast_frames_.contains(*mac)) return fmt::format("{} does not occur in the capture", as);
    return describe(*mac, address);
  }
  if (const auto address = Ipv4Address::parse(as)) {
    if (!by_ip_.contains(*address) && !by_arp_.contains(*address))
      return fmt::format("{} does not occur in the capture", as);
    return describe(main_mac(*address), *address);
  }
  return fmt::format("station '{}'; expected auto, a MAC address such as 02:00:00:00:00:01, or an IPv4 address", as);
}

}  // namespace nicosim
