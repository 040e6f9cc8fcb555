// The promise of the design, "Time": how the cards are evaluated never shows. The event log is the same, byte for byte.
#include "tb/system/exactness.hpp"
#include "common/crc32.hpp"
#include "common/rng.hpp"
#include "tb/system/rig.hpp"
#include "tb/system/run_in_child.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>

namespace nicosim {
namespace {

using namespace packets;

using Scene = std::function<void(Rig&)>;

std::string digest(Bytes frame) { return std::to_string(ethernet_fcs(frame.first(frame.size() - 4))); }

std::string log_of(const Scene& scene, const Engine& engine) {
  return text_from_child([&] {
    Rig& rig = *new Rig;  // as long as the process
    rig.setup.stop_after = SimTime::us(500);
    scene(rig);
    rig.setup.batch = engine.batch;
    rig.setup.skip = engine.skip;
    rig.setup.check_skip = engine.check_skip;
    rig.setup.random_reset_seed = engine.random_reset;
    rig.log_events();
    rig.run();
    rig.expect_sums();
    // What left the cards belongs to it: the log names frames, not their bytes.
    for (const ScriptedPeer& peer : rig.peers)
      for (const Packet& frame : peer.received)
        rig.events += MacAddress::from(frame).text() + " " + digest(frame) + "\n";
    return rig.events;
  });
}

void expect_same(const Scene& scene, std::initializer_list<Engine> engines,
                 std::initializer_list<std::string_view> stations = {"read", "tx_wire"}) {
  const std::string expected = log_of(scene, kDefault);
  // A log without the traffic would be equal for bad reasons.
  for (const std::string_view station : stations)
    EXPECT_GE(lines_with(expected, station), 30U) << "frames at " << station;
  for (const Engine& engine : engines) {
    const std::string log = log_of(scene, engine);
    EXPECT_TRUE(log == expected) << engine.name << ", first difference: " << first_difference(expected, log);
  }
}

// A few hundred frames of mixed sizes in bursts: datagrams to the echo and to nobody, ARP, ping, some broken on the
// way.
void mixed_traffic(ScriptedPeer& peer, std::uint64_t seed, const MacAddress& to, Ipv4Address ip_to,
                   Ipv4Address ip_from) {
  Rng rng{seed, "traffic"};
  SimTime at = SimTime::us(5);
  for (int burst = 0; burst < 24; ++burst) {
    const std::uint64_t frames = 1 + rng.below(20);
    for (std::uint64_t i = 0; i < frames; ++i) {
      const std::uint64_t kind = rng.below(16);
      const std::uint64_t size = rng.below(3) == 0 ? rng.below(1400) : rng.below(100);
      const Eth eth{.to = to, .from = peer.mac};
      const Ip ip{.from = ip_from, .to = ip_to};
      Packet frame;
      if (kind == 0) {
        frame = ethernet(arp({.sender_mac = peer.mac, .sender_ip = ip_from, .target_ip = ip_to}),
                         {.to = MacAddress::broadcast(), .from = peer.mac, .type = 0x0806});
      } else if (kind < 3) {
        frame = ethernet(ipv4(echo(pattern(size)), {.from = ip_from, .to = ip_to, .protocol = 1}), eth);
      } else {
        const Udp header{.to = static_cast<std::uint16_t>(kind < 12   ? 7
                                                          : kind < 15 ? 9
                                                                      : 4444),
                         .ip_from = ip_from,
                         .ip_to = ip_to};
        frame = ethernet(ipv4(udp(pattern(size, static_cast<unsigned>(i)), header), ip), eth);
      }
      finish_for_wire(frame);
      if (rng.below(40) == 0) frame[frame.size() / 2] ^= std::byte{0x10};  // a wrong FCS
      peer.send_raw(at, std::move(frame));
      if (rng.below(4) == 0) at += SimTime::ps(static_cast<std::int64_t>(rng.below(2'000'000)));
    }
    at += SimTime::ps(static_cast<std::int64_t>(rng.below(15'000'000)));
  }
}

// A datagram that comes back from the echo is sent again, once: traffic that depends on when the card has sent.
void play_ball(ScriptedPeer& peer) {
  peer.on_frame([&peer](Bytes frame) -> std::vector<Packet> {
    if (frame.size() < 60 || load_be16(frame, 12) != 0x0800 || load8(frame, 23) != 17 || load8(frame, 35) != 7)
      return {};
    if (peer.received.size() % 3 != 0) return {};
    const Udp header{.from = 6000, .to = 9, .ip_from = {load_be32(frame, 30)}, .ip_to = {load_be32(frame, 26)}};
    return {ethernet(ipv4(udp(pattern(frame.size() % 50), header), {.from = header.ip_from, .to = header.ip_to}),
                     {.to = MacAddress::from(frame.subspan(6)), .from = peer.mac})};
  });
}

void one_card(Rig& rig) {
  rig.setup.nics[0].driver.rx_ring = 64;
  rig.add_program(7, true);
  rig.add_program(9, false);
  mixed_traffic(rig.peers[0], 1, kOurMac, kOurIp, kPeerIp);
  play_ball(rig.peers[0]);
}

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
  rig.setup.nics[1].wire_delay = SimTime::ps(50'001);
  rig.setup.stop_after = SimTime::us(1500);  // one CPU for twice the frames
  rig.peers[1].mac = kSecondPeer;
  mixed_traffic(rig.peers[1], 2, kSecondMac, kSecondIp, kSecondPeerIp);
  play_ball(rig.peers[1]);
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
