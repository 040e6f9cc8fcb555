// Ping and UDP between our stack and lwIP, whole and in fragments, both ways.
#include "tb/lwip/lwip_net.hpp"

#include <array>
#include <gtest/gtest.h>
#include <vector>

namespace nicosim {
namespace {

// lwIP joins at most ten pieces (IP_REASS_MAX_PBUFS).
constexpr std::array<std::size_t, 9> kSizes{0, 1, 18, 1471, 1472, 1473, 2960, 5000, 14'000};

TEST(LwipPing, IsAnsweredInEverySizeAlsoInFragments) {
  LwipNet net{{}, {}, 1};
  std::vector<packets::Packet> answers;
  net.peer.on_echo_reply = [&](Ipv4Address from, std::uint16_t sequence, Bytes data) {
    EXPECT_EQ(from, SimHost::address(0));
    EXPECT_EQ(sequence, answers.size());
    answers.emplace_back(data.begin(), data.end());
  };
  for (std::uint16_t i = 0; i < kSizes.size(); ++i) {
    EXPECT_TRUE(net.peer.ping(SimHost::address(0), i, packets::pattern(kSizes[i])));
    net.run_for(SimTime::ms(100));
  }
  ASSERT_EQ(answers.size(), kSizes.size());
  for (std::size_t i = 0; i < kSizes.size(); ++i) EXPECT_EQ(answers[i], packets::pattern(kSizes[i]));
}

struct LwipUdp : ::testing::Test {
  int open(std::uint16_t port) {
    const int fd = host.sys().socket(host.task, AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    EXPECT_EQ(host.sys().bind(host.task, fd, socket_address(Ipv4Address::any(), port)), 0);
    return fd;
  }

  LwipNet net{{}, {}, 1};
  SimHost& host = net.host;
};

TEST_F(LwipUdp, DatagramsOfLwipAreEchoedByTheHost) {
  const int fd = open(7);
  std::vector<packets::Packet> answers;
  void* const socket = net.peer.open_udp(5000, [&](Ipv4Address from, std::uint16_t port, Bytes data) {
    EXPECT_EQ(from, SimHost::address(0));
    EXPECT_EQ(port, 7);
    answers.emplace_back(data.begin(), data.end());
  });
  const auto echo = [&] {
    std::array<std::byte, 65536> buffer;
    sockaddr_in from{};
    const long n = host.sys().recvfrom(host.task, fd, buffer, 0, &from);
    if (n < 0) return;
    EXPECT_EQ(host.sys().sendto(host.task, fd, std::span{buffer}.first(static_cast<std::size_t>(n)), 0, &from), n);
  };
  for (const std::size_t size : kSizes) {
    EXPECT_TRUE(net.peer.send_udp(socket, SimHost::address(0), 7, packets::pattern(size)));
    net.run_for(SimTime::ms(100), echo);
  }
  ASSERT_EQ(answers.size(), kSizes.size());
  for (std::size_t i = 0; i < kSizes.size(); ++i) EXPECT_EQ(answers[i], packets::pattern(kSizes[i]));
}

TEST_F(LwipUdp, DatagramsOfTheHostAreEchoedByLwip) {
  const int fd = open(5000);
  void* socket = nullptr;
  socket = net.peer.open_udp(7, [&](Ipv4Address from, std::uint16_t port, Bytes data) {
    EXPECT_TRUE(net.peer.send_udp(socket, from, port, data));
  });
  const sockaddr_in to = socket_address(SimHost::address(1), 7);
  for (const std::size_t size : kSizes) {
    const packets::Packet datagram = packets::pattern(size);
    EXPECT_EQ(host.sys().sendto(host.task, fd, datagram, 0, &to), static_cast<long>(size));
    packets::Packet answer(65536);
    long n = -1;
    net.run_for(SimTime::ms(100), [&] {
      if (n < 0) n = host.sys().recvfrom(host.task, fd, answer, 0, nullptr);
    });
    ASSERT_EQ(n, static_cast<long>(size));
    answer.resize(size);
    EXPECT_EQ(answer, datagram);
  }
}

TEST_F(LwipUdp, ADatagramToAPortThatLwipHasClosedIsRefused) {
  const int fd = open(5000);
  const sockaddr_in to = socket_address(SimHost::address(1), 4444);
  EXPECT_EQ(host.sys().connect(host.task, fd, to), 0);
  EXPECT_EQ(host.sys().sendto(host.task, fd, packets::pattern(10), 0, nullptr), 10);
  net.run_for(SimTime::ms(100));
  std::array<std::byte, 16> buffer;
  EXPECT_EQ(host.sys().recvfrom(host.task, fd, buffer, 0, nullptr), -ECONNREFUSED) << "port unreachable";
}

}  // namespace
}  // namespace nicosim
