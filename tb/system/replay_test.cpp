// Captures through the whole host: real ones, hostile ones, and a few of our own for where those are not at hand.
//
// Whatever a file holds, every frame on the wire must end in one fate. What processes read is compared with what a
// small parser of this test finds in the file.
#include "tb/cli/capture_bytes.hpp"
#include "tb/cli/shared_captures.hpp"
#include "tb/stack/packets.hpp"
#include "tb/system/replay_scenario.hpp"
#include "tb/system/run_in_child.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <map>

namespace nicosim {
namespace {

using Datagrams = std::map<std::uint16_t, std::vector<std::vector<std::byte>>>;  // by port, in order

struct Replay {
  HostSetup* host = nullptr;
  Simulation* sim = nullptr;
  Datagrams read;
  std::uint64_t arrived() const { return sim->ledger().opened_on_wire(); }
  std::uint64_t dropped(Station station, DropReason reason) const {
    return sim->ledger().dropped(false, station, reason);
  }
};

// In a child: everything in it lives as long as the process.
Replay& replay(const std::string& file, const ReplayOptions& options) {
  Replay& run = *new Replay;
  const Scenario scenario = replay_scenario(file, options);
  run.host = new HostSetup{scenario};
  run.host->on_datagram = [&run, apps = scenario.apps](std::size_t app, std::span<const std::byte> data,
                                                       const sockaddr_in&) {
    run.read[apps[app].port].emplace_back(data.begin(), data.end());
  };
  SimulationSetup setup = std::move(run.host->simulation);
  setup.linger = SimTime::ms(100);
  run.sim = new Simulation{std::move(setup)};
  run.host->attach(*run.sim);
  run.sim->run();

  const FrameLedger& ledger = run.sim->ledger();
  std::uint64_t arrived = 0, sent = 0;
  for (const auto& [fate, count] : ledger.totals()) arrived += count;
  for (const auto& [fate, count] : ledger.totals_of_host_frames()) sent += count;
  EXPECT_EQ(arrived, ledger.opened_on_wire()) << file;
  EXPECT_EQ(sent, ledger.opened_from_host()) << file;
  EXPECT_EQ(run.sim->unexplained(), 0U) << file;
  EXPECT_EQ(run.host->peers[0].replays[0]->counts().packets, ledger.opened_on_wire()) << file;
  return run;
}

void expect_explained(const std::string& file, const std::string& pace) {
  for (const bool promiscuous : {false, true})
    in_child([&] {
      const Replay& run = replay(file, {promiscuous, pace, true});
      if (!promiscuous) return;
      EXPECT_EQ(run.dropped(Station::filter, DropReason::MAC_FILTER), 0U) << file;
    });
}

// One case per file or group of files, so that they run side by side and a failure names the file.
constexpr std::size_t kReal = 9, kHostile = 112, kGroup = 16;

class RealCapture : public testing::TestWithParam<std::size_t> {};
TEST_P(RealCapture, HasAFateForEveryFrame) {
  const auto folder = shared_captures();
  if (!folder) GTEST_SKIP() << kNoCaptures;
  const auto files = files_in(*folder / "real");
  ASSERT_EQ(files.size(), kReal);
  expect_explained(files[GetParam()], "100x");
}
INSTANTIATE_TEST_SUITE_P(Shared, RealCapture, testing::Range<std::size_t>(0, kReal));

class HostileCaptures : public testing::TestWithParam<std::size_t> {};
TEST_P(HostileCaptures, HaveAFateForEveryFrame) {
  const auto folder = shared_captures();
  if (!folder) GTEST_SKIP() << kNoCaptures;
  const auto files = files_in(*folder / "hostile");
  ASSERT_EQ(files.size(), kHostile);
  for (std::size_t i = GetParam(); i < files.size(); i += kHostile / kGroup) expect_explained(files[i], "capture");
}
INSTANTIATE_TEST_SUITE_P(Shared, HostileCaptures, testing::Range<std::size_t>(0, kHostile / kGroup));

// ---- What processes read

std::vector<std::byte> bytes_of(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  const std::string content{std::istreambuf_iterator<char>{in}, {}};
  return packets::text(content);
}

std::uint32_t le32(Bytes b, std::size_t at) { return __builtin_bswap32(load_be32(b, at)); }

struct Expected {
  std::size_t frames = 0, fragments = 0, cut = 0;
  Datagrams datagrams;
};

// A little-endian pcap file; datagrams that a station with this MAC and IP address gets as unicast.
Expected datagrams_in(const std::string& file, const CaptureStation& station) {
  Expected found;
  const auto content = bytes_of(file);
  const Bytes all{content};
  EXPECT_EQ(load_be32(all, 0), 0xd4c3b2a1U);
  for (std::size_t at = 24; at + 16 <= all.size();) {
    const std::size_t kept = le32(all, at + 8), original = le32(all, at + 12);
    const Bytes frame = all.subspan(at + 16, kept);
    at += 16 + kept;
    ++found.frames;
    if (kept < original) {
      ++found.cut;
      continue;
    }
    if (kept < 42 || MacAddress::from(frame) != station.mac || load_be16(frame, 12) != 0x0800) continue;
    const Bytes ip = frame.subspan(14);
    const std::size_t header = (load8(ip, 0) & 0xfU) * std::size_t{4};
    if (load_be32(ip, 16) != station.address.value || load8(ip, 9) != 17) continue;
    if ((load_be16(ip, 6) & 0x3fffU) != 0) {
      ++found.fragments;
      continue;
    }
    const std::size_t length = load_be16(ip, header + 4);
    const Bytes data = ip.subspan(header + 8, length - 8);
    found.datagrams[load_be16(ip, header + 2)].emplace_back(data.begin(), data.end());
  }
  return found;
}

TEST(Gnutella, ProcessesReadTheCapturesDatagramsByteForByteInOrder) {
  const auto folder = shared_captures();
  if (!folder) GTEST_SKIP() << kNoCaptures;
  const std::string file = (*folder / "real/ndpi-gnutella.pcap").string();
  in_child([&] {
    const auto station = guess_station(file, "auto", false);
    ASSERT_TRUE(station);
    const Expected expected = datagrams_in(file, *station);
    const Replay& run = replay(file, {});
    EXPECT_EQ(run.arrived(), 3905U);
    EXPECT_EQ(expected.frames, 3905U);
    std::size_t count = 0;
    for (const auto& [port, datagrams] : expected.datagrams) {
      count += datagrams.size();
      const auto place = run.read.find(port);
      ASSERT_NE(place, run.read.end()) << "port " << port;
      EXPECT_EQ(place->second, datagrams) << "port " << port;
    }
    EXPECT_EQ(run.read.size(), expected.datagrams.size()) << "ports on which something was read";
    EXPECT_GT(count, 250U);
    std::printf("%zu datagrams on %zu ports compared; left out: %zu fragments, %zu cut records\n", count,
                expected.datagrams.size(), expected.fragments, expected.cut);
  });
}

TEST(Gnutella, EveryFrameHasAFateWhenTheCardTakesEverythingAtLineRate) {
  const auto folder = shared_captures();
  if (!folder) GTEST_SKIP() << kNoCaptures;
  const std::string file = (*folder / "real/ndpi-gnutella.pcap").string();
  in_child([&] {
    const Replay& run = replay(file, {.promiscuous = true, .pace = "line"});
    EXPECT_EQ(run.arrived(), 3905U);
    EXPECT_EQ(run.dropped(Station::filter, DropReason::MAC_FILTER), 0U);
    EXPECT_GT(run.dropped(Station::fifo, DropReason::FIFO_FULL), 0U) << "3905 frames back to back are too many";
  });
}

// ---- Captures of our own

using packets::Packet;

constexpr const char* kUs = "10.77.0.2";

CaptureBytes& record(CaptureBytes& file, std::uint32_t us, const Packet& frame, std::size_t missing = 0) {
  const auto kept = static_cast<std::uint32_t>(frame.size() - missing);
  file.u32(us / 1'000'000).u32(us % 1'000'000).u32(kept).u32(static_cast<std::uint32_t>(frame.size()));
  return file.text({reinterpret_cast<const char*>(frame.data()), kept});
}

void save(const TemporaryFolder& folder, std::string_view name, const CaptureBytes& capture) {
  const auto bytes = capture.take();
  folder.write(name, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// Our station in talk with a peer: short and long datagrams, both ways, and a broadcast.
void conversation(CaptureBytes& file) {
  std::uint32_t us = 0;
  for (std::size_t i = 0; i < 40; ++i) {
    record(file, us += 500, packets::udp_frame(packets::pattern(i * 35)));
    const Packet answer = packets::ipv4(packets::udp(packets::pattern(4), {.from = 9, .to = 5000}),
                                        {.from = packets::kOurIp, .to = packets::kPeerIp});
    record(file, us += 20, packets::ethernet(answer, {.to = packets::kPeerMac, .from = packets::kOurMac}));
  }
  record(file, us + 100, packets::arp_frame({}));
}

TEST(OwnCaptures, AreReadByProcessesByteForByteInEitherByteOrder) {
  for (const bool big : {false, true}) {
    const TemporaryFolder folder;
    CaptureBytes file{big};
    file.pcap_header();
    conversation(file);
    save(folder, "talk.pcap", file);
    in_child([&] {
      const Replay& run = replay(folder.file("talk.pcap"), {.as = kUs});
      EXPECT_EQ(run.arrived(), 81U);
      EXPECT_EQ(run.dropped(Station::filter, DropReason::MAC_FILTER), 40U) << "the station's own frames";
      ASSERT_EQ(run.read.count(9), 1U);
      const auto& read = run.read.at(9);
      ASSERT_EQ(read.size(), 40U);
      for (std::size_t i = 0; i < read.size(); ++i) EXPECT_EQ(read[i], packets::pattern(i * 35));
      EXPECT_EQ(run.sim->ledger().count(false, Fate::read), 40U);
      EXPECT_EQ(run.sim->ledger().count(false, Fate::answered), 1U);
    });
  }
}

TEST(OwnCaptures, OddRecordsHaveAFateToo) {
  const TemporaryFolder folder;
  CaptureBytes file;
  file.pcap_header(0xa1b2c3d4, 1, 262'144);
  conversation(file);
  record(file, 100'000, packets::udp_frame(packets::pattern(1000)), 700);  // cut
  record(file, 90'000, packets::ethernet(packets::pattern(9000)));         // time runs backwards; a giant
  record(file, 90'001, Packet(1));                                         // one byte
  record(file, 90'002, Packet(13));
  record(file, 4'000'000'000U, packets::ethernet({}, {.type = 0x88cc}));  // a silence of an hour
  save(folder, "odd.pcap", file);
  in_child([&] {
    const Replay& run = replay(folder.file("odd.pcap"), {.promiscuous = true, .as = kUs});
    EXPECT_EQ(run.arrived(), 86U);
    EXPECT_EQ(run.dropped(Station::mac, DropReason::OVERSIZE), 1U);
    const ReplaySource::Counts counts = run.host->peers[0].replays[0]->counts();
    EXPECT_EQ(counts.cut, 1U);
    EXPECT_EQ(counts.gaps_shortened, 1U);
    EXPECT_EQ(counts.time_went_back, 1U);
    EXPECT_EQ(run.read.at(9).size(), 40U) << "a datagram filled up with zeros has a wrong checksum";
    EXPECT_EQ(run.dropped(Station::transport, DropReason::UDP_CSUM), 1U);
  });
}

TEST(OwnCaptures, ARecordCutOffByTheEndOfTheFileEndsALenientReplay) {
  const TemporaryFolder folder;
  CaptureBytes file;
  file.pcap_header();
  conversation(file);
  file.u32(1).u32(0).u32(100).u32(100).bytes(30);
  save(folder, "short.pcap", file);
  in_child([&] {
    const Replay& run = replay(folder.file("short.pcap"), {.lenient = true, .as = kUs});
    EXPECT_EQ(run.arrived(), 81U);
    EXPECT_EQ(run.host->peers[0].replays[0]->reader().warnings().size(), 1U);
  });
}

}  // namespace
}  // namespace nicosim
