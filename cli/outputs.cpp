#include "cli/outputs.hpp"

#include <cerrno>
#include <cstring>

namespace nicosim {
namespace {

constexpr std::uint64_t kWireSpeed = 10'000'000'000;

}  // namespace

Result<std::unique_ptr<LineFile>, OutputError> LineFile::open(const std::string& path) {
  std::FILE* const file = std::fopen(path.c_str(), "w");
  if (file == nullptr) return OutputError{path, std::strerror(errno)};
  return std::unique_ptr<LineFile>{new LineFile{path, file}};
}

LineFile::~LineFile() {
  if (file_ != nullptr) std::fclose(file_);
}

void LineFile::write(std::string_view text) {
  if (error_ || std::fwrite(text.data(), 1, text.size(), file_) == text.size()) return;
  error_ = OutputError{path_, std::strerror(errno)};
}

void LineFile::flush() {
  if (file_ != nullptr && !error_ && std::fflush(file_) != 0) error_ = OutputError{path_, std::strerror(errno)};
}

std::optional<OutputError> LineFile::close() {
  if (file_ == nullptr) return error_;
  if (std::fclose(file_) != 0 && !error_) error_ = OutputError{path_, std::strerror(errno)};
  file_ = nullptr;
  return error_;
}

Result<std::unique_ptr<Outputs>, OutputError> Outputs::open(const Scenario& scenario, const RunOptions& options) {
  std::unique_ptr<Outputs> outputs{new Outputs};
  outputs->json_ = options.json;
  const auto add_events = [&](const std::string& path) -> std::optional<OutputError> {
    auto file = LineFile::open(path);
    if (!file) return file.error();
    outputs->event_files_.push_back(std::move(*file));
    return std::nullopt;
  };
  if (options.events)
    if (auto error = add_events(*options.events)) return *error;
  const auto add_taps = [&](const std::string& path) -> std::optional<OutputError> {
    outputs->taps_.push_back(std::make_unique<PcapngWriter>(path));
    for (const Scenario::Nic& nic : scenario.nics) {  // in the order of enum Tap
      outputs->taps_.back()->add({nic.name + ":wire-in", 4, kWireSpeed});
      outputs->taps_.back()->add({nic.name + ":driver", 0, kWireSpeed});
      outputs->taps_.back()->add({nic.name + ":stack", 0, kWireSpeed});
      outputs->taps_.back()->add({nic.name + ":wire-out", 4, kWireSpeed});
    }
    return outputs->taps_.back()->flush();
  };
  if (options.taps)
    if (auto error = add_taps(*options.taps)) return *error;
  if (options.out) {
    auto dir = OutputDir::open(*options.out, options.force,
                               {{"command", options.command}, {"seed", std::to_string(scenario.seed)}});
    if (!dir) return dir.error();
    outputs->dir_.emplace(std::move(*dir));
    if (auto error = outputs->dir_->write("scenario.toml", write_scenario(scenario))) return *error;
    if (auto error = add_events(outputs->dir_->file("events.tsv"))) return *error;
    if (auto error = add_taps(outputs->dir_->file("taps.pcapng"))) return *error;
  }
  return outputs;
}

void Outputs::event(std::string_view line) {
  for (auto& file : event_files_) file->write(line);
}

void Outputs::tap(const TapRecord& record, const ReplaySource* replay) {
  TappedFrame frame;
  frame.tap = record.port * static_cast<unsigned>(kTaps) + static_cast<unsigned>(record.tap);
  frame.time = record.time;
  frame.bytes = record.bytes;
  frame.direction = record.outbound ? TapDirection::outbound : TapDirection::inbound;
  frame.packet_id = record.frame.raw;
  if (replay != nullptr && record.tap == Tap::wire_in && replay->was_cut(record.packet))
    frame.comment = "cut in the capture; zeros stand for what is missing";
  for (auto& taps : taps_) taps->write(frame);
}

void Outputs::flush() {
  for (auto& file : event_files_) file->flush();
  for (auto& taps : taps_)
    if (auto error = taps->flush(); error && !taps_error_) taps_error_ = std::move(error);
}

std::optional<OutputError> Outputs::finish(const Json& report, const RunReport& texts, RunStatus status) {
  std::optional<OutputError> first;
  const auto keep = [&first](std::optional<OutputError> error) {
    if (error && !first) first = std::move(error);
  };
  for (auto& file : event_files_) keep(file->close());
  keep(std::move(taps_error_));
  for (auto& taps : taps_) keep(taps->close());
  const std::string text = json_text(report);
  if (dir_) {
    keep(dir_->write("report.json", text));
    for (const auto& [name, content] : texts.files) keep(dir_->write(name, content));
    keep(dir_->finish(first ? RunStatus::failed : status));
  }
  if (json_ && *json_ == "-") {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
      keep(OutputError{"standard output", std::strerror(errno)});
  } else if (json_) {
    keep(write_whole(*json_, text));
  }
  return first;
}

}  // namespace nicosim
