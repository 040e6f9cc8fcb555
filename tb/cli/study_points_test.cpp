#include "cli/study/points.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nicosim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kTwoAxes = R"(
seed = 10
[nic.eth0]
[nic.eth1]
[study]
seeds = 2
axes = [{ key = "nic.eth0.rx_ring", values = [64, 128] }, { key = "host.mode", values = ["napi", "dma_irq"] }]
[[expect]]
metric = "unexplained"
equals = 0
[[expect]]
metric = "interrupts.total"
max = 9
where = { "nic.eth0.rx_ring" = 128, "host.mode" = "napi" }
)";

std::vector<StudyPoint> points_of(std::string_view toml, const std::vector<std::string>& overlays = {}) {
  const auto points = study_points({std::string{toml}, "s.toml"}, overlays, {});
  EXPECT_TRUE(points) << points.error().text();
  return points ? *points : std::vector<StudyPoint>{};
}
std::vector<std::string> names_of(const std::vector<StudyPoint>& points) {
  std::vector<std::string> names;
  for (const StudyPoint& point : points) names.push_back(point.name());
  return names;
}

TEST(StudyPoints, EveryValueMeetsEveryOtherAndSeedsChangeFastest) {
  const auto points = points_of(kTwoAxes);
  ASSERT_EQ(points.size(), 8U);
  EXPECT_EQ(points[0].name(), "nic.eth0.rx_ring=64 host.mode=napi seed=10");
  EXPECT_EQ(points[1].name(), "nic.eth0.rx_ring=64 host.mode=napi seed=11");
  EXPECT_EQ(points[2].name(), "nic.eth0.rx_ring=64 host.mode=dma_irq seed=10");
  EXPECT_EQ(points[7].name(), "nic.eth0.rx_ring=128 host.mode=dma_irq seed=11");
  EXPECT_EQ(points[7].scenario.nics[0].rx_ring, 128U);
  EXPECT_EQ(points[7].scenario.nics[1].rx_ring, 256U);
  EXPECT_EQ(points[7].scenario.host.mode, Scenario::Mode::dma_irq);
  EXPECT_EQ(points[7].scenario.seed, 11U);
  EXPECT_FALSE(points[7].scenario.study);
}

TEST(StudyPoints, ZippedAxesAdvanceTogether) {
  const auto points = points_of(
      "[nic.eth0]\n[study]\nzip = true\n"
      "axes = [{ key = \"nic.rx_ring\", values = [64, 128] }, { key = \"nic.tx_ring\", values = [8, 16] }]");
  EXPECT_THAT(names_of(points),
              ElementsAre("nic.rx_ring=64 nic.tx_ring=8 seed=1", "nic.rx_ring=128 nic.tx_ring=16 seed=1"));
}

TEST(StudyPoints, AnExpectationWithWhereHoldsOnlyThere) {
  for (const StudyPoint& point : points_of(kTwoAxes)) {
    const bool meant = point.scenario.nics[0].rx_ring == 128 && point.scenario.host.mode == Scenario::Mode::napi;
    EXPECT_EQ(point.scenario.expects.size(), meant ? 2U : 1U) << point.name();
  }
}

TEST(StudyPoints, AnOverlayOnAnAxisPinsItWithOrWithoutTheInstance) {
  for (const char* overlay : {"nic.eth0.rx_ring=32", "nic.rx_ring=32"}) {
    const auto points = points_of(kTwoAxes, {overlay, "study.seeds=1"});
    EXPECT_THAT(names_of(points), ElementsAre("nic.eth0.rx_ring=32 host.mode=napi seed=10",
                                              "nic.eth0.rx_ring=32 host.mode=dma_irq seed=10"));
  }
}

TEST(StudyPoints, TheOptionsOfAPointGiveThatPointAlone) {
  const std::vector<std::string> typed{"seed=20", "nic.eth1.rx_ring=512"};
  for (const StudyPoint& point : points_of(kTwoAxes, typed)) {
    const auto words = options_of(point, typed);
    std::vector<std::string> overlays;
    for (std::size_t i = 1; i < words.size(); i += 2) overlays.push_back(words[i]);
    const auto alone = points_of(kTwoAxes, overlays);
    ASSERT_EQ(alone.size(), 1U);
    EXPECT_EQ(alone[0].scenario, point.scenario);
    EXPECT_EQ(alone[0].scenario.nics[1].rx_ring, 512U);
  }
}

TEST(StudyPoints, ATextThatLooksLikeANumberStaysAText) {
  const auto points = points_of(
      "[nic.eth0]\n[[app]]\nname = \"7\"\nkind = \"udp_sink\"\nport = 9\n"
      "[study]\naxes = [{ key = \"app.name\", values = [\"8\", \"nine\"] }]");
  ASSERT_EQ(points.size(), 2U);
  EXPECT_EQ(points[0].scenario.apps[0].name, "8");
  EXPECT_EQ(points[1].scenario.apps[0].name, "nine");
}

TEST(StudyPoints, ACombinationThatCannotBeIsNamed) {
  const auto points = study_points({"[nic.eth0]\n[study]\n"
                                    "axes = [{ key = \"host.mode\", values = [\"napi\", \"dma_irq\"] },\n"
                                    "{ key = \"host.rx_path\", values = [\"direct\"] }]",
                                    "s.toml"},
                                   {}, {});
  ASSERT_FALSE(points);
  EXPECT_THAT(points.error().text(), HasSubstr("which mode 'dma_irq' cannot use"));
  EXPECT_THAT(points.error().text(), HasSubstr("s.toml:3: study: "));
}

TEST(StudyPoints, TooManyOfThemAreRefusedBeforeTheyFillTheMemory) {
  std::string values;
  for (int i = 0; i < 200; ++i) values += std::to_string(i) + ",";
  std::string axes;
  for (const char* key : {"nic.rx_usecs", "nic.copybreak", "peer.a.x", "peer.b.x", "peer.c.x", "peer.d.x"})
    axes += "{ key = \"" + std::string{key} + "\", values = [" + values + "] },";
  const auto points = study_points({"[nic.eth0]\n[study]\naxes = [" + axes + "]", "s.toml"}, {}, {});
  ASSERT_FALSE(points);
  EXPECT_THAT(points.error().text(), HasSubstr("more than 10000 points"));
}

constexpr std::string_view kTogether = R"(
[nic.eth0]
[study]
axes = [
  { key = "nic.rx_ring", values = [64, 128] },
  { key = "host.mode", values = ["dma_irq", "napi", "napi"] },
  { key = "host.sysctl.net.core.busy_read", values = [0, 0, 50], zip = true },
  { key = "nic.mtu", values = [1000, 1500] },
]
)";

std::vector<std::string> names(std::string_view toml, const std::vector<std::string>& overlays = {}) {
  const auto points = study_points({std::string{toml}, "s.toml"}, overlays, {});
  EXPECT_TRUE(points) << points.error().text();
  std::vector<std::string> all;
  if (points)
    for (const StudyPoint& point : *points) all.push_back(point.name());
  return all;
}

TEST(StudyPoints, AnAxisMayAdvanceWithTheOneBeforeIt) {
  const auto all = names(kTogether);
  ASSERT_EQ(all.size(), 12U);
  EXPECT_EQ(all[0], "nic.rx_ring=64 host.mode=dma_irq host.sysctl.net.core.busy_read=0 nic.mtu=1000 seed=1");
  EXPECT_EQ(all[5], "nic.rx_ring=64 host.mode=napi host.sysctl.net.core.busy_read=50 nic.mtu=1500 seed=1");
  EXPECT_EQ(all[6], "nic.rx_ring=128 host.mode=dma_irq host.sysctl.net.core.busy_read=0 nic.mtu=1000 seed=1");
}

TEST(StudyPoints, PinningOneOfThemLeavesTheirPlacesWithThatValue) {
  EXPECT_EQ(names(kTogether, {"host.mode=napi", "nic.mtu=1500", "nic.rx_ring=64"}),
            (std::vector<std::string>{
                "nic.rx_ring=64 host.mode=napi host.sysctl.net.core.busy_read=0 nic.mtu=1500 seed=1",
                "nic.rx_ring=64 host.mode=napi host.sysctl.net.core.busy_read=50 nic.mtu=1500 seed=1"}));
  EXPECT_EQ(names(kTogether, {"host.mode=napi", "host.sysctl.net.core.busy_read=50"}).size(), 4U);
  EXPECT_EQ(names(kTogether, {"host.sysctl.net.core.busy_read=7"}).size(), 12U) << "another value for all of them";
}

TEST(StudyPoints, AxesThatAdvanceTogetherAreOfEqualLength) {
  for (const auto& [axes, text] :
       {std::pair{R"({ key = "nic.mtu", values = [1000], zip = true })", "has no axis before it"},
        std::pair{R"({ key = "nic.mtu", values = [1000] }, { key = "nic.rx_ring", values = [8, 16], zip = true })",
                  "joins axes of 1 and 2 values"}}) {
    const auto points = study_points({"[nic.eth0]\n[study]\naxes = [" + std::string{axes} + "]", "s.toml"}, {}, {});
    ASSERT_FALSE(points);
    EXPECT_THAT(points.error().text(), HasSubstr(text));
  }
}

TEST(StudyPoints, OnesThatAdvanceTogetherAreWrittenAndReadBack) {
  const auto scenario = parse_scenario(kTogether, "s.toml");
  ASSERT_TRUE(scenario) << scenario.error().text();
  const auto again = parse_scenario(write_scenario(*scenario), "again.toml");
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(*scenario, *again);
}

TEST(StudyPoints, AStudyIsWrittenAndReadBack) {
  const auto scenario = parse_scenario(kTwoAxes, "s.toml");
  ASSERT_TRUE(scenario) << scenario.error().text();
  const auto again = parse_scenario(write_scenario(*scenario), "again.toml");
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(*scenario, *again);
}

}  // namespace
}  // namespace nicosim
