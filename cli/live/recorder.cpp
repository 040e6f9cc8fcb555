#include "cli/live/recorder.hpp"

#include <fmt/format.h>
#include <utility>

namespace nicosim {

std::string recording_file(const std::string& nic) { return fmt::format("arrivals.{}.pcapng", nic); }

Result<std::unique_ptr<Recorder>, OutputError> Recorder::open(const std::string& path, bool force, Scenario scenario,
                                                              const std::vector<bool>& live,
                                                              const std::string& command) {
  auto dir = OutputDir::open(path, force, {{"command", command}, {"seed", std::to_string(scenario.seed)}});
  if (!dir) return dir.error();
  std::unique_ptr<Recorder> recorder{new Recorder{std::move(*dir), std::move(scenario)}};
  recorder->scenario_.stop.after.reset();
  for (unsigned port = 0; port < live.size(); ++port) {
    auto& file = recorder->files_.emplace_back();
    if (!live[port]) continue;
    const std::string nic = recorder->scenario_.nics.at(port).name;
    std::erase_if(recorder->scenario_.peers, [&](const Scenario::Peer& peer) { return peer.on == nic; });  // kind tap
    file = std::make_unique<PcapngWriter>(recorder->dir_.file(recording_file(nic)));
    file->add({nic + ":arrivals"});
    Scenario::Peer& peer = recorder->scenario_.peers.emplace_back();
    peer.name = "live-" + nic;
    peer.on = nic;
    peer.kind = Scenario::Peer::Kind::recording;
    peer.file = recording_file(nic);
    if (auto error = file->flush()) return *error;
  }
  if (auto error = recorder->dir_.write("scenario.toml", write_scenario(recorder->scenario_))) return *error;
  return recorder;
}

void Recorder::keep(std::optional<OutputError> error) {
  if (error && !error_) error_ = std::move(error);
}

void Recorder::frame(unsigned port, SimTime time, Bytes bytes) {
  TappedFrame frame;
  frame.time = time;
  frame.bytes = bytes;
  frame.direction = TapDirection::inbound;
  files_.at(port)->write(frame);
}

void Recorder::flush() {
  for (auto& file : files_)
    if (file) keep(file->flush());
}

std::optional<OutputError> Recorder::finish(SimTime stop) {
  for (auto& file : files_)
    if (file) keep(file->close());
  scenario_.stop.after = stop;
  keep(dir_.write("scenario.toml", write_scenario(scenario_)));
  keep(dir_.finish(error_ ? RunStatus::failed : RunStatus::complete));
  return error_;
}

}  // namespace nicosim
