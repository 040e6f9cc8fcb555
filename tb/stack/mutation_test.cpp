// Whatever the bytes, the stack survives, and every frame gets exactly one fate.
#include "common/rng.hpp"
#include "tb/stack/stack_fixture.hpp"

#include <cstdlib>

namespace nicosim {
namespace {

using namespace packets;

std::uint64_t base_seed() {
  const char* const text = std::getenv("NICOSIM_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
}

struct Mutation : StackFixture, ::testing::WithParamInterface<unsigned> {
  Mutation() {
    StackConfig config;
    config.sysctl.ip_forward = GetParam() % 2 == 1;
    config.sysctl.rmem_default = 10'000;
    config.sysctl.ipfrag_high_thresh = 100'000;
    config.sysctl.gc_thresh3 = 20;
    rebuild(config);
    stack->add_route(Ipv4Address::any(), 0, kPeerIp, card);
  }

  std::vector<Packet> valid_packets() {
    std::vector<Packet> all{
        arp_frame({}),
        arp_frame({.operation = 2, .target_mac = kOurMac}, kOurMac),
        udp_frame(text("hello")),
        udp_frame(pattern(1000), {.to = 10}),
        ethernet(ipv4(udp(text("opt")), {.options = bytes({7, 7, 4, 0, 0, 0, 0, 0})})),
        ethernet(ipv4(udp(text("ts")), {.options = bytes({68, 12, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0})})),
        ethernet(ipv4(udp(text("route")), {.options = bytes({131, 7, 4, 10, 0, 0, 1, 0})})),
        ethernet(ipv4(echo(pattern(200)), {.protocol = 1})),
        ethernet(ipv4(icmp(13, 0, 0, pattern(12)), {.protocol = 1})),
        ethernet(ipv4(icmp(3, 3, 0,
                           ipv4(udp(text("q"), {.from = 9, .to = 5000, .ip_from = kOurIp, .ip_to = kPeerIp}),
                                {.from = kOurIp, .to = kPeerIp})),
                      {.protocol = 1})),
        ethernet(ipv4(udp(text("far")), {.to = {0x0808'0808}, .ttl = 2})),
        tcp_frame({}),
        tcp_frame({.ack = 5, .flags = 16}, pattern(100))};
    for (const Packet& piece : fragments(udp(pattern(2000)), 480)) all.push_back(piece);
    return all;
  }
  // Some bytes changed, cut or appended; half of the time the header checksum is made right again, so that the damage
  // gets past it.
  static Packet mutate(Packet p, Rng& rng) {
    const std::uint64_t changes = rng.below(4);
    for (std::uint64_t i = 0; i < changes; ++i) {
      const std::uint64_t near_front = rng.below(2);
      const std::uint64_t at = rng.below(near_front == 0 ? p.size() : std::min<std::size_t>(p.size(), 64));
      const std::uint64_t value = rng.below(256);
      p[at] = static_cast<std::byte>(value);
    }
    if (rng.chance(1, 8)) {
      const std::uint64_t size = rng.below(p.size());
      p.resize(size);
    }
    if (rng.chance(1, 8)) {
      const std::uint64_t extra = rng.below(40);
      p.resize(p.size() + extra, std::byte{0x5a});
    }
    if (rng.chance(1, 2) && p.size() >= 34) {
      const std::size_t header = (load8(p, 14) & 0xfU) * std::size_t{4};
      if (header >= 20 && p.size() >= 14 + header) fix_ip_checksum(std::span{p}.subspan(14));
    }
    return p;
  }
};

TEST_P(Mutation, NeverCrashesAndEveryFrameHasOneFate) {
  const std::uint64_t seed = base_seed() * 1000 + GetParam();
  std::cout << "seed " << seed << "; repeat with NICOSIM_SEED=" << base_seed() << " and --gtest_filter='*Mutation*/"
            << GetParam() << "'\n";
  Rng rng{seed, "mutation"};
  const int fd = udp_socket(9);
  const int connected = udp_socket(10);
  sys().connect(task, connected, endpoint(kPeerIp, 5000));
  const auto valid = valid_packets();
  constexpr unsigned kFrames = 4000;
  for (unsigned i = 0; i < kFrames; ++i) {
    const std::uint64_t which = rng.below(valid.size());
    receive(mutate(valid[which], rng));
    if (rng.chance(1, 20)) read(fd);
    if (rng.chance(1, 20)) read(connected);
    if (rng.chance(1, 50)) {
      const std::uint64_t ms = rng.below(2000);
      advance(SimTime::ms(static_cast<std::int64_t>(ms)));
    }
  }
  stack->close_queued(runtime.now());
  std::uint64_t sum = 0;
  for (const auto& [name, n] : ledger.totals()) sum += n;
  EXPECT_EQ(ledger.opened_on_wire(), kFrames);
  EXPECT_EQ(sum, kFrames);
  sum = 0;
  for (const auto& [name, n] : ledger.totals_of_host_frames()) sum += n;
  EXPECT_EQ(sum, ledger.opened_from_host());
  EXPECT_EQ(ledger.unexplained(), 0U);
  EXPECT_GT(fate(Fate::read), 0U);
  EXPECT_GT(fate(Fate::answered), 0U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Mutation, ::testing::Range(0U, 8U));

}  // namespace
}  // namespace nicosim
