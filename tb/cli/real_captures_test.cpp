#include "cli/capture/reader.hpp"
#include "cli/capture/station_guess.hpp"
#include "tb/cli/shared_captures.hpp"

#include <gtest/gtest.h>

namespace nicosim {
namespace {

struct RealCapture {
  const char* file;
  std::uint64_t frames;  // as that folder's README and tshark count
  const char* mac;
  const char* address;
};
constexpr RealCapture kReal[] = {
    {"ndpi-443-firefox.pcap", 667, "28:37:37:00:6d:c8", "192.168.1.13"},
    {"ndpi-netflix.pcap", 1793, "e4:98:d6:1f:bd:14", "192.168.1.7"},
    {"ndpi-teams.pcap", 1540, "28:37:37:00:6d:c8", "192.168.1.6"},
    {"ndpi-vnc.pcap", 4551, "10:fe:ed:02:49:ed", "192.168.2.110"},
    {"ndpi-gnutella.pcap", 3905, "08:00:27:e6:e5:59", "10.0.2.15"},
    {"ndpi-1kxun.pcap", 1723, "9c:b6:d0:d3:e3:33", "192.168.2.126"},
    {"zeek-modbusBig.pcap", 13622, "00:00:00:00:00:00", "10.235.149.243"},
    {"zeek-smb2.pcap", 1178, "00:0c:29:4e:b0:d0", "10.0.0.12"},
    {"tcpreplay-test.pcap", 179, "f8:1e:df:e5:84:3a", "172.16.11.12"},
};

TEST(RealCaptures, AreReadWholeAndTheirStationIsFound) {
  const auto folder = shared_captures();
  if (!folder) GTEST_SKIP() << kNoCaptures;
  for (const RealCapture& real : kReal) {
    auto reader = CaptureReader::open((*folder / "real" / real.file).string());
    StationGuess guess;
    while (const auto packet = reader.next()) guess.see(packet->bytes);
    EXPECT_EQ(reader.packets(), real.frames) << real.file;
    EXPECT_TRUE(reader.warnings().empty()) << real.file;
    const auto station = guess.choose("auto");
    ASSERT_TRUE(station) << station.error();
    EXPECT_EQ(station->mac.text(), real.mac) << real.file;
    EXPECT_EQ(station->address.text(), real.address) << real.file;
  }
}

TEST(HostileCaptures, AreReadToTheirLastPacketWhenLenientAndOtherwiseReadOrRefused) {
  const auto folder = shared_captures();
  if (!folder) GTEST_SKIP() << kNoCaptures;
  const auto files = files_in(*folder / "hostile");
  EXPECT_EQ(files.size(), 112U);
  std::size_t refused = 0;
  for (const std::string& file : files) {
    StationGuess guess;
    auto reader = CaptureReader::open(file, true);
    while (const auto packet = reader.next()) {
      EXPECT_LE(packet->bytes.size(), packet->original_length) << file;
      guess.see(packet->bytes);
    }
    (void)guess.choose("auto");
    try {
      auto strict = CaptureReader::open(file);
      while (strict.next()) {
      }
      EXPECT_TRUE(reader.warnings().empty()) << file;
      EXPECT_EQ(strict.packets(), reader.packets()) << file;
    } catch (const CaptureError& error) {
      ++refused;
      EXPECT_FALSE(reader.warnings().empty()) << file;
      EXPECT_GT(error.offset, 0U) << error.what();
    }
  }
  EXPECT_EQ(refused, 6U);  // captured lengths above the snapshot length (4) or the length on the wire (2)
}

}  // namespace
}  // namespace nicosim
