// The receive ring and NAPI's poll.
#include "tb/driver/rig.hpp"

#include <gmock/gmock.h>

namespace nicosim {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

TEST(RxRing, RefillStopsOneShortOfHeadSoFullNeverLooksEmpty) {
  for (const unsigned size : {8U, 16U, 256U, 4096U}) {
    Rig rig{{.rx_ring = size}};
    rig.up();
    EXPECT_EQ(rig.card.rx_free(), size - 1);
    for (unsigned i = 0; i < size - 1; ++i) ASSERT_TRUE(rig.card.receive(frame_of(60, i)));
    rig.run();
    EXPECT_EQ(rig.card.rx_free(), size - 1);
  }
}

TEST(RxRing, GivesDescriptorsBackInGroupsOfSixteenAndTheRestAtTheEndOfThePoll) {
  Rig rig;
  rig.up();
  for (unsigned i = 0; i < 40; ++i) ASSERT_TRUE(rig.card.receive(frame_of(60, i)));
  rig.run();
  EXPECT_THAT(rig.card.writes_to(regs::RDT), ElementsAre((255 + 16) % 256, (255 + 32) % 256, (255 + 40) % 256));
}

TEST(RxRing, PutsTheStatusBackToZeroBeforeItCanComeRoundAgain) {
  Rig rig{{.rx_ring = 8}};
  rig.up();
  for (unsigned i = 0; i < 7; ++i) ASSERT_TRUE(rig.card.receive(frame_of(60, i)));
  rig.run();  // budget 64: without the zero the poll would go round the ring nine times
  EXPECT_EQ(rig.stack.received.size(), 7U);
}

TEST(RxRing, StoresTheDescriptorsBeforeTheTailIsWritten) {
  Rig rig;
  rig.up();
  unsigned stores = 0;
  std::vector<unsigned> stores_before_tail;
  for (unsigned i = 0; i < 20; ++i) ASSERT_TRUE(rig.card.receive(frame_of(60, i)));
  rig.memory.on_store = [&](std::uint64_t, std::size_t bytes) { stores += bytes == kDescriptorBytes ? 1 : 0; };
  rig.card.before = [&](const ScriptedCard::Access& a) {
    if (a.write && a.offset == regs::RDT) stores_before_tail.push_back(stores);
  };
  rig.run();
  EXPECT_THAT(stores_before_tail, ElementsAre(16, 20));
}

class RxWrap : public testing::TestWithParam<unsigned> {};

TEST_P(RxWrap, DeliversEveryFrameInOrderThreeTimesRoundTheRing) {
  const unsigned size = GetParam();
  Rig rig{{.rx_ring = size}};
  rig.up();
  std::vector<ByteVector> expected;
  for (unsigned i = 0; i < 3 * size + 5; ++i) {
    expected.push_back(frame_of(60 + i % 1455, i));
    ASSERT_TRUE(rig.card.receive(expected.back()));
    if (i % 5 == 4) rig.run();
  }
  rig.run();
  EXPECT_EQ(rig.stack.received, expected);
}
INSTANTIATE_TEST_SUITE_P(Sizes, RxWrap, testing::Values(8U, 16U, 256U, 4096U));

TEST(Poll, NeverTakesMoreThanItsBudgetAndCompletesOnlyBelowIt) {
  Rig rig;
  rig.up();
  rig.work.clear();
  for (unsigned i = 0; i < 128; ++i) ASSERT_TRUE(rig.card.receive(frame_of(60, i)));
  rig.softirq(64);
  EXPECT_TRUE(rig.driver.scheduled());
  EXPECT_EQ(rig.card.mask(), 0U);
  rig.softirq(64);
  EXPECT_TRUE(rig.driver.scheduled());  // exactly the budget: nobody knows that the ring is empty
  EXPECT_EQ(rig.card.mask(), 0U);
  rig.softirq(64);
  EXPECT_FALSE(rig.driver.scheduled());
  EXPECT_EQ(rig.card.mask(), 0x9dU);
  EXPECT_THAT(rig.work, ElementsAre(64, 64, 0));
  EXPECT_EQ(rig.driver.work().budget_exhausted, 2U);
  EXPECT_EQ(rig.driver.work().frames, 128U);
  EXPECT_EQ(rig.stack.polls_done, static_cast<int>(rig.driver.work().polls));
}

TEST(Poll, TouchesOnlyTheTailAndThenUnmasksAndFlushes) {
  Rig rig;
  rig.up();
  ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));
  rig.run();
  EXPECT_THAT(rig.card.texts(), ElementsAre("read ICR", "write IMC ffffffff", "read STATUS",  // handler
                                            "write RDT 00000000",                             // poll
                                            "write IMS 0000009d", "read STATUS"));
}

TEST(Poll, LeavesTheMaskUpWhenAScheduleWasMissed) {
  Rig rig;
  rig.up();
  ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));
  rig.interrupts();
  rig.driver.schedule(rig.stack);  // finds SCHED set and leaves MISSED
  rig.card.log.clear();
  rig.softirq(64);
  EXPECT_TRUE(rig.driver.scheduled());
  EXPECT_THAT(rig.card.writes_to(regs::IMS), IsEmpty());
  rig.softirq(64);
  EXPECT_FALSE(rig.driver.scheduled());
  EXPECT_THAT(rig.card.writes_to(regs::IMS), ElementsAre(0x9d));
}

TEST(Poll, AFrameAfterTheLastLookAtTheRingInterruptsAtTheUnmasking) {
  Rig rig;
  rig.up();
  ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));
  rig.interrupts();
  rig.card.before = [&](const ScriptedCard::Access& a) {
    if (!a.write || a.offset != regs::IMS || rig.stack.received.size() != 1) return;
    rig.card.before = nullptr;
    ASSERT_TRUE(rig.card.receive(frame_of(60, 2)));
  };
  rig.softirq(64);
  EXPECT_EQ(rig.stack.received.size(), 1U);
  EXPECT_TRUE(rig.card.line());
  rig.run();
  EXPECT_EQ(rig.stack.received.size(), 2U);
}

// Explored over every register access, every load and every store of handler and poll: a second frame arrives there,
// and must be delivered without a third one's help.
TEST(Poll, LosesNoFrameWhereverItArrives) {
  enum class At { register_access, load, store };
  for (const ReceiveMode mode : {ReceiveMode::napi, ReceiveMode::dma_irq, ReceiveMode::pio}) {
    for (const At kind : {At::register_access, At::load, At::store}) {
      if (mode == ReceiveMode::pio && kind != At::register_access) continue;  // it touches no memory
      bool injected = true;
      unsigned where = 0;
      for (; injected; ++where) {
        ASSERT_LT(where, 100U);
        Rig rig{{.rx_ring = 8, .mode = mode}};
        rig.up();
        ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));
        injected = false;
        unsigned step = 0;
        const auto inject = [&] {
          if (injected || step++ != where) return;
          injected = true;
          ASSERT_TRUE(rig.card.receive(frame_of(60, 2)));
        };
        if (kind == At::register_access) rig.card.before = [&](const ScriptedCard::Access&) { inject(); };
        if (kind == At::load) rig.memory.on_load = [&](std::uint64_t, std::size_t) { inject(); };
        if (kind == At::store) rig.memory.on_store = [&](std::uint64_t, std::size_t) { inject(); };
        rig.run();
        rig.card.before = nullptr;
        rig.memory.on_load = rig.memory.on_store = nullptr;
        EXPECT_EQ(rig.stack.received.size(), injected ? 2U : 1U) << "injected at access " << where;
      }
      EXPECT_GT(where, 2U) << "there was nothing to explore";
    }
  }
}

TEST(Poll, GivesEachFrameItsIdItsPortAndItsTime) {
  Rig rig{{.port = 0}, false};
  rig.up();
  SimTime seen;
  rig.driver.on_receive([&](const Frame& frame, SimTime now) {
    seen = now;
    EXPECT_EQ(frame.arrived, now);
    EXPECT_EQ(frame.port, 0U);
    EXPECT_EQ(frame.size(), 100U);
  });
  const SimTime before = rig.runtime.now();
  ASSERT_TRUE(rig.card.receive(frame_of(100, 1)));
  rig.run();
  EXPECT_GT(seen, before);
  EXPECT_THAT(rig.stack.ids, ElementsAre(std::vector{FrameId::make(0, false, 0)}));
  EXPECT_EQ(rig.ledger.latency(Station::poll).count, 1U);
  EXPECT_EQ(rig.ledger.latency(Station::handler).count, 1U);
}

TEST(Poll, ChargesACopyUpToCopybreakAndAMappingBeyond) {
  const auto charged = [](Rig& rig, Cost cost) { return rig.runtime.charged[static_cast<std::size_t>(cost)]; };
  Rig rig{{.copybreak = 256}};
  rig.up();
  ASSERT_TRUE(rig.card.receive(frame_of(252, 1)));  // 256 with FCS
  rig.run();
  EXPECT_EQ(charged(rig, Cost::copybreak), 1U);
  EXPECT_EQ(charged(rig, Cost::copy_per_byte), 252U);
  EXPECT_EQ(charged(rig, Cost::dma_map), 0U);
  ASSERT_TRUE(rig.card.receive(frame_of(253, 2)));
  rig.run();
  EXPECT_EQ(charged(rig, Cost::copybreak), 1U);
  EXPECT_EQ(charged(rig, Cost::copy_per_byte), 252U);
  EXPECT_EQ(charged(rig, Cost::dma_map), 1U);
  EXPECT_EQ(charged(rig, Cost::dma_unmap), 1U);
  EXPECT_EQ(charged(rig, Cost::rx_descriptor), 2U);
  EXPECT_EQ(charged(rig, Cost::skb_alloc), 2U);
}

TEST(Checksum, IsTrustedOnlyWhenTheCardReallyVerifiedIt) {
  struct Row {
    std::uint8_t status, errors;
    RxChecksum expected;
  };
  const std::vector<Row> rows{
      {0, 0, RxChecksum::none},
      {rxd::STATUS_IXSM, 0, RxChecksum::none},
      {rxd::STATUS_TCPCS, 0, RxChecksum::unnecessary},
      {rxd::STATUS_TCPCS | rxd::STATUS_IPCS, 0, RxChecksum::unnecessary},
      {rxd::STATUS_TCPCS | rxd::STATUS_IXSM, 0, RxChecksum::none},
      {rxd::STATUS_TCPCS, rxd::ERRORS_TCPE, RxChecksum::none},
      {rxd::STATUS_TCPCS, rxd::ERRORS_IPE, RxChecksum::none},
      {rxd::STATUS_IPCS, 0, RxChecksum::none},
  };
  for (const Row& row : rows) {
    Rig rig;
    rig.up();
    ASSERT_TRUE(rig.card.receive_raw(frame_of(104, 1), row.status, row.errors));
    rig.run();
    EXPECT_THAT(rig.stack.checksums, ElementsAre(row.expected)) << int{row.status} << " " << int{row.errors};
  }
}

TEST(BadFrame, WithAnErrorBitIsDroppedAndTheNextOneIsNot) {
  for (const std::uint8_t error : {rxd::ERRORS_CE, rxd::ERRORS_SE, rxd::ERRORS_SEQ, rxd::ERRORS_CXE, rxd::ERRORS_RXE}) {
    Rig rig;
    rig.up();
    ASSERT_TRUE(rig.card.receive_raw(frame_of(104, 1), 0, error));
    ASSERT_TRUE(rig.card.receive(frame_of(100, 2)));
    rig.run();
    EXPECT_THAT(rig.stack.received, ElementsAre(frame_of(100, 2)));
    EXPECT_EQ(rig.ledger.dropped(false, Station::poll, DropReason::RX_ERRORS), 1U);
  }
}

TEST(BadFrame, OfSeveralDescriptorsIsDiscardedUpToItsLastOne) {
  for (const bool id_at_each : {false, true}) {
    Rig rig;
    rig.up();
    rig.card.id_at_each_descriptor = id_at_each;
    ASSERT_TRUE(rig.card.receive(frame_of(5000, 1)));  // three descriptors
    ASSERT_TRUE(rig.card.receive(frame_of(5000, 2)));
    ASSERT_TRUE(rig.card.receive(frame_of(100, 3)));
    rig.run(2);  // polls end inside the frame
    EXPECT_THAT(rig.stack.received, ElementsAre(frame_of(100, 3)));
    EXPECT_EQ(rig.ledger.dropped(false, Station::poll, DropReason::MULTI_DESCRIPTOR), 2U);
  }
}

TEST(BadFrame, OfAnAbsurdLengthIsDropped) {
  struct Row {
    int length;
    DropReason reason;
  };
  for (const Row& row :
       {Row{0, DropReason::PKT_TOO_SMALL}, Row{3, DropReason::PKT_TOO_SMALL}, Row{17, DropReason::PKT_TOO_SMALL},
        Row{2049, DropReason::PKT_TOO_BIG}, Row{0xffff, DropReason::PKT_TOO_BIG}}) {
    Rig rig;
    rig.up();
    ASSERT_TRUE(rig.card.receive_raw(frame_of(104, 1), rxd::STATUS_IXSM, 0, row.length));
    rig.run();
    EXPECT_THAT(rig.stack.received, IsEmpty()) << row.length;
    EXPECT_EQ(rig.ledger.dropped(false, Station::poll, row.reason), 1U) << row.length;
  }
}

TEST(BadFrame, OfTheShortestAndLongestPossibleLengthIsGood) {
  Rig rig;
  rig.up();
  ASSERT_TRUE(rig.card.receive(frame_of(14, 1)));
  ASSERT_TRUE(rig.card.receive(frame_of(2044, 2)));
  rig.run();
  EXPECT_THAT(rig.stack.received, ElementsAre(frame_of(14, 1), frame_of(2044, 2)));
}

TEST(BadFrame, CountsAsWorkSoAFloodOfThemStaysWithinTheBudget) {
  Rig rig;
  rig.up();
  rig.work.clear();
  for (unsigned i = 0; i < 100; ++i) ASSERT_TRUE(rig.card.receive_raw(frame_of(104, i), 0, rxd::ERRORS_RXE));
  rig.run(64);
  EXPECT_THAT(rig.work, ElementsAre(64, 36));
}

TEST(ReceiveMode, AllModesDeliverTheSameBytes) {
  std::vector<std::vector<ByteVector>> delivered;
  for (const ReceiveMode mode : {ReceiveMode::pio, ReceiveMode::dma_irq, ReceiveMode::napi}) {
    Rig rig{{.rx_ring = 16, .mode = mode}};
    rig.up();
    for (unsigned i = 0; i < 100; ++i) {
      ASSERT_TRUE(rig.card.receive(frame_of(60 + (i * 97) % 1400, i)));
      if (i % 3 == 0) rig.run();
    }
    rig.run();
    delivered.push_back(rig.stack.received);
  }
  EXPECT_EQ(delivered[0].size(), 100U);
  EXPECT_EQ(delivered[0], delivered[1]);
  EXPECT_EQ(delivered[0], delivered[2]);
}

TEST(ReceiveMode, DmaIrqTakesEachFrameInTheHandlerAndNeverMasks) {
  Rig rig{{.mode = ReceiveMode::dma_irq}};
  rig.up();
  const std::uint64_t interrupts = rig.driver.work().interrupts;
  for (unsigned i = 0; i < 10; ++i) {
    ASSERT_TRUE(rig.card.receive(frame_of(60, i)));
    EXPECT_EQ(rig.interrupts(), 1U);
    EXPECT_EQ(rig.stack.received.size(), i + 1);
    EXPECT_EQ(rig.card.mask(), 0x9dU);
  }
  EXPECT_EQ(rig.driver.work().interrupts, interrupts + 10);
  EXPECT_EQ(rig.driver.work().polls, 0U);
  EXPECT_TRUE(rig.stack.poll_list.empty());
  EXPECT_THAT(rig.card.writes_to(regs::IMC), IsEmpty());
}

TEST(ReceiveMode, DmaIrqInterruptsAgainForAFrameThatComesWhileTheHandlerWorks) {
  Rig rig{{.mode = ReceiveMode::dma_irq}};
  rig.up();
  ASSERT_TRUE(rig.card.receive(frame_of(60, 1)));
  rig.card.before = [&](const ScriptedCard::Access& a) {
    if (!a.write || a.offset != regs::RDT) return;
    rig.card.before = nullptr;
    ASSERT_TRUE(rig.card.receive(frame_of(60, 2)));  // after the last look
  };
  EXPECT_EQ(rig.interrupts(), 2U);
  EXPECT_THAT(rig.stack.received, ElementsAre(frame_of(60, 1), frame_of(60, 2)));
}

}  // namespace
}  // namespace nicosim
