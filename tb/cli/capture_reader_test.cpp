#include "cli/capture/reader.hpp"
#include "tb/cli/capture_bytes.hpp"
#include "tb/cli/temporary_folder.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace nicosim {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  std::vector<CapturedPacket> packets;
  std::optional<CaptureError> error;
  std::vector<CaptureWarning> warnings;
};

Outcome read_all(const std::vector<std::byte>& bytes, bool lenient = false) {
  Outcome outcome;
  try {
    auto reader = CaptureReader::from_memory(bytes, "test.pcap", lenient);
    try {
      while (auto packet = reader.next()) outcome.packets.push_back(std::move(*packet));
    } catch (const CaptureError& error) {
      outcome.error = error;
    }
    outcome.warnings = reader.warnings();
  } catch (const CaptureError& error) {
    outcome.error = error;
  }
  return outcome;
}

void expect_error(const std::vector<std::byte>& bytes, std::uint64_t offset, const std::string& words) {
  const Outcome outcome = read_all(bytes);
  ASSERT_TRUE(outcome.error) << "expected: " << words;
  EXPECT_EQ(outcome.error->offset, offset) << outcome.error->what();
  EXPECT_THAT(outcome.error->message, HasSubstr(words));
  EXPECT_THAT(outcome.error->what(), HasSubstr("test.pcap: byte "));
}

struct MagicCase {
  std::uint32_t magic;
  bool big;
  std::int64_t fraction_ns;
};
class EveryPcapMagic : public ::testing::TestWithParam<MagicCase> {};

TEST_P(EveryPcapMagic, IsReadInItsByteOrderAndResolution) {
  const auto [magic, big, fraction_ns] = GetParam();
  const auto bytes = CaptureBytes{big}.pcap_header(magic).pcap_packet(7, 5, 60, 90).pcap_packet(8, 0, 3, 3).take();
  const Outcome outcome = read_all(bytes);
  ASSERT_FALSE(outcome.error) << outcome.error->what();
  ASSERT_EQ(outcome.packets.size(), 2U);
  EXPECT_EQ(outcome.packets[0].timestamp_ns, 7'000'000'000 + fraction_ns);
  EXPECT_EQ(outcome.packets[0].bytes.size(), 60U);
  EXPECT_EQ(outcome.packets[0].original_length, 90U);
  EXPECT_TRUE(outcome.packets[0].is_cut());
  EXPECT_EQ(outcome.packets[0].offset, 24U);
  EXPECT_EQ(outcome.packets[1].index, 1U);
  EXPECT_EQ(outcome.packets[1].offset, 24U + 16 + 60);
  EXPECT_FALSE(outcome.packets[1].is_cut());
}
INSTANTIATE_TEST_SUITE_P(All, EveryPcapMagic,
                         ::testing::Values(MagicCase{0xa1b2c3d4, false, 5000}, MagicCase{0xa1b2c3d4, true, 5000},
                                           MagicCase{0xa1b23c4d, false, 5}, MagicCase{0xa1b23c4d, true, 5}));

TEST(CaptureReader, RefusesWhatItCannotReadAndSaysWhatToDo) {
  expect_error({}, 0, "empty");
  expect_error(CaptureBytes{}.text("\xd4\xc3").take(), 0, "2 bytes are all there is");
  expect_error(CaptureBytes{}.text("\x1f\x8b\x08\x08 whatever").take(), 0, "gunzip");
  expect_error(CaptureBytes{}.text("\x1f\x8b").take(), 0, "gunzip");
  expect_error(CaptureBytes{}.pcap_header(0xa1b2cd34).take(), 0, "modified");
  expect_error(CaptureBytes{true}.pcap_header(0xa1b2cd34).take(), 0, "modified");
  expect_error(CaptureBytes{}.text("GET / HTTP/1.0").take(), 0, "magic number 47455420");
}

TEST(CaptureReader, NamesTheLinkTypeThatIsNotEthernet) {
  expect_error(CaptureBytes{}.pcap_header(0xa1b2c3d4, 113).take(), 20, "113 (Linux cooked, SLL)");
  expect_error(CaptureBytes{}.pcap_header(0xa1b2c3d4, 9999).take(), 20, "link type 9999; expected 1 (Ethernet)");
}

TEST(CaptureReader, PcapFaultsNameTheirByte) {
  expect_error(CaptureBytes{}.u32(0xa1b2c3d4).u16(2).take(), 6, "inside its header");
  expect_error(CaptureBytes{}.u32(0xa1b2c3d4).u16(3).u16(0).bytes(16).take(), 4, "version 3.0");
  expect_error(CaptureBytes{}.pcap_header().pcap_packet(0, 0, 10, 10).u32(1).u32(2).take(), 50,
               "cut off after 8 bytes");
  expect_error(CaptureBytes{}.pcap_header().u32(0).u32(0).u32(60).u32(60).bytes(59).take(), 24, "59 of its 60 bytes");
  expect_error(CaptureBytes{}.pcap_header().pcap_packet(0, 0, 61, 60).take(), 32, "above the length on the wire, 60");
  expect_error(CaptureBytes{}.pcap_header(0xa1b2c3d4, 1, 59).pcap_packet(0, 0, 60, 60).take(), 32,
               "above the file's snapshot length, 59");
  expect_error(CaptureBytes{}.pcap_header().u32(0).u32(0).u32(0xffff'ffff).u32(60).bytes(200).take(), 32,
               "captured length 4294967295; expected at most 262144");
}

TEST(CaptureReader, LenientKeepsWholePacketsAndCountsWhatIsWrong) {
  const auto bytes = CaptureBytes{}
                         .pcap_header(0xa1b2c3d4, 1, 59)
                         .pcap_packet(0, 0, 60, 60)
                         .pcap_packet(0, 0, 10, 4)
                         .pcap_packet(0, 0, 61, 61)
                         .u32(0)
                         .take();
  const Outcome outcome = read_all(bytes, true);
  ASSERT_FALSE(outcome.error) << outcome.error->what();
  ASSERT_EQ(outcome.packets.size(), 3U);
  EXPECT_EQ(outcome.packets[1].original_length, 10U);
  ASSERT_EQ(outcome.warnings.size(), 3U);
  EXPECT_EQ(outcome.warnings[0].what, "captured length above the snapshot length");
  EXPECT_EQ(outcome.warnings[0].count, 2U);
  EXPECT_EQ(outcome.warnings[0].first_offset, 32U);
  EXPECT_EQ(outcome.warnings[2].what, "packet header cut off at the end of the file");
}

TEST(CaptureReader, LenientSkipsAPacketThatIsNotWhole) {
  const auto bytes =
      CaptureBytes{}.pcap_header().pcap_packet(0, 0, 60, 60).u32(0).u32(0).u32(60).u32(60).bytes(4).take();
  const Outcome outcome = read_all(bytes, true);
  EXPECT_FALSE(outcome.error);
  EXPECT_EQ(outcome.packets.size(), 1U);
  ASSERT_EQ(outcome.warnings.size(), 1U);
  EXPECT_EQ(outcome.warnings[0].what, "last packet cut off at the end of the file");
}

TEST(CaptureReader, AnAbsurdLengthIsRefusedWithoutAskingForItsMemory) {
  // A block that claims 4 GB less one word; an address space without room for it would make the attempt fail loudly.
  auto bytes = CaptureBytes{}.section().interface().u32(6).u32(0xffff'fff8).bytes(100).take();
  expect_error(bytes, 28 + 20 + 4, "block length 4294967288; expected at most 16777216");
  bytes = CaptureBytes{}.section().interface().u32(6).u32(16U << 20U).bytes(100).take();
  expect_error(bytes, 28 + 20, "inside the block that starts here");
}

TEST(CaptureReader, TimeMayRunBackwards) {
  const Outcome outcome = read_all(CaptureBytes{}.pcap_header().pcap_packet(9, 0, 4, 4).pcap_packet(3, 0, 4, 4).take());
  ASSERT_FALSE(outcome.error);
  EXPECT_GT(outcome.packets[0].timestamp_ns, outcome.packets[1].timestamp_ns);
  EXPECT_TRUE(outcome.warnings.empty());
}

TEST(CaptureReader, TakesTheFcsOffWhereTheFileSaysThatItIsThere) {
  const std::uint32_t with_fcs = 0x2400'0001;  // P set, two words of FCS
  const Outcome outcome = read_all(CaptureBytes{}
                                       .pcap_header(0xa1b2c3d4, with_fcs)
                                       .pcap_packet(0, 0, 64, 64)
                                       .pcap_packet(0, 0, 62, 64)
                                       .pcap_packet(0, 0, 20, 64)
                                       .pcap_packet(0, 0, 3, 3)
                                       .take());
  ASSERT_EQ(outcome.packets.size(), 4U);
  EXPECT_EQ(outcome.packets[0].bytes.size(), 60U);
  EXPECT_EQ(outcome.packets[1].bytes.size(), 60U);  // half of the FCS was cut off already
  EXPECT_EQ(outcome.packets[2].bytes.size(), 20U);
  EXPECT_EQ(outcome.packets[2].original_length, 60U);
  EXPECT_EQ(outcome.packets[3].bytes.size(), 0U);
}

TEST(CaptureReader, WithoutThePBitTheFcsLengthMeansNothing) {
  const Outcome outcome =
      read_all(CaptureBytes{}.pcap_header(0xa1b2c3d4, 0x3000'0001).pcap_packet(0, 0, 64, 64).take());
  ASSERT_EQ(outcome.packets.size(), 1U);
  EXPECT_EQ(outcome.packets[0].bytes.size(), 64U);
}

class EitherOrder : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Little, EitherOrder, ::testing::Values(false));
INSTANTIATE_TEST_SUITE_P(Big, EitherOrder, ::testing::Values(true));

TEST_P(EitherOrder, PcapngBlocksThatCarryPacketsAreReadAndOthersSteppedOver) {
  CaptureBytes file{GetParam()};
  const CaptureBytes part = file.part();
  file.section().interface(1, 50);
  file.block(0x0bad'cafe, CaptureBytes{part}.bytes(33));  // nobody knows this one
  file.enhanced(0, 1'500'000, 42, 60);
  file.block(2, CaptureBytes{part}.u16(0).u16(0).u32(0).u32(2'000'000).u32(5).u32(5).bytes(5));
  file.block(3, CaptureBytes{part}.u32(70).bytes(50));  // simple: the snapshot length decides what was kept
  const Outcome outcome = read_all(file.take());
  ASSERT_FALSE(outcome.error) << outcome.error->what();
  ASSERT_EQ(outcome.packets.size(), 3U);
  EXPECT_EQ(outcome.packets[0].timestamp_ns, 1'500'000'000);
  EXPECT_EQ(outcome.packets[0].bytes.size(), 42U);
  EXPECT_EQ(outcome.packets[0].original_length, 60U);
  EXPECT_EQ(outcome.packets[1].timestamp_ns, 2'000'000'000);
  EXPECT_EQ(outcome.packets[1].bytes.size(), 5U);
  EXPECT_EQ(outcome.packets[2].bytes.size(), 50U);
  EXPECT_EQ(outcome.packets[2].original_length, 70U);
  EXPECT_EQ(outcome.packets[2].timestamp_ns, 2'000'000'000);
}

TEST(Pcapng, EachSectionHasItsOwnByteOrderAndInterfaces) {
  CaptureBytes file;
  file.section().interface().enhanced(0, 1, 4, 4);
  file.append(CaptureBytes{true}.section().interface(113).interface(1).enhanced(1, 2, 6, 6));
  const Outcome outcome = read_all(file.take());
  ASSERT_FALSE(outcome.error) << outcome.error->what();
  ASSERT_EQ(outcome.packets.size(), 2U);
  EXPECT_EQ(outcome.packets[1].bytes.size(), 6U);
  EXPECT_EQ(outcome.packets[1].timestamp_ns, 2000);
}

struct Resolution {
  std::uint8_t tsresol;
  std::uint64_t ticks;
  std::int64_t offset_s;
  std::int64_t ns;
};
class TimestampResolution : public ::testing::TestWithParam<Resolution> {};

TEST_P(TimestampResolution, BecomesNanoseconds) {
  const Resolution& r = GetParam();
  CaptureBytes file;
  CaptureBytes interface = file.part().u16(1).u16(0).u32(0);
  interface.u16(9).u16(1).bytes(1, r.tsresol).bytes(3, 0);
  interface.u16(14).u16(8).u64(static_cast<std::uint64_t>(r.offset_s)).u32(0);
  file.section().block(1, interface).enhanced(0, r.ticks, 4, 4);
  const Outcome outcome = read_all(file.take());
  ASSERT_FALSE(outcome.error) << outcome.error->what();
  ASSERT_EQ(outcome.packets.size(), 1U);
  EXPECT_EQ(outcome.packets[0].timestamp_ns, r.ns);
}
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
INSTANTIATE_TEST_SUITE_P(All, TimestampResolution,
                         ::testing::Values(Resolution{0, 3, 0, 3'000'000'000}, Resolution{3, 1500, 0, 1'500'000'000},
                                           Resolution{6, 7, 0, 7'000}, Resolution{9, 7, 0, 7},
                                           Resolution{12, 7'999, 0, 7}, Resolution{127, ~0ULL, 0, 0},
                                           Resolution{0x80 | 10, 1536, 0, 1'500'000'000},
                                           Resolution{0x80, 2, 0, 2'000'000'000}, Resolution{0xff, ~0ULL, 0, 0},
                                           Resolution{9, 7, 100, 100'000'000'007}, Resolution{9, 7, -1, -999'999'993},
                                           Resolution{0, ~0ULL, 0, kMost}, Resolution{9, 0, kMost, kMost},
                                           Resolution{9, 0, kLeast, kLeast}));

TEST(Pcapng, FcsLengthComesFromTheInterfaceOrFromThePacket) {
  CaptureBytes file;
  const CaptureBytes part = file.part();
  file.section().block(1, CaptureBytes{part}.u16(1).u16(0).u32(0).u16(13).u16(1).bytes(1, 4).bytes(3, 0).u32(0));
  file.interface();
  file.enhanced(0, 0, 64, 64);
  file.block(6, CaptureBytes{part}.u32(1).u32(0).u32(0).u32(61).u32(61).bytes(64).u16(2).u16(4).u32(4U << 5U).u32(0));
  const Outcome outcome = read_all(file.take());
  ASSERT_FALSE(outcome.error) << outcome.error->what();
  ASSERT_EQ(outcome.packets.size(), 2U);
  EXPECT_EQ(outcome.packets[0].bytes.size(), 60U);
  EXPECT_EQ(outcome.packets[1].bytes.size(), 57U);
}

TEST(Pcapng, FaultsNameTheirByte) {
  const auto start = [] { return CaptureBytes{}.section().interface(); };
  const std::uint64_t at = start().size();
  const CaptureBytes part;
  expect_error(CaptureBytes{}.u32(0x0a0d0d0a).u32(28).u32(0x1234).bytes(16).take(), 8, "byte-order magic");
  expect_error(CaptureBytes{}.block(0x0a0d0d0a, CaptureBytes{part}.u32(0x1a2b3c4d).u16(2).u16(0).u64(0)).take(), 12,
               "version 2.0");
  expect_error(start().u32(6).take(), at, "inside the block");
  expect_error(start().bytes(3).take(), at, "inside the block");
  expect_error(start().u32(6).u32(30).bytes(18).take(), at + 4, "multiple of 4");
  expect_error(start().u32(6).u32(8).take(), at + 4, "at least 12");
  expect_error(start().u32(99).u32(16).u32(0).u32(20).take(), at + 12, "ends with length 20; expected 16");
  expect_error(start().enhanced(1, 0, 4, 4).take(), at + 8, "interface 1; the section has described 1");
  expect_error(start().enhanced(0, 0, 8, 4).take(), at + 20, "above the length on the wire");
  expect_error(start().block(6, CaptureBytes{part}.u32(0).u32(0).u32(0).u32(5).u32(5).u32(0)).take(), at + 20,
               "captured length 5; its block has room for 4");
  expect_error(start().block(6, CaptureBytes{part}.u32(0).u32(0)).take(), at, "packet block of 8 bytes");
  expect_error(CaptureBytes{}.section().interface(1, 3).enhanced(0, 0, 4, 4).take(), at + 20, "snapshot length, 3");
  expect_error(CaptureBytes{}.section().interface(105).enhanced(0, 0, 4, 4).take(), at + 8, "105 (IEEE 802.11)");
  expect_error(CaptureBytes{}.section().block(1, CaptureBytes{part}.u32(1).u32(0).u16(9).u16(200).u32(0)).take(), 44,
               "option 9 of 200 bytes");
}

TEST(Pcapng, AnInterfaceOfAnotherKindDoesNoHarmUntilItCarriesAPacket) {
  const auto bytes = CaptureBytes{}.section().interface(105).interface().enhanced(1, 0, 4, 4).take();
  EXPECT_EQ(read_all(bytes).packets.size(), 1U);
}

TEST(Pcapng, LenientSkipsOnlyWhatIsBroken) {
  const Outcome outcome = read_all(CaptureBytes{}
                                       .section()
                                       .interface()
                                       .interface(105)
                                       .enhanced(7, 0, 4, 4)
                                       .enhanced(1, 0, 4, 4)
                                       .enhanced(1, 0, 4, 4)
                                       .enhanced(0, 0, 4, 4)
                                       .take(),
                                   true);
  ASSERT_FALSE(outcome.error);
  ASSERT_EQ(outcome.packets.size(), 1U);
  EXPECT_EQ(outcome.packets[0].index, 0U);
  ASSERT_EQ(outcome.warnings.size(), 2U);
  EXPECT_EQ(outcome.warnings[1].count, 2U);
}

// Cut a capture at every byte, and flip every byte: it is read or refused, and lenient gives no fewer packets.
void torture(const std::vector<std::byte>& good) {
  const std::size_t whole = read_all(good).packets.size();
  ASSERT_GT(whole, 2U);
  for (std::size_t n = 0; n < good.size(); ++n) {
    const std::vector<std::byte> cut{good.begin(), good.begin() + static_cast<std::ptrdiff_t>(n)};
    const Outcome strict = read_all(cut);
    const Outcome lenient = read_all(cut, true);
    ASSERT_LT(strict.packets.size(), whole) << "cut at " << n;
    ASSERT_EQ(lenient.packets.size(), strict.packets.size()) << "cut at " << n;
    if (strict.error) {
      ASSERT_LE(strict.error->offset, n);
      ASSERT_TRUE(lenient.error || lenient.warnings.size() == 1) << "cut at " << n;
    }
  }
  for (std::size_t n = 0; n < good.size(); ++n) {
    for (const unsigned flip : {0xffU, 0x80U, 0x01U}) {
      std::vector<std::byte> broken = good;
      broken[n] ^= std::byte(flip);
      const Outcome strict = read_all(broken);
      const Outcome lenient = read_all(broken, true);
      ASSERT_LE(strict.packets.size(), lenient.packets.size()) << "byte " << n << " flipped by " << flip;
      if (!strict.error) {
        ASSERT_TRUE(lenient.warnings.empty()) << "byte " << n << " flipped by " << flip;
      }
    }
  }
}

TEST(CaptureReader, NoCutAndNoFlippedByteGetsPastTheChecks) {
  torture(
      CaptureBytes{}.pcap_header().pcap_packet(1, 2, 60, 60).pcap_packet(2, 2, 60, 70).pcap_packet(3, 1, 9, 9).take());
  CaptureBytes file{true};
  const CaptureBytes part = file.part();
  file.section().interface(1, 100).enhanced(0, 5, 20, 20).block(77, CaptureBytes{part}.bytes(8));
  file.block(2, CaptureBytes{part}.u16(0).u16(0).u32(0).u32(2).u32(5).u32(5).bytes(5));
  file.block(3, CaptureBytes{part}.u32(7).bytes(7)).enhanced(0, 9, 33, 33);
  torture(file.take());
}

TEST(CaptureReader, OpensFilesAndSaysWhyNot) {
  const TemporaryFolder folder;
  const auto bytes = CaptureBytes{}.pcap_header().pcap_packet(0, 0, 60, 60).take();
  folder.write("named.pcapng", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  auto reader = CaptureReader::open(folder.file("named.pcapng"));
  EXPECT_EQ(reader.format(), "pcap");  // by content, not by name
  EXPECT_TRUE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.packets(), 1U);
  EXPECT_THROW(CaptureReader::open(folder.file("absent")), CaptureError);
  EXPECT_THROW(CaptureReader::open(folder.file("")), CaptureError);
}

TEST(CaptureReader, ReadsAFifoAndStandardInput) {
  const TemporaryFolder folder;
  const std::string fifo = folder.file("fifo");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const auto bytes = CaptureBytes{}.section().interface().enhanced(0, 0, 4, 4).enhanced(0, 1, 5, 5).take();
  const auto feed = [&] {
    const int to = ::open(fifo.c_str(), O_WRONLY);
    for (const std::byte b : bytes) ASSERT_EQ(::write(to, &b, 1), 1);  // in the smallest pieces there are
    ::close(to);
  };
  for (const bool as_stdin : {false, true}) {
    std::thread writer{feed};
    int saved = -1;
    if (as_stdin) {
      const int from = ::open(fifo.c_str(), O_RDONLY);
      saved = ::dup(STDIN_FILENO);
      ::dup2(from, STDIN_FILENO);
      ::close(from);
    }
    auto reader = CaptureReader::open(as_stdin ? "-" : fifo);
    std::size_t packets = 0;
    while (reader.next()) ++packets;
    EXPECT_EQ(packets, 2U);
    writer.join();
    if (as_stdin) {
      ::dup2(saved, STDIN_FILENO);
      ::close(saved);
    }
  }
}

}  // namespace
}  // namespace nicosim
