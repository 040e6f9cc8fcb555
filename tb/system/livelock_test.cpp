// Receive livelock (Mogul and Ramakrishnan, 1997): with an interrupt per frame a host that is offered more than it can
// take delivers less the more it is offered. With NAPI it goes on delivering what it can.
#include "tb/system/rig.hpp"
#include "tb/system/run_in_child.hpp"

#include <gtest/gtest.h>
#include <string>
#include <utility>

namespace nicosim {
namespace {

using namespace packets;

constexpr SimTime kWarmup = SimTime::ms(4), kEnd = SimTime::ms(16);  // three ticks of the scheduler

// Frames of 64 bytes, evenly spaced, for as long as the run lasts.
class Stream final : public WireSource {
 public:
  explicit Stream(SimTime distance) : distance_(distance), bytes_(udp_frame(pattern(18))) { finish_for_wire(bytes_); }
  std::optional<WireFrame> next() override {
    WireFrame frame;
    frame.not_before = SimTime::us(10) + distance_ * static_cast<std::int64_t>(count_++);
    frame.bytes = bytes_;
    return frame;
  }

 private:
  SimTime distance_;
  Packet bytes_;
  std::uint64_t count_ = 0;
};

// Frames read per second, after the queues have filled.
std::uint64_t goodput(ReceiveMode mode, SimTime distance, std::uint32_t busy_read = 0,
                      SimTime latency = SimTime::ns(400)) {
  const std::string text = text_from_child([&] {
    Rig& rig = *new Rig;
    rig.setup.nics[0].driver.mode = mode;
    if (mode != ReceiveMode::napi) rig.setup.stack.rx_path = RxPath::netif_rx;
    rig.setup.nics[0].link.latency = latency;
    rig.setup.stack.sysctl.busy_read = busy_read;
    rig.setup.warmup = kWarmup;
    rig.setup.stop_after = kEnd;
    rig.add_program(9, false);
    rig.sim = new Simulation(rig.setup);
    Simulation::WireEnds wire;
    wire.source = new Stream{distance};
    rig.sim->set_wire(0, std::move(wire));
    rig.sim->run();
    rig.expect_sums();
    return std::to_string(rig.sim->ledger().delivered());
  });
  return text.empty() ? 0 : std::stoull(text) * 1000 / static_cast<std::uint64_t>((kEnd - kWarmup).in_ns() / 1'000'000);
}

// The handler fills the queues, and nobody has time to empty them.
TEST(Livelock, WithAnInterruptPerFrameNothingIsDeliveredUnderLoad) {
  EXPECT_GE(goodput(ReceiveMode::dma_irq, SimTime::us(10)), 99'000U);
  EXPECT_LT(goodput(ReceiveMode::dma_irq, SimTime::us(1)), 1'000U);
  EXPECT_EQ(goodput(ReceiveMode::dma_irq, SimTime::ps(67'200)), 0U);
}

// Between two frames the card is silent for a round trip, from RXW_NEXT to the next interrupt. On a short link there is
// no time for anything else in it.
TEST(Livelock, WithoutDmaTheProgramGetsWhatTheBusLeaves) {
  EXPECT_GE(goodput(ReceiveMode::pio, SimTime::us(10), 0, SimTime::ns(100)), 99'000U);
  EXPECT_EQ(goodput(ReceiveMode::pio, SimTime::us(1), 0, SimTime::ns(100)), 0U);
  const std::uint64_t best = goodput(ReceiveMode::pio, SimTime::us(20));
  EXPECT_GE(best, 49'500U);
  EXPECT_LT(goodput(ReceiveMode::pio, SimTime::us(10)) * 2, best);
  EXPECT_LT(goodput(ReceiveMode::pio, SimTime::us(1)) * 2, best);
}

TEST(Livelock, NapiDeliversUnderEveryLoad) {
  const std::uint64_t calm = goodput(ReceiveMode::napi, SimTime::us(10));
  EXPECT_GE(calm, 99'000U);
  EXPECT_GT(goodput(ReceiveMode::napi, SimTime::us(1)), 3 * calm);
  EXPECT_GT(goodput(ReceiveMode::napi, SimTime::ps(67'200)), 3 * calm) << "the wire is full: 14.88 M/s";
}

TEST(Livelock, APollingProcessDeliversUnderEveryLoad) {
  EXPECT_GT(goodput(ReceiveMode::napi, SimTime::ps(67'200), 50), 200'000U);
}

}  // namespace
}  // namespace nicosim
