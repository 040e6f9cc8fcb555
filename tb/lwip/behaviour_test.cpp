// How our TCP and lwIP's treat each other at the edges: refusal, reset, half close, zero window, keepalive.
#include "tb/lwip/lwip_net.hpp"

#include <array>
#include <gtest/gtest.h>
#include <netinet/tcp.h>

namespace nicosim {
namespace {

// lwIP's err_t
constexpr int kReset = -14, kAborted = -13;

struct LwipTcp : ::testing::Test {
  static constexpr std::uint16_t kPort = 80;
  static LinkModel link() {
    LinkModel link;
    link.delay = SimTime::ms(5);
    return link;
  }

  int socket() { return host.sys().socket(host.task, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0); }
  void set(int of, int level, int option, int value) {
    EXPECT_EQ(host.sys().setsockopt(host.task, of, level, option, std::as_bytes(std::span{&value, 1})), 0);
  }
  int error_of(int of) {
    int error = -1;
    EXPECT_EQ(host.sys().getsockopt(host.task, of, SOL_SOCKET, SO_ERROR, std::as_writable_bytes(std::span{&error, 1})),
              0);
    return error;
  }
  long read(int of, std::size_t most = 65536) {
    packets::Packet buffer(most);
    const long n = host.sys().recvfrom(host.task, of, buffer, 0, nullptr);
    if (n > 0) got.insert(got.end(), buffer.begin(), buffer.begin() + n);
    return n;
  }
  long write(int of, Bytes data) { return host.sys().sendto(host.task, of, data, MSG_NOSIGNAL, nullptr); }

  // The host connects, lwIP accepts.
  void establish() {
    net.peer.listen(kPort, [this](LwipConnection& connection) {
      lwip = &connection;
      connection.on_received = [this](Bytes data) { packets::append(lwip_got, data); };
    });
    fd = socket();
    EXPECT_EQ(host.sys().connect(host.task, fd, socket_address(SimHost::address(1), kPort)), -EINPROGRESS);
    net.run_for(SimTime::ms(100));
    ASSERT_NE(lwip, nullptr);
    ASSERT_EQ(error_of(fd), 0);
  }
  std::uint64_t nstat(std::string_view name) const { return host.stack->nstat().value(name); }

  LwipNet net{link(), {}, 1};
  SimHost& host = net.host;
  int fd = -1;
  LwipConnection* lwip = nullptr;
  packets::Packet got, lwip_got;
};

TEST_F(LwipTcp, AConnectToAPortThatLwipHasClosedIsRefused) {
  fd = socket();
  EXPECT_EQ(host.sys().connect(host.task, fd, socket_address(SimHost::address(1), kPort)), -EINPROGRESS);
  net.run_for(SimTime::ms(100));
  EXPECT_EQ(error_of(fd), ECONNREFUSED);
}

TEST_F(LwipTcp, AConnectOfLwipToAClosedPortIsRefused) {
  LwipConnection& connection = net.peer.connect(SimHost::address(0), kPort);
  net.run_for(SimTime::ms(100));
  EXPECT_EQ(connection.error(), kReset);
  EXPECT_FALSE(connection.is_connected());
}

TEST_F(LwipTcp, AnAbortOfLwipResetsTheHostsSocket) {
  establish();
  EXPECT_EQ(write(fd, packets::pattern(100)), 100);
  net.run_for(SimTime::ms(100));
  lwip->abort();
  net.run_for(SimTime::ms(100));
  EXPECT_EQ(read(fd), -ECONNRESET);
  EXPECT_EQ(write(fd, packets::pattern(1)), -EPIPE);
}

TEST_F(LwipTcp, ACloseWithLingerZeroResetsLwipsConnection) {
  establish();
  const linger at_once{1, 0};
  EXPECT_EQ(host.sys().setsockopt(host.task, fd, SOL_SOCKET, SO_LINGER, std::as_bytes(std::span{&at_once, 1})), 0);
  EXPECT_EQ(host.sys().close(host.task, fd), 0);
  net.run_for(SimTime::ms(100));
  EXPECT_EQ(lwip->error(), kReset);
  EXPECT_EQ(nstat("TcpCurrEstab"), 0U);
  EXPECT_EQ(nstat("TcpExtTW"), 0U);
}

TEST_F(LwipTcp, ACloseWithUnreadBytesResetsLwipsConnection) {
  establish();
  EXPECT_EQ(lwip->send(packets::pattern(100)), 100U);
  net.run_for(SimTime::ms(100));
  EXPECT_EQ(host.sys().close(host.task, fd), 0);
  net.run_for(SimTime::ms(100));
  EXPECT_EQ(lwip->error(), kReset) << "RFC 2525, 2.17";
}

TEST_F(LwipTcp, AfterTheHostsHalfCloseLwipGoesOnSending) {
  establish();
  EXPECT_EQ(write(fd, packets::pattern(1000)), 1000);
  EXPECT_EQ(host.sys().shutdown(host.task, fd, SHUT_WR), 0);
  net.run_for(SimTime::ms(300));
  EXPECT_TRUE(lwip->has_ended());
  EXPECT_EQ(lwip_got, packets::pattern(1000));
  EXPECT_EQ(write(fd, packets::pattern(1)), -EPIPE);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(lwip->send(packets::pattern(2000)), 2000U);
    net.run_for(SimTime::ms(300));
    EXPECT_EQ(read(fd), 2000);
  }
  EXPECT_EQ(read(fd), -EAGAIN);
  lwip->close();
  net.run_for(SimTime::ms(300));
  EXPECT_EQ(read(fd), 0);
}

TEST_F(LwipTcp, AfterLwipsHalfCloseTheHostGoesOnSending) {
  establish();
  EXPECT_EQ(lwip->send(packets::pattern(1000)), 1000U);
  lwip->shutdown_send();
  net.run_for(SimTime::ms(300));
  EXPECT_EQ(read(fd), 1000);
  EXPECT_EQ(read(fd), 0);
  EXPECT_EQ(write(fd, packets::pattern(50'000)), 50'000);
  net.run_for(SimTime::ms(300));
  EXPECT_EQ(lwip_got, packets::pattern(50'000));
  EXPECT_FALSE(lwip->has_ended());
  EXPECT_EQ(host.sys().close(host.task, fd), 0);
  net.run_for(SimTime::ms(300));
  EXPECT_TRUE(lwip->has_ended());
  EXPECT_EQ(nstat("TcpCurrEstab"), 0U);
  EXPECT_EQ(nstat("TcpExtTW"), 0U) << "who closes second does not wait";
}

TEST_F(LwipTcp, ASimultaneousCloseEndsInTimeWait) {
  establish();
  unsigned fins_on_their_way = 0, crossed = 0;
  net.on_frame = [&](unsigned, Bytes frame) {
    if (frame.size() >= 54 && (load8(frame, 47) & 1U) != 0) crossed = ++fins_on_their_way;
  };
  EXPECT_EQ(host.sys().shutdown(host.task, fd, SHUT_WR), 0);
  lwip->shutdown_send();
  net.run_for(SimTime::ms(1));
  EXPECT_EQ(crossed, 2U) << "both sent FIN before either arrived";
  net.run_for(SimTime::ms(300));
  EXPECT_EQ(read(fd), 0);
  EXPECT_TRUE(lwip->has_ended());
  EXPECT_EQ(host.sys().close(host.task, fd), 0);
  lwip->close();
  EXPECT_EQ(lwip->error(), 0);
  EXPECT_EQ(nstat("TcpExtTW"), 1U);
}

TEST_F(LwipTcp, AZeroWindowOfLwipIsProbedAndEverythingFollowsWhenItOpens) {
  establish();
  lwip->hold();
  const packets::Packet data = packets::pattern(200'000);
  std::size_t sent = 0;
  const auto feed = [&] {
    while (sent < data.size()) {
      const long n = write(fd, Bytes{data}.subspan(sent));
      if (n <= 0) return;
      sent += static_cast<std::size_t>(n);
    }
  };
  net.run_for(SimTime::s(20), feed);
  EXPECT_LE(lwip_got.size(), 65'535U);
  EXPECT_GE(lwip_got.size(), 65'000U);
  EXPECT_GT(nstat("TcpExtTCPWinProbe"), 3U);
  lwip->release();
  net.run_for(SimTime::s(20), feed);
  EXPECT_EQ(lwip_got, data);
  EXPECT_EQ(nstat("TcpExtTCPAbortOnTimeout"), 0U);
}

TEST_F(LwipTcp, AZeroWindowOfTheHostIsProbedByLwipAndEverythingFollowsWhenItOpens) {
  establish();
  const packets::Packet data = packets::pattern(2'000'000);
  std::size_t sent = 0;
  lwip->on_room = [&] {
    while (const std::size_t n = lwip->send(Bytes{data}.subspan(sent, std::min<std::size_t>(data.size() - sent, 8192))))
      sent += n;
  };
  lwip->on_room();
  net.run_for(SimTime::s(20));
  EXPECT_GT(nstat("TcpExtTCPToZeroWindowAdv"), 0U);
  EXPECT_LT(sent, data.size());
  EXPECT_EQ(lwip->error(), 0);
  net.run_for(SimTime::s(60), [&] {
    while (read(fd) > 0) continue;
  });
  EXPECT_EQ(got, data);
}

TEST_F(LwipTcp, KeepaliveProbesOfTheHostAreAnswered) {
  establish();
  set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 2);
  set(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
  net.run_for(SimTime::s(120));
  EXPECT_GE(nstat("TcpExtTCPKeepAlive"), 10U);
  EXPECT_EQ(error_of(fd), 0);
  net.cut();
  net.run_for(SimTime::s(20));
  EXPECT_EQ(error_of(fd), ETIMEDOUT);
}

TEST_F(LwipTcp, KeepaliveProbesOfLwipAreAnswered) {
  establish();
  lwip->keepalive(SimTime::s(10), SimTime::s(2), 3);
  const std::size_t before = net.counts().sent;
  net.run_for(SimTime::s(120));
  EXPECT_GT(net.counts().sent, before + 10) << "probes and answers";
  EXPECT_EQ(lwip->error(), 0);
  net.cut();
  net.run_for(SimTime::s(30));
  EXPECT_EQ(lwip->error(), kAborted);
}

TEST_F(LwipTcp, TheHostGivesUpOnAPeerThatIsGone) {
  establish();
  set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 5000);
  net.cut();
  EXPECT_EQ(write(fd, packets::pattern(100)), 100);
  net.run_for(SimTime::s(20));
  EXPECT_EQ(error_of(fd), ETIMEDOUT);
}

}  // namespace
}  // namespace nicosim
