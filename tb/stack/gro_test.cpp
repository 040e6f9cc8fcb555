// GRO: what is joined, what is not, and that nobody can tell afterwards.
#include "tb/stack/tcp_fixture.hpp"

#include <gmock/gmock.h>

namespace nicosim {
namespace {

using namespace packets;
using ::testing::SizeIs;

// One packet of a TCP connection from the peer, as GRO sees it.
struct Seg {
  std::uint32_t seq = 0;  // counted from the first byte
  std::size_t bytes = 1000;
  std::uint16_t id = 0;
  std::uint8_t flags = 0x10;
  std::uint32_t ack = 1;
  std::uint16_t window = 500;
  std::uint8_t ttl = 64;
  std::uint8_t tos = 0;
  bool dont_fragment = true;
  std::uint32_t tsval = 2000;
  std::uint16_t from = 40000;
  Ipv4Address to = kOurIp;
};

struct GroFixture : TcpFixture {
  GroFixture() { card.offers = {.rx_checksum = true, .gro = true}; }

  Packet packet(const Seg& s) const {
    Packet segment(32);
    append(segment, pattern(s.bytes, s.seq));
    store_be16(segment, 0, s.from);
    store_be16(segment, 2, our_port);
    store_be32(segment, 4, peer_isn + 1 + s.seq);
    store_be32(segment, 8, our_isn + s.ack);
    store8(segment, 12, 0x80);
    store8(segment, 13, s.flags);
    store_be16(segment, 14, s.window);
    store_be32(segment, 20, 0x0101'080a);
    store_be32(segment, 24, s.tsval);
    store_be32(segment, 28, our_tsval);
    store_be16(segment, 16, transport_checksum(kPeerIp, s.to, 6, segment));
    Packet ip = ipv4(segment, {.to = s.to, .protocol = 6, .ttl = s.ttl, .id = s.id, .dont_fragment = s.dont_fragment});
    store8(ip, 1, s.tos);
    fix_ip_checksum(ip);
    return ethernet(ip);
  }
  void arrive(const Seg& s) { receive(packet(s)); }
  void poll_ends() {
    stack->poll_done(card);
    run_softirqs();
  }
  Stack::DeviceStats gro() { return stack->device_stats(card); }
  std::uint64_t frames_up() { return stack->softnet(0).processed; }
};

// ---- gro_flush_timeout: a source whose poll brings what the test has put there, and completes.

struct FlushTimeout : GroFixture {
  struct Source final : Napi {
    int poll(int) override {
      const int brought = static_cast<int>(fixture->coming.size());
      for (const Seg& s : std::exchange(fixture->coming, {}))
        fixture->stack->receive(fixture->card, fixture->frame_of(fixture->packet(s)));
      if (complete_done(*fixture->stack, brought)) ++unmasked;
      ++polls;
      return brought;
    }
    std::string_view napi_name() const override { return "eth0"; }
    FlushTimeout* fixture = nullptr;
    unsigned polls = 0, unmasked = 0;
  };
  FlushTimeout() {
    source.fixture = this;
    card.source = &source;
    rebuild({});
    know_peer();
  }
  ~FlushTimeout() override { stack.reset(); }
  void poll(std::vector<Seg> brings) {
    coming = std::move(brings);
    source.schedule(*stack);
    run_softirqs();
  }
  Source source;
  std::vector<Seg> coming;
};

TEST_F(FlushTimeout, WithoutItEveryPollFlushes) {
  accepted_with(syn_options());
  const std::uint64_t before = frames_up();
  poll({{.seq = 0}, {.seq = 1000, .id = 1}});
  EXPECT_EQ(frames_up() - before, 1U);
  EXPECT_EQ(source.unmasked, 1U);
  EXPECT_EQ(source.polls, 1U);
}

TEST_F(FlushTimeout, PacketsOfSeveralPollsAreJoinedAndGoUpWhenTheTimerFires) {
  const int fd = accepted_with(syn_options());
  source.defer(0, SimTime::us(50));
  const std::uint64_t before = frames_up();
  poll({{.seq = 0}, {.seq = 1000, .id = 1}});
  EXPECT_EQ(frames_up() - before, 0U) << "they came in this jiffy";
  EXPECT_EQ(source.unmasked, 1U) << "nothing defers the interrupt";
  advance(SimTime::us(30));
  poll({{.seq = 2000, .id = 2}});
  EXPECT_EQ(frames_up() - before, 0U);
  advance(SimTime::us(49));
  EXPECT_EQ(frames_up() - before, 0U) << "the timer began anew";
  EXPECT_EQ(source.polls, 2U);
  advance(SimTime::us(1));
  EXPECT_EQ(source.polls, 3U) << "the watchdog's, which finds nothing";
  EXPECT_EQ(frames_up() - before, 1U);
  Packet all;
  for (const std::uint32_t seq : {0U, 1000U, 2000U}) append(all, pattern(1000, seq));
  EXPECT_EQ(read(fd), all);
  EXPECT_GT(stack->next_deadline(), runtime.now() + SimTime::us(50)) << "its timer is not set again";
  EXPECT_EQ(gro().gro_held, 1U);
  EXPECT_EQ(gro().gro_merged, 2U);
}

TEST_F(FlushTimeout, WhatIsFromAnEarlierJiffyGoesUpWithThePoll) {
  accepted_with(syn_options());
  source.defer(0, SimTime::ms(10));
  runtime.set_now(SimTime::ms(1000));  // a jiffy begins
  const std::uint64_t before = frames_up();
  poll({{.seq = 0}});
  advance(SimTime::us(3999));
  poll({{.seq = 1000, .id = 1}});
  EXPECT_EQ(frames_up() - before, 0U) << "the same jiffy";
  advance(SimTime::us(1));
  poll({{.seq = 2000, .id = 2}});
  EXPECT_EQ(frames_up() - before, 1U) << "all three: its first packet is old";
}

TEST_F(FlushTimeout, AWatchdogThatFindsPacketsWaitsOnceMore) {
  accepted_with(syn_options());
  source.defer(0, SimTime::us(50));
  const std::uint64_t before = frames_up();
  poll({{.seq = 0}});
  coming = {{.seq = 1000, .id = 1}};
  advance(SimTime::us(50));
  EXPECT_EQ(source.polls, 2U);
  EXPECT_EQ(frames_up() - before, 0U);
  advance(SimTime::us(50));
  EXPECT_EQ(source.polls, 3U);
  EXPECT_EQ(frames_up() - before, 1U);
}

TEST_F(FlushTimeout, DeferredInterruptsHoldPacketsTooUntilTheCountIsUsedUp) {
  accepted_with(syn_options());
  source.defer(2, SimTime::us(50));
  const std::uint64_t before = frames_up();
  poll({{.seq = 0}});
  EXPECT_EQ(source.unmasked, 0U);
  advance(SimTime::us(50));
  EXPECT_EQ(source.unmasked, 0U) << "the second deferral";
  EXPECT_EQ(frames_up() - before, 0U) << "and so the same jiffy's packets stay";
  advance(SimTime::us(50));
  EXPECT_EQ(source.unmasked, 1U);
  EXPECT_EQ(frames_up() - before, 1U);
  EXPECT_EQ(source.polls, 3U);
}

TEST_F(GroFixture, PacketsInARowGoUpAsOneFrameWhenThePollEnds) {
  const int fd = accepted_with(syn_options());
  const std::uint64_t before = frames_up();
  for (std::uint16_t i = 0; i < 3; ++i) arrive({.seq = i * 1000U, .id = i});
  EXPECT_EQ(frames_up(), before) << "held";
  poll_ends();
  EXPECT_EQ(frames_up(), before + 1);
  EXPECT_EQ(gro().gro_merged, 2U);
  EXPECT_EQ(info(fd).tcpi_data_segs_in, 3U) << "counted as what it was";
  EXPECT_EQ(info(fd).tcpi_rcv_mss, 1000U);
  Packet expected = pattern(1000);
  append(expected, pattern(1000, 1000));
  append(expected, pattern(1000, 2000));
  EXPECT_EQ(read(fd), expected);
  EXPECT_EQ(fate(Fate::read), 3U) << "each packet has its own end";
}

TEST_F(GroFixture, EachPacketEndsWhenItsLastByteIsRead) {
  const int fd = accepted_with(syn_options());
  for (std::uint16_t i = 0; i < 3; ++i) arrive({.seq = i * 1000U, .id = i});
  poll_ends();
  const std::vector<std::uint64_t> ends{0, 1, 1, 2, 2, 3};
  for (const std::uint64_t end : ends) {
    read(fd, MSG_DONTWAIT, 500);
    EXPECT_EQ(fate(Fate::read), end);
  }
}

TEST_F(GroFixture, OneAcknowledgementAnswersAllOfThem) {
  const int fd = accepted_with(syn_options());
  for (std::uint16_t i = 0; i < 5; ++i) arrive({.seq = i * 1000U, .id = i});
  poll_ends();
  expect_ack(5001);
  EXPECT_TRUE(silent());
  EXPECT_EQ(read(fd).size(), 5000U);
}

TEST_F(GroFixture, APushEndsTheFrameAtOnce) {
  const int fd = accepted_with(syn_options());
  arrive({.seq = 0, .id = 0});
  arrive({.seq = 1000, .id = 1, .flags = 0x18});
  EXPECT_EQ(read(fd).size(), 2000U) << "nobody waits for the end of the poll";
}

TEST_F(GroFixture, AShortPacketEndsTheFrameAtOnce) {
  const int fd = accepted_with(syn_options());
  arrive({.seq = 0, .id = 0});
  arrive({.seq = 1000, .bytes = 999, .id = 1});
  EXPECT_EQ(read(fd).size(), 1999U);
  EXPECT_EQ(gro().gro_merged, 1U);
}

TEST_F(GroFixture, AFinIsMergedAndEndsTheStream) {
  const int fd = accepted_with(syn_options());
  arrive({.seq = 0, .id = 0});
  arrive({.seq = 1000, .bytes = 10, .id = 1, .flags = 0x11});
  EXPECT_EQ(read(fd).size(), 1010U);
  EXPECT_EQ(state(fd), kCloseWait);
}

struct Differs {
  const char* what;
  Seg second;
};

TEST_F(GroFixture, WhatDoesNotContinueTheFrameFollowsIt) {
  const std::vector<Differs> all{
      {"acknowledgement", {.id = 1, .ack = 2}},
      {"window", {.id = 1, .window = 501}},
      {"time to live", {.id = 1, .ttl = 63}},
      {"type of service", {.id = 1, .tos = 4}},
      {"DF", {.id = 1, .dont_fragment = false}},
      {"timestamp", {.id = 1, .tsval = 2001}},
      {"identification", {.id = 2}},
      {"longer", {.bytes = 1001, .id = 1}},
      {"an acknowledgement alone", {.bytes = 0, .id = 1}},
      {"URG", {.id = 1, .flags = 0x30}},
      {"a gap", {.seq = 1, .id = 1}},
  };
  for (const Differs& d : all) {
    StackFixture::rebuild({});
    know_peer();
    read_so_far = card.sent.size();
    accepted_with(syn_options());
    const std::uint64_t before = frames_up();
    arrive({.seq = 0, .id = 0});
    Seg second = d.second;
    second.seq += 1000;
    arrive(second);
    poll_ends();
    EXPECT_EQ(gro().gro_merged, 0U) << d.what;
    EXPECT_EQ(frames_up(), before + 2) << d.what;
    EXPECT_EQ(nstat("TcpExtTCPOFOQueue"), d.second.seq == 0 ? 0U : 1U) << d.what << ": in order";
  }
}

TEST_F(GroFixture, IdentificationsThatStayTheSameAreJoinedUnderDfOnly) {
  accepted_with(syn_options());
  for (std::uint16_t i = 0; i < 3; ++i) arrive({.seq = i * 1000U, .id = 5});
  poll_ends();
  EXPECT_EQ(gro().gro_merged, 2U);
  for (std::uint16_t i = 3; i < 6; ++i) arrive({.seq = i * 1000U, .id = 5, .dont_fragment = false});
  poll_ends();
  EXPECT_EQ(gro().gro_merged, 2U);
}

TEST_F(GroFixture, ADamagedPacketIsNotJoined) {
  accepted_with(syn_options());
  arrive({.seq = 0, .id = 0});
  Packet bad = packet({.seq = 1000, .id = 1});
  bad.back() ^= std::byte{1};
  receive(bad);
  poll_ends();
  EXPECT_EQ(gro().gro_merged, 0U);
  EXPECT_EQ(dropped(Station::transport, DropReason::TCP_CSUM), 1U);
}

TEST_F(GroFixture, AFrameStaysBelow64KiB) {
  const int fd = accepted_with(syn_options());
  const std::uint64_t before = frames_up();
  for (std::uint16_t i = 0; i < 47; ++i) arrive({.seq = i * 1400U, .bytes = 1400, .id = i});
  poll_ends();
  EXPECT_EQ(frames_up(), before + 2);  // 46 of them are 64400 bytes and their headers
  EXPECT_GE(read(fd, MSG_DONTWAIT, 100'000).size(), 64'400U);
}

TEST_F(GroFixture, ConnectionsAreHeldSideBySide) {
  accepted_with(syn_options());
  const std::uint64_t before = frames_up();
  for (std::uint16_t i = 0; i < 4; ++i)
    for (std::uint16_t port = 0; port < 3; ++port)
      arrive({.seq = i * 1000U, .id = i, .from = static_cast<std::uint16_t>(41'000 + port)});
  EXPECT_EQ(frames_up(), before);
  poll_ends();
  EXPECT_EQ(frames_up(), before + 3);
}

TEST_F(GroFixture, HeldFramesAreQueuedWhenTheRunEnds) {
  accepted_with(syn_options());
  for (std::uint16_t i = 0; i < 3; ++i) arrive({.seq = i * 1000U, .id = i});
  stack->close_queued(runtime.now());
  EXPECT_EQ(fate(Fate::queued), 3U);
}

TEST_F(GroFixture, OtherProtocolsPassAtOnce) {
  const int fd = udp_socket(9);
  receive(udp_frame(pattern(100)));
  EXPECT_EQ(read(fd).size(), 100U);
}

// ---- forwarding: joined on one card, cut again for the other

struct GroForward : GroFixture {
  GroForward() {
    StackConfig config;
    config.sysctl.ip_forward = true;
    rebuild(config);
    stack->attach(out);
    stack->add_address(out, Ipv4Address{0x0a4e'0001}, 24);
    stack->set_neighbour(out, kFar, kPeerMac);
  }
  ~GroForward() override { stack.reset(); }

  // What must come out for this packet: one hop less, and other Ethernet addresses.
  Packet forwarded(const Seg& s) const {
    Packet p = packet(s);
    store8(p, 22, static_cast<std::uint8_t>(s.ttl - 1));
    fix_ip_checksum(std::span{p}.subspan(14));
    kPeerMac.store(p);
    out.address().store(std::span{p}.subspan(6));
    return p;
  }
  static constexpr Ipv4Address kFar{0x0a4e'0009};
  FakeDevice out{ledger, runtime, 1};
};

TEST_F(GroForward, WhatWasJoinedLeavesAsItCame) {
  const std::vector<Features> all{{}, {.tx_checksum = true}, {.tx_checksum = true, .tso = true}, {.gso = true}};
  for (const Features& features : all) {
    for (const bool fixed_id : {false, true}) {
      out.offers = features;
      out.sent.clear();
      out.frame_bytes.clear();
      std::vector<Packet> expected;
      for (std::uint16_t i = 0; i < 5; ++i) {
        const Seg s{.seq = i * 1000U,
                    .bytes = i == 4 ? 333U : 1000U,
                    .id = static_cast<std::uint16_t>(fixed_id ? 9 : 9 + i),
                    .to = kFar};
        arrive(s);
        expected.push_back(forwarded(s));
      }
      EXPECT_EQ(out.sent, expected) << "tso " << features.tso << ", fixed id " << fixed_id;
      EXPECT_EQ(out.frame_bytes.size(), features.tso && !fixed_id ? 1U : 5U) << "a card counts identifications up";
    }
  }
  EXPECT_EQ(fate(Fate::forwarded), 40U);
}

TEST_F(GroForward, ToASmallerMtuItIsCutFirstAndThenFragmented) {
  out.mtu_bytes = 600;
  for (std::uint16_t i = 0; i < 3; ++i) arrive({.seq = i * 1000U, .id = i, .dont_fragment = false, .to = kFar});
  poll_ends();
  EXPECT_THAT(out.sent, SizeIs(6));
  EXPECT_EQ(fate(Fate::forwarded), 3U);
}

TEST_F(GroForward, ThatMayNotBeFragmentedIsAnsweredOnceForAll) {
  out.mtu_bytes = 600;
  for (std::uint16_t i = 0; i < 3; ++i) arrive({.seq = i * 1000U, .id = i, .to = kFar});
  poll_ends();
  EXPECT_THAT(out.sent, SizeIs(0));
  EXPECT_EQ(fate(Fate::answered), 3U);
  EXPECT_EQ(nstat("IcmpOutDestUnreachs"), 1U);
}

}  // namespace
}  // namespace nicosim
