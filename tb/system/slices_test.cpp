// A run in slices, with frames brought between them: the same log, however fine the slices and however far an engine
// would like to run ahead.
#include "tb/system/rig.hpp"
#include "tb/system/run_in_child.hpp"

namespace nicosim {
namespace {

using namespace packets;

struct Way {
  SimTime step;                     // of time, between the moments at which frames come
  std::uint64_t batch = 1'000'000;  // most cycles per activation
};

std::string log_of(const Way& way) {
  return text_from_child([&] {
    Rig rig;
    rig.add_program(9, true);
    rig.log_events();
    rig.setup.batch = way.batch;
    rig.setup.nics.front().neighbours = {{kPeerIp, kPeerMac}};
    auto* const sim = new Simulation(rig.setup);  // never freed: its threads' stacks still refer to it
    sim->run_slice(SimTime::never(), [sim] { return sim->ready(); });
    const auto go_to = [&](SimTime time) {
      while (sim->now() < time) sim->run_slice(std::min(sim->now() + way.step, time));
    };
    const SimTime began = sim->wire_start();
    for (int i = 0; i < 20; ++i) {  // some while the card still works on the one before, some from rest
      go_to(began + SimTime::ns(i % 2 == 0 ? 20'011 * i : 20'011 * i - 17'503));
      Packet frame = udp_frame(pattern(static_cast<std::size_t>(i) * 50 + 1));
      finish_for_wire(frame);
      sim->arrive(0, std::move(frame));
    }
    go_to(began + SimTime::ms(2));
    EXPECT_EQ(sim->ledger().count(false, Fate::read), 20U);
    EXPECT_EQ(sim->ledger().count(true, Fate::sent), 20U);
    return rig.events;
  });
}

TEST(Slices, TheirLengthDoesNotShowInTheLog) {
  const std::string coarse = log_of({SimTime::ms(10)});
  EXPECT_GT(coarse.size(), 10'000U);
  EXPECT_TRUE(log_of({SimTime::us(1)}) == coarse);
  EXPECT_TRUE(log_of({SimTime::ns(777)}) == coarse);
}

TEST(Slices, HowFarAnEngineWouldRunAheadDoesNotShowInTheLog) {
  const std::string far = log_of({SimTime::ms(10)});
  EXPECT_GT(far.size(), 10'000U);
  EXPECT_TRUE(log_of({SimTime::ms(10), 1}) == far);
  EXPECT_TRUE(log_of({SimTime::us(10), 3}) == far);
}

}  // namespace
}  // namespace nicosim
