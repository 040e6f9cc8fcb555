// 64 MB each way at once between our stack and lwIP, byte for byte; and over wires that reorder.
#include "tb/lwip/lwip_net.hpp"

#include <array>
#include <gtest/gtest.h>

namespace nicosim {
namespace {

constexpr std::uint16_t kPort = 80;
constexpr SimTime kLimit = SimTime::s(3600);

// The host listens or connects; both sides send `bytes`, then FIN, and check what they get.
class BothWays {
 public:
  BothWays(LwipNet& net, std::uint64_t bytes, bool host_listens) : net_(net), total_(bytes) {
    SimHost& host = net_.host;
    fd_ = host.sys().socket(host.task, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (host_listens) {
      listening_ = std::exchange(fd_, -1);
      EXPECT_EQ(host.sys().bind(host.task, listening_, socket_address(Ipv4Address::any(), kPort)), 0);
      EXPECT_EQ(host.sys().listen(host.task, listening_, 5), 0);
      use(net_.peer.connect(SimHost::address(0), kPort));
    } else {
      net_.peer.listen(kPort, [this](LwipConnection& connection) {
        use(connection);
        feed();
      });
      EXPECT_EQ(host.sys().connect(host.task, fd_, socket_address(SimHost::address(1), kPort)), -EINPROGRESS);
    }
  }

  void run() {
    EXPECT_TRUE(net_.run(
        kLimit, [&] { step(); }, [&] { return host_ended_ && lwip_->has_ended() && lwip_sent_ == total_; }));
    EXPECT_EQ(host_received_, total_);
    EXPECT_EQ(lwip_received_, total_);
    EXPECT_TRUE(intact_);
    EXPECT_EQ(lwip_->error(), 0);
  }

 private:
  enum Stream : std::uint64_t { to_host = 1, to_lwip = 2 };

  void use(LwipConnection& connection) {
    lwip_ = &connection;
    connection.on_connected = [this] { feed(); };
    connection.on_room = [this] { feed(); };
    connection.on_received = [this](Bytes data) {
      for (const std::byte b : data)
        if (b != stream_byte(to_lwip, lwip_received_++)) intact_ = false;
    };
  }
  void feed() {
    std::array<std::byte, 16384> chunk;
    while (lwip_sent_ < total_) {
      const std::size_t n = std::min<std::uint64_t>({chunk.size(), total_ - lwip_sent_, lwip_->room()});
      for (std::size_t i = 0; i < n; ++i) chunk[i] = stream_byte(to_host, lwip_sent_ + i);
      const std::size_t taken = lwip_->send(std::span{chunk}.first(n));
      if (taken == 0) return;
      lwip_sent_ += taken;
      if (lwip_sent_ == total_) lwip_->shutdown_send();
    }
  }
  void step() {
    SimHost& host = net_.host;
    if (fd_ < 0) fd_ = host.sys().accept4(host.task, listening_, nullptr, SOCK_NONBLOCK);
    if (fd_ < 0) return;
    std::array<std::byte, 16384> chunk;
    while (host_sent_ < total_) {
      const std::size_t n = std::min<std::uint64_t>(chunk.size(), total_ - host_sent_);
      for (std::size_t i = 0; i < n; ++i) chunk[i] = stream_byte(to_lwip, host_sent_ + i);
      const long taken = host.sys().sendto(host.task, fd_, std::span{chunk}.first(n), MSG_NOSIGNAL, nullptr);
      if (taken <= 0) break;
      host_sent_ += static_cast<std::uint64_t>(taken);
      if (host_sent_ == total_) host.sys().shutdown(host.task, fd_, SHUT_WR);
    }
    while (!host_ended_) {
      const long n = host.sys().recvfrom(host.task, fd_, chunk, 0, nullptr);
      if (n < 0) return;
      host_ended_ = n == 0;
      for (long i = 0; i < n; ++i)
        if (chunk[static_cast<std::size_t>(i)] != stream_byte(to_host, host_received_++)) intact_ = false;
    }
  }

  LwipNet& net_;
  std::uint64_t total_, host_sent_ = 0, host_received_ = 0, lwip_sent_ = 0, lwip_received_ = 0;
  LwipConnection* lwip_ = nullptr;
  int listening_ = -1, fd_ = -1;
  bool intact_ = true, host_ended_ = false;
};

void expect_every_frame_has_a_fate(LwipNet& net) {
  net.host.stack->close_queued(net.now());
  EXPECT_EQ(net.host.ledger.unexplained(), 0U);
}

LinkModel gigabit() {
  LinkModel link;
  link.bits_per_second = 1'000'000'000;
  link.delay = SimTime::us(50);
  return link;
}

TEST(LwipTransfer, SixtyFourMegabytesEachWayArriveByteForByte) {
  LwipNet net{gigabit(), {}, 1};
  BothWays transfer{net, 64U << 20U, true};
  transfer.run();
  expect_every_frame_has_a_fate(net);
  EXPECT_EQ(net.host.stack->nstat().value("TcpRetransSegs"), 0U) << "nothing was lost";
}

TEST(LwipTransfer, ItDoesNotMatterWhoConnects) {
  LwipNet net{gigabit(), {}, 1};
  BothWays transfer{net, 4U << 20U, false};
  transfer.run();
  expect_every_frame_has_a_fate(net);
}

// Loss, reordering, duplication and damage, each alone and all together; per thousand frames.
struct Trouble {
  unsigned loss, reorder, duplicate, corrupt;
};
struct LwipTroubledWire : ::testing::TestWithParam<Trouble> {};

TEST_P(LwipTroubledWire, DeliversEveryByteInOrder) {
  LinkModel link;
  link.delay = SimTime::ms(1);
  link.loss = GetParam().loss;
  link.reorder = GetParam().reorder;
  link.duplicate = GetParam().duplicate;
  link.corrupt = GetParam().corrupt;
  for (const bool host_listens : {true, false}) {
    LwipNet net{link, {}, 3};
    BothWays transfer{net, 1'000'000, host_listens};
    transfer.run();
    expect_every_frame_has_a_fate(net);
    if (link.reorder != 0) {
      EXPECT_GT(net.host.stack->nstat().value("TcpExtTCPOFOQueue"), 0U);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, LwipTroubledWire,
                         ::testing::Values(Trouble{50, 0, 0, 0}, Trouble{0, 300, 0, 0}, Trouble{0, 0, 200, 0},
                                           Trouble{0, 0, 0, 30}, Trouble{20, 100, 50, 10}));

}  // namespace
}  // namespace nicosim
