// ./nicosim tap -- COMMAND: a real program against the simulated host.
//
// Three processes: this one waits; the first one of the private network simulates; it starts COMMAND in that network
// once the host has booted.
#include "cli/commands/commands.hpp"
#include "cli/guard.hpp"
#include "cli/live/live_run.hpp"
#include "cli/live/private_net.hpp"
#include "cli/live/usual_host.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/prctl.h>
#include <system_error>
#include <unistd.h>

namespace nicosim {
namespace {

void say(const std::string& text) { fmt::print(stderr, "nicosim: {}\n", text); }

// The first address of the card's network that is not the card's.
Ipv4Address client_address(const Scenario::Address& card) {
  const std::uint32_t mask = card.prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - card.prefix);
  const Ipv4Address first{(card.ip.value & mask) + 1};
  return first == card.ip ? Ipv4Address{first.value + 1} : first;
}

const Scenario::Peer* tap_peer(const Scenario& scenario, const Scenario::Nic& nic) {
  for (const Scenario::Peer& peer : scenario.peers)
    if (peer.on == nic.name && peer.kind == Scenario::Peer::Kind::tap) return &peer;
  return nullptr;
}

// As the scenario's peer of kind tap says; what it does not say, and all without one, follows from the card.
ClientInterface client_of(const Scenario& scenario, const Scenario::Nic& nic, unsigned port, bool routed) {
  ClientInterface interface;
  const Scenario::Peer* const peer = tap_peer(scenario, nic);
  interface.name = fmt::format("tap{}", port);
  interface.mac = {{0x02, 0x00, 0x00, 0x00, 0x01, static_cast<std::uint8_t>(port + 1)}};
  interface.mtu = nic.mtu;
  if (!nic.addresses.empty()) {
    interface.address = client_address(nic.addresses.front());
    interface.prefix_length = nic.addresses.front().prefix;
    if (routed) interface.gateway = nic.addresses.front().ip;
  }
  if (peer == nullptr) return interface;
  interface.mac = peer->mac;
  if (peer->address) {
    interface.address = peer->address->ip;
    interface.prefix_length = peer->address->prefix;
  }
  if (peer->gateway) interface.gateway = *peer->gateway;
  return interface;
}

bool is_live(const Scenario& scenario, const Scenario::Nic& nic) {
  return tap_peer(scenario, nic) != nullptr ||
         std::ranges::none_of(scenario.peers, [&](const Scenario::Peer& peer) { return peer.on == nic.name; });
}

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

int open_namespace() {
  const int descriptor = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) fail("/proc/self/ns/net");
  return descriptor;
}

// A TAP per live card. The first one is COMMAND's link; each further one has a network namespace of its own, since one
// kernel would keep what goes from one of its addresses to another to itself. NICOSIM_FAR names the second's.
std::vector<std::optional<TapDevice>> private_taps(const Scenario& scenario, const std::vector<bool>& live) {
  std::vector<std::optional<TapDevice>> taps(live.size());
  const bool routed = std::ranges::count(live, true) > 1;
  const int home = open_namespace();
  bool first = true;
  for (unsigned port = 0; port < live.size(); ++port) {
    if (!live[port]) continue;
    if (!first && ::unshare(CLONE_NEWNET) != 0) fail("a second network namespace");
    switch_ipv6_off();
    bring_loopback_up();
    const ClientInterface client = client_of(scenario, scenario.nics[port], port, routed);
    taps[port].emplace(client.name, false);
    configure(client);
    if (!first) {  // held open by this process, for as long as it lives
      const std::string place = fmt::format("/proc/{}/fd/{}", ::getpid(), open_namespace());
      ::setenv("NICOSIM_FAR", place.c_str(), 0);
      if (::setns(home, CLONE_NEWNET) != 0) fail("back from the second network namespace");
    }
    first = false;
  }
  ::close(home);
  return taps;
}

std::vector<std::optional<TapDevice>> attached_taps(const std::vector<std::string>& names,
                                                    const std::vector<bool>& live) {
  std::vector<std::optional<TapDevice>> taps(live.size());
  auto name = names.begin();
  for (unsigned port = 0; port < live.size() && name != names.end(); ++port)
    if (live[port]) taps[port].emplace(*name++, true);
  return taps;
}

// What the simulating process does, from the network to the summary.
int simulate(TapRequest& request, const Scenario& scenario, const std::vector<bool>& live) {
  std::optional<int> status;
  const int code = guarded([&] {
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    auto taps = request.attach.empty() ? private_taps(scenario, live) : attached_taps(request.attach, live);
    std::unique_ptr<Recorder> recorder;
    if (request.record) {
      auto opened = Recorder::open(*request.record, request.options.force, scenario, live, request.options.command);
      if (!opened) {
        say(opened.error().text());
        return static_cast<int>(kOutput);
      }
      recorder = std::move(*opened);
    }
    LiveOptions options;
    options.command = request.command;
    options.scale = request.scale;
    const bool shell = request.command.empty() && request.attach.empty();
    options.page = !request.options.quiet && !shell && ::isatty(STDERR_FILENO) == 1;
    if (shell) {
      const char* const wanted = std::getenv("SHELL");
      options.command = {wanted != nullptr && *wanted != '\0' ? wanted : "/bin/sh"};
    }
    LiveRun run{std::move(options), std::move(taps), std::move(recorder)};
    int worst = run_session(scenario, request.options, &run);
    status = run.command_status();
    if (const auto& error = run.recording_error()) {
      say(error->text());
      worst = kOutput;
    }
    return worst;
  });
  if (code != kGood) return kTapFailed;
  return status.value_or(kGood);
}

}  // namespace

int tap_command(TapRequest& request) {
  ScenarioText text{usual_host(request.nics), "the usual host"};
  if (!request.file.empty()) {
    auto read = read_scenario_text(request.file);
    if (!read) {
      say_all(read.error());
      return kTapFailed;
    }
    text = std::move(*read);
  }
  const auto scenario = parse_scenario(text.toml, text.name, request.overlays, sysctl_rules());
  if (!scenario) {
    say_all(scenario.error());
    return kTapFailed;
  }
  request.options.scenario_name = request.options.title = text.name;
  std::vector<bool> live;
  for (const Scenario::Nic& nic : scenario->nics) live.push_back(is_live(*scenario, nic));
  const auto cards = std::ranges::count(live, true);
  if (scenario->study) {
    say(fmt::format("{}: a [study] is many runs, and a live one cannot be had twice", text.name));
    return kTapFailed;
  }
  if (cards == 0) {
    say(fmt::format("{}: every card has a [peer] already; the wire of at least one must be free", text.name));
    return kTapFailed;
  }
  if (static_cast<std::ptrdiff_t>(request.attach.size()) > cards) {
    say(fmt::format("--attach was given {} times, but there are wires for {}", request.attach.size(), cards));
    return kTapFailed;
  }
  if (!request.attach.empty()) {  // the others stay dark
    std::size_t left = request.attach.size();
    for (std::size_t port = 0; port < live.size(); ++port)
      if (live[port]) live[port] = left != 0 && left-- != 0;
  }
  const auto body = [&] { return simulate(request, *scenario, live); };
  return request.attach.empty() ? in_private_net(body, kTapFailed) : in_own_process(body, kTapFailed);
}

}  // namespace nicosim
