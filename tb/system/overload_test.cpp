// More frames than the host can take: losses happen where they should, are counted by their Linux names, and the
// counters of card, driver and stack agree with the ledger to the frame.
#include "tb/system/rig.hpp"
#include "tb/system/run_in_child.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <gtest/gtest.h>

namespace nicosim {
namespace {

using namespace packets;

Rig& new_rig() { return *new Rig; }  // as long as the process

// Frames that want to leave all at once: the wire sends them back to back.
void burst(Rig& rig, SimTime at, std::size_t count, std::size_t payload, std::uint16_t port = 9) {
  for (std::size_t i = 0; i < count; ++i) rig.peers[0].send(at, udp_frame(pattern(payload), {.to = port}));
}

std::uint64_t dropped(const Rig& rig) { return rig.sim->ledger().count(false, Fate::dropped); }

TEST(Overload, ASmallRingAtLineRateLosesFramesInTheFifoOnlyAndTheCardCountsThem) {
  in_child([] {
    Rig& rig = new_rig();
    rig.setup.nics[0].driver.rx_ring = 8;
    rig.setup.stack.sysctl.rmem_default = 16U << 20U;  // what is not lost in the card waits until the program has time
    const DatagramStats& stats = rig.add_program(9, false);
    burst(rig, SimTime::us(10), 600, 1400);
    rig.run();
    rig.expect_sums();
    const std::uint64_t lost = rig.sim->ledger().dropped(false, Station::fifo, DropReason::FIFO_FULL);
    EXPECT_GT(lost, 20U);
    EXPECT_EQ(dropped(rig), lost) << "nowhere else";
    EXPECT_EQ(stats.datagrams, 600 - lost);
    const CounterGroup& ethtool = rig.sim->driver(0).ethtool();
    EXPECT_EQ(ethtool.value("rx_missed_errors"), lost) << "MPC";
    EXPECT_EQ(ethtool.value("rx_packets"), 600 - lost);
    EXPECT_GE(ethtool.value("rx_no_buffer_count"), 1U) << "RNBC: the ring was empty before the FIFO was full";
  });
}

TEST(Overload, ARingOfItsUsualSizeTakesTheSameBurstWithoutALoss) {
  in_child([] {
    Rig& rig = new_rig();
    rig.setup.nics[0].driver.rx_ring = 1024;
    const DatagramStats& stats = rig.add_program(9, false);
    burst(rig, SimTime::us(10), 80, 1400);
    rig.run();
    rig.expect_sums();
    EXPECT_EQ(dropped(rig), 0U);
    EXPECT_EQ(stats.datagrams, 80U);
    EXPECT_EQ(rig.sim->driver(0).ethtool().value("rx_missed_errors"), 0U);
    EXPECT_EQ(rig.sim->driver(0).ethtool().value("rx_no_buffer_count"), 0U);
  });
}

TEST(Overload, AShortBacklogLosesFramesThatSoftnetStatCounts) {
  in_child([] {
    Rig& rig = new_rig();
    rig.setup.stack.sysctl.netdev_max_backlog = 10;
    const DatagramStats& stats = rig.add_program(9, false);
    burst(rig, SimTime::us(10), 200, 100);
    rig.run();
    rig.expect_sums();
    const std::uint64_t lost = rig.sim->ledger().dropped(false, Station::backlog, DropReason::CPU_BACKLOG);
    EXPECT_GT(lost, 10U);
    EXPECT_EQ(dropped(rig), lost) << "nowhere else";
    EXPECT_EQ(rig.sim->stack().softnet(0).dropped, lost);
    EXPECT_EQ(stats.datagrams, 200 - lost);
    EXPECT_EQ(rig.sim->driver(0).ethtool().value("rx_packets"), 200U);
  });
}

TEST(Overload, ASmallReceiveBufferLosesFramesThatTheSocketLayerCounts) {
  in_child([] {
    Rig& rig = new_rig();
    rig.setup.linger = SimTime::ms(20);  // longer than the process sleeps
    std::uint64_t& read = *new std::uint64_t{0};
    rig.setup.apps.push_back({"sleeper", [&read](Posix& os) {
                                const int fd = os.socket(AF_INET, SOCK_DGRAM, 0);
                                const int size = 4096;  // the kernel keeps 8192
                                os.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, std::as_bytes(std::span{&size, 1}));
                                sockaddr_in here{};
                                here.sin_family = AF_INET;
                                here.sin_port = htons(9);
                                os.bind(fd, here);
                                os.nanosleep(SimTime::ms(10));  // the burst comes meanwhile
                                os.set_nonblocking(fd, true);
                                std::vector<std::byte> buffer(2048);
                                while (os.recvfrom(fd, buffer, 0, nullptr) >= 0) ++read;
                                return 0;
                              }});
    burst(rig, SimTime::us(10), 50, 100);
    rig.run();
    rig.expect_sums();
    const std::uint64_t lost = rig.sim->ledger().dropped(false, Station::socket, DropReason::SOCKET_RCVBUFF);
    // A packet of 128 bytes weighs 1280 (stack/socket/truesize.hpp) and is refused when more than 8192 are queued
    // before it: six weigh 7680, so a seventh fits.
    EXPECT_EQ(read, 7U);
    EXPECT_EQ(lost, 43U);
    EXPECT_EQ(dropped(rig), lost);
    EXPECT_EQ(rig.sim->ledger().count(false, Fate::read), 7U);
    EXPECT_EQ(rig.sim->stack().nstat().value("UdpRcvbufErrors"), lost);
    EXPECT_EQ(rig.sim->stack().nstat().value("UdpInErrors"), lost);
    EXPECT_EQ(rig.sim->stack().nstat().value("UdpInDatagrams"), 7U);
  });
}

TEST(Overload, FramesThatNobodyReadsAreQueuedAtTheEnd) {
  in_child([] {
    Rig& rig = new_rig();
    rig.setup.apps.push_back({"deaf", [](Posix& os) {
                                const int fd = os.socket(AF_INET, SOCK_DGRAM, 0);
                                sockaddr_in here{};
                                here.sin_family = AF_INET;
                                here.sin_port = htons(9);
                                os.bind(fd, here);
                                for (;;) os.nanosleep(SimTime::s(1000));
                                return 0;
                              }});
    burst(rig, SimTime::us(10), 5, 100);
    rig.run();
    rig.expect_sums();
    EXPECT_EQ(rig.sim->ledger().count(false, Fate::queued), 5U);
  });
}

// Interrupts for `count` frames with this distance.
std::uint64_t interrupts(ReceiveMode mode, std::size_t count, SimTime distance) {
  const std::string text = text_from_child([&] {
    Rig& rig = new_rig();
    rig.setup.nics[0].driver.mode = mode;
    if (mode == ReceiveMode::dma_irq) rig.setup.stack.rx_path = RxPath::netif_rx;
    rig.setup.nics[0].driver.rx_ring = 1024;
    const DatagramStats& stats = rig.add_program(9, false);
    for (std::size_t i = 0; i < count; ++i)
      rig.peers[0].send(SimTime::us(10) + distance * static_cast<std::int64_t>(i), udp_frame(pattern(20)));
    rig.run();
    rig.expect_sums();
    EXPECT_EQ(stats.datagrams, count);
    return std::to_string(rig.sim->driver(0).work().interrupts);
  });
  return text.empty() ? 0 : std::stoull(text);
}

TEST(Overload, PollingTakesFewerInterruptsPerFrameTheMoreFramesCome) {
  constexpr std::size_t kFrames = 200;
  const std::uint64_t calm = interrupts(ReceiveMode::napi, kFrames, SimTime::us(50));
  const std::uint64_t busy = interrupts(ReceiveMode::napi, kFrames, SimTime::us(1));
  const std::uint64_t busy_without = interrupts(ReceiveMode::dma_irq, kFrames, SimTime::us(1));
  EXPECT_GE(calm, kFrames) << "frames far apart have an interrupt each";
  EXPECT_LT(busy, kFrames / 4);
  EXPECT_GT(busy_without, 2 * busy) << "the handler of dma_irq never masks";
  std::printf("interrupts for %zu frames: napi %llu far apart, %llu close; dma_irq %llu close\n", kFrames,
              static_cast<unsigned long long>(calm), static_cast<unsigned long long>(busy),
              static_cast<unsigned long long>(busy_without));
}

}  // namespace
}  // namespace nicosim
