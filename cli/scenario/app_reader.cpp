#include "cli/scenario/app_reader.hpp"

#include "cli/scenario/units.hpp"

#include <array>
#include <fmt/format.h>

namespace nicosim {
namespace {

using Model = Scenario::App::Model;
using Kind = Scenario::App::Kind;

constexpr std::array kModels{std::pair<std::string_view, Model>{"iterative", Model::iterative},
                             std::pair<std::string_view, Model>{"blocking", Model::blocking},
                             std::pair<std::string_view, Model>{"nonblocking", Model::nonblocking},
                             std::pair<std::string_view, Model>{"select", Model::select},
                             std::pair<std::string_view, Model>{"poll", Model::poll},
                             std::pair<std::string_view, Model>{"epoll", Model::epoll},
                             std::pair<std::string_view, Model>{"sigio", Model::sigio},
                             std::pair<std::string_view, Model>{"aio", Model::aio}};

constexpr SimTime kLongest = SimTime::s(100);

bool multiplexes(Model model) { return model == Model::select || model == Model::poll || model == Model::epoll; }

}  // namespace

std::string_view name_of(Scenario::App::Model model) {
  for (const auto& [name, value] : kModels)
    if (value == model) return name;
  return "?";
}

void read_model(TableReader& t, Scenario::App& app, bool ends) {
  if (!app.is_tcp()) return;
  t.number("backlog", app.backlog, 1, 65'535);
  if (!app.has_model()) return;
  t.choice<Model>("model", app.model, kModels);
  SimTime timeout;
  if (t.duration("timeout", timeout, SimTime::zero(), kLongest)) {
    app.timeout = timeout;
    if (!multiplexes(app.model))
      t.wrong("timeout", fmt::format("is for a call that '{}' does not use", name_of(app.model)),
              "model select, poll or epoll");
  }
  if (t.boolean("edge", app.edge) && app.edge && app.model != Model::epoll)
    t.wrong("edge", fmt::format("is nothing that '{}' knows", name_of(app.model)), "model epoll");
  t.duration("work_unit", app.work_unit, SimTime::ps(1000), kLongest);
  if (app.never_idle() && !ends)
    t.wrong("model", "never rests, and the run has no end", "stop.after, or a model that sleeps");
}

void read_pattern(TableReader& t, Scenario::App& app, bool ends) {
  t.integer("requests", app.requests, 0, 1'000'000'000);
  if (t.find("requests") && app.requests == 0 && !ends)
    t.wrong("requests", "is 0, which is until the run ends, and the run has no end", "stop.after");
  std::uint64_t active = 0;
  if (t.integer("active", active, 0, 1'000'000)) app.active = active;
  t.duration("think", app.think, SimTime::zero(), kLongest);
  t.duration("ask_from", app.ask_from, SimTime::zero(), kLongest);
}

void read_stream(TableReader& t, Scenario::App& app, bool ends) {
  std::uint64_t rate = 0;
  if (t.bit_rate("rate", rate, 1000, 100'000'000'000)) app.bit_rate = rate;
  t.bytes("size", app.size, 1, std::uint64_t{1} << 40U);
  if (app.size == 0 && !ends)
    t.wrong("", "lacks 'size', so it sends until the run ends, and the run has no end", "'size', or stop.after");
}

std::string write_model(const Scenario::App& app) {
  const Scenario::App usual;
  std::string out;
  if (app.backlog != usual.backlog) out += fmt::format("backlog = {}\n", app.backlog);
  if (app.model != usual.model) out += fmt::format("model = \"{}\"\n", name_of(app.model));
  if (app.timeout) out += fmt::format("timeout = \"{}\"\n", duration_text(*app.timeout));
  if (app.edge) out += "edge = true\n";
  if (app.work_unit != usual.work_unit) out += fmt::format("work_unit = \"{}\"\n", duration_text(app.work_unit));
  return out;
}

std::string write_pattern(const Scenario::App& app) {
  std::string out;
  if (app.requests != 1) out += fmt::format("requests = {}\n", app.requests);
  if (app.active) out += fmt::format("active = {}\n", *app.active);
  if (app.think != SimTime::zero()) out += fmt::format("think = \"{}\"\n", duration_text(app.think));
  if (app.ask_from != SimTime::zero()) out += fmt::format("ask_from = \"{}\"\n", duration_text(app.ask_from));
  return out;
}

std::string write_stream(const Scenario::App& app) {
  std::string out;
  if (app.bit_rate) out += fmt::format("rate = \"{}\"\n", bit_rate_text(*app.bit_rate));
  if (app.size != 0) out += fmt::format("size = \"{}\"\n", bytes_text(app.size));
  return out;
}

}  // namespace nicosim
