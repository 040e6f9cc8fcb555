#include "tb/stack/stack_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;

struct Transmit : StackFixture {
  Transmit() { know_peer(); }
};

TEST_F(Transmit, ABusyCardKeepsFramesInTheDeviceQueueUntilItWakesUs) {
  const int fd = udp_socket();
  const auto to = endpoint(kPeerIp, 1);
  card.room = 1;
  for (int i = 0; i < 3; ++i) send(fd, bytes({i}), &to);
  EXPECT_EQ(card.sent.size(), 1U);
  card.room = 10;
  run_softirqs();
  EXPECT_EQ(card.sent.size(), 1U) << "not before tx_wake()";
  stack->tx_wake(card);
  EXPECT_TRUE(runtime.pending.contains(Softirq::net_tx));
  run_softirqs();
  ASSERT_EQ(card.sent.size(), 3U);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(card.sent[static_cast<std::size_t>(i)].back(), std::byte(i));
}

TEST_F(Transmit, TheTapSeesAFrameOnceHoweverOftenTheCardIsBusy) {
  unsigned seen = 0;
  stack->on_tap([&](const Frame&, const NetDevice&, SimTime) { ++seen; });
  const int fd = udp_socket();
  const auto to = endpoint(kPeerIp, 1);
  card.room = 0;
  send(fd, text("x"), &to);
  stack->tx_wake(card);
  run_softirqs();
  card.room = 1;
  stack->tx_wake(card);
  run_softirqs();
  EXPECT_EQ(card.sent.size(), 1U);
  EXPECT_EQ(seen, 1U);
}

TEST_F(Transmit, TheDeviceQueueHoldsAThousandFrames) {
  StackConfig config;
  config.sysctl.wmem_default = 1U << 30U;
  rebuild(config);
  know_peer();
  const int fd = udp_socket();
  const auto to = endpoint(kPeerIp, 1);
  card.room = 0;
  for (int i = 0; i < 1003; ++i) EXPECT_EQ(send(fd, text("x"), &to), 1) << "UDP does not tell the process";
  EXPECT_EQ(tx_dropped(Station::tx_queue, DropReason::FULL_RING), 3U);
  EXPECT_EQ(stack->device_stats(card).tx_dropped, 3U);
  EXPECT_EQ(nstat("UdpSndbufErrors"), 3U);
  stack->close_queued(runtime.now());
  EXPECT_EQ(ledger.count(true, Fate::queued), 1000U);
}

TEST_F(Transmit, WithoutCarrierFramesAreDropped) {
  const int fd = udp_socket();
  const auto to = endpoint(kPeerIp, 1);
  card.room = 0;
  send(fd, text("waits"), &to);
  card.link_up = false;
  stack->carrier_changed(card);
  EXPECT_EQ(tx_dropped(Station::tx_queue, DropReason::DEV_READY), 1U) << "what waited is lost with the link";
  send(fd, text("x"), &to);
  EXPECT_EQ(tx_dropped(Station::tx_queue, DropReason::DEV_READY), 2U);
  card.link_up = true;
  card.room = 1;
  stack->carrier_changed(card);
  send(fd, text("y"), &to);
  EXPECT_EQ(card.sent.size(), 1U);
}

TEST_F(Transmit, PacketsWaitingForANeighbourAtTheEndAreQueued) {
  const int fd = udp_socket();
  const auto to = endpoint(kOtherIp, 1);
  send(fd, text("x"), &to);
  stack->close_queued(runtime.now());
  EXPECT_EQ(ledger.count(true, Fate::queued), 1U);
}

TEST_F(Transmit, ASentFramePassesTheTxStations) {
  const int fd = udp_socket();
  const auto to = endpoint(kPeerIp, 1);
  send(fd, text("x"), &to);
  for (const Station s : {Station::write, Station::tx_transport, Station::tx_ip, Station::tx_queue})
    EXPECT_EQ(ledger.latency(s).count, 1U) << name_of(s);
}

TEST_F(Transmit, PromiscuousModeReachesTheCard) {
  stack->set_promiscuous(card, true);
  EXPECT_TRUE(card.promiscuous);
}

}  // namespace
}  // namespace nicosim
