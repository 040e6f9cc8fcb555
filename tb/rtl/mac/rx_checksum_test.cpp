// Receive checksums against a reference that works on the whole frame, byte by byte, in the order of the RFCs.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tb/rtl/mac/receive_path.hpp"

namespace nicosim {
namespace {

const MacAddress kUs = *MacAddress::parse("02:00:00:00:00:01");

// ---- the reference

// RFC 1071 over big-endian groups; an odd last byte is a high one. The sum, not its complement.
unsigned internet_sum(std::span<const std::byte> bytes, unsigned start = 0) {
  std::uint64_t sum = start;
  for (std::size_t i = 0; i < bytes.size(); ++i) sum += std::to_integer<unsigned>(bytes[i]) << (i % 2 == 0 ? 8U : 0U);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16U);
  return static_cast<unsigned>(sum);
}

unsigned word_at(std::span<const std::byte> bytes, std::size_t at) {
  return at + 1 < bytes.size() ? std::to_integer<unsigned>(bytes[at]) << 8U | std::to_integer<unsigned>(bytes[at + 1])
                               : 0;
}

struct Verdict {
  bool ip_checked = false, ip_error = false, tcp_udp_checked = false, tcp_udp_error = false;
  bool operator==(const Verdict&) const = default;
};
std::ostream& operator<<(std::ostream& out, const Verdict& v) {
  return out << "ip " << v.ip_checked << v.ip_error << " tcp/udp " << v.tcp_udp_checked << v.tcp_udp_error;
}

// `frame` as it is stored, with its FCS.
Verdict reference(std::span<const std::byte> frame, bool ip_on, bool tcp_udp_on) {
  Verdict verdict;
  const std::span<const std::byte> data = frame.first(frame.size() - 4);
  std::size_t at = 12;
  if (word_at(data, at) == 0x8100) at += 4;
  if (word_at(data, at) <= 1500) {  // a length: LLC and SNAP follow
    if (word_at(data, at + 2) != 0xaaaa || word_at(data, at + 4) != 0x0300 || word_at(data, at + 6) != 0) return {};
    at += 8;
  }
  if (word_at(data, at) != 0x0800) return {};
  at += 2;
  const unsigned first = word_at(data, at) >> 8U;
  const std::size_t header = (first & 15U) * 4;
  if (first >> 4U != 4 || header < 20 || at + header > data.size()) return {};
  verdict.ip_checked = ip_on;
  verdict.ip_error = ip_on && internet_sum(data.subspan(at, header)) != 0xffff;

  const std::size_t total = word_at(data, at + 2);
  const bool fragment = (word_at(data, at + 6) & 0x3fffU) != 0;
  if (!tcp_udp_on || fragment || total < header || at + total > data.size()) return verdict;
  const std::span<const std::byte> segment = data.subspan(at + header, total - header);
  const unsigned protocol = std::to_integer<unsigned>(data[at + 9]);
  if (protocol == 6) {
    if (segment.size() < 20) return verdict;
  } else if (protocol == 17) {
    if (segment.size() < 8 || word_at(segment, 4) != segment.size() || word_at(segment, 6) == 0) return verdict;
  } else {
    return verdict;
  }
  unsigned sum = internet_sum(data.subspan(at + 12, 8));
  sum = internet_sum(segment, sum + protocol + static_cast<unsigned>(segment.size()));
  verdict.tcp_udp_checked = true;
  verdict.tcp_udp_error = sum != 0xffff;
  return verdict;
}

unsigned reference_packet(std::span<const std::byte> frame, std::size_t start, bool strip_fcs) {
  const std::size_t end = frame.size() - (strip_fcs ? 4 : 0);
  return start >= end ? 0xffff : ~internet_sum(frame.subspan(start, end - start)) & 0xffffU;
}

// ---- frames

struct Recipe {
  bool tag = false, snap = false;
  unsigned option_words = 0;
  unsigned protocol = 17;
  std::size_t payload = 26;  // behind the TCP or UDP header
  std::size_t padding = 0;
  unsigned fragment = 0;  // flags and offset
  bool no_udp_sum = false;
  int total_lies = 0, udp_lies = 0;  // added to the lengths, after the sums
  unsigned version = 4;
  std::size_t flip = 0;  // this bit behind the addresses is turned over; 0 none
};

xgmii::FrameBytes build(const Recipe& r, Rng& rng) {
  xgmii::FrameBytes f(12);
  for (std::byte& b : f) b = static_cast<std::byte>(rng.next());
  kUs.store(f);
  const auto put16 = [&f](unsigned value) {
    f.push_back(static_cast<std::byte>(value >> 8U));
    f.push_back(static_cast<std::byte>(value));
  };
  const auto set16 = [&f](std::size_t at, unsigned value) {
    f[at] = static_cast<std::byte>(value >> 8U);
    f[at + 1] = static_cast<std::byte>(value);
  };
  const std::size_t header = 20 + 4 * r.option_words;
  const std::size_t l4_header = r.protocol == 6 ? 20 : r.protocol == 17 ? 8 : 0;
  const std::size_t total = header + l4_header + r.payload;
  if (r.tag) {
    put16(0x8100);
    put16(static_cast<unsigned>(rng.below(0x10000)));
  }
  if (r.snap) {
    put16(static_cast<unsigned>(std::min<std::size_t>(total + 8, 1500)));
    put16(0xaaaa);
    put16(0x0300);
    put16(0x0000);
  }
  put16(0x0800);
  const std::size_t ip = f.size();
  f.resize(ip + total);
  for (std::size_t i = ip; i < f.size(); ++i) f[i] = static_cast<std::byte>(rng.next());
  f[ip] = static_cast<std::byte>(r.version << 4U | header / 4);
  set16(ip + 2, static_cast<unsigned>(total));
  set16(ip + 6, r.fragment);
  f[ip + 9] = static_cast<std::byte>(r.protocol);
  set16(ip + 10, 0);
  set16(ip + 10, ~internet_sum(std::span(f).subspan(ip, header)) & 0xffffU);
  if (l4_header != 0) {
    const std::size_t l4 = ip + header;
    const std::size_t sum_at = l4 + (r.protocol == 6 ? 16 : 6);
    if (r.protocol == 17) set16(l4 + 4, static_cast<unsigned>(total - header));
    set16(sum_at, 0);
    unsigned sum = internet_sum(std::span(f).subspan(ip + 12, 8));
    sum = internet_sum(std::span(f).subspan(l4), sum + r.protocol + static_cast<unsigned>(total - header));
    sum = ~sum & 0xffffU;
    if (sum == 0) sum = 0xffff;  // RFC 768
    set16(sum_at, r.no_udp_sum && r.protocol == 17 ? 0 : sum);
    if (r.protocol == 17) set16(l4 + 4, static_cast<unsigned>(total - header + r.udp_lies));
  }
  set16(ip + 2, static_cast<unsigned>(total + r.total_lies));
  for (std::size_t i = 0; i < r.padding || f.size() < 60; ++i) f.push_back(static_cast<std::byte>(rng.next()));
  if (r.flip != 0) f[12 + r.flip / 8 % (f.size() - 12)] ^= static_cast<std::byte>(1U << r.flip % 8);
  return xgmii::with_fcs(std::move(f));
}

class RxChecksum : public ::testing::Test {
 protected:
  RxChecksum() { path.read(true); }

  void set(const ReceivePath::Settings& settings) {
    path.set(settings);
    path.idle(4);
  }
  const ReceivePath::ReadFrame& send(const xgmii::FrameBytes& frame) {
    xgmii::Encoder wire;
    wire.frame(frame);
    wire.idle_columns(12 + frame.size() / 16);
    path.run(wire);
    return path.read_frames.back();
  }
  static Verdict verdict(const ReceivePath::ReadFrame& got) {
    return {got.ip_checked, got.ip_error, got.tcp_udp_checked, got.tcp_udp_error};
  }
  Verdict judge(const Recipe& recipe) { return verdict(send(build(recipe, rng))); }

  static constexpr Verdict kGood{true, false, true, false};
  static constexpr Verdict kOnlyIp{true, false, false, false};

  Rng rng{1, "rx_checksum_test"};
  ReceivePath path;
};

TEST_F(RxChecksum, EveryEncapsulationWithAndWithoutOptionsIsVerified) {
  for (const bool strip : {false, true}) {
    set({.long_frames = true, .vlan_strip = strip, .checksum_ip = true, .checksum_tcp_udp = true});
    for (const bool tag : {false, true})
      for (const bool snap : {false, true})
        for (unsigned options = 0; options <= 10; ++options)
          for (const unsigned protocol : {6U, 17U})
            for (const std::size_t payload : {0U, 1U, 17U, 100U, 1460U, 8000U})
              ASSERT_EQ(
                  judge({.tag = tag, .snap = snap, .option_words = options, .protocol = protocol, .payload = payload}),
                  kGood)
                  << tag << snap << " options " << options << " protocol " << protocol << " payload " << payload;
  }
}

TEST_F(RxChecksum, AnyBitTurnedOverInHeaderOrDatagramIsAnError) {
  set({.checksum_ip = true, .checksum_tcp_udp = true});
  // Behind version, lengths, fragment and protocol, a bit changes no rule, only a sum
  for (std::size_t bit = 14 * 8 - 12 * 8 + 10 * 8; bit < 120 * 8; ++bit) {
    const std::size_t byte = 12 + bit / 8;
    if (byte >= 14 + 20 + 4 && byte < 14 + 20 + 8) continue;  // UDP's length, and its sum, which could become 0
    const Verdict got = judge({.payload = 120, .flip = bit});
    const bool in_header = byte < 34;
    EXPECT_EQ(got.ip_error, in_header) << byte;
    EXPECT_EQ(got.tcp_udp_error, byte >= 26) << byte;
    EXPECT_TRUE(got.ip_checked && got.tcp_udp_checked);
  }
}

TEST_F(RxChecksum, AFragmentGetsNoVerdictBeyondItsHeader) {
  set({.checksum_ip = true, .checksum_tcp_udp = true});
  for (const unsigned fragment : {0x2000U, 0x0001U, 0x1fffU, 0x2010U})
    EXPECT_EQ(judge({.fragment = fragment}), kOnlyIp) << fragment;
  for (const unsigned flags : {0x4000U, 0x8000U}) EXPECT_EQ(judge({.fragment = flags}), kGood) << "DF, reserved";
}

TEST_F(RxChecksum, UdpWithoutAChecksumIsNeitherGoodNorBad) {
  set({.checksum_ip = true, .checksum_tcp_udp = true});
  EXPECT_EQ(judge({.no_udp_sum = true}), kOnlyIp);
}

TEST_F(RxChecksum, PaddingBehindTheDatagramIsNotCounted) {
  set({.checksum_ip = true, .checksum_tcp_udp = true});
  for (std::size_t padding = 0; padding < 40; ++padding)
    for (std::size_t payload = 0; payload < 20; ++payload)
      ASSERT_EQ(judge({.payload = payload, .padding = padding}), kGood) << payload << " " << padding;
}

TEST_F(RxChecksum, LengthsThatLieAreNotVerified) {
  set({.checksum_ip = true, .checksum_tcp_udp = true});
  for (const int lie : {-200, -30, 1, 4, 100, 30'000}) {
    const Verdict got = judge({.payload = 60, .total_lies = lie});
    EXPECT_FALSE(got.tcp_udp_checked) << lie;
    EXPECT_TRUE(got.ip_error) << "the sum was made before";
  }
  for (const int lie : {-20, -1, 1, 500}) EXPECT_EQ(judge({.payload = 60, .udp_lies = lie}), kOnlyIp) << lie;
}

TEST_F(RxChecksum, WhatIsNotIpv4OrNeitherTcpNorUdpIsNotJudged) {
  set({.checksum_ip = true, .checksum_tcp_udp = true});
  EXPECT_EQ(judge({.version = 6}), Verdict{});
  for (const unsigned protocol : {0U, 1U, 2U, 47U, 132U}) EXPECT_EQ(judge({.protocol = protocol}), kOnlyIp);
  xgmii::FrameBytes arp = build({}, rng);
  arp.resize(arp.size() - 4);
  arp[13] = std::byte{6};
  EXPECT_EQ(verdict(send(xgmii::with_fcs(arp))), Verdict{});
}

TEST_F(RxChecksum, EachSwitchTurnsOnItsOwnVerdict) {
  for (const bool ip : {false, true}) {
    for (const bool tcp_udp : {false, true}) {
      set({.checksum_ip = ip, .checksum_tcp_udp = tcp_udp});
      EXPECT_EQ(judge({}), (Verdict{ip, false, tcp_udp, false}));
    }
  }
}

TEST_F(RxChecksum, ThePacketChecksumBeginsAtPcssAndEndsWithWhatIsStored) {
  for (const bool strip_fcs : {false, true}) {
    for (unsigned start = 0; start < 256; start += 1 + start % 3) {
      set({.strip_fcs = strip_fcs, .checksum_start = start});
      for (std::size_t length = 64; length < 84; ++length) {
        const xgmii::FrameBytes frame = xgmii::random_frame(rng, length, kUs);
        const ReceivePath::ReadFrame& got = send(frame);
        ASSERT_EQ(got.checksum, reference_packet(frame, start, strip_fcs)) << start << " of " << length;
        ASSERT_FALSE(got.ip_checked || got.tcp_udp_checked);
      }
    }
  }
}

TEST_F(RxChecksum, ThePacketChecksumCountsFromTheStrippedFrame) {
  set({.vlan_strip = true, .checksum_start = 14});
  const ReceivePath::ReadFrame& got = send(build({.tag = true}, rng));
  EXPECT_TRUE(got.stripped);
  EXPECT_EQ(got.checksum, reference_packet(got.bytes, 14, false));
}

// Anything that may come, sent back to back: hardware and reference say the same of each frame.
RC_GTEST_FIXTURE_PROP(RxChecksum, AgreesWithTheReference, ()) {
  const auto seed = *rc::gen::noShrink(rc::gen::inRange<std::uint64_t>(0, std::uint64_t{1} << 62U));
  Rng random{seed, "recipes"};
  const auto below = [&random](std::uint64_t limit) { return static_cast<unsigned>(random.below(limit)); };
  ReceivePath::Settings settings{.long_frames = true};
  settings.vlan_strip = random.chance(1, 2);
  settings.strip_fcs = random.chance(1, 2);
  settings.checksum_start = below(64);
  settings.checksum_ip = random.chance(3, 4);
  settings.checksum_tcp_udp = random.chance(3, 4);
  set(settings);
  const std::size_t before = path.read_frames.size();
  std::vector<xgmii::FrameBytes> sent;
  xgmii::Encoder wire;
  for (unsigned i = 0; i < 20; ++i) {
    Recipe r;
    r.tag = random.chance(1, 3);
    r.snap = random.chance(1, 3);
    r.option_words = random.chance(1, 3) ? below(11) : 0;
    const unsigned protocols[] = {6, 17, 17, 1};
    r.protocol = protocols[below(4)];
    r.payload = random.chance(1, 8) ? below(3000) : below(80);
    r.padding = random.chance(1, 3) ? below(30) : 0;
    r.fragment = random.chance(1, 6) ? below(0x10000) : 0;
    r.no_udp_sum = random.chance(1, 8);
    r.total_lies = random.chance(1, 8) ? static_cast<int>(below(60)) - 30 : 0;
    r.udp_lies = random.chance(1, 8) ? static_cast<int>(below(60)) - 30 : 0;
    r.version = random.chance(1, 16) ? below(16) : 4;
    r.flip = random.chance(1, 4) ? below(1000) : 0;
    sent.push_back(build(r, random));
    wire.frame(sent.back(), {.gap = 5 + random.below(12)});
  }
  wire.idle_columns(250);
  path.run(wire);
  RC_ASSERT(path.read_frames.size() == before + sent.size());
  for (std::size_t i = 0; i < sent.size(); ++i) {
    const ReceivePath::ReadFrame& got = path.read_frames[before + i];
    const Verdict expected = reference(got.bytes, settings.checksum_ip, settings.checksum_tcp_udp);
    RC_ASSERT(verdict(got) == expected);
    RC_ASSERT(got.checksum == reference_packet(got.bytes, settings.checksum_start, settings.strip_fcs));
  }
}

}  // namespace
}  // namespace nicosim
