// The cable goes and comes under traffic: where frames die, and what the host makes of it.
#include "tb/system/rig.hpp"
#include "tb/system/run_in_child.hpp"

#include <functional>
#include <gtest/gtest.h>
#include <optional>
#include <string>
#include <string_view>

namespace nicosim {
namespace {

using namespace packets;

std::uint64_t lines_with(const std::string& log, std::string_view text) {
  std::uint64_t count = 0;
  for (std::size_t at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++count;
  return count;
}

// One datagram to the echo every 10 us; negotiation takes 50 us.
Rig& run_with_cable(std::optional<SimTime> out, std::optional<SimTime> in,
                    const std::function<void(SimulationSetup&)>& change = {}) {
  Rig& rig = *new Rig;  // as long as the process
  if (change) change(rig.setup);
  rig.add_program(7, true);
  rig.setup.nics[0].autoneg = SimTime::us(50);
  if (out) rig.setup.nics[0].link_events.emplace_back(*out, false);
  if (in) rig.setup.nics[0].link_events.emplace_back(*in, true);
  for (int i = 0; i < 40; ++i)
    rig.peers[0].send(SimTime::us(5 + 10 * i), udp_frame(pattern(20), {.from = 5000, .to = 7}));
  rig.log_events();
  rig.run();
  rig.expect_sums();
  return rig;
}

TEST(Cable, FramesWithoutALinkDieAtTheMacAndTrafficGoesOnAfterwards) {
  in_child([] {
    Rig& rig = run_with_cable(SimTime::us(100), SimTime::us(200));
    EXPECT_EQ(lines_with(rig.events, "LINK_DOWN"), 15U) << "those of 105 to 245 us";
    EXPECT_EQ(rig.stats[0].datagrams, 25U);
    EXPECT_TRUE(rig.sim->driver(0).carrier());
  });
}

TEST(Cable, TheHostHasNoCarrierWhileItIsOut) {
  in_child([] {
    Rig& rig = run_with_cable(SimTime::us(100), std::nullopt);
    EXPECT_FALSE(rig.sim->driver(0).carrier());
    EXPECT_EQ(rig.stats[0].datagrams, 10U);
  });
}

TEST(Cable, ACableThatIsInAllTheTimeChangesNothing) {
  in_child([] {
    Rig& rig = run_with_cable(std::nullopt, std::nullopt);
    EXPECT_EQ(rig.stats[0].datagrams, 40U);
    EXPECT_EQ(lines_with(rig.events, "LINK_DOWN"), 0U);
  });
}

// ---- while the interrupt is masked: by a process that polls the card, or by napi_defer_hard_irqs

struct Quiet {
  const char* name;
  unsigned busy_read_us;
  unsigned defer_hard_irqs;
};
constexpr Quiet kQuiet[]{{"busy polling all the time", 300, 0},
                         {"busy polling, and asleep while the cable is out", 20, 0},
                         {"deferred interrupts", 0, 3},
                         {"busy polling with deferred interrupts", 300, 3}};

Rig& run_quietly(const Quiet& quiet, std::optional<SimTime> in) {
  return run_with_cable(SimTime::us(100), in, [&](SimulationSetup& setup) {
    setup.stack.rx_path = RxPath::direct;
    setup.stack.sysctl.busy_read = quiet.busy_read_us;
    setup.nics[0].driver.napi_defer_hard_irqs = quiet.defer_hard_irqs;
    if (quiet.defer_hard_irqs != 0) setup.nics[0].driver.gro_flush_timeout = SimTime::us(30);
  });
}

TEST(Cable, AReaderThatPollsOrIsPolledForGoesOnWhenTheLinkIsBack) {
  for (const Quiet& quiet : kQuiet) {
    SCOPED_TRACE(quiet.name);
    in_child([&] {
      Rig& rig = run_quietly(quiet, SimTime::us(200));
      EXPECT_EQ(lines_with(rig.events, "LINK_DOWN"), 15U);
      EXPECT_EQ(rig.stats[0].datagrams, 25U) << "the first one behind the hole is read as well";
      EXPECT_TRUE(rig.sim->driver(0).carrier());
      const Driver::Work& work = rig.sim->driver(0).work();
      EXPECT_GT(work.polls, work.interrupts) << "somebody polled without being told";
    });
  }
}

TEST(Cable, ALinkThatDoesNotComeBackIsNoticedAndNobodyHangs) {
  for (const Quiet& quiet : kQuiet) {
    SCOPED_TRACE(quiet.name);
    in_child([&] {
      Rig& rig = run_quietly(quiet, std::nullopt);
      EXPECT_FALSE(rig.sim->driver(0).carrier()) << "although the interrupt that says so was masked for a while";
      EXPECT_EQ(rig.stats[0].datagrams, 10U);
      EXPECT_FALSE(rig.sim->driver(0).scheduled());
    });
  }
}

}  // namespace
}  // namespace nicosim
