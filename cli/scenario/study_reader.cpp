#include "cli/scenario/study_reader.hpp"

#include "cli/scenario/overlay.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace nicosim {
namespace {

constexpr std::uint64_t kMostSeeds = 1000;

// What stands after the '=' of a --set that says the same.
std::optional<std::string> value_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return overlay_value(text->get());
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* flag = node.as_boolean()) return fmt::format("{}", flag->get());
  return std::nullopt;
}

// `leads`: the next axis advances with this one, so that only both values together make a place.
Scenario::Study::Axis read_axis(TableReader t, const Scenario::Study& study, bool leads) {
  constexpr std::string_view kKey = "a path such as \"nic.rx_usecs\"";
  constexpr std::string_view kValues = "a list of values such as [0, 50, 200]";
  Scenario::Study::Axis axis;
  axis.where.line = t.place("").begin.line;
  if (!t.find("key")) t.wrong("", "lacks 'key'", kKey);
  if (t.text("key", axis.key, kKey)) {
    const std::string section = axis.key.substr(0, axis.key.find_first_of(".="));
    if (section.empty() || axis.key.find('=') != std::string::npos)
      t.wrong("key", "is " + quoted(axis.key), kKey);
    else if (section == "seed")
      t.wrong("key", "is the seed", "study.seeds for runs with several seeds");
    else if (section == "study" || section == "expect" || section == "schema")
      t.wrong("key", "is " + quoted(axis.key), "something that a single run has");
    if (std::ranges::find(study.axes, axis.key, &Scenario::Study::Axis::key) != study.axes.end())
      t.wrong("key", fmt::format("{} is another axis already", quoted(axis.key)), "one axis for each key");
  }
  t.boolean("zip", axis.zip);
  if (axis.zip && study.axes.empty()) t.wrong("zip", "has no axis before it", "a second axis");
  const toml::node* values = t.find("values");
  const toml::array* array = values == nullptr ? nullptr : values->as_array();
  if (values == nullptr)
    t.wrong("", "lacks 'values'", kValues);
  else if (array == nullptr)
    t.wrong("values", "is " + type_text(*values), kValues);
  else if (array->empty())
    t.wrong("values", "is empty", kValues);
  if (array != nullptr)
    for (const toml::node& node : *array) {
      const auto text = value_text(node);
      if (!text)
        t.diagnostics().add(node.source(), fmt::format("{} holds {}; expected numbers, texts, true or false",
                                                       t.full("values"), type_text(node)));
      else if (!axis.zip && !leads && std::ranges::find(axis.values, *text) != axis.values.end())
        t.diagnostics().add(node.source(), fmt::format("{} holds {} twice", t.full("values"), *text));
      else
        axis.values.push_back(*text);
    }
  if (axis.zip && !study.axes.empty() && study.axes.back().values.size() != axis.values.size())
    t.wrong("zip", fmt::format("joins axes of {} and {} values", study.axes.back().values.size(), axis.values.size()),
            "axes of equal length");
  t.finish();
  return axis;
}

// A text is a metric; a table names one.
void read_columns(TableReader& t, std::string_view key, std::vector<Scenario::Study::Column>& columns) {
  constexpr std::string_view kExpected =
      "a list such as [\"ledger.read\", { name = \"p99\", metric = \"stations.read.p99_ns\" }]";
  const toml::node* node = t.find(key);
  if (node == nullptr) return;
  const toml::array* array = node->as_array();
  if (array == nullptr) return t.wrong(key, "is " + type_text(*node), kExpected);
  for (const toml::node& element : *array) {
    Scenario::Study::Column column;
    if (const auto* text = element.as_string()) {
      column.name = column.metric = text->get();
    } else if (const auto* table = element.as_table()) {
      TableReader c{t.diagnostics(), *table, t.full(key)};
      c.text("metric", column.metric, "a path in report.json");
      column.name = column.metric;
      c.text("name", column.name, "a heading");
      c.finish();
    } else {
      t.diagnostics().add(element.source(),
                          fmt::format("{} holds {}; expected {}", t.full(key), type_text(element), kExpected));
      continue;
    }
    if (column.metric.empty())
      t.diagnostics().add(element.source(), fmt::format("{} holds no metric; expected {}", t.full(key), kExpected));
    columns.push_back(std::move(column));
  }
}

void read_view(TableReader t, Scenario::Study& study) {
  Scenario::Study::View view;
  std::vector<std::string> keys;
  for (const auto& axis : study.axes) keys.push_back(axis.key);
  const auto axis_of = [&](const std::string& key) {
    return std::ranges::find(study.axes, key, &Scenario::Study::Axis::key);
  };
  t.text("title", view.title, "a line above the table");
  if (const auto* where = t.table("where")) view.where = settings_of(*where);
  for (const auto& [key, value] : view.where) {
    const auto axis = axis_of(key);
    if (axis == study.axes.end())
      t.wrong("where", fmt::format("names '{}', which is no axis", key), "one of " + joined(keys));
    else if (std::ranges::find(axis->values, value) == axis->values.end())
      t.wrong("where", fmt::format("has {} = {}, which is no point", key, value), "one of " + joined(axis->values));
  }
  read_columns(t, "columns", view.columns);
  if (t.text("across", view.across, "the key of an axis")) {
    if (axis_of(view.across) == study.axes.end())
      t.wrong("across", fmt::format("names '{}', which is no axis", view.across), "one of " + joined(keys));
    if (view.columns.size() != 1) t.wrong("columns", "is not one metric", "the one that `across` spreads out");
  }
  if (view.columns.empty()) t.wrong("", "lacks 'columns'", "a list of metrics");
  t.finish();
  for (const auto& column : view.columns)
    if (std::ranges::find(study.table, column.metric, &Scenario::Study::Column::metric) == study.table.end())
      study.table.push_back(column);
  study.views.push_back(std::move(view));
}

// What a newcomer's first question is about: what arrived, what it cost, how long it took.
std::vector<Scenario::Study::Column> usual_columns() {
  std::vector<Scenario::Study::Column> columns;
  for (const char* metric : {"frames_on_wire", "ledger.read", "ledger.drop.*", "interrupts.per_frame",
                             "stations.read.p50_ns", "stations.read.p99_ns"})
    columns.push_back({metric, metric});
  return columns;
}

}  // namespace

Scenario::Study read_study(TableReader t) {
  Scenario::Study study;
  const bool wrong_seeds = !t.integer("seeds", study.seeds, 1, kMostSeeds) && t.find("seeds") != nullptr;
  t.boolean("zip", study.zip);
  const auto axes = t.tables("axes");
  for (std::size_t i = 0; i < axes.size(); ++i) {
    const bool leads = i + 1 < axes.size() && (*axes[i + 1])["zip"].value_or(false);
    auto axis = read_axis({t.diagnostics(), *axes[i], "study.axes"}, study, leads);
    study.axes.push_back(std::move(axis));
  }
  if (!t.find("axes") && study.seeds == 1 && !wrong_seeds)
    t.wrong("", "has nothing to vary", "axes = [{ key = \"nic.rx_usecs\", values = [0, 50] }] or seeds = 10");
  for (const auto& axis : study.axes)
    if (study.zip && axis.values.size() != study.axes.front().values.size())
      t.wrong("zip",
              fmt::format("joins axes of {} and {} values", study.axes.front().values.size(), axis.values.size()),
              "axes of equal length");
  read_columns(t, "table", study.table);
  for (const auto* table : t.tables("tables")) read_view({t.diagnostics(), *table, "study.tables"}, study);
  if (study.table.empty()) study.table = usual_columns();
  t.finish();
  return study;
}

Scenario::Settings settings_of(const toml::table& table) {
  Scenario::Settings settings;
  for (const auto& [key, node] : table)
    settings.emplace_back(std::string{key.str()}, value_text(node).value_or(type_text(node)));
  return settings;
}

void check_where(const Scenario& scenario, Diagnostics& diagnostics, const std::vector<toml::source_region>& places) {
  for (std::size_t i = 0; i < scenario.expects.size(); ++i)
    for (const auto& [key, value] : scenario.expects[i].at) {
      const auto complain = [&](const std::string& text) { diagnostics.add(places.at(i), "expect.where " + text); };
      if (!scenario.study) {
        complain("chooses points of a study; expected a [study]");
        continue;
      }
      std::vector<std::string> keys;
      for (const auto& axis : scenario.study->axes) keys.push_back(axis.key);
      const auto axis = std::ranges::find(scenario.study->axes, key, &Scenario::Study::Axis::key);
      if (axis == scenario.study->axes.end())
        complain(fmt::format("names '{}', which is no axis; expected one of {}{}", key, joined(keys),
                             did_you_mean(key, keys)));
      else if (std::ranges::find(axis->values, value) == axis->values.end())
        complain(fmt::format("has {} = {}, which is no point; expected one of {}", key, value, joined(axis->values)));
    }
}

}  // namespace nicosim
