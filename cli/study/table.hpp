// What a study found, one row per point: for people, for spreadsheets, for programs.
#pragma once

#include "cli/report/report.hpp"
#include "cli/study/points.hpp"

#include <optional>
#include <string>
#include <vector>

namespace nicosim {

struct StudyTable {
  struct Row {
    Scenario::Settings set;
    std::uint64_t seed = 1;
    int exit_code = 0;
    std::vector<std::optional<double>> values;  // one per column; nothing: this point has no such number
  };
  std::string title;
  std::vector<Scenario::Study::Column> columns;
  bool seeds = false;  // more than one, so that a row says which
  std::vector<Row> rows;
};

// One view of a table: some of its rows with some of its columns, or one metric spread out over the values of an axis.
// Its axes are those that are left. No rows: no point is meant.
StudyTable view_of(const StudyTable& table, const Scenario::Study::View& view);

// At most as wide as it must be; headings are stacked. Times are rounded to three digits with their unit, shares are in
// percent, other numbers have four digits, counts all of theirs.
std::string table_text(const StudyTable& table, bool colour);
// RFC 4180, unrounded, units as in report.json.
std::string table_csv(const StudyTable& table);
Json table_json(const StudyTable& table);

}  // namespace nicosim
