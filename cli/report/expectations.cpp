#include "cli/report/expectations.hpp"

#include "common/drop_reason.hpp"
#include "common/station.hpp"

#include <fmt/format.h>
#include <optional>

namespace nicosim {
namespace {

const Json* find(const Json& at, std::string_view path) {
  if (path.empty()) return &at;
  if (!at.is_object()) return nullptr;
  for (const auto& [key, value] : at.items()) {
    if (path == key) return &value;
    if (path.size() > key.size() && path.starts_with(key) && path[key.size()] == '.')
      if (const Json* found = find(value, path.substr(key.size() + 1))) return found;
  }
  return nullptr;
}

struct Sum {
  double total = 0;
  bool any = false;
};

void add_all(const Json& at, const std::string& here, std::string_view prefix, Sum& sum) {
  if (at.is_number()) {
    if (!here.starts_with(prefix)) return;
    sum.total += at.get<double>();
    sum.any = true;
  } else if (at.is_object()) {
    for (const auto& [key, value] : at.items()) add_all(value, here.empty() ? key : here + "." + key, prefix, sum);
  }
}

bool is_drop_reason(std::string_view name) {
  for (std::size_t i = 1; i < kDropReasons; ++i)
    if (name_of(static_cast<DropReason>(i)) == name) return true;
  return false;
}

// "ledger.read", "ledger_tx.drop.tx_ring.RESET", "ledger.drop.*", "ledger.drop.filter.*": legal, if maybe never met.
bool is_fate(std::string_view path) {
  if (path.starts_with("ledger."))
    path.remove_prefix(7);
  else if (path.starts_with("ledger_tx."))
    path.remove_prefix(10);
  else
    return false;
  for (std::size_t i = 0; i < kFates; ++i)
    if (static_cast<Fate>(i) != Fate::dropped && name_of(static_cast<Fate>(i)) == path) return true;
  if (!path.starts_with("drop.")) return false;
  path.remove_prefix(5);
  if (path == "*") return true;
  const std::size_t dot = path.find('.');
  if (dot == std::string_view::npos || !station_from(path.substr(0, dot))) return false;
  return path.substr(dot + 1) == "*" || is_drop_reason(path.substr(dot + 1));
}

std::string number(double v) { return fmt::format("{}", v); }

constexpr std::string_view kOver = " / ";

Result<double, std::string> quotient(const Json& report, std::string_view above, std::string_view below) {
  const auto numerator = metric(report, above);
  if (!numerator) return numerator.error();
  const auto denominator = metric(report, below);
  if (!denominator) return denominator.error();
  if (*denominator == 0) return fmt::format("'{}' is 0, and nothing can be divided by it", below);
  return *numerator / *denominator;
}

}  // namespace

Result<double, std::string> metric(const Json& report, std::string_view path) {
  if (const std::size_t over = path.find(kOver); over != std::string_view::npos)
    return quotient(report, path.substr(0, over), path.substr(over + kOver.size()));
  if (path.ends_with(".*")) {
    Sum sum;
    add_all(report, "", path.substr(0, path.size() - 1), sum);
    if (sum.any || is_fate(path)) return sum.total;
    return fmt::format("no metric starts with '{}'", path.substr(0, path.size() - 1));
  }
  const Json* found = find(report, path);
  if (found == nullptr && is_fate(path)) return 0.0;
  if (found == nullptr) return fmt::format("there is no metric '{}'", path);
  if (!found->is_number()) return fmt::format("'{}' is not a number", path);
  return found->get<double>();
}

std::vector<std::string> check_expectations(const Json& report, std::span<const Scenario::Expect> expects,
                                            std::string_view file) {
  std::vector<std::string> misses;
  for (const Scenario::Expect& e : expects) {
    const auto miss = [&](const std::string& text) {
      misses.push_back(fmt::format("{}:{}: {}", file, e.where.line, text));
    };
    const auto value = metric(report, e.metric);
    if (!value) {
      miss(value.error() + "; expected a path in report.json");
      continue;
    }
    const auto outside = [&](std::string_view limit, double bound) {
      miss(fmt::format("{} is {}; expected {} {}", e.metric, number(*value), limit, number(bound)));
    };
    if (e.min && *value < *e.min) outside("at least", *e.min);
    if (e.max && *value > *e.max) outside("at most", *e.max);
    if (e.equals && *value != *e.equals) outside("exactly", *e.equals);
  }
  return misses;
}

}  // namespace nicosim
