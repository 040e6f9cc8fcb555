// ./nicosim run of a scenario with [study]: every point in a process of its own, then one table.
#include "cli/capture/spool.hpp"
#include "cli/commands/commands.hpp"
#include "cli/guard.hpp"
#include "cli/output_dir.hpp"
#include "cli/report/expectations.hpp"
#include "cli/shell_quote.hpp"
#include "cli/study/children.hpp"
#include "cli/study/points.hpp"
#include "cli/study/table.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <thread>
#include <unistd.h>

namespace nicosim {
namespace {

void say(const std::string& text) { fmt::print(stderr, "nicosim: {}\n", text); }

std::string points_text(std::size_t n) { return n == 1 ? "1 point" : fmt::format("{} points", n); }

// The command that runs one point alone, with the whole summary.
std::string command_of(const StudyPoint& point, const RunRequest& request) {
  std::string command = "./nicosim run " + shell_quote(request.file);
  for (const std::string& word : options_of(point, request.overlays)) command += " " + shell_quote(word);
  const RunOptions& o = request.options;
  const RunOptions usual;
  if (o.batch != usual.batch) command += fmt::format(" --batch {}", o.batch);
  if (o.no_skip) command += " --no-skip";
  if (o.check_skip) command += " --check-skip";
  if (o.random_reset_seed != 0) command += fmt::format(" --random-reset {}", o.random_reset_seed);
  if (o.linger != usual.linger) command += fmt::format(" --linger {}ps", o.linger.in_ps());
  return command;
}

RunOptions options_for(const StudyPoint& point, const RunRequest& request) {
  RunOptions options = request.options;
  options.command = command_of(point, request);
  options.out.reset();
  options.json = "-";
  options.quiet = true;
  return options;
}

// Counts points on a terminal; nothing else sees it.
class PointProgress {
 public:
  PointProgress(bool on, std::size_t count) : on_(on), count_(count) {}
  void operator()(std::size_t done, std::size_t running) const {
    if (on_) fmt::print(stderr, "\r{} of {}, {} running \033[K", done, points_text(count_), running);
  }
  void clear() const {
    if (on_) fmt::print(stderr, "\r\033[K");
  }

 private:
  bool on_;
  std::size_t count_;
};

class Study {
 public:
  Study(const RunRequest& request, const Scenario& whole, const std::vector<StudyPoint>& points)
      : request_(request), whole_(whole), points_(points) {}

  int run() {
    if (const auto error = open()) {
      say(error->text());
      return kOutput;
    }
    const bool quiet = request_.options.quiet;
    const PointProgress progress{!quiet && isatty(STDERR_FILENO) == 1, points_.size()};
    const unsigned jobs = request_.jobs != 0 ? request_.jobs : std::max(std::thread::hardware_concurrency(), 1U);
    const ChildResults results = run_in_children(
        points_.size(), jobs,
        [&](std::size_t i) {
          return guarded([&] { return run_session(points_[i].scenario, options_for(points_[i], request_)); });
        },
        progress);
    progress.clear();
    interrupted_ = results.interrupted;
    for (std::size_t i = 0; i < points_.size(); ++i)
      if (results.of[i]) add(points_[i], *results.of[i]);
    return finish(results);
  }

 private:
  std::optional<OutputError> open() {
    const RunOptions& options = request_.options;
    table_.title = options.title;
    table_.columns = whole_.study->table;
    table_.seeds = whole_.study->seeds > 1;
    if (!options.out) return std::nullopt;
    auto folder = OutputDir::open(*options.out, options.force,
                                  {{"command", options.command}, {"seed", std::to_string(whole_.seed)}});
    if (!folder) return folder.error();
    folder_.emplace(std::move(*folder));
    return folder_->write("scenario.toml", write_scenario(whole_));
  }

  void add(const StudyPoint& point, const ChildResult& result) {
    Json report = Json::parse(result.out, nullptr, false);
    if (report.is_discarded()) report = nullptr;
    if (report.is_object())
      for (const auto& warning : report.value("warnings", Json::array()))
        warnings_.push_back(point.name() + ": " + warning.get<std::string>());
    auto& row = table_.rows.emplace_back();
    row.set = point.set;
    row.seed = point.seed;
    row.exit_code = result.exit_code < 128 ? result.exit_code : int{kOurFault};
    for (const auto& column : table_.columns) {
      const auto value = metric(report, column.metric);
      row.values.push_back(value ? std::optional{*value} : std::nullopt);
    }
    Json set = Json::object();
    for (const auto& [key, value] : point.set) set[key] = value;
    json_.push_back({{"set", set}, {"seed", point.seed}, {"exit_code", row.exit_code}, {"report", std::move(report)}});
  }

  void print_tables(std::FILE* people) const {
    const bool colour = isatty(fileno(people)) == 1;
    if (whole_.study->views.empty()) fmt::print(people, "{}", table_text(table_, colour));
    std::string between;
    for (const auto& view : whole_.study->views) {
      const StudyTable shown = view_of(table_, view);
      if (shown.rows.empty()) continue;  // --set has left none of its points
      fmt::print(people, "{}{}", between, table_text(shown, colour));
      between = "\n";
    }
    if (!warnings_.empty()) fmt::print(people, "\n");
    for (const std::string& warning : warnings_) fmt::print(people, "{}\n", warning);
  }

  // A heading that no point has a number for is a mistake in the scenario.
  std::vector<std::string> empty_columns() const {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < table_.columns.size(); ++i)
      if (std::ranges::none_of(table_.rows, [i](const auto& row) { return row.values[i].has_value(); }))
        names.push_back(table_.columns[i].metric);
    return names;
  }

  // Points that did not end well, each with what it said; it ends with the command that repeats it.
  void tell_failures(const ChildResults& results) const {
    for (std::size_t i = 0; i < points_.size(); ++i) {
      if (!results.of[i] || results.of[i]->exit_code == kGood) continue;
      const ChildResult& result = *results.of[i];
      const int number = result.exit_code - 128;
      say(number > 0
              ? fmt::format("{}: ended by signal {} ({}), our fault", points_[i].name(), number, strsignal(number))
              : fmt::format("{}: exit code {}", points_[i].name(), result.exit_code));
      fmt::print(stderr, "{}", result.err);
      if (result.err.find("to repeat: ") == std::string::npos) say("to repeat: " + command_of(points_[i], request_));
    }
  }

  int finish(const ChildResults& results) {
    const RunOptions& options = request_.options;
    const bool json_on_stdout = options.json == "-";
    std::FILE* const people = json_on_stdout ? stderr : stdout;
    if (!options.quiet) {
      table_.title += ": " + points_text(points_.size());
      print_tables(people);
      std::fflush(people);
    }
    int code = kGood;
    for (const auto& row : table_.rows) code = std::max(code, row.exit_code);
    tell_failures(results);
    if (!interrupted_ && code == kGood)
      for (const std::string& name : empty_columns()) {
        say(fmt::format("{}: no point has the metric '{}' of study.table; expected a path in report.json",
                        options.scenario_name, name));
        code = kUsage;
      }
    if (interrupted_) {
      say(fmt::format("interrupted: {} of {} had ended", table_.rows.size(), points_text(points_.size())));
      code = kInterrupted;
    }
    if (const auto error = write(code)) {
      say(error->text());
      return code == kGood ? int{kOutput} : code;
    }
    return code;
  }

  std::optional<OutputError> write(int code) {
    Json json;
    json["schema"] = kReportSchema;
    json["title"] = request_.options.title;
    json["status"] = interrupted_ ? "interrupted" : "complete";
    json["table"] = table_json(table_);
    json["points"] = std::move(json_);
    const std::string text = json_text(json);
    if (folder_) {
      if (auto error = folder_->write("table.csv", table_csv(table_))) return error;
      if (auto error = folder_->write("report.json", text)) return error;
      const RunStatus status = interrupted_          ? RunStatus::interrupted
                               : code >= int{kUsage} ? RunStatus::failed
                                                     : RunStatus::complete;
      if (auto error = folder_->finish(status)) return error;
    }
    const auto& file = request_.options.json;
    if (!file) return std::nullopt;
    if (*file != "-") return write_whole(*file, text);
    fmt::print("{}", text);
    return std::nullopt;
  }

  const RunRequest& request_;
  const Scenario& whole_;
  const std::vector<StudyPoint>& points_;
  std::optional<OutputDir> folder_;
  StudyTable table_;
  std::vector<std::string> warnings_;  // of all points, in their order
  Json json_ = Json::array();
  bool interrupted_ = false;
};

}  // namespace

int study_command(RunRequest& request, const ScenarioText& text, Scenario whole) {
  const auto points = study_points(text, request.overlays, sysctl_rules());
  if (!points) {
    say_all(points.error());
    return kUsage;
  }
  if (points->size() == 1) return run_session(points->front().scenario, request.options);
  for (const auto& [option, given] :
       {std::pair{"--events", request.options.events.has_value()},
        std::pair{"--taps", request.options.taps.has_value()}, std::pair{"--waves", request.options.waves.has_value()}})
    if (given) {
      say(fmt::format("{} is for one run, and this is a study of {}; choose one of them, such as: {} {}", option,
                      points_text(points->size()), command_of(points->front(), request), option));
      return kUsage;
    }
  // A pipe is read once, and before there is more than one reader.
  for (const Scenario::Peer& peer : whole.peers)
    if (peer.kind == Scenario::Peer::Kind::pcap) readable_again(peer.file);
  pin(whole, request.overlays);
  return Study{request, whole, *points}.run();
}

}  // namespace nicosim
