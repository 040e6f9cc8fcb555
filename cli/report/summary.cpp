// The summary on the terminal: what happened in one sentence, then the tables behind it.
#include "cli/report/report.hpp"
#include "cli/scenario/units.hpp"
#include "common/station.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <span>

namespace nicosim {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kBar = 19;
constexpr std::size_t kRows = 8;  // of a table that may be long

class Page {
 public:
  explicit Page(bool colour) : colour_(colour) {}

  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    std::string text = fmt::format(format, std::forward<Args>(args)...);
    text.erase(text.find_last_not_of(' ') + 1);
    out_ += text + "\n";
  }
  void title(std::string_view text) {
    line("\n{}", colour_ ? fmt::format("\033[1m{}\033[0m", text) : std::string{text});
  }
  void alarm(std::string_view text) {
    out_ += colour_ ? fmt::format("\033[1;31m{}\033[0m\n", text) : fmt::format("{}\n", text);
  }

  // Words, broken before column 80; the first line starts at `first`, the others at `next`.
  void paragraph(std::string_view text, std::size_t first = 0, std::size_t next = 0) {
    out_ += std::string(first, ' ');
    std::size_t column = first;
    bool fresh = true;
    while (!text.empty()) {
      const std::string_view word = text.substr(0, text.find(' '));
      if (!fresh && column + 1 + word.size() > kWidth) {
        out_ += "\n" + std::string(next, ' ');
        column = next;
      } else if (!fresh) {
        out_ += ' ';
        ++column;
      }
      out_ += word;
      column += word.size();
      fresh = false;
      text.remove_prefix(std::min(text.size(), word.size() + 1));
    }
    out_ += '\n';
  }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  bool colour_;
};

std::uint64_t sum(const RunReport::Counts& counts) {
  std::uint64_t total = 0;
  for (const auto& [name, count] : counts) total += count;
  return total;
}

std::string percent(double share) {
  if (share > 0 && share < 0.001) return "<0.1 %";
  return fmt::format("{:.1f} %", share * 100);
}

// "drop.filter.MAC_FILTER" -> "dropped at filter: MAC_FILTER"
std::string fate_text(std::string_view name) {
  if (!name.starts_with("drop.")) return std::string{name};
  name.remove_prefix(5);
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos) return fmt::format("dropped: {}", name);
  return fmt::format("dropped at {}: {}", name.substr(0, dot), name.substr(dot + 1));
}

std::string frames(std::uint64_t n) { return n == 1 ? "1 frame" : humanised_count(n) + " frames"; }

std::string headline(const RunReport& r) {
  const std::string span = humanised(r.time);
  if (r.frames_on_wire == 0 && r.ledger_tx.empty())
    return fmt::format("Nothing was on the wire in {} of simulated time.", span);
  RunReport::Counts fates = r.ledger;
  std::erase_if(fates, [](const auto& f) { return f.first.starts_with("drop."); });
  const std::uint64_t dropped = sum(r.ledger) - sum(fates);
  std::string text = fmt::format("{} arrived in {}", frames(r.frames_on_wire), span);
  std::ranges::stable_sort(fates, std::ranges::greater{}, &std::pair<std::string, std::uint64_t>::second);
  std::string separator = ": ";
  for (const auto& [name, count] : fates) {
    if (count == 0) continue;
    text += fmt::format("{}{} {}", separator, humanised_count(count), name == "queued" ? "still queued" : name);
    separator = ", ";
  }
  if (dropped != 0) text += fmt::format("{}{} dropped", separator, humanised_count(dropped));
  text += dropped == 0 && r.frames_on_wire != 0 ? "; none dropped." : ".";
  if (!r.ledger_tx.empty()) text += fmt::format(" The host sent {}.", frames(sum(r.ledger_tx)));
  if (const auto slow = slowest_step(r))
    text +=
        fmt::format(" The slowest step was {} to {}: {} in the median.", slow->from, slow->to, humanised(slow->took));
  return text;
}

void ledger(Page& page, std::string_view title, const RunReport::Counts& counts) {
  if (counts.empty()) return;
  page.title(title);
  const std::uint64_t total = std::max<std::uint64_t>(sum(counts), 1);
  for (const auto& [name, count] : counts)
    page.line("  {:<46} {:>12}  {:>7}", fate_text(name), humanised_count(count),
              percent(static_cast<double>(count) / static_cast<double>(total)));
}

void station_table(Page& page, std::string_view title, std::span<const RunReport::StationLatency> rows) {
  if (rows.empty()) return;
  page.title(title);
  page.line("  {:<13} {:>9}  {:>9}  {:>9}  {:>9}", "station", "frames", "p50", "p99", "max");
  // Bars are scaled to the longest median: where the time goes is seen before it is read.
  SimTime longest = SimTime::ps(1);
  for (const auto& s : rows) longest = std::max(longest, s.p50);
  for (const auto& s : rows) {
    const double share = static_cast<double>(s.p50.in_ps()) / static_cast<double>(longest.in_ps());
    const auto bar = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(kBar) + 0.5);
    page.line("  {:<13} {:>9}  {:>9}  {:>9}  {:>9}  {}", s.station, s.count, humanised(s.p50), humanised(s.p99),
              humanised(s.max), std::string(bar, '='));
  }
}

// The way in and the way out count from different beginnings.
void stations(Page& page, const RunReport& r) {
  const std::span all{r.stations};
  const auto out = std::ranges::find_if(all, [](const auto& s) {
    const auto station = station_from(s.station);
    return station && *station >= Station::write;
  });
  const auto in = static_cast<std::size_t>(out - all.begin());
  station_table(page, "Latency since the first bit on the wire", all.first(in));
  station_table(page, "Latency of the host's frames since their first station", all.subspan(in));
}

void cpu(Page& page, const RunReport& r) {
  if (r.cpu.empty()) return;
  page.title("CPU");
  std::map<unsigned, std::string> lines;
  const double whole = std::max(1.0, static_cast<double>(r.measured.in_ps()));
  for (const auto& c : r.cpu) {
    std::string& line = lines[c.cpu];
    line += line.empty() ? fmt::format("cpu {}: ", c.cpu) : ", ";
    line += fmt::format("{} {}", c.context, percent(static_cast<double>(c.spent.in_ps()) / whole));
  }
  for (const auto& [number, text] : lines) page.paragraph(text, 2, 4);
}

// All cores together. What counts is the share of the work, not of the time: an idle host has its hot spots as well.
void functions(Page& page, const RunReport& r) {
  std::map<std::pair<std::string, std::string>, SimTime> sums;
  SimTime busy = SimTime::zero();
  for (const auto& f : r.cpu_functions) {
    sums[{f.name, f.context}] += f.spent;
    busy += f.spent;
  }
  if (sums.empty()) return;
  std::vector<std::pair<std::pair<std::string, std::string>, SimTime>> rows(sums.begin(), sums.end());
  std::ranges::stable_sort(rows, std::ranges::greater{}, [](const auto& row) { return row.second; });
  page.title("Where the CPU went");
  page.line("  {:<22} {:<9} {:>9}  {:>7}", "function", "context", "time", "of work");
  for (std::size_t i = 0; i < std::min(rows.size(), kRows); ++i)
    page.line("  {:<22} {:<9} {:>9}  {:>7}", rows[i].first.first, rows[i].first.second, humanised(rows[i].second),
              percent(static_cast<double>(rows[i].second.in_ps()) / static_cast<double>(busy.in_ps())));
}

// Those that did something. `waiting`: it could have run, and another one had the core.
void processes(Page& page, const RunReport& r) {
  std::vector<const RunReport::Process*> rows;
  for (const auto& p : r.processes)
    if (p.cpu > SimTime::zero()) rows.push_back(&p);
  if (rows.empty()) return;
  std::ranges::stable_sort(rows, std::ranges::greater{}, [](const auto* p) { return p->cpu; });
  page.title("Processes");
  page.line("  {:<14.14} {:>5} {:>9} {:>9} {:>9} {:>8} {:>8} {:>8}", "name", "pid", "CPU", "waiting", "blocked",
            "slept", "ousted", "syscalls");
  for (std::size_t i = 0; i < std::min(rows.size(), kRows); ++i) {
    const RunReport::Process& p = *rows[i];
    page.line("  {:<14.14} {:>5} {:>9} {:>9} {:>9} {:>8} {:>8} {:>8}", p.name, p.pid, humanised(p.cpu),
              humanised(p.waiting), humanised(p.blocked), humanised_count(p.voluntary), humanised_count(p.involuntary),
              humanised_count(p.syscalls));
  }
  if (rows.size() > kRows) page.line("  ... and {} more", humanised_count(rows.size() - kRows));
}

void interrupts(Page& page, const RunReport& r) {
  if (r.interrupts.empty()) return;
  page.title("Interrupts");
  std::uint64_t total = 0;
  for (const auto& i : r.interrupts) {
    total += i.count;
    page.line("  {:<46} {:>12}", i.nic, humanised_count(i.count));
  }
  if (r.frames_on_wire != 0)
    page.line("  {:<46} {:>12.3f}", "per frame on the wire",
              static_cast<double>(total) / static_cast<double>(r.frames_on_wire));
}

// What one request cost, and where the time of its processes went.
std::string use_text(const RunReport::Use& use) {
  const auto requests = static_cast<double>(use.requests);
  const auto each = [&](std::uint64_t count) { return fmt::format("{:.3g}", static_cast<double>(count) / requests); };
  std::uint64_t calls = 0;
  for (const auto& [name, count] : use.syscalls) calls += count;
  std::string text = fmt::format("a request: {} system calls", each(calls));
  if (use.would_block != 0) text += fmt::format(" ({} would have blocked)", each(use.would_block));
  text += fmt::format(", {} wake-ups, {} context switches, {} copying.", each(use.wakeups),
                      each(use.voluntary + use.involuntary),
                      humanised(SimTime::ps(use.copying.in_ps() / static_cast<std::int64_t>(use.requests))));
  const auto lived =
      static_cast<double>(std::max<std::int64_t>(1, (use.user + use.system + use.ready + use.blocked).in_ps()));
  const auto part = [&](SimTime time) { return percent(static_cast<double>(time.in_ps()) / lived); };
  return text + fmt::format(" Its processes: own work {}, kernel {}, ready {}, blocked {}.", part(use.user),
                            part(use.system), part(use.ready), part(use.blocked));
}

void apps(Page& page, const RunReport& r) {
  if (r.apps.empty()) return;
  page.title("Programs");
  for (const auto& app : r.apps) {
    std::string text = fmt::format("{} ({})", app.name, app.kind);
    std::string separator = ": ";
    for (const auto& [name, value] : app.numbers) {
      text += fmt::format("{}{} {}", separator, humanised_count(value), name);
      separator = ", ";
    }
    for (const auto& [name, time] : app.times) text += fmt::format(", {} {}", name, humanised(time));
    page.paragraph(text, 2, 4);
    if (app.use && app.use->requests > 0) page.paragraph(use_text(*app.use), 4, 4);
  }
}

void captures(Page& page, const RunReport& r) {
  for (const auto& c : r.captures) {
    page.title("Capture");
    std::string text = fmt::format("{} ({})", c.file, c.format);
    std::string separator = ": ";
    for (const auto& [name, value] : c.numbers) {
      text += fmt::format("{}{} {}", separator, name, humanised_count(value));
      separator = ", ";
    }
    page.paragraph(text, 2, 4);
  }
}

void speed(Page& page, const RunReport& r) {
  page.title("Simulation");
  page.line("  {} of simulated time, {} clock cycles", humanised(r.time), humanised_count(r.cycles));
  if (r.host.wall_s <= 0) return;
  const double slowdown = r.time.in_ps() > 0 ? r.host.wall_s * 1e12 / static_cast<double>(r.time.in_ps()) : 0;
  page.line("  {:.2f} s on this machine, {:.3g} M cycles/s{}", r.host.wall_s,
            static_cast<double>(r.cycles) / r.host.wall_s / 1e6,
            slowdown >= 1  ? fmt::format(", {:.0f} times slower than real time", slowdown)
            : slowdown > 0 ? fmt::format(", {:.0f} times faster than real time", 1 / slowdown)
                           : std::string{});
  if (r.cycles > r.host.cycles_evaluated && r.host.cycles_evaluated > 0)
    page.line("  {} of the cycles were evaluated, the card was idle in the rest",
              percent(static_cast<double>(r.host.cycles_evaluated) / static_cast<double>(r.cycles)));
}

void live(Page& page, const RunReport& r) {
  if (!r.host.live) return;
  const LiveReport& l = *r.host.live;
  page.paragraph(l.lag < SimTime::ms(1)
                     ? std::string{"Simulated time kept up with the wall clock."}
                     : fmt::format("Simulated time fell behind the wall clock by {} in all.", humanised(l.lag)),
                 2, 4);
  if (l.lost != 0) page.alarm(fmt::format("  {} lost between the kernel and the simulation", frames(l.lost)));
}

}  // namespace

std::optional<SlowestStep> slowest_step(const RunReport& report) {
  std::optional<SlowestStep> slowest;
  for (std::size_t i = 1; i < report.stations.size(); ++i) {
    const auto& from = report.stations[i - 1];
    const auto& to = report.stations[i];
    // The way out starts a clock of its own; there is no step from the last receive station to it.
    if (to.station == name_of(Station::write) || from.count == 0 || to.count == 0) continue;
    const SimTime took = to.p50 - from.p50;
    if (took > SimTime::zero() && (!slowest || took > slowest->took))
      slowest = SlowestStep{from.station, to.station, took};
  }
  return slowest;
}

std::string summary(const RunReport& r, bool colour) {
  Page page{colour};
  if (!r.title.empty()) page.line("{}", r.title);
  page.paragraph(headline(r));
  if (r.interrupted) page.alarm("Interrupted: everything below is true up to that moment.");
  if (r.unexplained != 0)
    page.alarm(fmt::format("{} {} no fate. That is our fault; please report it.", frames(r.unexplained),
                           r.unexplained == 1 ? "has" : "have"));
  ledger(page, "Where the frames from the wire ended", r.ledger);
  ledger(page, "Where the frames from the host ended", r.ledger_tx);
  stations(page, r);
  interrupts(page, r);
  cpu(page, r);
  functions(page, r);
  processes(page, r);
  apps(page, r);
  captures(page, r);
  speed(page, r);
  live(page, r);
  if (!r.warnings.empty()) page.title("Warnings");
  for (const std::string& warning : r.warnings) page.paragraph(warning, 2, 4);
  return page.take();
}

}  // namespace nicosim
