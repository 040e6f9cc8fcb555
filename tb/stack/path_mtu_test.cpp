// What a host learns from "fragmentation needed": the path's MTU towards one destination, for a while.
#include "tb/stack/stack_fixture.hpp"

namespace nicosim {
namespace {

using namespace packets;

struct PathMtu : StackFixture {
  PathMtu() {
    know_peer();
    stack->set_neighbour(card, kOtherIp, kPeerMac);
  }
  // A router's word about the last packet that we sent.
  void too_big(std::uint16_t mtu) {
    Packet quote(card.sent.back().begin() + 14, card.sent.back().begin() + 14 + 28);
    receive(ethernet(ipv4(icmp(3, 4, mtu, quote), {.from = kOtherIp, .protocol = 1})));
  }
  std::size_t frames_of(int fd, Ipv4Address to, std::size_t bytes) {
    card.sent.clear();
    const auto address = endpoint(to, 7);
    result = send(fd, pattern(bytes), &address);
    return card.sent.size();
  }
};

TEST_F(PathMtu, DatagramsAreCutToWhatTheRouterTakes) {
  const int fd = udp_socket(5000);
  EXPECT_EQ(frames_of(fd, kPeerIp, 1000), 1U);
  too_big(700);
  EXPECT_EQ(frames_of(fd, kPeerIp, 1000), 2U);
  for (const Packet& frame : card.sent) EXPECT_LE(frame.size(), 714U);
  EXPECT_EQ(frames_of(fd, kOtherIp, 1000), 1U) << "another destination has another path";
}

TEST_F(PathMtu, TheKnowledgeExpires) {
  const int fd = udp_socket(5000);
  frames_of(fd, kPeerIp, 1000);
  too_big(700);
  advance(SimTime::s(599));
  EXPECT_EQ(frames_of(fd, kPeerIp, 1000), 2U);
  advance(SimTime::s(1));
  EXPECT_EQ(frames_of(fd, kPeerIp, 1000), 1U);
}

TEST_F(PathMtu, LessThanTheLeastIsNotBelieved) {
  const int fd = udp_socket(5000);
  frames_of(fd, kPeerIp, 1000);
  too_big(68);
  EXPECT_EQ(frames_of(fd, kPeerIp, 1000), 2U);
  EXPECT_EQ(card.sent[0].size(), 14U + 20 + 528) << "552 is net.ipv4.route.min_pmtu";
}

TEST_F(PathMtu, ASocketThatWantsItsDatagramsWholeHearsEmsgsize) {
  const int fd = udp_socket(5000);
  EXPECT_EQ(set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, int{IP_PMTUDISC_DO}), 0);
  ASSERT_EQ(sys().connect(task, fd, endpoint(kPeerIp, 7)), 0);
  frames_of(fd, kPeerIp, 1000);
  too_big(700);
  read(fd);
  EXPECT_EQ(result, -EMSGSIZE) << "told of the one that was lost";
  EXPECT_EQ(frames_of(fd, kPeerIp, 1000), 0U);
  EXPECT_EQ(result, -EMSGSIZE);
  EXPECT_EQ(frames_of(fd, kPeerIp, 672), 1U);
}

TEST_F(PathMtu, AnErrorAboutAPacketNobodySentTeachesNothing) {
  const int fd = udp_socket(5000);
  frames_of(fd, kPeerIp, 1000);
  store_be16(card.sent.back(), 34, 5001);  // a socket that is not there
  too_big(700);
  EXPECT_EQ(frames_of(fd, kPeerIp, 1000), 1U);
}

}  // namespace
}  // namespace nicosim
