// The ways in which a frame gets from the card to the driver, through the real RTL.
#include "tb/system/rig.hpp"
#include "tb/system/run_in_child.hpp"

#include <algorithm>
#include <cstdio>
#include <gtest/gtest.h>
#include <sstream>
#include <string>

namespace nicosim {
namespace {

using namespace packets;

Rig& new_rig() { return *new Rig; }  // as long as the process

Rig& pio_rig() {
  Rig& rig = new_rig();
  rig.setup.nics[0].driver.mode = ReceiveMode::pio;
  rig.setup.stack.rx_path = RxPath::netif_rx;
  return rig;
}

std::uint64_t at(const Rig& rig, Station station) { return rig.sim->ledger().latency(station).count; }

TEST(Pio, EveryLengthArrivesWholeWithAnInterruptAndWithoutDma) {
  in_child([] {
    Rig& rig = pio_rig();
    std::vector<Packet>& read = *new std::vector<Packet>;
    rig.add_program(9, false, [&read](std::span<const std::byte> datagram, const sockaddr_in&) {
      read.emplace_back(datagram.begin(), datagram.end());
    });
    std::vector<Packet> sent;
    SimTime when = SimTime::us(10);
    for (std::size_t size = 0; size <= 1472; size += size < 40 ? 1 : 119) {
      sent.push_back(pattern(size));
      rig.peers[0].send(when, udp_frame(sent.back()));
      when += SimTime::us(400);  // 1514 bytes take 379 reads
    }
    rig.run();
    rig.expect_sums();
    EXPECT_EQ(read, sent);
    EXPECT_EQ(at(rig, Station::dma), 0U);
    EXPECT_EQ(at(rig, Station::interrupt), sent.size());
    EXPECT_EQ(at(rig, Station::handler), sent.size());
    EXPECT_EQ(at(rig, Station::poll), sent.size());
    EXPECT_EQ(rig.sim->interrupts(0), sent.size());
    EXPECT_EQ(rig.sim->driver(0).ethtool().value("rx_packets"), sent.size());
  });
}

TEST(Pio, FramesThatWaitInTheCardEachHaveTheirInterrupt) {
  in_child([] {
    Rig& rig = pio_rig();
    const DatagramStats& stats = rig.add_program(9, false);
    for (int i = 0; i < 20; ++i) rig.peers[0].send(SimTime::us(10), udp_frame(pattern(18)));
    rig.run();
    rig.expect_sums();
    EXPECT_EQ(stats.datagrams, 20U);
    EXPECT_EQ(rig.sim->interrupts(0), 20U);
  });
}

// Every word is a trip to the card and back: with 400 ns each way the core stands still for most of it.
TEST(Pio, TheCoreWaitsForTheBusWordByWord) {
  in_child([] {
    Rig& rig = pio_rig();
    rig.add_program(9, false);
    rig.peers[0].send(SimTime::us(10), udp_frame(pattern(1000)));  // 1042 bytes: 261 words
    rig.run();
    const SimTime spent = rig.sim->cpu_times(0).hardirq;
    EXPECT_GT(spent, SimTime::ns(263 * 800));
    EXPECT_LT(spent, SimTime::ns(263 * 900));
  });
}

TEST(Pio, BadFramesDieInTheCardAndTheFifoOverflowsAsEver) {
  in_child([] {
    Rig& rig = pio_rig();
    const DatagramStats& stats = rig.add_program(9, false);
    Packet damaged = udp_frame(pattern(100));
    finish_for_wire(damaged);
    damaged[50] ^= std::byte{1};
    rig.peers[0].send_raw(SimTime::us(10), damaged);
    rig.peers[0].send(SimTime::us(20), Packet(1600));  // too long for a card without RCTL.LPE
    for (int i = 0; i < 100; ++i) rig.peers[0].send(SimTime::us(100), udp_frame(pattern(1400)));
    rig.run();
    rig.expect_sums();
    const FrameLedger& ledger = rig.sim->ledger();
    EXPECT_EQ(ledger.dropped(false, Station::mac, DropReason::CRC_ERROR), 1U);
    const std::uint64_t lost = ledger.dropped(false, Station::fifo, DropReason::FIFO_FULL);
    EXPECT_GT(lost, 20U);
    EXPECT_EQ(rig.sim->driver(0).ethtool().value("rx_missed_errors"), lost);
    EXPECT_EQ(stats.datagrams, 100 - lost);
    EXPECT_EQ(ledger.count(false, Fate::dropped), lost + 2);
  });
}

TEST(Pio, TheCableGoesAndComes) {
  in_child([] {
    Rig& rig = pio_rig();
    const DatagramStats& stats = rig.add_program(9, false);
    rig.setup.nics[0].autoneg = SimTime::us(50);
    rig.setup.nics[0].link_events = {{SimTime::us(100), false}, {SimTime::us(200), true}};
    for (int i = 0; i < 20; ++i) rig.peers[0].send(SimTime::us(5 + 20 * i), udp_frame(pattern(18)));
    rig.run();
    rig.expect_sums();
    EXPECT_TRUE(rig.sim->driver(0).carrier());
    EXPECT_GT(stats.datagrams, 10U);
    EXPECT_EQ(stats.datagrams + rig.sim->ledger().count(false, Fate::dropped), 20U);
  });
}

TEST(Pio, ARunThatEndsInTheMiddleOfAFrameLeavesNoneWithoutAFate) {
  in_child([] {
    Rig& rig = pio_rig();
    rig.add_program(9, false);
    rig.setup.stop_after = SimTime::us(60);
    for (int i = 0; i < 10; ++i) rig.peers[0].send(SimTime::us(10), udp_frame(pattern(200)));
    rig.run();
    rig.expect_sums();
    EXPECT_GT(rig.sim->ledger().count(false, Fate::queued), 7U);
  });
}

TEST(Pio, AStoppedDriverClosesWhatWaitsInTheCardAndWorksAgainAfterwards) {
  in_child([] {
    Rig& rig = pio_rig();
    const DatagramStats& stats = rig.add_program(9, false);
    rig.setup.apps.push_back({"ifdown", [&rig](Posix& os) {
                                while (rig.sim->wire_start() == SimTime::never()) os.nanosleep(SimTime::us(50));
                                os.nanosleep(rig.sim->wire_start() + SimTime::us(148) - os.clock());
                                rig.sim->driver(0).stop();
                                rig.sim->driver(0).open();
                                return 0;
                              }});
    // While the interrupt is masked already and the receiver still on; later the handler would not let stop() run.
    for (int i = 0; i < 30; ++i) rig.peers[0].send(SimTime::us(150), udp_frame(pattern(18)));
    for (int i = 0; i < 5; ++i) rig.peers[0].send(SimTime::ms(100 + i), udp_frame(pattern(200)));
    rig.run();
    rig.expect_sums();
    const std::uint64_t lost = rig.sim->ledger().dropped(false, Station::fifo, DropReason::RESET);
    EXPECT_GE(lost, 3U);
    EXPECT_EQ(stats.datagrams + rig.sim->ledger().count(false, Fate::dropped), 35U);
    EXPECT_GE(stats.datagrams, 5U) << "those that came when it was open again";
  });
}

// ---- busy polling

struct Reading {
  std::uint64_t interrupts, polled;
  SimTime p50;
};
Reading reading(std::uint32_t busy_read, SimTime distance, std::uint64_t count, bool prefer = false) {
  const std::string text = text_from_child([&] {
    Rig& rig = new_rig();
    rig.setup.stack.sysctl.busy_read = busy_read;
    DatagramStats& stats = rig.stats.emplace_back();
    DatagramProgram program{.port = 9, .stats = &stats, .seen = {}, .prefer_busy_poll = prefer};
    rig.setup.apps.push_back({"reader", [program](Posix& os) { return run_datagram_program(os, program); }});
    if (prefer) {
      rig.setup.nics[0].driver.napi_defer_hard_irqs = 2;
      rig.setup.nics[0].driver.gro_flush_timeout = SimTime::us(200);
    }
    for (std::uint64_t i = 0; i < count; ++i)
      rig.peers[0].send(SimTime::us(10) + distance * static_cast<std::int64_t>(i), udp_frame(pattern(18)));
    rig.run();
    rig.expect_sums();
    EXPECT_EQ(stats.datagrams, count);
    return std::to_string(rig.sim->interrupts(0)) + " " +
           std::to_string(rig.sim->stack().nstat().value("TcpExtBusyPollRxPackets")) + " " +
           std::to_string(rig.sim->ledger().latency(Station::read).p50.in_ps());
  });
  std::istringstream in{text};
  Reading r{};
  std::int64_t ps = 0;
  in >> r.interrupts >> r.polled >> ps;
  r.p50 = SimTime::ps(ps);
  return r;
}

// Each read ends by unmasking, so the next frame interrupts the process that is polling for it; only a reader that
// prefers busy polling is left alone.
TEST(BusyPoll, AReaderThatPollsHasItsFramesSoonerAndOneThatPrefersToWithoutInterrupts) {
  const Reading asleep = reading(0, SimTime::us(20), 200);
  const Reading awake = reading(100, SimTime::us(20), 200);
  const Reading alone = reading(100, SimTime::us(20), 200, true);
  EXPECT_EQ(asleep.interrupts, 200U);
  EXPECT_EQ(asleep.polled, 0U);
  EXPECT_EQ(awake.interrupts, 200U);
  EXPECT_GE(awake.polled, 198U) << "before the first frame the socket knows no card";
  EXPECT_LT(awake.p50, asleep.p50);
  EXPECT_LE(alone.interrupts, 3U);
  EXPECT_GE(alone.polled, 198U);
  EXPECT_LT(alone.p50 * 2, asleep.p50);
  std::printf("wire to read: %lld ns asleep, %lld ns polling, %lld ns with nobody else who polls\n",
              static_cast<long long>(asleep.p50.in_ns()), static_cast<long long>(awake.p50.in_ns()),
              static_cast<long long>(alone.p50.in_ns()));
}

TEST(BusyPoll, TooShortATimeCostsThePollsAndStillSleeps) {
  const Reading brief = reading(5, SimTime::us(100), 50);
  EXPECT_EQ(brief.interrupts, 50U);
  EXPECT_EQ(brief.polled, 0U);
}

// ---- threaded NAPI, deferred interrupts, adaptive throttle

TEST(Threaded, AKernelThreadOfThatNamePollsInsteadOfTheSoftInterrupt) {
  in_child([] {
    Rig& rig = new_rig();
    rig.setup.nics[0].threaded = true;
    rig.setup.stack.rx_path = RxPath::direct;
    const DatagramStats& stats = rig.add_program(9, false);
    for (int i = 0; i < 100; ++i) rig.peers[0].send(SimTime::us(10 + 20 * i), udp_frame(pattern(18)));
    rig.run();
    rig.expect_sums();
    EXPECT_EQ(stats.datagrams, 100U);
    const auto& all = rig.sim->cpu().processes();
    EXPECT_TRUE(std::ranges::any_of(all, [](const auto& p) { return p->task_name() == "napi/eth0-8193"; }));
    EXPECT_EQ(rig.sim->cpu_times(0).softirq, SimTime::zero());
    EXPECT_GT(rig.sim->cpu_times(0).process, SimTime::us(100));
  });
}

TEST(Deferred, OneInterruptStandsForAStreamThatTheWatchdogPolls) {
  in_child([] {
    Rig& rig = new_rig();
    rig.setup.nics[0].driver.napi_defer_hard_irqs = 5;
    rig.setup.nics[0].driver.gro_flush_timeout = SimTime::us(20);
    const DatagramStats& stats = rig.add_program(9, false);
    for (int i = 0; i < 200; ++i) rig.peers[0].send(SimTime::us(10 + 10 * i), udp_frame(pattern(18)));
    rig.run();
    rig.expect_sums();
    EXPECT_EQ(stats.datagrams, 200U);
    EXPECT_LE(rig.sim->interrupts(0), 2U);
  });
}

TEST(Throttled, BulkTrafficIsHeldTo4000InterruptsASecondAndLeavesThemToTheQuiet) {
  const auto interrupts = [](Throttle how, std::size_t payload, SimTime distance) {
    const std::string text = text_from_child([&] {
      Rig& rig = new_rig();
      rig.setup.nics[0].driver.throttle = how;
      rig.setup.nics[0].driver.rx_ring = 1024;
      rig.add_program(9, false);
      for (int i = 0; i < 1000; ++i) rig.peers[0].send(SimTime::us(10) + distance * i, udp_frame(pattern(payload)));
      rig.run();
      rig.expect_sums();
      return std::to_string(rig.sim->interrupts(0));
    });
    return text.empty() ? 0UL : std::stoul(text);
  };
  // 1000 frames of 1442 bytes in 2 ms: 25 of them in 1 / 20 000 s are bulk, and 8 interrupts are 4000/s
  const auto bulk = interrupts(Throttle::dynamic, 1400, SimTime::us(2));
  EXPECT_GE(bulk, 8U);
  EXPECT_LT(bulk, 16U);
  // Five in that time are not: 200 interrupts in 10 ms
  const auto low = interrupts(Throttle::dynamic, 1400, SimTime::us(10));
  EXPECT_GT(low, 190U);
  EXPECT_LT(low, 210U);
  EXPECT_EQ(interrupts(Throttle::fixed, 1400, SimTime::us(10)), 1000U);
  // A small one every 60 us: as many as frames, since 20 000/s are enough for them
  EXPECT_EQ(interrupts(Throttle::dynamic, 18, SimTime::us(60)), 1000U);
}

}  // namespace
}  // namespace nicosim
