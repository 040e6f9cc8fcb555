// Keeps what a live run was told by the outside, so that `./nicosim replay DIR` is the same run again.
//
// The folder has the resolved scenario (with the recordings in the place of the network, and the time of the end), one
// capture per live card with each frame at the simulated time at which it came, and a manifest. A run that was killed
// leaves a folder that replays up to there, marked as interrupted; its last frames may be missing.
#pragma once

#include "cli/capture/pcapng_writer.hpp"
#include "cli/output_dir.hpp"
#include "cli/scenario/scenario.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nicosim {

class Recorder {
 public:
  // `live`: which cards are joined to a real network, by port.
  static Result<std::unique_ptr<Recorder>, OutputError> open(const std::string& path, bool force, Scenario scenario,
                                                             const std::vector<bool>& live, const std::string& command);

  // Without FCS; `time` since the wires lived, in whole ns.
  void frame(unsigned port, SimTime time, Bytes bytes);
  // Hands to the system what there is; the first error of all is kept for finish().
  void flush();
  // The run has ended at this time, counted as above.
  [[nodiscard]] std::optional<OutputError> finish(SimTime stop);

 private:
  Recorder(OutputDir dir, Scenario scenario) : dir_(std::move(dir)), scenario_(std::move(scenario)) {}
  void keep(std::optional<OutputError> error);

  OutputDir dir_;
  Scenario scenario_;
  std::vector<std::unique_ptr<PcapngWriter>> files_;  // per card; nullptr: not live
  std::optional<OutputError> error_;
};

// The file of a card's recording in the folder.
std::string recording_file(const std::string& nic);

}  // namespace nicosim
