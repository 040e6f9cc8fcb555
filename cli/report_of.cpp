// Collects a finished simulation's numbers into a report.
#include "cli/report/ethtool_text.hpp"
#include "cli/run_session.hpp"
#include "stack/fs/file_system.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <optional>
#include <utility>

namespace nicosim {
namespace {

RunReport::Counts counts_of(const CounterGroup& group) {
  RunReport::Counts counts;
  for (const CounterGroup::Entry& e : group.entries()) counts.emplace_back(e.name, e.value);
  return counts;
}

RunReport::Counts counts_of(const WireCounts& wire) {
  return {{"lost", wire.lost},
          {"corrupted", wire.corrupted},
          {"duplicated", wire.duplicated},
          {"reordered", wire.reordered}};
}

void add_capture(RunReport& report, const ReplaySource& replay, const std::string& file, const WireIn& wire) {
  const ReplaySource::Counts c = replay.counts();
  report.captures.push_back({file,
                             std::string{replay.reader().format()},
                             {{"packets", c.packets},
                              {"padded", c.padded},
                              {"cut", c.cut},
                              {"oversized", c.oversized},
                              {"gaps_shortened", c.gaps_shortened},
                              {"time_went_back", c.time_went_back},
                              {"waited_for_wire", wire.delayed()}}});
  for (const CaptureWarning& w : replay.reader().warnings())
    report.warnings.push_back(
        fmt::format("{}: {} ({} times, first at byte {})", file, w.what, w.count, w.first_offset));
  if (replay.error()) report.warnings.push_back(*replay.error());
}

// What e1000 answers to `ethtool -c`: 1 and 3 stand for its two adaptive modes (e1000_get_coalesce).
unsigned rx_usecs_of(const Scenario::Nic& nic) {
  switch (nic.itr) {
    case Scenario::Nic::Itr::rate:
      return 1'000'000 / nic.itr_rate;
    case Scenario::Nic::Itr::dynamic:
      return 1;
    case Scenario::Nic::Itr::conservative:
      return 3;
    case Scenario::Nic::Itr::rx_usecs:
      return nic.rx_usecs;
  }
  return nic.rx_usecs;
}

// What the host would show of itself, as files of the output folder.
std::vector<std::pair<std::string, std::string>> linux_texts(Simulation& sim, const Scenario& scenario) {
  const Stack& stack = sim.stack();
  std::vector<std::pair<std::string, std::string>> files{{"softnet_stat", stack.softnet_stat()},
                                                         {"nstat.txt", stack.nstat_text()},
                                                         {"ss.txt", stack.sockets_table()},
                                                         {"ss_tlnp.txt", stack.listeners_table()}};
  for (unsigned port = 0; port < sim.ports(); ++port) {
    Driver& driver = sim.driver(port);
    const std::string_view name = driver.name();
    files.emplace_back(fmt::format("ethtool_S_{}.txt", name), ethtool_statistics(driver.ethtool()));
    files.emplace_back(fmt::format("ethtool_g_{}.txt", name), ethtool_rings(name, driver.ring_parameters()));
    files.emplace_back(fmt::format("ethtool_c_{}.txt", name),
                       ethtool_coalescing(name, rx_usecs_of(scenario.nics[port])));
  }
  return files;
}

void add_functions(RunReport& report, unsigned core, const HostCpu::Times& times) {
  constexpr std::array<const char*, 3> kContexts{"hardirq", "softirq", "process"};
  for (std::size_t context = 0; context < kContexts.size(); ++context)
    for (std::size_t function = 0; function < kCpuFunctions; ++function)
      if (const SimTime spent = times.functions[context][function]; spent > SimTime::zero())
        report.cpu_functions.push_back({core, kContexts[context], std::string{cpu_function_name(function)}, spent});
}

RunReport::Use use_of(const Simulation& sim, std::size_t program, const TcpServerStats& all,
                      const TcpServerStats& before) {
  const Usage& u = sim.usage(program);
  RunReport::Use use;
  use.span = sim.used_for();
  use.requests = all.requests - before.requests;
  use.work_units = all.work_units - before.work_units;
  use.syscalls.assign(u.syscalls.begin(), u.syscalls.end());
  use.would_block = u.would_block;
  use.wakeups = u.wakeups;
  use.voluntary = u.voluntary;
  use.involuntary = u.involuntary;
  use.processes = u.processes;
  use.user = u.user;
  use.system = u.system;
  use.ready = u.ready;
  use.blocked = u.blocked;
  use.copying = u.copying;
  return use;
}

// Of times in any order, the one that so many per cent do not exceed.
SimTime percentile(std::vector<SimTime> times, std::size_t percent) {
  if (times.empty()) return SimTime::zero();
  std::ranges::sort(times);
  return times[(times.size() * percent + 99) / 100 - 1];
}

}  // namespace

RunReport report_of(Simulation& sim, const HostSetup& host, const Scenario& scenario, Simulation::End end) {
  RunReport report;
  FrameLedger& ledger = sim.ledger();
  report.frames_on_wire = ledger.opened_on_wire();
  report.ledger = ledger.totals();
  report.ledger_tx = ledger.totals_of_host_frames();
  report.unexplained = sim.unexplained();
  for (std::size_t i = 0; i < kStations; ++i) {
    const auto station = static_cast<Station>(i);
    const FrameLedger::Latency l = ledger.latency(station);
    if (l.count != 0) report.stations.push_back({std::string{name_of(station)}, l.count, l.p50, l.p99, l.max});
  }

  const bool many = sim.ports() > 1;
  for (unsigned port = 0; port < sim.ports(); ++port) {
    Driver& driver = sim.driver(port);
    const std::string suffix = many ? " " + std::string{driver.name()} : "";
    report.counters.push_back({"ethtool" + suffix, counts_of(driver.ethtool())});
    const Driver::Work& work = driver.work();
    report.counters.push_back({"napi" + suffix,
                               {{"interrupts", work.interrupts},
                                {"spurious", work.spurious},
                                {"polls", work.polls},
                                {"budget_exhausted", work.budget_exhausted},
                                {"frames", work.frames}}});
    const Stack::DeviceStats device = sim.stack().device_stats(driver);
    report.counters.push_back(
        {"gro" + suffix, {{"held", device.gro_held}, {"merged", device.gro_merged}, {"normal", device.gro_normal}}});
    report.texts.push_back(
        {"ethtool -k " + std::string{driver.name()}, features_text(driver.name(), driver.features())});
    report.counters.push_back({"link" + suffix,
                               {{"upstream_bytes", sim.link(port).upstream_bytes()},
                                {"downstream_bytes", sim.link(port).downstream_bytes()}}});
    report.interrupts.push_back({std::string{driver.name()}, sim.interrupts(port)});
  }
  Stack::Softnet softnet{};  // of all cores
  for (unsigned core = 0; core < sim.cpu().cpus(); ++core) {
    const Stack::Softnet one = sim.stack().softnet(core);
    softnet.processed += one.processed;
    softnet.dropped += one.dropped;
    softnet.time_squeeze += one.time_squeeze;
    softnet.received_rps += one.received_rps;
    softnet.backlog_len += one.backlog_len;
  }
  report.counters.push_back({"softnet_stat",
                             {{"processed", softnet.processed},
                              {"dropped", softnet.dropped},
                              {"time_squeeze", softnet.time_squeeze},
                              {"received_rps", softnet.received_rps},
                              {"backlog_len", softnet.backlog_len}}});
  report.counters.push_back({"nstat", counts_of(sim.stack().nstat())});
  if (RunReport::Counts rules = sim.stack().netfilter_counters(); !rules.empty())
    report.counters.push_back({"netfilter", std::move(rules)});
  if (RunReport::Counts tracked = sim.stack().conntrack_counters(); !tracked.empty())
    report.counters.push_back({"nf_conntrack", std::move(tracked)});
  report.counters.push_back({"scheduler",
                             {{"context_switches", sim.cpu().context_switches()},
                              {"preemptions", sim.cpu().preemptions()},
                              {"migrations", sim.cpu().migrations()},
                              {"ipi", sim.cpu().calls_between_cores()},
                              {"ksoftirqd_runs", sim.cpu().ksoftirqd_runs()},
                              {"syscalls", sim.syscalls()}}});

  if (const Disk* const disk = sim.disk()) {
    const PageCache& cache = *sim.stack().file_system().cache();
    const PageCache::Stats& pages = cache.stats();
    report.counters.push_back(
        {"page_cache",
         {{"hits", pages.hits}, {"misses", pages.misses}, {"waits", pages.waits}, {"readahead", pages.readahead}}});
    report.counters.push_back({"vmstat",  // pgpgin and pgpgout in KiB, as /proc/vmstat has them
                               {{"nr_file_pages", cache.file_pages()},
                                {"nr_dirty", cache.nr_dirty()},
                                {"pgpgin", pages.pgpgin / 1024},
                                {"pgpgout", pages.pgpgout / 1024},
                                {"pgsteal_direct", pages.pgsteal}}});
    const Disk::Stats& d = disk->stats();
    report.counters.push_back({"diskstats",
                               {{"reads_completed", d.reads_completed},
                                {"sectors_read", d.sectors_read},
                                {"time_reading_us", static_cast<std::uint64_t>(d.time_reading.in_ns() / 1000)},
                                {"writes_completed", d.writes_completed},
                                {"sectors_written", d.sectors_written},
                                {"time_writing_us", static_cast<std::uint64_t>(d.time_writing.in_ns() / 1000)},
                                {"max_in_flight", d.max_in_flight},
                                {"waited_for_tag", d.waited_for_tag}}});
  }

  report.texts.push_back({"ss -tuanp", sim.stack().sockets_table()});
  report.texts.push_back({"/proc/net/softnet_stat", sim.stack().softnet_stat()});

  report.files = linux_texts(sim, scenario);
  if (!scenario.host.netfilter.empty()) {
    report.texts.emplace_back("iptables -L -v -n -x", sim.stack().netfilter_rules());
    report.texts.emplace_back("conntrack -L", sim.stack().netfilter_connections());
    report.files.emplace_back("netfilter.txt", sim.stack().netfilter_rules());
    report.files.emplace_back("conntrack.txt", sim.stack().netfilter_connections());
  }

  report.time = sim.now();
  report.measured = sim.measured();
  report.delivered = ledger.delivered();
  report.delivered_in = std::max(SimTime::zero(), report.measured - scenario.stop.warmup);
  for (unsigned core = 0; core < sim.cpu().cpus(); ++core) {
    const HostCpu::Times times = sim.cpu_times(core);
    const SimTime busy = times.hardirq + times.softirq + times.process;
    report.cpu.insert(report.cpu.end(), {{core, "hardirq", times.hardirq},
                                         {core, "softirq", times.softirq},
                                         {core, "process", times.process},
                                         {core, "idle", std::max(SimTime::zero(), report.measured - busy)}});
    add_functions(report, core, times);
  }
  for (const auto& [pid, name, account] : sim.process_accounts())
    report.processes.push_back({pid, std::string{name}, account.cpu, account.waiting, account.blocked,
                                account.voluntary, account.involuntary, account.syscalls});
  for (std::size_t i = 0; i < scenario.apps.size(); ++i) {
    const Scenario::App& app = scenario.apps[i];
    if (const TcpLoad* const client = host.clients[i]) {
      const TcpLoad::Stats& s = client->stats();
      report.apps.push_back({app.name,
                             std::string{name_of(app.kind)},
                             {{"connected", s.connected},
                              {"finished", s.finished},
                              {"failed", s.failed},
                              {"answers", s.answers},
                              {"bytes_sent", s.bytes_sent},
                              {"bytes_received", s.bytes_received}},
                             std::nullopt,
                             {},
                             {}});
      if (!s.response_times.empty())
        report.apps.back().times = {{"response_p50", percentile(s.response_times, 50)},
                                    {"response_p99", percentile(s.response_times, 99)}};
      continue;
    }
    if (const TcpSend* const sender = host.senders[i]) {
      const TcpSend::Stats& s = sender->stats();
      report.apps.push_back(
          {app.name,
           std::string{name_of(app.kind)},
           {{"connected", s.connected}, {"finished", s.finished}, {"failed", s.failed}, {"bytes_sent", s.bytes_sent}},
           std::nullopt,
           {},
           {}});
      continue;
    }
    if (app.is_tcp()) {
      const TcpServerStats& s = host.server_stats[i];
      RunReport::Counts counts{{"connections", s.connections},
                               {"requests", s.requests},
                               {"bytes_in", s.bytes_in},
                               {"bytes_out", s.bytes_out},
                               {"errors", s.errors}};
      std::optional<RunReport::Use> use;  // of a process; on a peer work takes no time
      std::string model;
      if (app.on == "host") {
        counts.insert(counts.end(), {{"refused", s.refused}, {"work_units", s.work_units}});
        use = use_of(sim, host.program_of(i), s, host.server_stats_before[i]);
        if (app.has_model()) model = name_of(app.model);
      }
      report.apps.push_back({app.name, std::string{name_of(app.kind)}, std::move(counts), use, {}, model});
      if (!s.complaint.empty())
        report.warnings.push_back(fmt::format("{}: {} ({} connections refused)", app.name, s.complaint, s.refused));
      continue;
    }
    const DatagramStats& stats = host.stats[i];
    report.apps.push_back({app.name,
                           std::string{name_of(app.kind)},
                           {{"datagrams", stats.datagrams}, {"bytes", stats.bytes}, {"errors", stats.errors}},
                           use_of(sim, host.program_of(i), {}, {}),
                           {},
                           {}});
  }
  for (unsigned port = 0; port < host.peers.size(); ++port) {
    const Peers& peers = host.peers[port];
    for (std::size_t i = 0; i < peers.replays.size(); ++i)
      add_capture(report, *peers.replays[i], peers.replay_files[i], sim.engine(port).wire_in());
    const std::string suffix = many ? " " + scenario.nics[port].name : std::string{};
    const WireConfig& wire = sim.wire_config(port);
    if (wire.touches_in()) report.counters.push_back({"wire" + suffix, counts_of(sim.wire_counts_in(port))});
    if (wire.touches_out()) report.counters.push_back({"wire_out" + suffix, counts_of(sim.wire_counts_out(port))});
  }
  report.cycles = static_cast<std::uint64_t>(report.time.in_ps() / kCyclePs);
  report.interrupted = end == Simulation::End::interrupted;
  report.host.versions = {
      {"nicosim", NICOSIM_VERSION}, {"verilator", RtlModel::verilator_version()}, {"systemc", sc_core::sc_release()}};
  for (unsigned port = 0; port < sim.ports(); ++port)
    report.host.cycles_evaluated += sim.engine(port).cycles_evaluated();
  return report;
}

}  // namespace nicosim
