// stop: the card is silent before its memory goes, and every frame gets a fate.
#include "tb/driver/rig.hpp"

#include <gmock/gmock.h>

#include <semaphore>
#include <thread>

namespace nicosim {
namespace {

using ::testing::ElementsAre;

TEST(Stop, MasksThenStopsReceiverAndTransmitterThenResets) {
  Rig rig;
  rig.up();
  rig.down();
  auto lines = rig.card.texts();
  std::erase_if(lines, [](const std::string& line) {  // the statistics have a test of their own
    return line.starts_with("read ") && line != "read STATUS" && line != "read ICR" && line != "read CTRL" &&
           line != "read MANC";
  });
  lines.resize(15);
  EXPECT_THAT(lines, ElementsAre("write IMC ffffffff", "read STATUS",                                 //
                                 "write RCTL 00008000", "write TCTL 0103f0f8", "read STATUS",         //
                                 "write IMC ffffffff", "write RCTL 00000000", "write TCTL 00000008",  //
                                 "read STATUS", "read CTRL", "write CTRL 04000040", "read MANC",      //
                                 "write MANC 00000000", "write IMC ffffffff", "read ICR"));
}

TEST(Stop, ClosesFramesThatWereWrittenBackButNeverPolled) {
  Rig rig{{.rx_ring = 16}};
  rig.up();
  for (unsigned i = 0; i < 10; ++i) ASSERT_TRUE(rig.card.receive(frame_of(60, i)));
  rig.card.write32(regs::IMC, ~0U);  // their interrupt never comes
  rig.down();
  EXPECT_TRUE(rig.stack.received.empty());
  EXPECT_EQ(rig.ledger.dropped(false, Station::dma, DropReason::RESET), 10U);
}

TEST(Stop, ClosesAFrameOfSeveralDescriptorsOnce) {
  Rig rig;
  rig.up();
  rig.card.id_at_each_descriptor = true;
  ASSERT_TRUE(rig.card.receive(frame_of(5000, 1)));
  rig.card.write32(regs::IMC, ~0U);
  rig.down();
  EXPECT_EQ(rig.ledger.dropped(false, Station::dma, DropReason::RESET), 1U);
}

TEST(Stop, InTheMiddleOfADiscardedFrameClosesItOnce) {
  Rig rig;
  rig.up();
  rig.card.id_at_each_descriptor = true;
  ASSERT_TRUE(rig.card.receive(frame_of(5000, 1)));
  rig.softirq(1);  // takes the first of three descriptors
  rig.stack.poll_list.clear();
  rig.driver.clear_scheduled();
  rig.down();
  EXPECT_EQ(rig.ledger.dropped(false, Station::poll, DropReason::MULTI_DESCRIPTOR), 1U);
  EXPECT_EQ(rig.ledger.dropped(false, Station::dma, DropReason::RESET), 0U);
}

TEST(Stop, TakesBackWhatTheCardNeverFetched) {
  Rig rig;
  rig.up();
  rig.card.hold_tx = true;
  for (unsigned i = 0; i < 10; ++i) ASSERT_TRUE(rig.send(frame_of(60, i)));
  rig.card.send(4);
  rig.down();
  EXPECT_EQ(rig.ledger.count(true, Fate::sent), 4U);
  EXPECT_EQ(rig.ledger.dropped(true, Station::tx_ring, DropReason::RESET), 6U);
}

TEST(Stop, WaitsForAPollThatIsScheduled) {
  Rig rig;
  rig.up();
  for (unsigned i = 0; i < 200; ++i) ASSERT_TRUE(rig.card.receive(frame_of(60, i)));
  rig.interrupts();
  EXPECT_TRUE(rig.driver.scheduled());
  rig.down();  // the polls run while stop() sleeps
  EXPECT_EQ(rig.stack.received.size(), 200U);
  EXPECT_FALSE(rig.driver.scheduled());
  EXPECT_EQ(rig.card.mask(), 0U);
}

TEST(Stop, WaitsForAPollHoweverLateAndLetsNobodyScheduleAnother) {
  Rig rig;
  rig.up();
  for (unsigned i = 0; i < 200; ++i) ASSERT_TRUE(rig.card.receive(frame_of(60, i)));
  rig.interrupts();
  const SimTime until = rig.runtime.now() + SimTime::ms(50);  // that long ksoftirqd does not get the CPU
  rig.runtime.on_sleep = [&] { return rig.runtime.now() >= until && rig.softirq(64) > 0; };
  rig.down();
  EXPECT_EQ(rig.stack.received.size(), 200U);
  EXPECT_FALSE(rig.driver.schedule(rig.stack));
}

// A second core, halted inside the driver at its first access to memory. The host's threads take turns strictly, so the
// order is the same in every run.
class OtherCore {
 public:
  OtherCore(Rig& rig, std::function<void()> work) : rig_(rig) {
    rig_.memory.on_load = rig_.memory.on_store = [this](std::uint64_t, std::size_t) {
      rig_.memory.on_load = rig_.memory.on_store = nullptr;
      halted_.release();
      go_on_.acquire();
    };
    thread_ = std::thread{[this, work = std::move(work)] {
      work();
      finished_.release();
    }};
    halted_.acquire();
  }
  void finish() {
    if (!thread_.joinable()) return;
    go_on_.release();
    finished_.acquire();
    thread_.join();
  }
  ~OtherCore() { finish(); }

 private:
  Rig& rig_;
  std::binary_semaphore halted_{0}, go_on_{0}, finished_{0};
  std::thread thread_;
};

TEST(Stop, WaitsForATransmitOnAnotherCore) {
  Rig rig;
  rig.up();
  OtherCore other{rig, [&] { EXPECT_TRUE(rig.send(frame_of(60, 1))); }};
  const SimTime until = rig.runtime.now() + SimTime::ms(50);
  rig.runtime.on_sleep = [&] {
    if (rig.runtime.now() >= until) other.finish();
    return false;
  };
  rig.down();
  EXPECT_GE(rig.runtime.now(), until);
  EXPECT_EQ(rig.ledger.count(true, Fate::sent), 1U);
}

TEST(Stop, WaitsForAHandlerOnAnotherCore) {
  Rig rig{{.mode = ReceiveMode::dma_irq}};
  rig.up();
  ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));
  OtherCore other{rig, [&] { rig.interrupts(); }};
  const SimTime until = rig.runtime.now() + SimTime::ms(50);
  rig.runtime.on_sleep = [&] {
    if (rig.runtime.now() >= until) other.finish();
    return false;
  };
  rig.down();
  EXPECT_GE(rig.runtime.now(), until);
  EXPECT_EQ(rig.stack.received.size(), 1U);
}

TEST(Stop, TakesTheCarrierAndWakesAStackThatWasToldBusy) {
  Rig rig{{.tx_ring = 8}};
  rig.up();
  rig.card.hold_tx = true;
  while (rig.send(frame_of(60, 1))) {
  }
  FramePtr waiting = rig.host_frame(frame_of(60, 2));
  ASSERT_FALSE(rig.driver.transmit(waiting));
  rig.stack.on_wake = [&] { EXPECT_TRUE(rig.driver.transmit(waiting)); };
  rig.down();
  EXPECT_FALSE(waiting);
  EXPECT_THAT(rig.stack.carrier, ElementsAre(true, false));
  EXPECT_EQ(rig.ledger.dropped(true, Station::tx_ring, DropReason::DEV_READY), 1U);
}

TEST(Stop, TwiceIsHarmless) {
  Rig rig;
  rig.up();
  rig.down();
  rig.card.log.clear();
  rig.driver.stop();
  EXPECT_TRUE(rig.card.log.empty());
}

}  // namespace
}  // namespace nicosim
