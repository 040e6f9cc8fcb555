// Whatever segments come and whatever the process does: the stack survives, and every frame gets exactly one fate.
#include "common/rng.hpp"
#include "tb/stack/tcp_fixture.hpp"

#include <cstdlib>

namespace nicosim {
namespace {

using namespace packets;

std::uint64_t base_seed() {
  const char* const text = std::getenv("NICOSIM_SEED");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 1;
}

struct TcpRandom : TcpFixture, ::testing::WithParamInterface<unsigned> {
  TcpRandom() {
    StackConfig config;
    config.sysctl.tcp_syncookies = GetParam() % 3;
    config.sysctl.tcp_abort_on_overflow = GetParam() / 3 % 2;
    rebuild(config);
    know_peer();
  }

  // How far we have got on this connection, so that acknowledgements can be right.
  void listen_in() {
    for (; read_so_far < card.sent.size(); ++read_so_far) {
      const Packet& frame = card.sent[read_so_far];
      if (load_be16(frame, 36) != peer_port) continue;
      const std::size_t header = (load8(frame, 46) >> 4U) * std::size_t{4};
      const auto end = load_be32(frame, 38) - our_isn + static_cast<std::uint32_t>(frame.size() - 34 - header);
      if (end < 10'000'000) our_next = std::max(our_next, end);
    }
  }
  // Mostly plausible: numbers near the right ones, options that are usually whole.
  void random_segment(Rng& rng) {
    In in;
    const std::uint64_t common = rng.below(40);
    if (common < 38)
      in.flags = kAck;
    else if (common < 39)
      in.flags = kAck | kPsh | kFin;
    else
      in.flags = static_cast<std::uint8_t>(rng.below(64));
    const std::uint64_t where = rng.below(8);
    const std::uint64_t near = rng.below(6000);
    const std::uint64_t anywhere = rng.next();
    in.seq = where == 0 ? static_cast<std::uint32_t>(anywhere) : peer_next + static_cast<std::uint32_t>(near) - 3000;
    if (where > 4) in.seq = peer_next;
    const std::uint64_t ack_near = rng.below(8);
    const std::uint64_t ack_offset = rng.below(ack_near == 1 ? 20'000 : our_next + 1);
    in.ack = ack_near == 0 ? static_cast<std::uint32_t>(anywhere >> 32U) : static_cast<std::uint32_t>(ack_offset);
    const std::uint64_t size = rng.below(3) == 0 ? 0 : rng.below(1400);
    in.payload = pattern(size);
    const std::uint64_t window = rng.below(4) == 0 ? 0 : rng.below(65'536);
    in.window = static_cast<std::uint16_t>(window);
    if (rng.chance(1, 6)) {
      in.options = bytes({1, 1, 5, 10});
      in.options.resize(12);
      const std::uint64_t start = rng.below(20'000);
      const std::uint64_t length = rng.below(5000);
      store_be32(in.options, 4, our_isn + static_cast<std::uint32_t>(start));
      store_be32(in.options, 8, our_isn + static_cast<std::uint32_t>(start + length));
    }
    if (rng.chance(1, 20)) {
      in.options.resize(4 * (1 + rng.below(5)));
      for (std::byte& b : in.options) {
        const std::uint64_t value = rng.below(256);
        b = static_cast<std::byte>(value);
      }
    }
    if (rng.chance(1, 10)) in.tsval = static_cast<std::uint32_t>(anywhere);
    if (in.seq == peer_next && in.flags == kAck) peer_next += static_cast<std::uint32_t>(size);
    inject(in);
  }
  std::uint32_t peer_next = 1, our_next = 1;
};

TEST_P(TcpRandom, NeverCrashesAndEveryFrameHasOneFate) {
  const std::uint64_t seed = base_seed() * 1000 + GetParam();
  std::cout << "seed " << seed << "; repeat with NICOSIM_SEED=" << base_seed() << " and --gtest_filter='*TcpRandom*/"
            << GetParam() << "'\n";
  Rng rng{seed, "tcp"};
  const int listening = listener(3);
  sys().set_nonblocking(task, listening, true);
  std::vector<int> open;
  std::uint64_t delivered = 0;
  for (unsigned round = 0; round < 60; ++round) {
    peer_port = static_cast<std::uint16_t>(40'000 + round % 50);
    const std::uint64_t isn = rng.next();
    peer_isn = static_cast<std::uint32_t>(isn);
    peer_next = our_next = 1;
    const std::uint64_t ts = rng.below(2), sack = rng.below(2);
    const std::uint64_t scale = rng.below(15);
    timestamps = false;
    forget_sent();
    runtime.enter(Context::softirq);
    syn(syn_options(ts != 0, sack != 0, static_cast<int>(scale)));
    if (!silent()) {
      const Out answer = heard();
      our_isn = answer.raw_seq;
      timestamps = answer.tsval.has_value();
    }
    if (!rng.chance(1, 8)) inject({});
    for (unsigned step = 0; step < 80; ++step) {
      random_segment(rng);
      listen_in();
      const std::uint64_t action = rng.below(40);
      const std::uint64_t pick = open.empty() ? 0 : rng.below(open.size());
      const int fd = open.empty() ? -1 : open[pick];
      if (action < 5) {
        const int fresh = sys().accept4(task, listening, nullptr, SOCK_NONBLOCK);
        if (fresh >= 0) open.push_back(fresh);
        if (open.size() > 5) {
          close(open.front());
          open.erase(open.begin());
        }
      } else if (fd >= 0 && action < 15) {
        for (const int each : open) {
          read(each);
          delivered += result > 0 ? 1 : 0;
        }
      } else if (fd >= 0 && action < 20) {
        const std::uint64_t bytes_to_write = rng.below(9000);
        write(fd, pattern(bytes_to_write));
      } else if (fd >= 0 && action == 20 && rng.chance(1, 3)) {
        close(fd);
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(pick));
      } else if (fd >= 0 && action == 21 && rng.chance(1, 3)) {
        shutdown(fd, SHUT_WR);
      } else if (fd >= 0 && action == 22) {
        const std::uint64_t buffer = rng.below(40'000);
        set_option(fd, SOL_SOCKET, SO_RCVBUF, static_cast<int>(buffer));
      } else if (action < 28) {
        const std::uint64_t ms = rng.below(1500);
        runtime.enter(Context::softirq);
        advance(SimTime::ms(static_cast<std::int64_t>(ms)));
      }
      runtime.enter(Context::softirq);
      run_softirqs();
    }
  }
  EXPECT_GT(delivered, 0U);
  stack->close_queued(runtime.now());
  std::uint64_t sum = 0;
  for (const auto& [name, n] : ledger.totals()) sum += n;
  EXPECT_EQ(sum, ledger.opened_on_wire());
  sum = 0;
  for (const auto& [name, n] : ledger.totals_of_host_frames()) sum += n;
  EXPECT_EQ(sum, ledger.opened_from_host());
  EXPECT_EQ(ledger.unexplained(), 0U);
  EXPECT_EQ(runtime.preempt_depth, 0);
}

INSTANTIATE_TEST_SUITE_P(Seeds, TcpRandom, ::testing::Range(0U, 12U));

}  // namespace
}  // namespace nicosim
