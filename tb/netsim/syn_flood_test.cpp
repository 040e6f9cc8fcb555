// A million SYNs from addresses that nobody has, while fifty connections transfer: cookies keep nothing, so memory
// stays where it was, and whoever is real is served.
#include "tb/netsim/net_sim.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <string>

namespace nicosim {
namespace {

constexpr unsigned kSyns = 1'000'000, kSynsPerMs = 100;  // ten seconds
constexpr unsigned kClients = 50;
constexpr std::size_t kBytes = 400'000, kPiece = 20'000;  // of each client, a piece every half second
constexpr SimTime kPause = SimTime::ms(500);
constexpr int kBacklog = 16;
const MacAddress kGateway{{0x02, 0, 0, 0, 0, 0xfe}};
constexpr Ipv4Address kGatewayIp{0x0a4d'00fe};

// Heap in use, with what was mapped for single large blocks. 0 where malloc is not glibc's own (sanitizers).
std::size_t heap_bytes() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::byte byte_at(unsigned client, std::size_t i) {
  return static_cast<std::byte>((i * 31 + i / 251 + client * 7) & 0xffU);
}

sockaddr_in at(Ipv4Address address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(address.value);
  return out;
}

class Flood {
 public:
  explicit Flood(const StackConfig& config = {})
      : sim_(link(), config, 1), server_(sim_.host(0)), client_(sim_.host(1)) {
    // The replies to strangers leave by a gateway, which drops them.
    server_.stack->set_neighbour(server_.device, kGatewayIp, kGateway);
    server_.stack->add_route(Ipv4Address::any(), 0, kGatewayIp, server_.device);
    server_.ledger.measure_from(SimTime::never());  // no latency samples of a million frames
    listening_ = server_.sys().socket(server_.task, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    EXPECT_EQ(server_.sys().bind(server_.task, listening_, at(Ipv4Address::any(), 80)), 0);
    EXPECT_EQ(server_.sys().listen(server_.task, listening_, kBacklog), 0);
    out_.resize(kClients);
  }

  // true: every client's bytes arrived, in time.
  bool run(SimTime limit = SimTime::s(120)) {
    sim_.at(SimTime::ms(200), [this] { syns(); });
    heap_before_ = heap_bytes();
    const bool in_time = sim_.run(
        limit, [this] { step(); }, [this] { return sent_ == kSyns && done_ == kClients; });
    EXPECT_EQ(wrong_bytes_, 0U);
    return in_time;
  }
  std::uint64_t nstat(std::string_view name) const { return server_.stack->nstat().value(name); }
  NetSim::Host& server() { return server_; }
  NetSim& sim() { return sim_; }
  std::size_t most_half_open() const { return most_half_open_; }
  std::size_t most_frames() const { return most_frames_; }
  std::size_t heap_growth() const { return heap_most_ > heap_before_ ? heap_most_ - heap_before_ : 0; }
  unsigned connected_in_the_flood() const { return connected_in_the_flood_; }

 private:
  struct Sender {
    int fd = -1;
    std::size_t sent = 0;
    SimTime next;
  };
  struct Receiver {
    int fd = -1;
    unsigned client = kClients;  // known by its first byte
    std::size_t received = 0;
  };

  static LinkModel link() {
    LinkModel link;
    link.bits_per_second = 200'000'000;
    link.delay = SimTime::ms(1);
    return link;
  }

  void syns() {
    for (unsigned i = 0; i < kSynsPerMs; ++i, ++sent_) {
      const std::uint64_t who = rng_.next();
      packets::Packet syn = packets::tcp_frame(
          {.from = static_cast<std::uint16_t>(1024 + (who & 0x7fffU)), .seq = static_cast<std::uint32_t>(who >> 32U)});
      const Ipv4Address from{0x0b00'0000U | static_cast<std::uint32_t>(who >> 8U & 0x00ff'ffffU)};  // 11.0.0.0/8
      const std::span<std::byte> ip = std::span{syn}.subspan(14);
      store_be32(ip, 12, from.value);
      packets::fix_ip_checksum(ip);
      store_be16(ip, 36, 0);
      store_be16(ip, 36, packets::transport_checksum(from, packets::kOurIp, 6, ip.subspan(20)));
      sim_.inject(0, syn);
    }
    most_half_open_ = std::max(most_half_open_, server_.stack->half_open());
    heap_most_ = std::max(heap_most_, heap_bytes());
    if (sent_ < kSyns) sim_.at(sim_.now() + SimTime::ms(1), [this] { syns(); });
  }

  // Half of the clients connect before the flood, the others in the middle of it.
  void step() {
    most_frames_ = std::max(most_frames_, server_.pool.in_use());  // arrived, and not read yet
    for (unsigned i = 0; i < kClients; ++i) send(i);
    for (;;) {
      const int fd = server_.sys().accept4(server_.task, listening_, nullptr, SOCK_NONBLOCK);
      if (fd < 0) break;
      if (sent_ > 0) ++connected_in_the_flood_;
      in_.push_back({fd});
    }
    for (Receiver& receiver : in_)
      if (receiver.fd >= 0) receive(receiver);
  }
  void send(unsigned i) {
    Sender& s = out_[i];
    if (s.sent == kBytes || sim_.now() < s.next) return;
    if (s.fd < 0) {
      s.next = i % 2 == 0 ? SimTime::zero() : SimTime::ms(300) + SimTime::ms(i);
      if (sim_.now() < s.next) return sim_.at(s.next, [] {});
      s.fd = client_.sys().socket(client_.task, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
      EXPECT_EQ(client_.sys().connect(client_.task, s.fd, at(NetSim::Host::address(0), 80)), -EINPROGRESS);
    }
    std::array<std::byte, kPiece> piece;
    const std::size_t end = std::min(kBytes, (s.sent / kPiece + 1) * kPiece);
    const std::size_t n = end - s.sent;
    for (std::size_t k = 0; k < n; ++k) piece[k] = s.sent + k == 0 ? static_cast<std::byte>(i) : byte_at(i, s.sent + k);
    const long taken = client_.sys().sendto(client_.task, s.fd, std::span{piece}.first(n), MSG_NOSIGNAL, nullptr);
    if (taken <= 0) {  // not connected yet, or no room
      s.next = sim_.now() + SimTime::ms(20);
      return sim_.at(s.next, [] {});
    }
    s.sent += static_cast<std::size_t>(taken);
    if (s.sent == kBytes) client_.sys().shutdown(client_.task, s.fd, SHUT_WR);
    if (s.sent < end) return;
    s.next = sim_.now() + kPause;
    sim_.at(s.next, [] {});
  }
  void receive(Receiver& r) {
    std::array<std::byte, 16384> chunk;
    for (;;) {
      const long n = server_.sys().recvfrom(server_.task, r.fd, chunk, 0, nullptr);
      if (n < 0) return;
      if (n == 0) {
        if (r.received != kBytes) ++wrong_bytes_;
        server_.sys().close(server_.task, r.fd);
        r.fd = -1;
        ++done_;
        return;
      }
      for (std::size_t k = 0; k < static_cast<std::size_t>(n); ++k, ++r.received) {
        if (r.received == 0)
          r.client = std::to_integer<unsigned>(chunk[0]);
        else if (chunk[k] != byte_at(r.client, r.received))
          ++wrong_bytes_;
      }
    }
  }

  NetSim sim_;
  NetSim::Host &server_, &client_;
  Rng rng_{1, "flood"};
  int listening_ = -1;
  std::vector<Sender> out_;
  std::vector<Receiver> in_;
  unsigned sent_ = 0, done_ = 0, connected_in_the_flood_ = 0;
  std::uint64_t wrong_bytes_ = 0;
  std::size_t most_half_open_ = 0, most_frames_ = 0, heap_before_ = 0, heap_most_ = 0;
};

TEST(SynFlood, OfAMillionSpoofedSynsKeepsNothingAndFiftyTransfersArrive) {
  Flood flood;
  EXPECT_TRUE(flood.run()) << "the transfers were not done in time";
  std::cout << fmt::format("half-open at most {}, frames at most {}, heap at most {} KiB more, {} ms simulated\n",
                           flood.most_half_open(), flood.most_frames(), flood.heap_growth() / 1024,
                           flood.sim().now().in_ns() / 1'000'000);
  for (const std::string_view name :
       {"TcpExtTCPReqQFullDoCookies", "TcpExtSyncookiesSent", "TcpExtSyncookiesRecv", "TcpExtSyncookiesFailed",
        "TcpExtListenOverflows", "TcpExtListenDrops", "TcpExtTCPSynRetrans", "TcpPassiveOpens"})
    std::cout << fmt::format("{:<28}{:>9}\n", name, flood.nstat(name));

  // The SYN queue holds backlog + 1 half-open connections, the strangers' first of all; a cookie keeps nothing.
  EXPECT_LE(flood.most_half_open(), kBacklog + 1U);
  EXPECT_GT(flood.most_half_open(), 0U);
  EXPECT_LT(flood.most_frames(), 100U) << "strangers leave no frame behind";
  EXPECT_LT(flood.heap_growth(), 8U << 20U);
  EXPECT_EQ(flood.nstat("TcpPassiveOpens"), kClients);
  EXPECT_GE(flood.connected_in_the_flood(), kClients / 2);
  EXPECT_GE(flood.nstat("TcpExtSyncookiesRecv"), kClients / 2) << "who comes in the flood comes by a cookie";
  EXPECT_EQ(flood.nstat("TcpExtSyncookiesFailed"), 0U);
  EXPECT_EQ(flood.nstat("TcpExtTCPReqQFullDoCookies"), flood.nstat("TcpExtSyncookiesSent"));
  // Every SYN got a cookie but the few that found a place in the SYN queue: again and again, as strangers time out.
  const std::uint64_t asked = kSyns + kClients - flood.nstat("TcpExtListenDrops");
  EXPECT_GT(flood.nstat("TcpExtSyncookiesSent"), asked - 1000);
  flood.server().stack->close_queued(flood.sim().now());
  EXPECT_EQ(flood.server().ledger.unexplained(), 0U);
  EXPECT_EQ(flood.server().ledger.count(false, Fate::answered), flood.nstat("TcpExtSyncookiesSent"));
}

// The same SYNs without cookies: the SYN queue is full of strangers, and nobody else gets in.
TEST(SynFlood, WithoutCookiesTheSynQueueIsStillBoundedButClientsStayOutside) {
  StackConfig config;
  config.sysctl.tcp_syncookies = 0;
  Flood flood{config};
  EXPECT_FALSE(flood.run(SimTime::s(8)));
  EXPECT_LE(flood.most_half_open(), kBacklog + 1U);
  EXPECT_GT(flood.nstat("TcpExtTCPReqQFullDrop"), 500'000U);
  EXPECT_EQ(flood.nstat("TcpExtSyncookiesSent"), 0U);
  EXPECT_LT(flood.connected_in_the_flood(), kClients / 2);
}

}  // namespace
}  // namespace nicosim
