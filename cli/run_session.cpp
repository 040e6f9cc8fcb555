#include "cli/run_session.hpp"

#include "cli/frame_story.hpp"
#include "cli/outputs.hpp"
#include "cli/report/expectations.hpp"
#include "cli/report/journey.hpp"
#include "cli/report/phases.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fmt/format.h>
#include <map>
#include <sstream>
#include <unistd.h>

namespace nicosim {
namespace {

Simulation* running = nullptr;
volatile std::sig_atomic_t signals = 0;

// Once: stop and write what there is. Twice: at once.
void on_signal(int) {
  signals = signals + 1;
  if (signals > 1) _exit(kInterrupted);
  if (running != nullptr) running->interrupt();
}

void say(const std::string& text) { fmt::print(stderr, "nicosim: {}\n", text); }

// A run of a few frames is told frame by frame.
constexpr std::uint64_t kFewFrames = 16;
bool tells_a_journey(const Scenario& scenario) {
  std::uint64_t frames = 0;
  for (const Scenario::Peer& peer : scenario.peers) {
    if (peer.kind != Scenario::Peer::Kind::generator) return false;
    for (const Scenario::Send& send : peer.sends) {
      if (!send.count && (send.every || send.rate)) return false;
      frames += send.count.value_or(1);
    }
  }
  return frames > 0 && frames <= kFewFrames;
}

// The first frame that a process read, else the first one: that is the one to tell about.
std::string first_journey(const std::string& log, bool colour) {
  FrameId chosen = FrameId::make(0, false, 0);
  std::istringstream lines{log};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t station = line.find('\t') + 1;
    if (line.compare(station, 5, "read\t") != 0) continue;
    const std::size_t frame = station + 5;
    if (const auto id = frame_id_from(std::string_view{line}.substr(frame, line.find('\t', frame) - frame))) {
      chosen = *id;
      break;
    }
  }
  std::istringstream again{log};
  const auto journey = read_journey(again, chosen);
  return journey ? journey_text(*journey, colour) : std::string{};
}

std::map<std::string, std::string> models_of(const Scenario& scenario) {
  std::map<std::string, std::string> models;
  for (const Scenario::App& app : scenario.apps)
    if (app.on == "host" && app.has_model()) models.emplace(app.name, name_of(app.model));
  return models;
}

class Progress {
 public:
  Progress(bool on, std::chrono::steady_clock::time_point began) : on_(on), began_(began), last_(began) {}
  void operator()(SimTime now) {
    if (!on_) return;
    const auto wall = std::chrono::steady_clock::now();
    if (wall - last_ < std::chrono::milliseconds{500}) return;
    last_ = wall;
    fmt::print(stderr, "\r{:.1f} ms simulated in {:.0f} s ", static_cast<double>(now.in_ns()) / 1e6,
               std::chrono::duration<double>(wall - began_).count());
    shown_ = true;
  }
  void clear() const {
    if (shown_) fmt::print(stderr, "\r{:40}\r", "");
  }

 private:
  bool on_, shown_ = false;
  std::chrono::steady_clock::time_point began_, last_;
};

}  // namespace

int run_session(const Scenario& scenario, const RunOptions& options, Conductor* conductor) {
  const auto began = std::chrono::steady_clock::now();
  if (options.waves && !RtlModel::can_dump_waves()) {
    say("--waves needs a build with tracing, which ./nicosim makes on its own (by hand: cmake --preset trace)");
    return kUsage;
  }
  auto opened = Outputs::open(scenario, options);
  if (!opened) {
    say(opened.error().text());
    return kOutput;
  }
  Outputs& outputs = **opened;

  HostSetup host{scenario};
  SimulationSetup setup = std::move(host.simulation);
  setup.batch = options.batch;
  setup.skip = !options.no_skip;
  setup.check_skip = options.check_skip;
  setup.linger = options.linger;
  setup.random_reset_seed = options.random_reset_seed;
  if (options.waves) setup.waves = options.out ? *options.out + "/" + *options.waves : *options.waves;
  setup.waves_from = options.waves_from;
  setup.waves_to = options.waves_to;
  const bool journey = !options.quiet && conductor == nullptr && tells_a_journey(scenario);
  std::string log;
  Phases phases;
  if (outputs.wants_events() || journey)
    setup.events = [&](std::string_view line) {
      outputs.event(line);
      if (options.out) phases.see(line);
      if (journey) log += line;
    };
  if (outputs.wants_taps())
    setup.taps = [&](const TapRecord& record) {
      const auto& replays = host.peers.at(record.port).replays;
      outputs.tap(record, replays.size() == 1 ? replays.front().get() : nullptr);
    };
  Progress progress{!options.quiet && conductor == nullptr && isatty(STDERR_FILENO) == 1, began};
  setup.progress = [&progress](SimTime now) { progress(now); };

  // Lives until the process ends: SystemC's threads are still on their stacks.
  static std::unique_ptr<Simulation> keep;
  keep = std::make_unique<Simulation>(std::move(setup));
  Simulation& sim = *keep;
  if (conductor != nullptr) conductor->prepare(host);
  host.attach(sim);
  if (conductor == nullptr) {
    running = &sim;
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);
  }
  const Simulation::End end = conductor != nullptr ? conductor->conduct(sim, outputs) : sim.run();
  running = nullptr;
  progress.clear();

  RunReport report = report_of(sim, host, scenario, end);
  report.title = options.title;
  report.warnings.insert(report.warnings.begin(), options.warnings.begin(), options.warnings.end());
  if (conductor != nullptr) conductor->add_to(report);
  report.host.wall_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const Json json = to_json(report);
  if (std::string drawn = phases.text(models_of(scenario)); !drawn.empty())
    report.files.emplace_back("phases.txt", std::move(drawn));

  int code = kGood;
  const auto worse = [&code](int other) { code = code == kGood ? other : code; };
  std::string broken;
  for (const Peers& peers : host.peers)
    for (const auto& replay : peers.replays)
      if (replay->error()) broken = *replay->error();
  for (const Peers& peers : host.peers)
    for (const auto& recording : peers.recordings)
      if (recording->error()) broken = *recording->error();

  const bool json_on_stdout = options.json == "-";
  std::FILE* const people = json_on_stdout || conductor != nullptr ? stderr : stdout;
  const bool colour = isatty(fileno(people)) == 1;
  if (!options.quiet) {
    if (journey) fmt::print(people, "{}\n", first_journey(log, colour));
    fmt::print(people, "{}", summary(report, colour));
    std::fflush(people);
  }

  if (report.unexplained != 0) {
    for (const FrameLedger::Open& frame : sim.ledger().open_frames())
      say(fmt::format("frame {} has no fate; it was last at {}", frame.id.name(), name_of(frame.last)));
    worse(kOurFault);
  }
  if (!broken.empty()) {
    say(broken);
    worse(kInput);
  }
  for (const std::string& miss : check_expectations(json, scenario.expects, options.scenario_name)) {
    say(miss);
    worse(kCheckFailed);
  }
  if (end == Simulation::End::interrupted) worse(kInterrupted);
  const RunStatus status = end == Simulation::End::interrupted ? RunStatus::interrupted
                           : broken.empty()                    ? RunStatus::complete
                                                               : RunStatus::failed;
  if (const auto error = outputs.finish(json, report, status)) {
    say(error->text());
    worse(kOutput);
  }
  if (code != kGood && code != kInterrupted) say(fmt::format("to repeat: {}", options.command));
  return code;
}

}  // namespace nicosim
