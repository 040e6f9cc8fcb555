// Everything a run writes while it goes on and when it ends: event log, captures, report, manifest.
//
// The first failure to write is kept; the run goes on without that file, so that what is there stays valid.
#pragma once

#include "cli/capture/pcapng_writer.hpp"
#include "cli/capture/replay_source.hpp"
#include "cli/output_dir.hpp"
#include "cli/report/report.hpp"
#include "cli/run_session.hpp"
#include "sc_model/simulation.hpp"

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace nicosim {

// Lines into a file; the first error is kept and everything after it is dropped.
class LineFile {
 public:
  static Result<std::unique_ptr<LineFile>, OutputError> open(const std::string& path);
  ~LineFile();
  LineFile(const LineFile&) = delete;
  LineFile& operator=(const LineFile&) = delete;
  void write(std::string_view text);
  void flush();
  std::optional<OutputError> close();

 private:
  LineFile(std::string path, std::FILE* file) : path_(std::move(path)), file_(file) {}
  std::string path_;
  std::FILE* file_;
  std::optional<OutputError> error_;
};

class Outputs {
 public:
  static Result<std::unique_ptr<Outputs>, OutputError> open(const Scenario& scenario, const RunOptions& options);

  bool wants_events() const { return !event_files_.empty(); }
  bool wants_taps() const { return !taps_.empty(); }
  void event(std::string_view line);
  void tap(const TapRecord& record, const ReplaySource* replay);

  // Hands to the system what there is, for those who read along. Errors show in finish().
  void flush();
  // At the end; returns the first error of all.
  std::optional<OutputError> finish(const Json& report, const RunReport& texts, RunStatus status);

 private:
  Outputs() = default;
  std::optional<OutputDir> dir_;
  std::vector<std::unique_ptr<LineFile>> event_files_;
  std::vector<std::unique_ptr<PcapngWriter>> taps_;
  std::optional<OutputError> taps_error_;
  std::optional<std::string> json_;
};

}  // namespace nicosim
