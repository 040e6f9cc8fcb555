#include "cli/study/table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tuple>

namespace nicosim {
namespace {

StudyTable two_points() {
  StudyTable table;
  table.title = "s.toml: 2 points";
  table.columns = {{"stations.read.p99_ns", "stations.read.p99_ns"}, {"busy", "cpu.0.softirq"}, {"a,b", "x / y"}};
  table.rows = {{{{"nic.rx_usecs", "0"}}, 1, 0, {6680.5, 0.25, 1.0 / 3}},
                {{{"nic.rx_usecs", "50"}}, 1, 0, {std::nullopt, 0.5, 12000}}};
  return table;
}

TEST(StudyTable, HeadingsAreStackedAndNumbersHaveTheirUnits) {
  EXPECT_EQ(table_text(two_points(), false),
            "s.toml: 2 points\n"
            "\n"
            "                  stations.\n"
            "  nic.rx_usecs  read.p99_ns    busy     a,b\n"
            "             0      6.68 us  25.0 %  0.3333\n"
            "            50            -  50.0 %  12 000\n");
}

TEST(StudyTable, ASeedAndAFailureGetAColumnOnlyWhereThereIsOne) {
  StudyTable table = two_points();
  table.seeds = true;
  table.rows[1].exit_code = 5;
  const std::string text = table_text(table, false);
  EXPECT_THAT(text, ::testing::HasSubstr("  seed  "));
  EXPECT_THAT(text, ::testing::EndsWith("12 000          5\n"));
}

TEST(StudyTable, AsCsvItHasExactNumbersAndQuotesWhatNeedsIt) {
  EXPECT_EQ(table_csv(two_points()),
            "nic.rx_usecs,seed,stations.read.p99_ns,busy,\"a,b\",exit_code\r\n"
            "0,1,6680.5,0.25,0.3333333333333333,0\r\n"
            "50,1,,0.5,12000,0\r\n");
}

StudyTable four_points() {
  StudyTable table;
  table.columns = {{"read", "ledger.read"}, {"busy", "cpu.0.softirq"}};
  for (const auto& [ring, mode, read] :
       {std::tuple{"64", "napi", 1.0}, {"64", "pio", 2.0}, {"128", "napi", 3.0}, {"128", "pio", 4.0}})
    table.rows.push_back({{{"ring", ring}, {"mode", mode}}, 1, 0, {read, 0.5}});
  return table;
}

TEST(StudyTable, AViewHasTheRowsAndColumnsThatItNames) {
  EXPECT_EQ(
      table_text(view_of(four_points(), {"small rings", {{"ring", "64"}}, "", {{"frames", "ledger.read"}}}), false),
      "small rings\n"
      "\n"
      "  mode  frames\n"
      "  napi       1\n"
      "   pio       2\n");
}

TEST(StudyTable, OneMetricSpreadsOutOverTheValuesOfAnAxis) {
  EXPECT_EQ(table_text(view_of(four_points(), {"read", {}, "mode", {{"", "ledger.read"}}}), false),
            "read\n"
            "\n"
            "  ring  napi  pio\n"
            "    64     1    2\n"
            "   128     3    4\n");
}

TEST(StudyTable, AViewWhosePointsWereNotRunHasNoRows) {
  EXPECT_TRUE(view_of(four_points(), {"", {{"ring", "256"}}, "", {{"frames", "ledger.read"}}}).rows.empty());
}

}  // namespace
}  // namespace nicosim
