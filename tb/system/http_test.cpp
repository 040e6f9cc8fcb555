// A web server on the simulated host, through the RTL: every byte that its clients get, and every checksum on the wire,
// whoever adds it up and whoever cuts the segments.
#include "programs/http_server.hpp"
#include "programs/tcp_server.hpp"
#include "sc_model/simulation.hpp"
#include "sc_model/stack_peer.hpp"
#include "tb/system/run_in_child.hpp"
#include "tb/system/wire_check.hpp"

#include <gtest/gtest.h>
#include <map>
#include <string>

namespace nicosim {
namespace {

using namespace packets;

// Reads the answers of one connection: heads, and bodies whose bytes count up.
class Answers {
 public:
  explicit Answers(std::string page) : page_(std::move(page)) {}

  void take(Bytes data) {
    for (std::size_t at = 0; at < data.size();) {
      if (body_left_ == 0) {
        head_ += static_cast<char>(data[at++]);
        if (head_.ends_with("\r\n\r\n")) begin_body();
        continue;
      }
      const std::size_t n = std::min<std::uint64_t>(body_left_, data.size() - at);
      for (std::size_t i = 0; i < n; ++i) wrong_ += data[at + i] == expected(body_at_ + i) ? 0 : 1;
      at += n;
      body_at_ += n;
      body_left_ -= n;
      if (body_left_ == 0) ++whole_;
    }
  }
  std::uint64_t whole() const { return whole_; }  // answers
  std::uint64_t wrong() const { return wrong_; }  // bytes

 private:
  std::byte expected(std::uint64_t i) const {
    return page_.empty() ? static_cast<std::byte>(i & 0xffU) : static_cast<std::byte>(page_.at(i));
  }
  void begin_body() {
    EXPECT_TRUE(head_.starts_with("HTTP/1.1 200 OK\r\n")) << head_;
    const std::size_t field = head_.find("Content-Length: ");
    body_left_ = std::stoull(head_.substr(field + 16));
    body_at_ = 0;
    head_.clear();
  }

  std::string page_, head_;
  std::uint64_t body_left_ = 0, body_at_ = 0, whole_ = 0, wrong_ = 0;
};

struct Load {
  Features features;
  std::string path = "/";
  std::uint64_t connections = 1, requests = 1;  // requests on each
  std::string page;                             // what `/` is; empty: a body that counts
};

struct Seen {
  std::uint64_t frames = 0;  // that left the card
  std::uint64_t cut = 0;     // chains that it made segments of
  std::uint64_t gro_held = 0, gro_merged = 0;
};

// One client and a server program, from the first connect() until nothing is left to do. Every frame that leaves the
// card is judged, and every frame has its one fate.
Seen run(const Features& features, const TcpServerProgram& server, StackPeer& client) {
  SimulationSetup setup;
  setup.linger = SimTime::ms(300);  // longer than the least retransmission time-out
  NicSetup& nic = setup.nics.emplace_back();
  nic.driver.name = "eth0";
  nic.driver.features = features;
  nic.mac = kOurMac;
  nic.addresses = {{kOurIp, 24}};
  nic.wire.delay = SimTime::us(2);
  setup.apps.push_back({"server", [server](Posix& os) { return run_tcp_server(os, server); }});

  Seen seen;
  Simulation& sim = *new Simulation(setup);  // as long as the process
  Simulation::WireEnds ends;
  ends.receiver = [&](Bytes frame) -> std::vector<WireFrame> {
    ++seen.frames;
    parse_sent(frame);  // FCS, lengths, IP and TCP checksum
    return {};
  };
  ends.peers = {&client};
  sim.set_wire(0, std::move(ends));
  sim.run();

  EXPECT_EQ(client.nstat().value("TcpInCsumErrors"), 0U);
  EXPECT_EQ(sim.stack().nstat().value("TcpRetransSegs"), 0U);
  const FrameLedger& ledger = sim.ledger();
  std::uint64_t arrived = 0, sent = 0;
  for (const auto& [fate, count] : ledger.totals()) arrived += count;
  for (const auto& [fate, count] : ledger.totals_of_host_frames()) sent += count;
  EXPECT_EQ(arrived, ledger.opened_on_wire());
  EXPECT_EQ(sent, ledger.opened_from_host());
  EXPECT_EQ(sim.unexplained(), 0U);
  EXPECT_EQ(ledger.count(true, Fate::sent), seen.frames) << "one name per frame on the wire";
  seen.cut = sim.driver(0).ethtool().value("tx_tcp_seg_good");
  const Stack::DeviceStats device = sim.stack().device_stats(sim.driver(0));
  seen.gro_held = device.gro_held;
  seen.gro_merged = device.gro_merged;
  return seen;
}

constexpr StackPeerConfig kClient{.mac = kPeerMac, .address = kPeerIp};

TcpLoadConfig load_of(std::string request) {
  TcpLoadConfig client;
  client.server = kOurIp;
  client.every = SimTime::us(50);
  client.request = std::move(request);
  return client;
}

Seen download(const Load& load) {
  std::string requests;
  for (std::uint64_t i = 0; i < load.requests; ++i)
    requests += "GET " + load.path + " HTTP/1.1\r\nHost: us\r\n" +
                (i + 1 == load.requests ? "Connection: close\r\n\r\n" : "\r\n");
  std::map<std::uint64_t, Answers> answers;
  TcpLoadConfig config = load_of(std::move(requests));
  config.connections = load.connections;
  config.half_close = false;
  config.received = [&](std::uint64_t connection, Bytes data) {
    answers.try_emplace(connection, load.page).first->second.take(data);
  };
  StackPeer client{kClient};
  const TcpLoad& asked = client.add(config);
  TcpServerStats stats;
  const Seen seen = run(load.features, {.port = 80, .stats = &stats, .serve = serve_http}, client);

  EXPECT_EQ(stats.requests, load.connections * load.requests);
  EXPECT_EQ(stats.errors, 0U);
  EXPECT_EQ(asked.stats().finished, load.connections);
  EXPECT_EQ(answers.size(), load.connections);
  for (const auto& [connection, answer] : answers) {
    EXPECT_EQ(answer.whole(), load.requests) << "connection " << connection;
    EXPECT_EQ(answer.wrong(), 0U) << "connection " << connection;
  }
  return seen;
}

constexpr Features kNone{};
constexpr Features kAll{.rx_checksum = true, .tx_checksum = true, .tso = true, .gso = true, .gro = true};
constexpr Features kDefault{.rx_checksum = true, .tx_checksum = true, .tso = true, .gso = true};
constexpr Features kSoftware{.rx_checksum = true, .tx_checksum = true, .gso = true};

struct Http : testing::TestWithParam<Features> {};

TEST_P(Http, AThousandRequestsAreAnsweredByteForByte) {
  in_child([] {
    const std::string page = "<!doctype html><title>nicosim</title><p>It works.\n";
    download({.features = GetParam(), .path = "/", .connections = 20, .requests = 50, .page = page});
  });
}

// Cut by TCP or by the card 64 MiB, about 46 000 full frames; by the stack, or with GRO on the way back, a quarter.
TEST_P(Http, ALargeBodyArrivesByteForByte) {
  in_child([] {
    const bool most = GetParam() == kNone || GetParam() == kDefault;
    const Seen seen =
        download({.features = GetParam(), .path = most ? "/bytes/67108864" : "/bytes/16777216", .page = {}});
    EXPECT_EQ(seen.cut > 0, GetParam().tso);
  });
}

// The other way: what GRO joins is what a process reads.
TEST_P(Http, AnUploadOf8MiBIsReadByteForByte) {
  in_child([] {
    constexpr std::size_t kBytes = 8U << 20U;
    std::string body(kBytes, '\0');
    for (std::size_t i = 0; i < kBytes; ++i) body[i] = static_cast<char>((i + i / 251) & 0xffU);
    std::size_t read = 0, wrong = 0;
    const auto serve = [&](Posix& os, int fd, TcpServerStats&) {
      std::vector<std::byte> buffer(65'536);
      for (;;) {
        const long n = os.recvfrom(fd, buffer, 0, nullptr);
        if (n <= 0) return static_cast<int>(n);
        for (long i = 0; i < n; ++i, ++read)
          wrong += static_cast<std::byte>(body.at(read)) == buffer[static_cast<std::size_t>(i)] ? 0 : 1;
      }
    };
    StackPeer client{kClient};
    client.add(load_of(body));
    const Seen seen = run(GetParam(), {.port = 80, .serve = serve}, client);
    EXPECT_EQ(read, kBytes);
    EXPECT_EQ(wrong, 0U);
    EXPECT_EQ(seen.gro_merged > seen.gro_held, GetParam().gro) << "most packets continue the one before";
  });
}

std::string name_of_setting(const testing::TestParamInfo<Features>& info) {
  if (info.param == kNone) return "None";
  if (info.param == kDefault) return "Default";
  return info.param.gro ? "WithGro" : "CutByTheStack";
}

INSTANTIATE_TEST_SUITE_P(Offloads, Http, testing::Values(kNone, kDefault, kSoftware, kAll), name_of_setting);

}  // namespace
}  // namespace nicosim
