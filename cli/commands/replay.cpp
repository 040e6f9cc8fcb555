// ./nicosim replay CAPTURE: the frames of a capture through a host that has the address of the station it was taken
// for.
#include "cli/commands/commands.hpp"
#include "cli/scenario/units.hpp"

#include <fmt/format.h>
#include <memory>

namespace nicosim {
namespace {

struct State {
  RunOptions options;
  std::vector<std::string> overlays, sets;
  std::string file, as = "auto", pace = "capture", mode = "napi", max_gap = "10s", linger = "100ms";
  bool promiscuous = false, lenient = false;
};

constexpr MacAddress kBystander{{0x02, 0x00, 0x00, 0x00, 0x00, 0x01}};

void say(const std::string& text) { fmt::print(stderr, "nicosim: {}\n", text); }

// The scenario that a replay is: one card with the station's address, the capture as its peer, a reader per UDP port.
Scenario replay_scenario(const State& state, const CaptureStation& station) {
  Scenario scenario;
  scenario.host.mode = state.mode == "dma_irq" ? Scenario::Mode::dma_irq : Scenario::Mode::napi;
  if (state.mode == "dma_irq") scenario.host.rx_path = Scenario::RxPath::netif_rx;
  Scenario::Nic& nic = scenario.nics.emplace_back();
  nic.name = "eth0";
  nic.mac = station.mac.is_multicast() ? kBystander : station.mac;
  if (!station.address.is_any()) nic.addresses.push_back({station.address, 32});
  nic.promiscuous = state.promiscuous;
  Scenario::Peer& peer = scenario.peers.emplace_back();
  peer.name = "capture";
  peer.on = nic.name;
  peer.kind = Scenario::Peer::Kind::pcap;
  peer.file = state.file;
  peer.pace = state.pace;
  peer.max_gap = *parse_duration(state.max_gap);
  peer.lenient = state.lenient;
  for (const std::uint16_t port : station.udp_ports) {
    Scenario::App& app = scenario.apps.emplace_back();
    app.name = fmt::format("udp{}", port);
    app.kind = Scenario::App::Kind::udp_sink;
    app.port = port;
  }
  return scenario;
}

int replay(State& state) {
  const auto linger = parse_duration(state.linger);
  state.options.linger = *linger;
  state.options.scenario_name = state.file;
  state.options.title = state.file;
  const auto guess = guess_station(state.file, state.as, state.lenient);
  CaptureStation station;
  if (guess) {
    station = *guess;
  } else if (state.as == "auto") {  // nothing but group addresses, or no frame at all: the card is a bystander's
    station.mac = kBystander;
    state.options.warnings.push_back(
        fmt::format("{}: {}; the card has the address {}", state.file, guess.error(), kBystander.text()));
  } else {
    say(fmt::format("{}: {}", state.file, guess.error()));
    return kUsage;
  }
  // Written out and read back, so that --set works on it like on any scenario.
  const std::string text = write_scenario(replay_scenario(state, station));
  state.overlays.insert(state.overlays.end(), state.sets.begin(), state.sets.end());
  const auto scenario = parse_scenario(text, state.file, state.overlays, sysctl_rules());
  if (!scenario) {
    say_all(scenario.error());
    return kUsage;
  }
  return run_session(*scenario, state.options);
}

CLI::Validator duration_check() {
  return CLI::Validator{[](const std::string& text) {
                          const auto time = parse_duration(text);
                          return time && *time >= SimTime::zero() ? std::string{}
                                                                  : "'" + text + "' is no duration; expected e.g. 10ms";
                        },
                        "TIME"};
}

}  // namespace

void add_replay(CLI::App& app, Command& chosen, const std::string& command_line) {
  const auto state = std::make_shared<State>();
  CLI::App& replay_command = *app.add_subcommand("replay", "Send a capture through the card");
  replay_command.add_option("CAPTURE", state->file, "pcap or pcapng file; - is standard input")->required();
  replay_command.add_option("--as", state->as, "Whose card it is: auto, a MAC address or an IPv4 address");
  replay_command.add_flag("--promisc", state->promiscuous, "Receive everybody's frames");
  replay_command
      .add_option("--mode", state->mode, "How frames are received: napi or dma_irq (pio is not in this version)")
      ->check(CLI::IsMember({"napi", "dma_irq"}));
  replay_command.add_option("--pace", state->pace, "capture, line, or N times faster, e.g. 2.5x")
      ->check(CLI::Validator{[](const std::string& text) {
                               const auto pace = Pace::parse(text);
                               return pace ? std::string{} : pace.error();
                             },
                             "PACE"});
  replay_command.add_option("--max-gap", state->max_gap, "Longer silences are shortened to this")
      ->check(duration_check());
  replay_command.add_option("--linger", state->linger, "How long to wait when nothing is left to do")
      ->check(duration_check());
  replay_command.add_flag("--lenient", state->lenient, "Skip what is broken in the capture, with a warning");
  replay_command.add_option("--set", state->sets, "PATH=VALUE, e.g. nic.rx_ring=64")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  add_run_options(replay_command, state->options, state->overlays);
  replay_command.callback([state, &chosen, command_line] {
    state->options.command = command_line;
    chosen = [state] { return replay(*state); };
  });
}

}  // namespace nicosim
