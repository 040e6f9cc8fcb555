// The parts of a live run that need no network: its clock, its page, its usual host, its recording.
#include "cli/capture/recorded_source.hpp"
#include "cli/host_setup.hpp"
#include "cli/live/live_clock.hpp"
#include "cli/live/recorder.hpp"
#include "cli/live/status_page.hpp"
#include "cli/live/usual_host.hpp"
#include "tb/cli/temporary_folder.hpp"

#include <algorithm>
#include <gmock/gmock.h>

namespace nicosim {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr LiveClock::Wall::time_point kStart{};

TEST(LiveClock, GrantsWhatHasPassedWhileNothingIsDue) {
  LiveClock clock{1};
  clock.start(kStart);
  EXPECT_EQ(clock.grant(kStart + 7ms, SimTime::never()), SimTime::ms(7));
  EXPECT_EQ(clock.grant(kStart + 9ms, SimTime::s(1)), SimTime::ms(2));
  EXPECT_EQ(clock.lag(), SimTime::zero());
}

TEST(LiveClock, LosesForGoodWhatABusySimulationCannotUse) {
  LiveClock clock{1};
  clock.start(kStart);
  EXPECT_EQ(clock.grant(kStart + 10ms, SimTime::ms(4)), SimTime::ms(4) + LiveClock::kLongestBusyStretch);
  EXPECT_EQ(clock.lag(), SimTime::ms(6) - LiveClock::kLongestBusyStretch);
  EXPECT_EQ(clock.grant(kStart + 11ms, SimTime::never()), SimTime::ms(1));
}

TEST(LiveClock, RunsSlowerByTheScaleAndLosesNothingInRounding) {
  LiveClock clock{1000};
  clock.start(kStart);
  SimTime sum = SimTime::zero();
  for (int i = 1; i <= 5000; ++i) sum += clock.grant(kStart + i * 333ns, SimTime::never());
  EXPECT_EQ(sum, SimTime::ns(5000 * 333 / 1000));
}

TEST(LiveClock, SleepsUntilTheEventIsSurelyGranted) {
  for (const double scale : {0.5, 1.0, 3.7}) {
    LiveClock clock{scale};
    clock.start(kStart);
    const SimTime event = SimTime::ps(123'456'789);
    EXPECT_GE(clock.grant(kStart + clock.until(event), event), event) << scale;
  }
}

TEST(LiveView, HasThreeLinesThatFitATerminal) {
  LiveView view;
  view.seconds = 0.25;
  view.time = SimTime::ms(3);
  view.lag = SimTime::s(77);
  view.in = 12'345'678;
  view.dropped = 4;
  const std::string text = live_view_text(view);
  EXPECT_EQ(std::ranges::count(text, '\n'), kLiveViewLines);
  EXPECT_THAT(text, HasSubstr("49 382 712"));
  EXPECT_THAT(text, HasSubstr("0.012 of the wall clock, 77 s behind"));
  for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1)
    EXPECT_LE(text.find('\n', at) - at, 80U) << text;
}

TEST(UsualHost, IsAScenario) {
  for (const unsigned nics : {1U, 2U}) {
    const auto scenario = parse_scenario(usual_host(nics), "usual", {}, sysctl_rules());
    ASSERT_TRUE(scenario) << scenario.error().text();
    EXPECT_EQ(scenario->nics.size(), nics);
    EXPECT_EQ(scenario->host.sysctl.contains("net.ipv4.ip_forward"), nics == 2);
  }
}

TEST(Recorder, KeepsFramesTimesAndTheEndForAReplay) {
  const TemporaryFolder folder;
  const std::string path = folder.file("rec");
  const auto scenario = parse_scenario(usual_host(1), "usual", {}, sysctl_rules());
  ASSERT_TRUE(scenario);
  auto recorder = Recorder::open(path, false, *scenario, {true}, "./nicosim tap");
  ASSERT_TRUE(recorder) << recorder.error().text();
  const std::vector<std::byte> frame(77, std::byte{0x5a});
  (*recorder)->frame(0, SimTime::ns(5'000'000'123), frame);
  ASSERT_FALSE((*recorder)->finish(SimTime::ps(6'000'000'000'500)));

  const auto again = load_scenario(path + "/scenario.toml");
  ASSERT_TRUE(again) << again.error().text();
  EXPECT_EQ(again->stop.after, SimTime::ps(6'000'000'000'500));
  ASSERT_EQ(again->peers.size(), 1U);
  EXPECT_EQ(again->peers.front().kind, Scenario::Peer::Kind::recording);
  RecordedSource source{path + "/" + again->peers.front().file};
  const auto came = source.next();
  ASSERT_TRUE(came);
  EXPECT_EQ(came->not_before, SimTime::ns(5'000'000'123));
  EXPECT_EQ(came->bytes.size(), 77U + 4);
  EXPECT_FALSE(source.next());
  EXPECT_FALSE(source.error());
}

}  // namespace
}  // namespace nicosim
