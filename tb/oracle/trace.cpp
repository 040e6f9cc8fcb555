#include "tb/oracle/trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace nicosim {
namespace {

[[noreturn]] void refuse(const std::string& file, unsigned line, const char* what) {
  throw std::runtime_error(fmt::format("{}:{}: {}", file, line, what));
}

std::ifstream open(const std::string& file) {
  std::ifstream in{file};
  if (!in) throw std::runtime_error(file + ": cannot be read");
  return in;
}

}  // namespace

std::vector<TraceEvent> read_trace(const std::string& file) {
  std::vector<TraceEvent> events;
  std::ifstream in = open(file);
  std::string text;
  for (unsigned line = 1; std::getline(in, text); ++line) {
    std::istringstream words{text};
    std::int64_t ns = 0;
    std::string kind;
    if (!(words >> ns >> kind)) refuse(file, line, "expected TIME_NS and R, W or IRQ");
    TraceEvent event{line, SimTime::ns(ns), TraceEvent::Kind::interrupt, 0, 0};
    if (kind != "IRQ") {
      if (kind != "R" && kind != "W") refuse(file, line, "expected R, W or IRQ");
      event.kind = kind == "R" ? TraceEvent::Kind::read : TraceEvent::Kind::write;
      if (!(words >> std::hex >> event.offset >> event.value)) refuse(file, line, "expected OFFSET and VALUE in hex");
    }
    if (!events.empty() && event.time < events.back().time) refuse(file, line, "time goes backwards");
    events.push_back(event);
  }
  return events;
}

MatchTable::MatchTable(const std::string& file) {
  std::ifstream in = open(file);
  std::string text;
  for (unsigned line = 1; std::getline(in, text); ++line) {
    if (text.empty() || text.front() == '#') continue;
    std::istringstream words{text};
    std::string name, why;
    Row row;
    row.line = line;
    std::int64_t ns = 0;
    if (!(words >> name >> std::hex >> row.mask >> std::dec >> ns))
      refuse(file, line, "expected REGISTER MASK FROM_NS");
    if (!std::getline(words >> std::ws, why)) refuse(file, line, "a row says why");
    row.from = SimTime::ns(ns);
    auto& rows = rows_[name];
    if (!rows.empty() && row.from <= rows.back().from) refuse(file, line, "rows of a register go forward in time");
    rows.push_back(row);
  }
}

std::optional<std::uint32_t> MatchTable::mask(const std::string& name, SimTime time) {
  const auto entry = rows_.find(name);
  if (entry == rows_.end()) return {};
  const auto after = std::ranges::find_if(entry->second, [&](const Row& row) { return row.from > time; });
  if (after == entry->second.begin()) return {};
  Row& row = *std::prev(after);
  row.used = true;
  return row.mask;
}

std::vector<std::string> MatchTable::unused() const {
  std::vector<std::string> names;
  for (const auto& [name, rows] : rows_)
    for (const Row& row : rows)
      if (!row.used) names.push_back(fmt::format("{} (line {})", name, row.line));
  return names;
}

void EecdWatcher::wrote(std::uint32_t eecd) {
  const bool clock = (eecd & 1U) != 0, select = (eecd & 2U) != 0, data = (eecd & 4U) != 0;
  if (select && !select_) taken_ = command_ = given_ = 0;
  const bool waits_for_start = taken_ == 0 && !data;
  if (select && clock && !clock_ && taken_ < kCommandBits && !waits_for_start) {
    command_ = (command_ << 1U) | (data ? 1U : 0U);
    ++taken_;
  }
  select_ = select;
  clock_ = clock;
}

std::optional<EecdWatcher::Word> EecdWatcher::read(std::uint32_t eecd) {
  if (!select_ || !clock_ || taken_ < kCommandBits) return {};
  word_ = static_cast<std::uint16_t>((word_ << 1U) | ((eecd >> 3U) & 1U));
  if (++given_ % 16 != 0) return {};
  return Word{command_ & 0x3fU, word_};
}

}  // namespace nicosim
