// The cable goes and comes under traffic: where frames die, and what the host makes of it.
#include "tb/system/rig.hpp"
#include "tb/system/run_in_child.hpp"

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
Rig& run_with_cable(std::optional<SimTime> out, std::optional<SimTime> in) {
  Rig& rig = *new Rig;  // as long as the process
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

}  // namespace
}  // namespace nicosim
