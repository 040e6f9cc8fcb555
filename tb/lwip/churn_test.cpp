// 200 connections between our stack and lwIP, opened and closed by either side in random order, at 5 % loss.
#include "tb/lwip/lwip_net.hpp"

#include <algorithm>
#include <array>
#include <gtest/gtest.h>
#include <vector>

namespace nicosim {
namespace {

constexpr SimTime kLimit = SimTime::s(3600);
constexpr std::uint16_t kFirstPort = 2000;

enum class FirstToClose : std::uint8_t { whoever_is_done, host, lwip };

// Connection i of a run: stream 2i goes to lwIP, 2i + 1 to the host.
struct Connection {
  // The plan
  SimTime at;
  bool host_connects = false;
  std::uint64_t to_lwip = 0, to_host = 0;
  FirstToClose first = FirstToClose::whoever_is_done;
  // The host's end
  int listening = -1, fd = -1;
  std::uint64_t host_sent = 0, host_received = 0;
  bool opened = false, connected = false, host_shut = false, host_done = false;
  // lwIP's end
  LwipConnection* lwip = nullptr;
  std::uint64_t lwip_sent = 0, lwip_received = 0;
  bool lwip_shut = false, lwip_done = false;
  bool intact = true;
};

class Churn {
 public:
  Churn(std::uint64_t seed, std::size_t connections) : net_(link(), {}, seed), connections_(connections) {
    Rng rng{seed, "churn"};
    for (std::size_t i = 0; i < connections; ++i) plan(i, rng);
  }

  void run() {
    const bool complete = net_.run(
        kLimit, [&] { step(); },
        [&] { return std::ranges::all_of(connections_, [](auto& c) { return c.host_done && c.lwip_done; }); });
    EXPECT_TRUE(complete);
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      const Connection& c = connections_[i];
      EXPECT_TRUE(c.intact && c.host_received == c.to_host && c.lwip_received == c.to_lwip)
          << "connection " << i << (c.host_connects ? " from the host" : " from lwIP") << ": " << c.host_received
          << " of " << c.to_host << " bytes to the host, " << c.lwip_received << " of " << c.to_lwip << " to lwIP"
          << (c.intact ? "" : ", damaged");
      if (c.lwip != nullptr) {
        EXPECT_EQ(c.lwip->error(), 0) << "connection " << i;
      }
    }
    net_.host.stack->close_queued(net_.now());
    EXPECT_EQ(net_.host.ledger.unexplained(), 0U);
  }
  LwipNet& net() { return net_; }

 private:
  static LinkModel link() {
    LinkModel link;
    link.delay = SimTime::ms(2);
    link.loss = 50;
    return link;
  }
  std::uint16_t port(std::size_t i) const { return static_cast<std::uint16_t>(kFirstPort + i); }

  void plan(std::size_t i, Rng& rng) {
    Connection& c = connections_[i];
    const std::uint64_t at_ms = rng.below(10'000);
    c.at = SimTime::ms(static_cast<std::int64_t>(at_ms));
    c.host_connects = rng.chance(1, 2);
    c.to_lwip = size(rng);
    c.to_host = size(rng);
    c.first = static_cast<FirstToClose>(rng.below(3));
    if (c.host_connects) {
      net_.peer.listen(port(i), [this, i](LwipConnection& lwip) { use(i, lwip); });
    } else {
      SimHost& host = net_.host;
      c.listening = host.sys().socket(host.task, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      EXPECT_EQ(host.sys().bind(host.task, c.listening, socket_address(Ipv4Address::any(), port(i))), 0);
      EXPECT_EQ(host.sys().listen(host.task, c.listening, 1), 0);
    }
  }
  // Nothing, a few bytes, or up to 100 000.
  static std::uint64_t size(Rng& rng) {
    const std::uint64_t kind = rng.below(4);
    return kind == 0 ? 0 : rng.below(kind == 1 ? 100 : 100'000);
  }

  void open(std::size_t i) {
    Connection& c = connections_[i];
    SimHost& host = net_.host;
    c.opened = true;
    if (c.host_connects) {
      c.fd = host.sys().socket(host.task, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      EXPECT_EQ(host.sys().connect(host.task, c.fd, socket_address(SimHost::address(1), port(i))), -EINPROGRESS);
    } else {
      use(i, net_.peer.connect(SimHost::address(0), port(i)));
    }
  }
  void use(std::size_t i, LwipConnection& lwip) {
    Connection& c = connections_[i];
    c.lwip = &lwip;
    lwip.on_received = [&c, i](Bytes data) {
      for (const std::byte b : data)
        if (b != stream_byte(2 * i, c.lwip_received++)) c.intact = false;
    };
  }

  void step() {
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      Connection& c = connections_[i];
      if (!c.opened && c.at <= net_.now()) open(i);
      if (c.opened && !c.host_done) step_host(i, c);
      if (c.lwip != nullptr && c.lwip->is_connected() && !c.lwip_done) step_lwip(i, c);
    }
  }
  void step_host(std::size_t i, Connection& c) {
    SimHost& host = net_.host;
    if (c.fd < 0) c.fd = host.sys().accept4(host.task, c.listening, nullptr, SOCK_NONBLOCK);
    sockaddr_in lwip{};
    if (c.fd < 0) return;
    if (!c.connected) c.connected = host.sys().getpeername(host.task, c.fd, lwip) == 0;
    if (!c.connected) return;  // shutdown() would end the attempt
    std::array<std::byte, 8192> chunk;
    while (c.host_sent < c.to_lwip) {
      const std::size_t n = std::min<std::uint64_t>(chunk.size(), c.to_lwip - c.host_sent);
      for (std::size_t k = 0; k < n; ++k) chunk[k] = stream_byte(2 * i, c.host_sent + k);
      const long taken = host.sys().sendto(host.task, c.fd, std::span{chunk}.first(n), MSG_NOSIGNAL, nullptr);
      if (taken <= 0) break;
      c.host_sent += static_cast<std::uint64_t>(taken);
    }
    bool ended = false;
    while (!ended) {
      const long n = host.sys().recvfrom(host.task, c.fd, chunk, 0, nullptr);
      if (n < 0) {
        EXPECT_TRUE(n == -EAGAIN || n == -ENOTCONN) << "connection " << i << ": errno " << -n;
        break;
      }
      ended = n == 0;
      for (long k = 0; k < n; ++k)
        if (chunk[static_cast<std::size_t>(k)] != stream_byte(2 * i + 1, c.host_received++)) c.intact = false;
    }
    const bool may_shut = c.host_sent == c.to_lwip && (c.first != FirstToClose::lwip || ended);
    if (may_shut && !c.host_shut) c.host_shut = host.sys().shutdown(host.task, c.fd, SHUT_WR) == 0;
    if (!ended || !c.host_shut) return;
    EXPECT_EQ(host.sys().close(host.task, c.fd), 0);
    if (c.listening >= 0) host.sys().close(host.task, c.listening);
    c.host_done = true;
  }
  static void step_lwip(std::size_t i, Connection& c) {
    std::array<std::byte, 8192> chunk;
    while (c.lwip_sent < c.to_host) {
      const std::size_t n = std::min<std::uint64_t>({chunk.size(), c.to_host - c.lwip_sent, c.lwip->room()});
      for (std::size_t k = 0; k < n; ++k) chunk[k] = stream_byte(2 * i + 1, c.lwip_sent + k);
      const std::size_t taken = c.lwip->send(std::span{chunk}.first(n));
      if (taken == 0) break;
      c.lwip_sent += taken;
    }
    const bool ended = c.lwip->has_ended();
    const bool may_shut = c.lwip_sent == c.to_host && (c.first != FirstToClose::host || ended);
    if (may_shut && !c.lwip_shut) {
      c.lwip->shutdown_send();
      c.lwip_shut = true;
    }
    if (!ended || !c.lwip_shut) return;
    c.lwip->close();
    c.lwip_done = true;
  }

  LwipNet net_;
  std::vector<Connection> connections_;
};

TEST(LwipChurn, TwoHundredConnectionsInRandomOrderLoseNothing) {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    std::cout << "seed " << seed << '\n';
    Churn churn{seed, 200};
    churn.run();
    EXPECT_GT(churn.net().counts().lost, 100U);
  }
}

TEST(LwipChurn, TwoRunsWithOneSeedSendTheSamePackets) {
  std::array<std::string, 2> logs;
  for (std::string& log : logs) {
    Churn churn{7, 200};
    churn.run();
    log = churn.net().packet_log();
  }
  EXPECT_GT(logs[0].size(), 100'000U);
  EXPECT_TRUE(logs[0] == logs[1]);
}

}  // namespace
}  // namespace nicosim
