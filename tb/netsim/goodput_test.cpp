// Every transfer arrives byte for byte, whatever the wire does; and how fast, as a table that is compared exactly.
#include "tb/netsim/transfer.hpp"

#include <cstdlib>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

namespace nicosim {
namespace {

constexpr SimTime kLimit = SimTime::s(3600);
constexpr std::string_view kTable = "tb/netsim/goodput.txt";

StackConfig config() {
  StackConfig c;
  c.sysctl.rmem_max = c.sysctl.wmem_max = 4U << 20U;
  return c;
}

struct Wire {
  const char* name;
  LinkModel link;
};

LinkModel losing(unsigned per_thousand) {
  LinkModel link;
  link.loss = per_thousand;
  return link;
}
LinkModel with(unsigned loss, unsigned reorder, unsigned duplicate, unsigned corrupt) {
  LinkModel link;
  link.loss = loss;
  link.reorder = reorder;
  link.duplicate = duplicate;
  link.corrupt = corrupt;
  return link;
}

std::vector<Wire> wires() {
  return {{"loss 0 %", losing(0)},
          {"loss 0.1 %", losing(1)},
          {"loss 1 %", losing(10)},
          {"loss 3 %", losing(30)},
          {"loss 10 %", losing(100)},
          {"loss 30 %", losing(300)},
          {"reordering 5 %", with(0, 50, 0, 0)},
          {"duplication 5 %", with(0, 0, 50, 0)},
          {"corruption 1 %", with(0, 0, 0, 10)},
          {"all of them", with(10, 50, 20, 10)}};
}

constexpr std::array kBuffers{2, 8, 32, 128, 1024};  // KiB

// Enough bytes for the long run to count, few enough for the worst wire.
std::size_t bytes_for(const Wire& wire) { return wire.link.loss >= 100 ? 100'000 : 1'000'000; }

std::uint64_t bit_per_s(const TransferResult& r) {
  return r.bytes * 8 * 1'000'000 / static_cast<std::uint64_t>(std::max<std::int64_t>(r.took.in_ns() / 1000, 1));
}

std::string table() {
  std::string text = fmt::format("{:<18}{:<7}", "goodput, kbit/s", "");
  for (const int buffer : kBuffers) text += fmt::format("{:>9}", fmt::format("{} KiB", buffer));
  text += "\n";
  for (const Wire& wire : wires())
    for (const char* const congestion : {"reno", "cubic"}) {
      text += fmt::format("{:<18}{:<7}", wire.name, congestion);
      for (const int buffer : kBuffers) {
        NetSim sim{wire.link, config(), 1};
        Transfer transfer{sim, bytes_for(wire), buffer * 1024, congestion};
        const TransferResult r = transfer.run(kLimit);
        EXPECT_TRUE(r.complete && r.intact)
            << wire.name << ' ' << congestion << ' ' << buffer << " KiB: " << r.bytes << " bytes arrived";
        text += fmt::format("{:>9}", fmt::format("{}.{}", bit_per_s(r) / 1000, bit_per_s(r) / 100 % 10));
      }
      text += "\n";
    }
  return text;
}

TEST(Goodput, IsWhatTheTableSays) {
  const std::string now = table();
  if (std::getenv("NICOSIM_UPDATE") != nullptr) std::ofstream{std::string{kTable}} << now;
  std::ifstream file{std::string{kTable}};
  std::stringstream then;
  then << file.rdbuf();
  EXPECT_EQ(now, then.str()) << "when this is meant: NICOSIM_UPDATE=1 and the same test again";
}

// Many seeds over a short and nasty wire: nothing is lost, doubled or damaged, and no frame lacks a fate.
struct NastyWire : ::testing::TestWithParam<std::uint64_t> {};

TEST_P(NastyWire, DeliversEveryByteInOrder) {
  const std::uint64_t seed = GetParam();
  std::cout << "seed " << seed << "; repeat with --gtest_filter='*NastyWire*/" << seed << "'\n";
  Rng rng{seed, "wire"};
  LinkModel link;
  link.loss = static_cast<unsigned>(rng.below(200));
  link.reorder = static_cast<unsigned>(rng.below(300));
  link.duplicate = static_cast<unsigned>(rng.below(200));
  link.corrupt = static_cast<unsigned>(rng.below(100));
  const std::uint64_t delay_us = rng.below(50'000);
  link.delay = SimTime::us(static_cast<std::int64_t>(delay_us));
  link.queue = 5 + rng.below(200);
  const int buffer = 2048 << rng.below(8);
  const bool cubic = rng.chance(1, 2);
  const std::uint64_t sack = rng.below(3);
  StackConfig c = config();
  c.sysctl.tcp_sack = sack != 0;
  const std::uint64_t stamps = rng.below(3);
  c.sysctl.tcp_timestamps = stamps != 0;
  const std::uint64_t scaling = rng.below(3);
  c.sysctl.tcp_window_scaling = scaling != 0;
  link.offers.tx_checksum = rng.chance(1, 2);
  link.offers.gso = rng.chance(1, 2);
  link.offers.gro = rng.chance(1, 2);
  link.offers.tso = link.offers.tx_checksum && rng.chance(1, 2);
  const std::uint64_t poll_us = rng.below(2000);
  link.poll = SimTime::us(static_cast<std::int64_t>(poll_us));
  NetSim sim{link, c, seed};
  {
    Transfer transfer{sim, 100'000, buffer, cubic ? "cubic" : "reno"};
    const TransferResult r = transfer.run(kLimit);
    EXPECT_TRUE(r.complete) << r.bytes << " bytes after " << r.took.in_ns() / 1'000'000 << " ms";
    EXPECT_TRUE(r.intact);
  }
  for (unsigned side = 0; side < 2; ++side) {
    sim.host(side).stack->close_queued(sim.now());
    EXPECT_EQ(sim.host(side).ledger.unexplained(), 0U);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, NastyWire, ::testing::Range(std::uint64_t{0}, std::uint64_t{40}));

TEST(Wire, TwoRunsWithOneSeedAreTheSame) {
  std::array<SimTime, 2> took;
  for (SimTime& t : took) {
    NetSim sim{with(30, 50, 20, 10), config(), 5};
    Transfer transfer{sim, 200'000, 65'536, "cubic"};
    t = transfer.run(kLimit).took;
  }
  EXPECT_EQ(took[0], took[1]);
}

// Offloads change how work is cut, not what a transfer takes.
TEST(Wire, IsFilledWithOffloadsJustAsWithout) {
  LinkModel link;
  link.bits_per_second = 1'000'000'000;
  link.delay = SimTime::us(500);
  link.loss = 1;
  std::vector<std::uint64_t> rates;
  for (const bool offloads : {false, true}) {
    if (offloads) {
      link.offers = {.tx_checksum = true, .tso = true, .gso = true, .gro = true};
      link.poll = SimTime::us(100);
    }
    NetSim sim{link, config(), 3};
    Transfer transfer{sim, 20'000'000, 0, "cubic"};
    const TransferResult r = transfer.run(kLimit);
    EXPECT_TRUE(r.complete && r.intact);
    rates.push_back(bit_per_s(r));
    if (!offloads) continue;
    const Stack::DeviceStats gro = sim.host(0).stack->device_stats(sim.host(0).device);
    EXPECT_GT(gro.gro_merged, gro.gro_held) << "most packets were joined";
  }
  EXPECT_GT(rates[1], rates[0] / 2);
  EXPECT_LT(rates[1], rates[0] * 2);
}

TEST(Wire, AutomaticBuffersFillALongFatPipe) {
  LinkModel link;
  link.delay = SimTime::ms(50);  // 100 Mbit/s and 100 ms: 1.25 MB in flight
  NetSim sim{link, config(), 1};
  Transfer transfer{sim, 40'000'000, 0, "cubic"};
  const TransferResult r = transfer.run(kLimit);
  EXPECT_TRUE(r.complete && r.intact);
  EXPECT_GT(bit_per_s(r), 50'000'000U) << "more than half of the wire, slow start included";
}

}  // namespace
}  // namespace nicosim
