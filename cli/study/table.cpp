#include "cli/study/table.hpp"

#include "cli/scenario/units.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace nicosim {
namespace {

constexpr std::size_t kWidestHeading = 12;

// "stations.read.p99_ns" -> "stations.", "read.p99_ns": broken behind dots and at spaces, so that narrow numbers stay
// close together.
std::vector<std::string> stacked(const std::string& heading) {
  std::vector<std::string> lines{""};
  std::string piece;
  const auto place = [&] {
    if (!lines.back().empty() && lines.back().size() + piece.size() > kWidestHeading) {
      lines.back().erase(lines.back().find_last_not_of(' ') + 1);
      lines.emplace_back();
    }
    lines.back() += piece;
    piece.clear();
  };
  for (const char c : heading) {
    piece += c;
    if (c == '.' || c == ' ') place();
  }
  place();
  return lines;
}

std::string cell(const std::string& metric, const std::optional<double>& value) {
  constexpr double kExact = 9e15;    // a double holds every whole number up to here
  constexpr double kWhole = 10'000;  // from here on nobody reads decimals
  if (!value) return "-";
  const std::size_t over = metric.find(" / ");
  const bool ratio = over != std::string::npos;
  const bool time =
      ratio ? metric.substr(0, over).ends_with("_ns") && !metric.ends_with("_ns") : metric.ends_with("_ns");
  if (time && std::abs(*value) < kExact / 1000) return humanised(SimTime::ps(std::llround(*value * 1000)));
  const bool share = metric.starts_with("cpu.") || metric.ends_with("_share");
  if (!ratio && share) return fmt::format("{:.1f} %", *value * 100);
  if (*value == std::floor(*value) && *value >= 0 && *value < kExact)
    return humanised_count(static_cast<std::uint64_t>(*value));
  if (*value >= kWhole && *value < kExact) return humanised_count(static_cast<std::uint64_t>(std::llround(*value)));
  return fmt::format("{:.4g}", *value);
}

struct Column {
  std::vector<std::string> heading;
  std::vector<std::string> cells;
  std::size_t width() const {
    std::size_t widest = 0;
    for (const auto* texts : {&heading, &cells})
      for (const std::string& text : *texts) widest = std::max(widest, text.size());
    return widest;
  }
};

std::vector<Column> columns_of(const StudyTable& table) {
  std::vector<Column> columns;
  if (table.rows.empty()) return columns;
  const auto add = [&](const std::string& heading, const auto& text_of) {
    Column& column = columns.emplace_back();
    column.heading = stacked(heading);
    for (const StudyTable::Row& row : table.rows) column.cells.push_back(text_of(row));
  };
  for (std::size_t i = 0; i < table.rows.front().set.size(); ++i)
    add(table.rows.front().set[i].first, [i](const auto& row) { return row.set[i].second; });
  if (table.seeds) add("seed", [](const auto& row) { return fmt::format("{}", row.seed); });
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    add(table.columns[i].name, [&, i](const auto& row) { return cell(table.columns[i].metric, row.values[i]); });
  if (std::ranges::any_of(table.rows, [](const auto& row) { return row.exit_code != 0; }))
    add("exit code", [](const auto& row) { return fmt::format("{}", row.exit_code); });
  return columns;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? std::string{"\"\""} : std::string{c};
  return out + '"';
}

}  // namespace

StudyTable view_of(const StudyTable& table, const Scenario::Study::View& view) {
  StudyTable out;
  out.title = view.title;
  out.seeds = table.seeds;
  const auto column_of = [&](const std::string& metric) {
    const auto found = std::ranges::find(table.columns, metric, &Scenario::Study::Column::metric);
    return static_cast<std::size_t>(found - table.columns.begin());
  };
  const bool spread = !view.across.empty();
  if (!spread) out.columns = view.columns;
  for (const StudyTable::Row& row : table.rows) {
    const auto has = [&](const auto& wanted) { return std::ranges::find(row.set, wanted) != row.set.end(); };
    if (!std::ranges::all_of(view.where, has)) continue;
    StudyTable::Row left{row.set, row.seed, row.exit_code, {}};
    std::erase_if(left.set, [&](const auto& one) {
      return one.first == view.across || std::ranges::find(view.where, one) != view.where.end();
    });
    if (!spread) {
      for (const auto& column : view.columns) left.values.push_back(row.values.at(column_of(column.metric)));
      out.rows.push_back(std::move(left));
      continue;
    }
    const auto axis = std::ranges::find(row.set, view.across, &std::pair<std::string, std::string>::first);
    const std::string& metric = view.columns.front().metric;
    auto place = std::ranges::find(out.columns, axis->second, &Scenario::Study::Column::name);
    if (place == out.columns.end()) place = out.columns.insert(place, {axis->second, metric});
    const auto at = static_cast<std::size_t>(place - out.columns.begin());
    auto together = std::ranges::find_if(
        out.rows, [&](const auto& other) { return other.set == left.set && other.seed == left.seed; });
    if (together == out.rows.end()) together = out.rows.insert(together, std::move(left));
    together->exit_code = std::max(together->exit_code, row.exit_code);
    together->values.resize(std::max(together->values.size(), at + 1));
    together->values[at] = row.values.at(column_of(metric));
  }
  for (StudyTable::Row& row : out.rows) row.values.resize(out.columns.size());
  return out;
}

std::string table_text(const StudyTable& table, bool colour) {
  const std::vector<Column> columns = columns_of(table);
  std::string out = table.title + "\n\n";
  const auto line = [&](const auto& text_of, bool bold) {
    std::string text;
    for (const Column& column : columns) text += fmt::format("  {:>{}}", text_of(column), column.width());
    text.erase(text.find_last_not_of(' ') + 1);
    out += bold ? "\033[1m" + text + "\033[0m\n" : text + "\n";
  };
  std::size_t height = 0;
  for (const Column& column : columns) height = std::max(height, column.heading.size());
  for (std::size_t i = 0; i < height; ++i)
    line(
        [&](const Column& column) {  // the last lines of all headings stand side by side
          const std::size_t above = height - column.heading.size();
          return i < above ? std::string{} : column.heading[i - above];
        },
        colour);
  for (std::size_t i = 0; i < table.rows.size(); ++i)
    line([i](const Column& column) { return column.cells[i]; }, false);
  return out;
}

std::string table_csv(const StudyTable& table) {
  std::string out;
  if (table.rows.empty()) return out;
  for (const auto& [key, value] : table.rows.front().set) out += csv_field(key) + ",";
  out += "seed";
  for (const auto& column : table.columns) out += "," + csv_field(column.name);
  out += ",exit_code\r\n";
  for (const StudyTable::Row& row : table.rows) {
    for (const auto& [key, value] : row.set) out += csv_field(value) + ",";
    out += fmt::format("{}", row.seed);
    for (const auto& value : row.values) out += value ? fmt::format(",{}", *value) : ",";
    out += fmt::format(",{}\r\n", row.exit_code);
  }
  return out;
}

Json table_json(const StudyTable& table) {
  Json json;
  json["columns"] = Json::array();
  for (const auto& column : table.columns)
    json["columns"].push_back({{"name", column.name}, {"metric", column.metric}});
  json["rows"] = Json::array();
  for (const StudyTable::Row& row : table.rows) {
    Json values = Json::array();
    for (const auto& value : row.values) values.push_back(value ? Json(*value) : Json(nullptr));
    json["rows"].push_back(std::move(values));
  }
  return json;
}

}  // namespace nicosim
