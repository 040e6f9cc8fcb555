#include "cli/report/expectations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nicosim {
namespace {

const Json kReport = Json::parse(R"({
  "title": "x", "frames_on_wire": 10,
  "ledger": {"read": 7, "drop.filter.MAC_FILTER": 2, "drop.mac.CRC_ERROR": 1},
  "ledger_tx": {},
  "stations": {"read": {"count": 7, "p99_ns": 1234.5}},
  "counters": {"ethtool eth0": {"rx_packets": 8}},
  "apps": {"sink": {"kind": "udp_sink", "bytes": 70}}})");

double value(std::string_view path) {
  const auto v = metric(kReport, path);
  EXPECT_TRUE(v) << path << ": " << v.error();
  return v ? *v : -1;
}

TEST(Metric, FollowsAPathEvenThroughKeysWithDots) {
  EXPECT_EQ(value("frames_on_wire"), 10);
  EXPECT_EQ(value("stations.read.p99_ns"), 1234.5);
  EXPECT_EQ(value("ledger.drop.filter.MAC_FILTER"), 2);
  EXPECT_EQ(value("counters.ethtool eth0.rx_packets"), 8);
}

TEST(Metric, AStarSumsWhateverStartsSo) {
  EXPECT_EQ(value("ledger.drop.*"), 3);
  EXPECT_EQ(value("ledger.drop.mac.*"), 1);
  EXPECT_EQ(value("ledger.*"), 10);
}

TEST(Metric, AFateThatNoFrameMetIsZeroButAMisspeltOneIsAnError) {
  EXPECT_EQ(value("ledger.answered"), 0);
  EXPECT_EQ(value("ledger_tx.sent"), 0);
  EXPECT_EQ(value("ledger_tx.drop.*"), 0);
  EXPECT_EQ(value("ledger.drop.fifo.FIFO_FULL"), 0);
  EXPECT_EQ(value("ledger.drop.fifo.*"), 0);
  for (const char* path :
       {"ledger.answerd", "ledger.dropped", "ledger.drop.fifo.FULL", "ledger.drop.fify.FIFO_FULL", "ledger.drop.fify.*",
        "stations.reed.count", "stations.read", "apps.sink.kind", "apps.x.*", "", "ledger"})
    EXPECT_FALSE(metric(kReport, path)) << path;
}

Scenario::Expect expect(std::string metric, std::optional<double> min, std::optional<double> max,
                        std::optional<double> equals, std::uint32_t line) {
  return {std::move(metric), min, max, equals, SourceLine{line}};
}

TEST(Expectations, HoldOrNameTheLineTheValueAndTheLimit) {
  const std::vector<Scenario::Expect> expects{
      expect("ledger.read", 7, 7, 7, 1),
      expect("ledger.read", 8, {}, {}, 12),
      expect("stations.read.p99_ns", {}, 1000, {}, 15),
      expect("ledger.drop.*", {}, {}, 0, 18),
      expect("ledger.rad", 1, {}, {}, 21),
  };
  EXPECT_THAT(check_expectations(kReport, expects, "s.toml"),
              ::testing::ElementsAre("s.toml:12: ledger.read is 7; expected at least 8",
                                     "s.toml:15: stations.read.p99_ns is 1234.5; expected at most 1000",
                                     "s.toml:18: ledger.drop.* is 3; expected exactly 0",
                                     "s.toml:21: there is no metric 'ledger.rad'; expected a path in report.json"));
}

}  // namespace
}  // namespace nicosim
