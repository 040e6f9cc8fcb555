#include "cli/scenario/toml_reader.hpp"

#include "cli/scenario/units.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <numeric>
#include <tuple>

namespace nicosim {
namespace {

constexpr std::size_t kLongestShown = 40;

std::string shown(std::string_view text) {
  return text.size() <= kLongestShown ? fmt::format("'{}'", text)
                                      : fmt::format("'{}...'", text.substr(0, kLongestShown));
}

// Values are quoted as they stand in the file, and a message is one line of a terminal: no control character gets
// through.
std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '\n')
      out += "\\n";
    else if (code < 0x20 || code == 0x7f)
      out += fmt::format("\\x{:02x}", code);
    else
      out += c;
  }
  return out;
}

// Levenshtein's distance, row by row.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

}  // namespace

void Diagnostics::add(const toml::source_region& where, std::string_view text) {
  errors_.push_back({where.path ? *where.path : file_, where.begin.line, where.begin.column, one_line(text)});
}

std::vector<std::string> Diagnostics::sorted() const {
  std::vector<Error> errors = errors_;
  std::ranges::stable_sort(errors, [&](const Error& a, const Error& b) {
    return std::tuple{a.file != file_, a.line, a.column} < std::tuple{b.file != file_, b.line, b.column};
  });
  std::vector<std::string> lines;
  for (const Error& e : errors)
    lines.push_back(e.line == 0 || e.file != file_ ? fmt::format("{}: {}", e.file, e.text)
                                                   : fmt::format("{}:{}:{}: {}", e.file, e.line, e.column, e.text));
  return lines;
}

std::string did_you_mean(std::string_view wrong, std::span<const std::string> names) {
  if (wrong.size() > kLongestShown) return {};
  const std::string* best = nullptr;
  std::size_t nearest = std::max<std::size_t>(wrong.size() / 2, 1) + 1;
  for (const std::string& name : names)
    if (const std::size_t d = distance(wrong, name); d < nearest) {
      nearest = d;
      best = &name;
    }
  return best == nullptr ? std::string{} : fmt::format("; did you mean '{}'?", *best);
}

std::string joined(std::span<const std::string> names) { return fmt::format("{}", fmt::join(names, ", ")); }

std::string type_text(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a text";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a point or exponent";
    case toml::node_type::boolean:
      return "true or false";
    default:
      return "a date or time";
  }
}

std::string TableReader::full(std::string_view key) const {
  if (key.empty()) return path_;
  return path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key);
}

const toml::source_region& TableReader::place(std::string_view key) const {
  const toml::node* node = table_.get(key);
  return node == nullptr ? table_.source() : node->source();
}

void TableReader::wrong(std::string_view key, std::string_view what, std::string_view expected) {
  diagnostics_.add(place(key), expected.empty() ? fmt::format("{} {}", full(key), what)
                                                : fmt::format("{} {}; expected {}", full(key), what, expected));
}

void TableReader::wrong_type(std::string_view key, const toml::node& node, std::string_view expected) {
  wrong(key, fmt::format("is {}", type_text(node)), expected);
}

const toml::node* TableReader::find(std::string_view key) {
  known_.emplace_back(key);
  return table_.get(key);
}

bool TableReader::integer(std::string_view key, std::uint64_t& to, std::uint64_t least, std::uint64_t most,
                          std::uint64_t multiple_of) {
  const toml::node* node = find(key);
  if (node == nullptr) return false;
  std::string expected = fmt::format("an integer from {} to {}", least, most);
  if (multiple_of != 1) expected += fmt::format(", a multiple of {}", multiple_of);
  const auto* value = node->as_integer();
  if (value == nullptr) return wrong_type(key, *node, expected), false;
  const std::int64_t is = value->get();
  if (is < 0 || static_cast<std::uint64_t>(is) < least || static_cast<std::uint64_t>(is) > most ||
      static_cast<std::uint64_t>(is) % multiple_of != 0)
    return wrong(key, fmt::format("is {}", is), expected), false;
  to = static_cast<std::uint64_t>(is);
  return true;
}

bool TableReader::boolean(std::string_view key, bool& to) {
  const toml::node* node = find(key);
  if (node == nullptr) return false;
  const auto* value = node->as_boolean();
  if (value == nullptr) return wrong_type(key, *node, "true or false"), false;
  to = value->get();
  return true;
}

bool TableReader::text(std::string_view key, std::string& to, std::string_view expected) {
  const toml::node* node = find(key);
  if (node == nullptr) return false;
  const auto* value = node->as_string();
  if (value == nullptr) return wrong_type(key, *node, expected), false;
  to = value->get();
  return true;
}

bool TableReader::real(std::string_view key, std::optional<double>& to) {
  const toml::node* node = find(key);
  if (node == nullptr) return false;
  if (const auto* value = node->as_integer()) {
    to = static_cast<double>(value->get());
    return true;
  }
  const auto* value = node->as_floating_point();
  if (value == nullptr) return wrong_type(key, *node, "a number"), false;
  if (!std::isfinite(value->get())) return wrong(key, fmt::format("is {}", value->get()), "a finite number"), false;
  to = value->get();
  return true;
}

bool TableReader::duration(std::string_view key, SimTime& to, SimTime least, SimTime most) {
  const std::string expected =
      fmt::format("a time from \"{}\" to \"{}\", such as \"400ns\" or \"1.5us\" (whole picoseconds)",
                  duration_text(least), duration_text(most));
  std::string is;
  if (!text(key, is, expected)) return false;
  const auto value = parse_duration(is);
  if (!value || *value < least || *value > most) return wrong(key, "is " + shown(is), expected), false;
  to = *value;
  return true;
}

bool TableReader::bit_rate(std::string_view key, std::uint64_t& to, std::uint64_t least, std::uint64_t most) {
  const std::string expected =
      fmt::format("a bandwidth from \"{}\" to \"{}\", such as \"32Gb/s\"", bit_rate_text(least), bit_rate_text(most));
  std::string is;
  if (!text(key, is, expected)) return false;
  const auto value = parse_bit_rate(is);
  if (!value || *value < least || *value > most) return wrong(key, "is " + shown(is), expected), false;
  to = *value;
  return true;
}

bool TableReader::rate(std::string_view key, std::uint64_t& to, std::uint64_t least, std::uint64_t most) {
  const std::string expected =
      fmt::format("a rate from \"{}\" to \"{}\", such as \"20k/s\"", rate_text(least), rate_text(most));
  std::string is;
  if (!text(key, is, expected)) return false;
  const auto value = parse_rate(is);
  if (!value || *value < least || *value > most) return wrong(key, "is " + shown(is), expected), false;
  to = *value;
  return true;
}

bool TableReader::bytes(std::string_view key, std::uint64_t& to, std::uint64_t least, std::uint64_t most) {
  const std::string expected =
      fmt::format("a size from \"{}\" to \"{}\", such as \"64KiB\"", bytes_text(least), bytes_text(most));
  std::string is;
  if (!text(key, is, expected)) return false;
  const auto value = parse_bytes(is);
  if (!value || *value < least || *value > most) return wrong(key, "is " + shown(is), expected), false;
  to = *value;
  return true;
}

bool TableReader::byte_rate(std::string_view key, std::uint64_t& to, std::uint64_t least, std::uint64_t most) {
  const std::string expected = fmt::format("a bandwidth from \"{}\" to \"{}\", such as \"500MB/s\"",
                                           byte_rate_text(least), byte_rate_text(most));
  std::string is;
  if (!text(key, is, expected)) return false;
  const auto value = parse_byte_rate(is);
  if (!value || *value < least || *value > most) return wrong(key, "is " + shown(is), expected), false;
  to = *value;
  return true;
}

bool TableReader::chance(std::string_view key, std::uint32_t& to_ppb) {
  constexpr std::string_view kExpected = "a chance from 0 to 1 with at most nine decimals";
  std::optional<double> value;
  if (!real(key, value)) return false;
  const double ppb = *value * 1e9;
  // The decimal in the file is not a double; a thousandth of the last place tells its nearest from a tenth decimal.
  if (ppb < 0 || ppb > 1e9 || std::abs(ppb - std::round(ppb)) > 1e-3)
    return wrong(key, fmt::format("is {}", *value), kExpected), false;
  to_ppb = static_cast<std::uint32_t>(std::llround(ppb));
  return true;
}

bool TableReader::mac(std::string_view key, MacAddress& to) {
  constexpr std::string_view kExpected = "a MAC address such as \"02:00:00:00:00:01\"";
  std::string is;
  if (!text(key, is, kExpected)) return false;
  const auto value = MacAddress::parse(is);
  if (!value) return wrong(key, "is " + shown(is), kExpected), false;
  to = *value;
  return true;
}

bool TableReader::ip(std::string_view key, Ipv4Address& to) {
  constexpr std::string_view kExpected = "an IPv4 address such as \"10.77.0.2\"";
  std::string is;
  if (!text(key, is, kExpected)) return false;
  const auto value = Ipv4Address::parse(is);
  if (!value) return wrong(key, "is " + shown(is), kExpected), false;
  to = *value;
  return true;
}

bool TableReader::word(std::string_view key, std::string& to, std::span<const std::string> names,
                       std::span<const std::string_view> later) {
  const std::string expected = "one of " + joined(names);
  std::string is;
  if (!text(key, is, expected)) return false;
  if (std::ranges::find(later, is) != later.end())
    return wrong(key, fmt::format("is '{}', which is not in this version", is), expected), false;
  if (std::ranges::find(names, is) == names.end())
    return wrong(key, "is " + shown(is), expected + did_you_mean(is, names)), false;
  to = is;
  return true;
}

const toml::table* TableReader::table(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return nullptr;
  if (node->as_table() == nullptr) wrong_type(key, *node, fmt::format("a table, [{}]", full(key)));
  return node->as_table();
}

std::vector<const toml::table*> TableReader::tables(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return {};
  const std::string expected = fmt::format("an array of tables, [[{}]]", full(key));
  const toml::array* array = node->as_array();
  if (array == nullptr) return wrong_type(key, *node, expected), std::vector<const toml::table*>{};
  std::vector<const toml::table*> all;
  for (const toml::node& element : *array) {
    if (element.as_table() != nullptr)
      all.push_back(element.as_table());
    else
      diagnostics_.add(element.source(),
                       fmt::format("{} holds {}; expected {}", full(key), type_text(element), expected));
  }
  return all;
}

std::vector<std::pair<std::string, const toml::table*>> TableReader::named_tables() {
  std::vector<std::pair<std::string, const toml::table*>> all;
  for (const auto& [key, node] : table_) {
    known_.emplace_back(key.str());
    if (node.as_table() != nullptr)
      all.emplace_back(key.str(), node.as_table());
    else
      wrong_type(key.str(), node, fmt::format("a table, [{}]", full(key.str())));
  }
  // toml++ sorts by name; ports count in the order of the file.
  std::ranges::stable_sort(all, {}, [&](const auto& entry) {
    const auto& begin = table_.find(entry.first)->first.source().begin;
    return std::pair{begin.line, begin.column};
  });
  return all;
}

void TableReader::finish() {
  std::ranges::sort(known_);
  known_.erase(std::unique(known_.begin(), known_.end()), known_.end());
  for (const auto& [key, node] : table_) {
    if (std::ranges::binary_search(known_, key.str())) continue;
    const std::string where = path_.empty() ? std::string{"at the top"} : fmt::format("in [{}]", path_);
    diagnostics_.add(key.source(), fmt::format("unknown key {} {}; expected {}{}", shown(key.str()), where,
                                               known_.empty() ? std::string{"none"} : joined(known_),
                                               did_you_mean(key.str(), known_)));
  }
}

}  // namespace nicosim
