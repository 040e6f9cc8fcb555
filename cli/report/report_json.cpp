#include "cli/report/report.hpp"
#include "common/int128.hpp"

#include <cmath>
#include <map>

namespace nicosim {
namespace {

// A double nearest to a number of at most 15 digits prints as that number again.
Json ns(SimTime t) {
  if (t.in_ps() % 1000 == 0) return t.in_ns();
  return static_cast<double>(t.in_ps()) / 1000.0;
}

// Rounded to six decimals by integer arithmetic, so that equal runs print equal digits.
Json share(SimTime part, SimTime whole) {
  if (whole <= SimTime::zero()) return 0;
  const UInt128 scaled = static_cast<UInt128>(part.in_ps()) * 1'000'000;
  const auto millionths =
      static_cast<std::uint64_t>((scaled + whole.in_ps() / 2) / static_cast<UInt128>(whole.in_ps()));
  return static_cast<double>(millionths) / 1e6;
}

// Rounded down to thousandths, by integer arithmetic as well.
Json per_second(std::uint64_t count, SimTime time) {
  if (time <= SimTime::zero()) return 0;
  const UInt128 thousandths = static_cast<UInt128>(count) * 1'000'000'000'000'000 / static_cast<UInt128>(time.in_ps());
  return static_cast<double>(static_cast<std::uint64_t>(thousandths)) / 1e3;
}

Json counts(const RunReport::Counts& values) {
  Json object = Json::object();
  for (const auto& [name, value] : values) object[name] = value;
  return object;
}

Json use_json(const RunReport::Use& u) {
  const SimTime lived = u.user + u.system + u.ready + u.blocked;
  std::uint64_t calls = 0;
  for (const auto& [name, count] : u.syscalls) calls += count;
  return {{"span_ns", ns(u.span)},
          {"requests", u.requests},
          {"requests_per_second", per_second(u.requests, u.span)},
          {"work_units", u.work_units},
          {"work_units_per_second", per_second(u.work_units, u.span)},
          {"syscalls", calls},
          {"syscall", counts(u.syscalls)},
          {"would_block", u.would_block},
          {"wakeups", u.wakeups},
          {"switches", u.voluntary + u.involuntary},
          {"switches_voluntary", u.voluntary},
          {"switches_involuntary", u.involuntary},
          {"processes", u.processes},
          {"user_ns", ns(u.user)},
          {"system_ns", ns(u.system)},
          {"ready_ns", ns(u.ready)},
          {"blocked_ns", ns(u.blocked)},
          {"copying_ns", ns(u.copying)},
          {"cpu_share", share(u.user + u.system, u.span)},
          {"ready_share", share(u.ready, lived)},
          {"blocked_share", share(u.blocked, lived)}};
}

}  // namespace

Json to_json(const RunReport& r) {
  Json j;
  j["schema"] = kReportSchema;
  if (!r.title.empty()) j["title"] = r.title;
  j["status"] = r.interrupted ? "interrupted" : "complete";
  j["frames_on_wire"] = r.frames_on_wire;
  j["ledger"] = counts(r.ledger);
  j["ledger_tx"] = counts(r.ledger_tx);
  j["unexplained"] = r.unexplained;

  j["stations"] = Json::object();
  for (const auto& s : r.stations)
    j["stations"][s.station] = {
        {"count", s.count}, {"p50_ns", ns(s.p50)}, {"p99_ns", ns(s.p99)}, {"max_ns", ns(s.max)}};

  j["counters"] = Json::object();
  for (const auto& group : r.counters) j["counters"][group.group] = counts(group.values);

  std::uint64_t total = 0;
  Json per_nic = Json::object();
  for (const auto& i : r.interrupts) {
    total += i.count;
    per_nic[i.nic] = i.count;
  }
  const std::uint64_t thousandths =
      r.frames_on_wire == 0 ? 0 : (total * 1000 + r.frames_on_wire / 2) / r.frames_on_wire;
  j["interrupts"] = {{"total", total},
                     {"per_frame", static_cast<double>(thousandths) / 1000.0},
                     {"per_second", per_second(total, r.measured)},
                     {"nic", per_nic}};

  j["delivered"] = {{"frames", r.delivered}, {"per_second", per_second(r.delivered, r.delivered_in)}};

  j["cpu"] = Json::object();
  for (const auto& c : r.cpu) j["cpu"][std::to_string(c.cpu)][c.context] = share(c.spent, r.measured);

  Json& functions = j["cpu"]["functions"] = Json::object();
  for (const auto& f : r.cpu_functions) functions[std::to_string(f.cpu)][f.context][f.name] = ns(f.spent);

  // A name that several have is told apart by the pid.
  std::map<std::string, unsigned> bearers;
  for (const auto& p : r.processes) ++bearers[p.name];
  j["processes"] = Json::object();
  for (const auto& p : r.processes) {
    const std::string key = bearers[p.name] == 1 ? p.name : p.name + ":" + std::to_string(p.pid);
    j["processes"][key] = {{"pid", p.pid},
                           {"cpu_ns", ns(p.cpu)},
                           {"waiting_ns", ns(p.waiting)},
                           {"blocked_ns", ns(p.blocked)},
                           {"voluntary_switches", p.voluntary},
                           {"involuntary_switches", p.involuntary},
                           {"syscalls", p.syscalls}};
  }

  j["apps"] = Json::object();
  for (const auto& app : r.apps) {
    j["apps"][app.name] = {{"kind", app.kind}};
    if (!app.model.empty()) j["apps"][app.name]["model"] = app.model;
    j["apps"][app.name].update(counts(app.numbers));
    for (const auto& [name, time] : app.times) j["apps"][app.name][name + "_ns"] = ns(time);
    if (app.use) j["apps"][app.name]["use"] = use_json(*app.use);
  }
  j["simulation"] = {{"time_ns", ns(r.time)}, {"measured_ns", ns(r.measured)}, {"cycles", r.cycles}};
  j["captures"] = Json::array();
  for (const auto& c : r.captures) {
    Json one = {{"file", c.file}, {"format", c.format}};
    one.update(counts(c.numbers));
    j["captures"].push_back(std::move(one));
  }
  j["texts"] = Json::object();
  for (const auto& [name, text] : r.texts) j["texts"][name] = text;
  j["warnings"] = r.warnings;

  Json versions = Json::object();
  for (const auto& [name, version] : r.host.versions) versions[name] = version;
  j["host"] = {{"wall_s", std::round(r.host.wall_s * 1e6) / 1e6},
               {"cycles_evaluated", r.host.cycles_evaluated},
               {"versions", versions}};
  if (const auto& live = r.host.live)
    j["host"]["live"] = {{"lag_ns", ns(live->lag)},
                         {"scale", live->scale},
                         {"from_client", live->from_client},
                         {"to_client", live->to_client},
                         {"lost", live->lost}};
  return j;
}

std::string json_text(const Json& json) {
  // Names come from files and may be any bytes; a report is written all the same.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace nicosim
