// The promise of the design, "Time": how the cards are evaluated never shows. The event log is the same, byte for byte.
#include "tb/system/scenes.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace nicosim {
namespace {

using namespace packets;
using namespace scenes;

Scene with_latency(SimTime latency) {
  return [latency](Rig& rig) {
    one_card(rig);
    rig.setup.nics[0].link.latency = latency;
  };
}

constexpr auto kAllEngines = {kOneCycle, kThousand, kNoSkip, kOneCycleNoSkip};

TEST(Exactness, BatchAndSkippingDoNotShowAtTheDefaultLatency) { expect_same(one_card, kAllEngines); }
TEST(Exactness, BatchAndSkippingDoNotShowWithoutLatency) { expect_same(with_latency(SimTime::zero()), kAllEngines); }
TEST(Exactness, BatchAndSkippingDoNotShowAtOneCycleOfLatency) {
  expect_same(with_latency(SimTime::ps(6400)), kAllEngines);
}
TEST(Exactness, BatchAndSkippingDoNotShowAtALatencyOfNoWholeCycles) {
  expect_same(with_latency(SimTime::ps(12'345)), kAllEngines);
}
TEST(Exactness, BatchAndSkippingDoNotShowAtAMicrosecondOfLatency) {
  expect_same(with_latency(SimTime::us(1)), kAllEngines);
}

TEST(Exactness, TwoEqualRunsAreEqualAndOtherTrafficIsNot) {
  const std::string log = log_of(one_card, kDefault);
  EXPECT_EQ(first_difference(log, log_of(one_card, kDefault)), "none");
  const std::string other = log_of(with_latency(SimTime::us(1)), kDefault);
  EXPECT_NE(first_difference(log, other), "none");
}

TEST(Exactness, ValuesOfFlopsBeforeResetDoNotShow) {
  expect_same(one_card, {Engine{"random reset 1", 1'000'000, true, 1}, Engine{"random reset 2", 1'000'000, true, 2}});
}

TEST(Exactness, NothingMovesInSkippedCycles) {
  expect_same(one_card, {Engine{"check skip", 1'000'000, true, 0, true}});
}

TEST(Exactness, HoldsWithAnInterruptPerFrame) {
  expect_same(
      [](Rig& rig) {
        one_card(rig);
        rig.setup.nics[0].driver.mode = ReceiveMode::dma_irq;
        rig.setup.stack.rx_path = RxPath::netif_rx;
      },
      {kOneCycle, kThousand, kOneCycleNoSkip});
}

TEST(Exactness, HoldsOnTheDirectPath) {
  expect_same(
      [](Rig& rig) {
        one_card(rig);
        rig.setup.stack.rx_path = RxPath::direct;
      },
      {kOneCycle, kThousand, kOneCycleNoSkip});
}

TEST(Exactness, HoldsWithInterruptModeration) {
  expect_same(
      [](Rig& rig) {
        one_card(rig);
        rig.setup.nics[0].driver.itr = 40;  // about 10 us
      },
      {kOneCycle, kOneCycleNoSkip});
}

TEST(Exactness, HoldsWhenTheCableGoesAndComes) {
  expect_same(
      [](Rig& rig) {
        one_card(rig);
        rig.setup.nics[0].autoneg = SimTime::ps(30'123'456);
        rig.setup.nics[0].link_events = {{SimTime::ps(100'000'001), false},
                                         {SimTime::ps(160'006'400), true},
                                         {SimTime::us(250), false},
                                         {SimTime::us(251), true}};
      },
      {kOneCycle, kThousand, kOneCycleNoSkip, Engine{"check skip", 1'000'000, true, 0, true}},
      {"read", "tx_wire", "interrupt"});
}

constexpr MacAddress kSecondMac{{0x02, 0, 0, 0, 0, 0x12}}, kSecondPeer{{0x02, 0, 0, 0, 0, 0x11}};
constexpr Ipv4Address kSecondIp{0x0a4e'0002}, kSecondPeerIp{0x0a4e'0001};

void two_cards(Rig& rig) {
  one_card(rig);
  rig.add_card(kSecondMac, kSecondIp);
  rig.setup.nics[1].link.latency = SimTime::ps(98'765);  // not the same as the first card's
  rig.setup.nics[1].wire.delay = SimTime::ps(50'001);
  rig.setup.stop_after = SimTime::us(1500);  // one CPU for twice the frames
  rig.peers[1].mac = kSecondPeer;
  mixed_traffic(rig.peers[1], 2, kSecondMac, kSecondIp, kSecondPeerIp);
  play_ball(rig.peers[1]);
}

// Interrupts on one core, soft interrupts by flow on three, programs wherever there is room.
TEST(Exactness, HoldsOnSeveralCores) {
  const auto scene = [](Rig& rig) {
    rig.setup.cores = 3;
    rig.setup.nics[0].irq_cpu = 1;
    for (std::uint16_t port = 20; port < 26; ++port) rig.add_program(port, true);
    for (int i = 0; i < 60; ++i)
      rig.peers[0].send(SimTime::us(20 + i / 4),
                        udp_frame(pattern(200), {.from = static_cast<std::uint16_t>(5000 + i),
                                                 .to = static_cast<std::uint16_t>(20 + i % 6)}));
    one_card(rig);
  };
  expect_same(scene, {kOneCycle, kThousand, kNoSkip});
}

TEST(Exactness, HoldsForTwoCardsInOneHost) { expect_same(two_cards, {kOneCycle, kThousand, kOneCycleNoSkip}); }

// Two cards of one host on one cable. The neighbour entries lie: each network's far station is the other card, so what
// the host sends to it arrives at itself and, forwarded, goes round until its time to live is over.
void cable_loop(Rig& rig) {
  rig.add_card(kSecondMac, kSecondIp);
  rig.cables = {{0, 1, SimTime::ps(33'333)}};
  rig.setup.stack.sysctl.ip_forward = true;
  rig.setup.nics[0].neighbours = {{kPeerIp, kSecondMac}};
  rig.setup.nics[1].neighbours = {{kSecondPeerIp, kOurMac}};
  for (const Ipv4Address target : {kPeerIp, kSecondPeerIp})
    rig.setup.apps.push_back({"sender", [target](Posix& os) {
                                const int fd = os.socket(AF_INET, SOCK_DGRAM, 0);
                                sockaddr_in to{};
                                to.sin_family = AF_INET;
                                to.sin_port = htons(9);
                                to.sin_addr.s_addr = htonl(target.value);
                                for (int i = 0; i < 20; ++i) {
                                  const Packet data = pattern(static_cast<std::size_t>(i) * 70);
                                  os.sendto(fd, data, 0, &to);
                                  os.nanosleep(SimTime::us(20));
                                }
                                return 0;
                              }});
}

TEST(Exactness, HoldsForTwoCardsJoinedByACable) {
  expect_same(cable_loop, {kOneCycle, kThousand, kOneCycleNoSkip}, {"poll", "tx_wire"});
}

// Every cycle evaluated on the same capture is in exactness_long_test.cpp.
TEST(Exactness, BatchDoesNotShowOnRealTraffic) { expect_same_gnutella({kOneCycle, kThousand}); }

}  // namespace
}  // namespace nicosim
