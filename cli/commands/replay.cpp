// ./nicosim replay CAPTURE: the frames of a capture through a host that has the address of the station it was taken
// for. ./nicosim replay DIR: the run that left this folder, again.
#include "cli/capture/spool.hpp"
#include "cli/commands/commands.hpp"

#include <filesystem>
#include <fmt/format.h>

namespace nicosim {
namespace {

constexpr MacAddress kBystander{{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}};

void say(const std::string& text) { fmt::print(stderr, "nicosim: {}\n", text); }

// The scenario that a replay is: one card with the station's address, the capture as its peer, a reader per UDP port.
Scenario replay_scenario(const ReplayRequest& request, const CaptureStation& station) {
  Scenario scenario;
  for (const auto mode : {Scenario::Mode::pio, Scenario::Mode::dma_irq, Scenario::Mode::napi})
    if (request.mode == name_of(mode)) scenario.host.mode = mode;
  if (scenario.host.mode != Scenario::Mode::napi) scenario.host.rx_path = Scenario::RxPath::netif_rx;
  Scenario::Nic& nic = scenario.nics.emplace_back();
  nic.name = "eth0";
  nic.mac = station.mac.is_multicast() ? kBystander : station.mac;
  if (!station.address.is_any()) nic.addresses.push_back({station.address, 32});
  nic.promiscuous = request.promiscuous;
  Scenario::Peer& peer = scenario.peers.emplace_back();
  peer.name = "capture";
  peer.on = nic.name;
  peer.kind = Scenario::Peer::Kind::pcap;
  peer.file = request.file;
  peer.pace = request.pace;
  peer.max_gap = request.max_gap;
  peer.lenient = request.lenient;
  for (const std::uint16_t port : station.udp_ports) {
    Scenario::App& app = scenario.apps.emplace_back();
    app.name = fmt::format("udp{}", port);
    app.kind = Scenario::App::Kind::udp_sink;
    app.port = port;
  }
  return scenario;
}

// Its resolved scenario, whose recordings lie beside it.
int replay_folder(ReplayRequest& request) {
  if (request.as != "auto" || request.promiscuous || request.pace != "capture" || request.lenient) {
    say(fmt::format("{}: a run is repeated as it was; --as, --promisc, --pace and --lenient are for captures",
                    request.file));
    return kUsage;
  }
  const auto text = read_scenario_text((std::filesystem::path{request.file} / "scenario.toml").string());
  if (!text) {
    say_all(text.error());
    return kInput;
  }
  auto scenario = parse_scenario(text->toml, text->name, request.overlays, sysctl_rules());
  if (!scenario) {
    say_all(scenario.error());
    return kUsage;
  }
  for (Scenario::Peer& peer : scenario->peers)
    if (peer.kind == Scenario::Peer::Kind::recording)
      peer.file = (std::filesystem::path{request.file} / peer.file).string();
  request.options.scenario_name = text->name;
  return run_session(*scenario, request.options);
}

}  // namespace

int replay_command(ReplayRequest& request) {
  request.options.scenario_name = request.file;
  request.options.title = request.file;
  std::error_code ignored;
  if (std::filesystem::is_directory(request.file, ignored)) return replay_folder(request);
  const auto guess = guess_station(readable_again(request.file), request.as, request.lenient);
  CaptureStation station;
  if (guess) {
    station = *guess;
  } else if (request.as == "auto") {  // nothing but group addresses, or no frame at all: the card is a bystander's
    station.mac = kBystander;
    request.options.warnings.push_back(
        fmt::format("{}: {}; the card has the address {}", request.options.title, guess.error(), kBystander.text()));
  } else {
    say(fmt::format("{}: {}", request.options.title, guess.error()));
    return kUsage;
  }
  // Written out and read back, so that --set works on it like on any scenario.
  const std::string text = write_scenario(replay_scenario(request, station));
  const auto scenario = parse_scenario(text, request.options.title, request.overlays, sysctl_rules());
  if (!scenario) {
    say_all(scenario.error());
    return kUsage;
  }
  return run_session(*scenario, request.options);
}

}  // namespace nicosim
