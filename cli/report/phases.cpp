#include "cli/report/phases.hpp"

#include "cli/scenario/units.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fmt/format.h>
#include <set>
#include <span>

namespace nicosim {
namespace {

constexpr std::size_t kMostEntries = 4096;       // of one episode; a longer one is not drawn
constexpr SimTime kNoticeable = SimTime::us(1);  // shorter work between two calls is left out
constexpr std::array<std::string_view, 4> kSending{"sendto", "sendmsg", "write", "aio_write"};
constexpr std::array<std::string_view, 4> kReading{"recvfrom", "recvmsg", "read", "aio_read"};

bool is_one_of(std::span<const std::string_view> names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

std::string_view field(std::string_view line, std::string_view key) {
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = line.substr(at + key.size());
  return rest.substr(0, rest.find_first_of(" \t\n"));
}

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string result_text(const std::string& call, long value) {
  if (value == -EAGAIN) return "EWOULDBLOCK";
  if (value == -EINTR) return "EINTR";
  if (value < 0) return fmt::format("error {}", -value);
  return is_one_of(kReading, call) ? fmt::format("{} bytes", value) : fmt::format("{}", value);
}

struct Page {
  SimTime start;
  std::string out;
  void line(SimTime at, SimTime took, std::string_view process, std::string_view kernel) {
    std::string text =
        fmt::format("  {:>9}  {:>9}   {:<34}  {}", humanised(at - start), humanised(took), process, kernel);
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
  }
};

std::string arrow_in(const std::string& call) {
  std::string text = call + "() ";
  return text + std::string(text.size() < 32 ? 32 - text.size() : 1, '-') + ">";
}

std::string arrow_out(const std::string& result) {
  const std::size_t dashes = result.size() < 30 ? 31 - result.size() : 1;
  return "<" + std::string(dashes, '-') + " " + result;
}

std::string_view state_text(std::string_view state) {
  if (state == "blocked") return "blocked: waits for data";
  if (state == "ready") return "ready: waits for the core";
  if (state == "copying") return "copying: kernel to process";
  return "running in the kernel";
}

}  // namespace

void Phases::see(std::string_view line) {
  const std::size_t tab = line.find('\t');
  if (tab == std::string_view::npos) return;
  const std::string_view rest = line.substr(tab + 1);
  const std::string_view station = rest.substr(0, rest.find('\t'));
  const bool call = station == "syscall", done = station == "aio_complete";
  const bool signal = station == "sysret" && rest.find(" kind=signal") != std::string_view::npos;
  const bool result = station == "sysret" && !signal;
  if (!call && !result && !signal && !done && station != "state") return;

  const std::string pid{field(rest, "pid=")};
  Episode& episode = now_[pid];
  if (episode.task.empty()) {
    episode.task = field(rest, "task=");
    episode.pid = pid;
  }
  Entry entry{SimTime::ps(number(line.substr(0, tab))),
              call     ? Kind::call
              : result ? Kind::result
              : signal ? Kind::signal
              : done   ? Kind::done
                       : Kind::state,
              std::string{field(rest, call || result ? "call=" : "state=")}, 0};
  if (done) entry.name = "aio_" + std::string{field(rest, "op=")};
  if (result || done) entry.value = number(field(rest, "result="));
  if (signal) entry.value = number(field(rest, "signo="));
  add(episode, entry);
}

void Phases::add(Episode& episode, const Entry& entry) {
  const bool call = entry.kind == Kind::call, result = entry.kind == Kind::result, done = entry.kind == Kind::done;
  if ((result || done) && entry.value > 0 && is_one_of(kSending, entry.name)) {
    episode.entries.assign(1, entry);
    episode.began = true;
    episode.waited = false;
    return;
  }
  if (!episode.began || episode.entries.size() >= kMostEntries) {
    episode.began = false;
    return;
  }
  const Entry& before = episode.entries.back();
  episode.waited = episode.waited || entry.name == "blocked" || (result && entry.value == -EAGAIN) ||
                   ((call || done) && entry.time - before.time >= kNoticeable);
  episode.entries.push_back(entry);
  if ((!result && !done) || entry.value <= 0 || !is_one_of(kReading, entry.name)) return;
  if (episode.waited) last_[episode.task] = episode;
  episode.began = false;
}

std::string Phases::draw(const Episode& episode, const std::string& model) {
  const auto& entries = episode.entries;
  Page page{entries.front().time, {}};
  SimTime blocked, copying;
  bool in_call = false;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const Entry& entry = entries[i];
    const SimTime end = i + 1 < entries.size() ? entries[i + 1].time : entry.time;
    SimTime took = end - entry.time;
    if (entry.kind == Kind::result) {
      in_call = false;
      if (i > 0) page.line(entry.time, SimTime::zero(), arrow_out(result_text(entry.name, entry.value)), "");
      if (took >= kNoticeable) page.line(entry.time, took, "own work", "");
      continue;
    }
    if (entry.kind == Kind::signal) {
      page.line(entry.time, SimTime::zero(), fmt::format("signal {}: its handler runs", entry.value), "");
      continue;
    }
    if (entry.kind == Kind::done) {
      page.line(entry.time, SimTime::zero(), "", fmt::format("{}: {} bytes, copied", entry.name, entry.value));
      continue;
    }
    if (entry.kind == Kind::state) {
      if (entry.name == "blocked") blocked += took;
      if (entry.name == "copying") copying += took;
      if (in_call)
        page.line(entry.time, took, "|", state_text(entry.name));
      else
        page.line(entry.time, took, entry.name == "ready" ? "another process has the core" : "own work", "");
      continue;
    }
    // Questions with the same answer, again and again: told once.
    const auto is_refusal = [&](std::size_t at) {
      return at + 1 < entries.size() && entries[at].kind == Kind::call && entries[at + 1].kind == Kind::result &&
             entries[at + 1].value == -EAGAIN;
    };
    std::size_t times = 0;
    std::set<std::string> asked;
    for (; is_refusal(i + 2 * times); ++times) asked.insert(entries[i + 2 * times].name + "()");
    if (times > 2) {
      i += 2 * times - 1;
      took = entries[i].time - entry.time;
      page.line(entry.time, took, fmt::format("asks {} times, own work in between", times),
                fmt::format("EWOULDBLOCK: {}", fmt::join(asked, ", ")));
      continue;
    }
    in_call = true;
    page.line(entry.time, took, arrow_in(entry.name), took >= kNoticeable ? "works" : "");
  }
  return fmt::format("{} ({}), pid {}: from one answer to the next request\n\n  {:>9}  {:>9}   {:<34}  {}\n",
                     episode.task, model, episode.pid, "at", "for", "process", "kernel") +
         page.out +
         fmt::format("\n  blocked until there was data {}, while it was copied {}\n", humanised(blocked),
                     humanised(copying));
}

std::string Phases::text(const std::map<std::string, std::string>& models) const {
  std::string out;
  for (const auto& [task, episode] : last_) {
    const auto model = models.find(task);
    if (model == models.end()) continue;
    out += (out.empty() ? "" : "\n") + draw(episode, model->second);
  }
  return out;
}

}  // namespace nicosim
