#include "cli/live/live_run.hpp"

#include "cli/outputs.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <ctime>
#include <fmt/format.h>
#include <poll.h>
#include <utility>

namespace nicosim {
namespace {

using namespace std::chrono_literals;

// More than this waits in the kernel, which counts what it loses.
constexpr std::size_t kMostWaiting = 4096;
// Behind the command its last segments are on their way; the run goes on until nothing has come for `kQuiet`.
constexpr auto kQuiet = 20ms, kLongestAfterwards = 500ms;
constexpr auto kLookEvery = 250ms;  // page and files

}  // namespace

LiveRun::LiveRun(LiveOptions options, std::vector<std::optional<TapDevice>> taps, std::unique_ptr<Recorder> recorder)
    : options_(std::move(options)), taps_(std::move(taps)), recorder_(std::move(recorder)), clock_(options_.scale) {}

void LiveRun::prepare(HostSetup& host) {
  host_ = &host;
  for (unsigned port = 0; port < taps_.size(); ++port) {
    if (!taps_[port]) continue;
    TapDevice& tap = *taps_[port];
    host.go_live(port, [&tap](Bytes frame) {
      constexpr std::size_t kFcs = 4;
      if (frame.size() > kFcs) tap.write(frame.first(frame.size() - kFcs));
    });
  }
}

Simulation::End LiveRun::conduct(Simulation& sim, Outputs& outputs) {
  sim_ = &sim;
  sim.run_slice(SimTime::never(), [&sim] { return sim.ready(); });
  sim.run_slice(sim.wire_start());
  const auto now = LiveClock::Wall::now();
  clock_.start(now);
  last_frame_ = looked_ = now;
  if (options_.page) page_.emplace();
  if (!options_.command.empty()) command_.start(options_.command);
  while (goes_on()) {
    slice();
    take_frames();
    look_around(outputs);
    sleep();
  }
  page_.reset();
  const SimTime end = sim.earliest_end();
  sim.end_at(end);
  if (recorder_) recording_error_ = recorder_->finish(end - sim.wire_start());
  return Simulation::End::time;
}

void LiveRun::slice() {
  const SimTime next = sim_->next_event();
  const SimTime due = next.is_never() ? next : std::max(SimTime::zero(), next - sim_->now());
  const SimTime granted = clock_.grant(LiveClock::Wall::now(), due);
  if (granted > SimTime::zero()) sim_->run_slice(sim_->now() + granted);
  news_ = news_ || due <= granted;
}

void LiveRun::take_frames() {
  frames_came_ = false;
  const SimTime time = sim_->now() - sim_->wire_start();
  for (unsigned port = 0; port < taps_.size(); ++port) {
    if (!taps_[port]) continue;
    LiveSource& source = *host_->peers.at(port).live;
    bool some = false;
    while (source.waiting() < kMostWaiting) {
      auto bytes = taps_[port]->read();
      if (!bytes) break;
      if (recorder_) recorder_->frame(port, time, *bytes);
      WireFrame frame;
      frame.not_before = time;
      finish_for_wire(*bytes);
      frame.bytes = std::move(*bytes);
      source.add(std::move(frame));
      some = true;
    }
    if (some) sim_->source_has_more(port);
    frames_came_ = frames_came_ || some;
  }
  if (frames_came_) last_frame_ = LiveClock::Wall::now();
  news_ = news_ || frames_came_;
}

// Until the next event is due, or a frame or a signal comes. Events that are due already leave no time for it, but the
// signals are looked at all the same.
void LiveRun::sleep() {
  const SimTime next = sim_->next_event();
  std::chrono::nanoseconds time = next.is_never() ? 1s : clock_.until(std::max(SimTime::zero(), next - sim_->now()));
  if (frames_came_ || next <= sim_->now()) time = 0ns;
  if (page_ || news_)
    time = std::clamp<std::chrono::nanoseconds>(looked_ + kLookEvery - LiveClock::Wall::now(), 0ns, time);
  if (command_.ended()) time = std::min<std::chrono::nanoseconds>(time, kQuiet / 4);
  std::vector<pollfd> files{{command_.descriptor(), POLLIN, 0}};
  for (unsigned port = 0; port < taps_.size(); ++port)
    if (taps_[port] && host_->peers.at(port).live->waiting() < kMostWaiting)
      files.push_back({taps_[port]->descriptor(), POLLIN, 0});
  timespec timeout{};
  timeout.tv_sec = static_cast<time_t>(time.count() / 1'000'000'000);
  timeout.tv_nsec = static_cast<long>(time.count() % 1'000'000'000);
  if (::ppoll(files.data(), files.size(), &timeout, nullptr) > 0 && files.front().revents != 0) command_.see();
}

void LiveRun::look_around(Outputs& outputs) {
  const auto wall = LiveClock::Wall::now();
  if (wall - looked_ < kLookEvery) return;
  looked_ = wall;
  news_ = false;
  outputs.flush();
  if (recorder_) recorder_->flush();
  if (page_) page_->show(*sim_, clock_, wall);
}

bool LiveRun::goes_on() {
  if (command_.asked_to_stop()) return false;
  if (!command_.ended()) return true;
  const auto wall = LiveClock::Wall::now();
  if (ended_ == LiveClock::Wall::time_point{}) ended_ = wall;
  if (wall - ended_ > kLongestAfterwards) return false;
  return !sim_->idle() || wall - std::max(ended_, last_frame_) < kQuiet;
}

void LiveRun::add_to(RunReport& report) {
  auto& live = report.host.live.emplace();
  live.lag = clock_.lag();
  live.scale = clock_.scale();
  for (const auto& tap : taps_) {
    if (!tap) continue;
    live.from_client += tap->counts().from_client;
    live.to_client += tap->counts().to_client;
    live.lost += tap->counts().refused + tap->overruns();
  }
}

}  // namespace nicosim
