// docs/oracles.md shows the waivers as they are.
#include "tb/oracle/waivers.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace nicosim {
namespace {

TEST(OraclesPage, ShowsEveryWaiverAndNoOther) {
  std::vector<std::string> shown, expected;
  std::ifstream in{"docs/oracles.md"};
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (inside && line.starts_with("| ")) shown.push_back(line);
    if (line == "|---|---|---|---|---|---|") inside = true;
    if (line.empty()) inside = false;
  }
  for (const WaiverText& w : all_waivers())
    expected.push_back(fmt::format("| {} | {} | {} | {} | {} | {} |", w.name, w.test, w.who == "qemu" ? "QEMU" : w.who,
                                   w.does, w.manual, w.section));
  std::string table;
  for (const std::string& row : expected) table += row + "\n";
  EXPECT_EQ(shown, expected) << "the table of the page must be:\n" << table;
}

}  // namespace
}  // namespace nicosim
