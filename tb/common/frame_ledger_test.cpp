#include "common/frame_ledger.hpp"

#include "common/frame.hpp"

#include <gtest/gtest.h>

namespace nicosim {
namespace {

struct FrameLedgerTest : ::testing::Test {
  EventLog log;
  FrameLedger ledger{log};
};

TEST_F(FrameLedgerTest, EveryFrameCountsUnderExactlyOneFate) {
  const FrameId a = ledger.open_on_wire(0, 0, SimTime::ns(1));
  const FrameId b = ledger.open_on_wire(0, 1, SimTime::ns(2));
  ledger.close(a, Fate::dropped, Station::filter, SimTime::ns(3), DropReason::MAC_FILTER);
  EXPECT_EQ(ledger.unexplained(), 1U);
  ledger.close(b, Fate::read, Station::read, SimTime::ns(9));
  EXPECT_EQ(ledger.unexplained(), 0U);
  EXPECT_EQ(ledger.totals(), (FrameLedger::Totals{{"read", 1}, {"drop.filter.MAC_FILTER", 1}}));
}

TEST_F(FrameLedgerTest, ADescriptorNamesItsFrameOnce) {
  const FrameId a = ledger.open_on_wire(0, 0, SimTime::ns(1));
  ledger.written_back(0, 0x1000, a);
  EXPECT_EQ(ledger.claim(0, 0x1000), a);
  EXPECT_FALSE(ledger.claim(0, 0x1000).valid());
  EXPECT_FALSE(ledger.claim(1, 0x1000).valid());
  ledger.close(a, Fate::read, Station::read, SimTime::ns(2));
}

TEST_F(FrameLedgerTest, TheReceiveWindowNamesItsFramesInTheirOrder) {
  const FrameId a = ledger.open_on_wire(0, 0, SimTime::ns(1));
  const FrameId b = ledger.open_on_wire(0, 1, SimTime::ns(2));
  EXPECT_FALSE(ledger.claim_window(0).valid());
  ledger.in_window(0, a, SimTime::ns(4));
  ledger.in_window(0, b, SimTime::ns(6));
  EXPECT_FALSE(ledger.claim_window(1).valid());
  ledger.interrupt_delivered(0, SimTime::ns(5));
  EXPECT_EQ(ledger.claim_window(0), a);
  ledger.close(a, Fate::read, Station::read, SimTime::ns(7));
  EXPECT_EQ(ledger.latency(Station::interrupt).count, 1U);
  EXPECT_EQ(ledger.latency(Station::dma).count, 0U) << "no DMA";
  ledger.close_rings_as_queued(SimTime::ns(9));
  EXPECT_EQ(ledger.count(false, Fate::queued), 1U) << "the other is still in the window";
  EXPECT_EQ(ledger.latency(Station::interrupt).count, 1U) << "the interrupt came before it";
  EXPECT_FALSE(ledger.claim_window(0).valid());
}

TEST_F(FrameLedgerTest, AnInterruptStandsForTheFramesWrittenBeforeIt) {
  const FrameId before = ledger.open_on_wire(0, 0, SimTime::ns(0));
  const FrameId after = ledger.open_on_wire(0, 1, SimTime::ns(0));
  ledger.at(before, Station::dma, SimTime::ns(10));
  ledger.written_back(0, 0x10, before);
  ledger.at(after, Station::dma, SimTime::ns(30));
  ledger.written_back(0, 0x20, after);
  ledger.interrupt_delivered(0, SimTime::ns(20));
  ledger.close(before, Fate::read, Station::read, SimTime::ns(50));
  ledger.close(after, Fate::read, Station::read, SimTime::ns(60));
  EXPECT_EQ(ledger.latency(Station::interrupt).count, 1U);
  EXPECT_EQ(ledger.latency(Station::interrupt).max, SimTime::ns(20));
}

TEST_F(FrameLedgerTest, AForwardedFrameEndsWhenItsLastFragmentIsSent) {
  const FrameId in = ledger.open_on_wire(0, 0, SimTime::ns(1));
  const FrameId first = ledger.open_from_host(1, {{in}}, SimTime::ns(2));
  const FrameId second = ledger.open_from_host(1, {{in}}, SimTime::ns(2));
  ledger.close(in, Fate::forwarded, Station::ip, SimTime::ns(3));
  ledger.close(first, Fate::sent, Station::tx_wire, SimTime::ns(4));
  EXPECT_EQ(ledger.count(false, Fate::forwarded), 0U);
  EXPECT_EQ(ledger.unexplained(), 2U);
  ledger.close(second, Fate::sent, Station::tx_wire, SimTime::ns(5));
  EXPECT_EQ(ledger.count(false, Fate::forwarded), 1U);
  EXPECT_EQ(ledger.unexplained(), 0U);
}

TEST_F(FrameLedgerTest, AFrameWhoseForwardedCopyIsDroppedIsDroppedThereForThatReason) {
  const FrameId in = ledger.open_on_wire(0, 0, SimTime::ns(1));
  const FrameId first = ledger.open_from_host(1, {{in}}, SimTime::ns(2));
  const FrameId second = ledger.open_from_host(1, {{in}}, SimTime::ns(2));
  ledger.close(in, Fate::forwarded, Station::ip, SimTime::ns(3));
  ledger.close(second, Fate::dropped, Station::tx_ring, SimTime::ns(4), DropReason::RESET);
  ledger.close(first, Fate::sent, Station::tx_wire, SimTime::ns(5));
  EXPECT_EQ(ledger.totals(), (FrameLedger::Totals{{"drop.tx_ring.RESET", 1}}));
}

TEST_F(FrameLedgerTest, AReplyToAForwardedFrameIsNoneOfItsCopies) {
  const FrameId in = ledger.open_on_wire(0, 0, SimTime::ns(1));
  const FrameId reply = ledger.open_from_host(0, {{in}}, SimTime::ns(2));
  ledger.close(reply, Fate::sent, Station::tx_wire, SimTime::ns(3));
  ledger.close(in, Fate::forwarded, Station::ip, SimTime::ns(4));  // nothing of it is under way
  EXPECT_EQ(ledger.count(false, Fate::forwarded), 1U);
}

// The card may be evaluated ahead of the host, so what either has opened by now must not show in the other's names.
TEST_F(FrameLedgerTest, SegmentsAreNumberedApartFromTheHostsFrames) {
  const FrameId chain = ledger.open_from_host(1, {}, SimTime::ns(1));
  const FrameId segment = ledger.open_segment(1, chain, SimTime::ns(9));
  const FrameId next = ledger.open_from_host(1, {}, SimTime::ns(5));
  EXPECT_EQ(chain.name(), "t1:0");
  EXPECT_EQ(segment.name(), "t1:s0");
  EXPECT_EQ(next.name(), "t1:1");
  EXPECT_TRUE(segment.from_host());
}

TEST_F(FrameLedgerTest, LatencyIsNearestRank) {
  for (unsigned i = 0; i < 100; ++i) {
    const FrameId f = ledger.open_on_wire(0, i, SimTime::zero());
    ledger.at(f, Station::mac, SimTime::ns(i + 1));
    ledger.close(f, Fate::consumed, Station::link, SimTime::ns(200));
  }
  const auto mac = ledger.latency(Station::mac);
  EXPECT_EQ(mac.count, 100U);
  EXPECT_EQ(mac.p50, SimTime::ns(50));
  EXPECT_EQ(mac.p99, SimTime::ns(99));
  EXPECT_EQ(mac.max, SimTime::ns(100));
}

TEST_F(FrameLedgerTest, WhatAHolderNamesAtTheEndIsQueuedAtItsLastStation) {
  const FrameId held = ledger.open_on_wire(0, 0, SimTime::zero());
  const FrameId lost = ledger.open_on_wire(0, 1, SimTime::zero());
  ledger.at(held, Station::fifo, SimTime::ns(5));
  ledger.close_as_queued(held, SimTime::ns(9));
  EXPECT_EQ(ledger.count(false, Fate::queued), 1U);
  ASSERT_EQ(ledger.unexplained(), 1U);
  EXPECT_EQ(ledger.open_frames().front().id, lost);
}

TEST_F(FrameLedgerTest, AFrameInARingAtTheEndIsQueued) {
  const FrameId f = ledger.open_on_wire(0, 0, SimTime::zero());
  ledger.at(f, Station::dma, SimTime::ns(5));
  ledger.written_back(0, 0x1000, f);
  ledger.close_rings_as_queued(SimTime::ns(9));
  EXPECT_EQ(ledger.count(false, Fate::queued), 1U);
  EXPECT_EQ(ledger.unexplained(), 0U);
}

TEST_F(FrameLedgerTest, AFrameMergedIntoAnotherKeepsItsOwnFate) {
  FramePool pool;
  FramePtr first = pool.make(64), second = pool.make(64);
  first->ids.push_back(ledger.open_on_wire(0, 0, SimTime::zero()));
  second->ids.push_back(ledger.open_on_wire(0, 1, SimTime::zero()));
  first->adopt(std::move(second));
  first->close(ledger, Fate::read, Station::read, SimTime::ns(1), DropReason::none);
  EXPECT_EQ(ledger.count(false, Fate::read), 2U);
}

}  // namespace
}  // namespace nicosim
