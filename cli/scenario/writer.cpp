// From Scenario to TOML: the resolved scenario that an output folder keeps, so a run can be repeated without its
// command line. Every value is written, defaults too.
#include "cli/scenario/app_reader.hpp"
#include "cli/scenario/files_reader.hpp"
#include "cli/scenario/netfilter_reader.hpp"
#include "cli/scenario/overlay.hpp"
#include "cli/scenario/scenario.hpp"
#include "cli/scenario/units.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iterator>

namespace nicosim {
namespace {

class Writer {
 public:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
    out_ += '\n';
  }
  void text(std::string_view finished) { out_ += finished; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

std::string address_text(const Scenario::Address& a) { return fmt::format("\"{}/{}\"", a.ip.text(), a.prefix); }

std::string hex_text(Bytes bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) fmt::format_to(std::back_inserter(out), "{:02x}", load8(bytes, i));
  return out;
}

std::string chance_text(std::uint32_t ppb) { return fmt::format("{}.{:09}", ppb / 1'000'000'000, ppb % 1'000'000'000); }

// TOML tells 1.0 from 1 and knows no exponent without digits; the shortest form that reads back the same.
std::string real_text(double v) { return fmt::format("{}", v); }

void write_send(Writer& w, const std::string& peer, const Scenario::Send& send) {
  w.line("\n[[peer.{}.send]]", peer);
  w.line("kind = \"{}\"", name_of(send.kind));
  w.line("at = \"{}\"", duration_text(send.at));
  if (send.every) w.line("every = \"{}\"", duration_text(*send.every));
  if (send.rate) w.line("rate = \"{}\"", rate_text(*send.rate));
  if (send.count) w.line("count = {}", *send.count);
  if (send.kind != Scenario::Send::Kind::raw) {
    w.line("src_mac = \"{}\"", send.src_mac.text());
    w.line("dst_mac = \"{}\"", send.dst_mac.text());
    w.line("src = \"{}\"", send.src.text());
    w.line("dst = \"{}\"", send.dst.text());
  }
  if (send.kind == Scenario::Send::Kind::udp) {
    w.line("sport = {}", send.sport);
    w.line("dport = {}", send.dport);
  }
  if (send.kind != Scenario::Send::Kind::arp) w.line("hex = \"{}\"", hex_text(send.payload));
}

void write_peer(Writer& w, const Scenario::Peer& peer) {
  w.line("\n[peer.{}]", peer.name);
  w.line("on = {}", quoted(peer.on));
  w.line("kind = \"{}\"", name_of(peer.kind));
  if (peer.kind == Scenario::Peer::Kind::recording) {
    w.line("file = {}", quoted(peer.file));
    return;
  }
  if (peer.kind == Scenario::Peer::Kind::pcap) {
    w.line("file = {}", quoted(peer.file));
    w.line("pace = \"{}\"", peer.pace);
    w.line("max_gap = \"{}\"", duration_text(peer.max_gap));
    w.line("lenient = {}", peer.lenient);
    return;
  }
  w.line("mac = \"{}\"", peer.mac.text());
  if (peer.address) w.line("address = {}", address_text(*peer.address));
  if (peer.gateway) w.line("gateway = \"{}\"", peer.gateway->text());
  for (const Scenario::Send& send : peer.sends) write_send(w, peer.name, send);
}

void write_nic(Writer& w, const Scenario::Nic& nic) {
  w.line("\n[nic.{}]", nic.name);
  w.line("mac = \"{}\"", nic.mac.text());
  std::string addresses;
  for (const Scenario::Address& a : nic.addresses) addresses += (addresses.empty() ? "" : ", ") + address_text(a);
  w.line("address = [{}]", addresses);
  w.line("rx_ring = {}\ntx_ring = {}", nic.rx_ring, nic.tx_ring);
  switch (nic.itr) {
    case Scenario::Nic::Itr::rx_usecs:
      w.line("rx_usecs = {}", nic.rx_usecs);
      break;
    case Scenario::Nic::Itr::rate:
      w.line("itr = {}", nic.itr_rate);
      break;
    case Scenario::Nic::Itr::dynamic:
      w.line("itr = \"dynamic\"");
      break;
    case Scenario::Nic::Itr::conservative:
      w.line("itr = \"conservative\"");
      break;
  }
  w.line("napi_defer_hard_irqs = {}\ngro_flush_timeout = \"{}\"", nic.napi_defer_hard_irqs,
         duration_text(nic.gro_flush_timeout));
  w.line("threaded = {}\nmtu = {}\ncopybreak = {}", nic.threaded, nic.mtu, nic.copybreak);
  w.line("promiscuous = {}\ntap = \"{}\"\nirq_cpu = {}", nic.promiscuous, name_of(nic.tap), nic.irq_cpu);
  if (!nic.rps_cpus.empty()) w.line("rps_cpus = [{}]", fmt::join(nic.rps_cpus, ", "));
  w.line("rx_checksum = {}\ntx_checksum = {}", nic.rx_checksum, nic.tx_checksum);
  w.line("tso = {}\ngso = {}\ngro = {}", nic.tso, nic.gso, nic.gro);
  w.line("autoneg = \"{}\"", duration_text(nic.autoneg));
  w.line("[nic.{}.link]", nic.name);
  w.line("latency = \"{}\"", duration_text(nic.link.latency));
  w.line("bandwidth = \"{}\"", bit_rate_text(nic.link.bandwidth_bps));
  w.line("header = {}\npayload = {}", nic.link.header_bytes, nic.link.payload_bytes);
}

void write_study(Writer& w, const Scenario::Study& study) {
  w.line("\n[study]\nseeds = {}\nzip = {}\naxes = [", study.seeds, study.zip);
  for (const auto& axis : study.axes) {
    std::string values;
    for (const std::string& value : axis.values) values += (values.empty() ? "" : ", ") + toml_of_overlay(value);
    w.line("  {{ key = {}, values = [{}]{} }},", quoted(axis.key), values, axis.zip ? ", zip = true" : "");
  }
  w.line("]\ntable = [");
  for (const auto& column : study.table)
    w.line("  {{ name = {}, metric = {} }},", quoted(column.name), quoted(column.metric));
  w.line("]");
  for (const auto& view : study.views) {
    w.line("\n[[study.tables]]\ntitle = {}", quoted(view.title));
    std::string where;
    for (const auto& [key, value] : view.where)
      where += fmt::format("{}{} = {}", where.empty() ? "" : ", ", quoted(key), toml_of_overlay(value));
    if (!where.empty()) w.line("where = {{ {} }}", where);
    if (!view.across.empty()) w.line("across = {}", quoted(view.across));
    w.line("columns = [");
    for (const auto& column : view.columns)
      w.line("  {{ name = {}, metric = {} }},", quoted(column.name), quoted(column.metric));
    w.line("]");
  }
}

}  // namespace

std::string write_scenario(const Scenario& scenario) {
  Writer w;
  w.line("schema = {}\nseed = {}", kScenarioSchema, scenario.seed);
  w.line("\n[stop]");
  if (scenario.stop.after) w.line("after = \"{}\"", duration_text(*scenario.stop.after));
  w.line("warmup = \"{}\"", duration_text(scenario.stop.warmup));

  w.line("\n[host]\ncores = {}\ninterleave = {}", scenario.host.cores, scenario.host.interleave);
  w.line("mode = \"{}\"\nrx_path = \"{}\"", name_of(scenario.host.mode), name_of(scenario.host.rx_path));
  w.line("rlimit_nofile = {}", scenario.host.rlimit_nofile);
  w.line("page_cache = \"{}\"", bytes_text(scenario.host.page_cache));
  if (!scenario.host.sysctl.empty()) w.line("[host.sysctl]");
  for (const auto& [name, value] : scenario.host.sysctl) w.line("{} = {}", quoted(name), value);
  if (!scenario.host.costs.empty()) w.line("[host.costs]");
  for (const auto& [name, per_unit] : scenario.host.costs) w.line("{} = \"{}\"", name, duration_text(per_unit));

  for (const Scenario::Route& route : scenario.host.routes) w.text(write_route(route));
  w.text(write_netfilter(scenario.host.netfilter));

  for (const Scenario::Nic& nic : scenario.nics) write_nic(w, nic);
  for (const Scenario::Wire& wire : scenario.wires) {
    w.line("\n[wire.{}]\ndelay = \"{}\"", wire.nic, duration_text(wire.delay));
    w.line("direction = \"{}\"", name_of(wire.direction));
    w.line("loss = {}\ncorrupt = {}", chance_text(wire.loss_ppb), chance_text(wire.corrupt_ppb));
    w.line("duplicate = {}", chance_text(wire.duplicate_ppb));
    if (wire.jitter > SimTime::zero()) w.line("jitter = \"{}\"", duration_text(wire.jitter));
    if (wire.reorder_ppb != 0) w.line("reorder = {}\ngap = {}", chance_text(wire.reorder_ppb), wire.gap);
    for (const Scenario::Wire::Event& e : wire.links)
      w.line("[[wire.{}.link]]\nat = \"{}\"\nstate = \"{}\"", wire.nic, duration_text(e.at), name_of(e.state));
  }
  for (const Scenario::Peer& peer : scenario.peers) write_peer(w, peer);
  w.text(write_files(scenario));
  for (const Scenario::App& app : scenario.apps) {
    w.line("\n[[app]]\nname = {}\non = {}", quoted(app.name), quoted(app.on));
    w.line("kind = \"{}\"", name_of(app.kind));
    if (!app.is_client()) {
      w.line("port = {}", app.port);
      if (app.cpu) w.line("cpu = {}", *app.cpu);
      w.text(write_model(app));
      if (app.kind == Scenario::App::Kind::http_server && app.on == "host" && !app.many_at_once())
        w.line("file_io = \"{}\"", name_of(app.file_io));
      if (app.prefer_busy_poll) w.line("prefer_busy_poll = true");
      continue;
    }
    w.line("target = \"{}:{}\"\nat = \"{}\"", app.target.text(), app.port, duration_text(app.at));
    if (app.kind == Scenario::App::Kind::tcp_send) {
      w.text(write_stream(app));
      continue;
    }
    w.line("connections = {}", app.connections);
    if (app.rate) w.line("rate = \"{}\"", rate_text(*app.rate));
    w.line("path = {}", quoted(app.path));
    w.text(write_pattern(app));
  }
  for (const Scenario::Expect& expect : scenario.expects) {
    w.line("\n[[expect]]\nmetric = {}", quoted(expect.metric));
    if (expect.min) w.line("min = {}", real_text(*expect.min));
    if (expect.max) w.line("max = {}", real_text(*expect.max));
    if (expect.equals) w.line("equals = {}", real_text(*expect.equals));
    std::string at;
    for (const auto& [key, value] : expect.at)
      at += fmt::format("{}{} = {}", at.empty() ? "" : ", ", quoted(key), toml_of_overlay(value));
    if (!at.empty()) w.line("where = {{ {} }}", at);
  }
  if (scenario.study) write_study(w, *scenario.study);
  return w.take();
}

}  // namespace nicosim
