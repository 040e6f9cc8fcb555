// Wireshark's reader against ours: what we write it must read without complaint, what we read it must count alike.
#include "cli/capture/pcapng_writer.hpp"
#include "cli/capture/reader.hpp"
#include "common/crc32.hpp"
#include "tb/cli/shared_captures.hpp"
#include "tb/cli/temporary_folder.hpp"

#include <array>
#include <cstdio>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nicosim {
namespace {

struct Ran {
  std::string out;
  int status = 0;
};

Ran run(const std::string& command) {
  Ran ran;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {"", -1};
  std::array<char, 4096> chunk{};
  while (const std::size_t n = std::fread(chunk.data(), 1, chunk.size(), pipe)) ran.out.append(chunk.data(), n);
  ran.status = ::pclose(pipe);
  return ran;
}

struct TsharkTest : ::testing::Test {
  void SetUp() override {
    if (run("tshark --version 2>/dev/null").status != 0) GTEST_SKIP() << "tshark is not installed";
  }
  TemporaryFolder folder;
};

std::vector<std::byte> udp_frame() {
  // 02:..:01 <- 02:..:02, IPv4 10.77.0.9 -> 10.77.0.2, UDP 40000 -> 9, 18 bytes of data, with FCS
  std::vector<std::byte> f(60);
  const std::array<std::uint8_t, 42> head{0x02, 0, 0,  0,  0, 1, 0x02, 0,    0,  0,  0, 2,  0x08, 0,
                                          0x45, 0, 0,  46, 0, 0, 0,    0,    64, 17, 0, 0,  10,   77,
                                          0,    9, 10, 77, 0, 2, 0x9c, 0x40, 0,  9,  0, 26, 0,    0};
  for (std::size_t i = 0; i < head.size(); ++i) f[i] = std::byte{head[i]};
  const std::uint32_t fcs = ethernet_fcs(f);
  for (unsigned i = 0; i < 4; ++i) f.push_back(std::byte((fcs >> (8 * i)) & 0xffU));
  return f;
}

TEST_F(TsharkTest, ReadsATapCaptureAsItWasMeant) {
  const std::string path = folder.file("taps.pcapng");
  const auto with_fcs = udp_frame();
  const std::vector<std::byte> without{with_fcs.begin(), with_fcs.end() - 4};
  {
    PcapngWriter writer{path};
    const unsigned wire = writer.add({"eth0:wire-in", 4, 10'000'000'000});
    const unsigned stack = writer.add({"eth0:stack", 0, 0});
    writer.write({wire, SimTime::ns(1500), with_fcs, 0, TapDirection::inbound, 17, "first bit"});
    writer.write({stack, SimTime::us(3), without, 0, TapDirection::inbound, 17});
    writer.write(
        {stack, SimTime::s(5'000'000), Bytes{without}.first(33), 60, TapDirection::outbound, 18, "odd length"});
    const auto error = writer.close();
    ASSERT_FALSE(error) << error->text();
  }
  const Ran ran =
      run("tshark -r " + path +
          " -T fields -E separator='|' -e frame.number -e frame.interface_name -e frame.time_epoch -e frame.len"
          " -e frame.cap_len -e frame.packet_id -e frame.comment -e udp.dstport -e eth.fcs.status"
          " -e frame.packet_flags_direction -o eth.check_fcs:TRUE 2>" +
          folder.file("complaints"));
  EXPECT_EQ(ran.status, 0);
  EXPECT_EQ(ran.out,
            "1|eth0:wire-in|0.000001500|64|64|17|first bit|9|1|0x00000001\n"
            "2|eth0:stack|0.000003000|60|60|17||9||0x00000001\n"
            "3|eth0:stack|5000000.000000000|60|33|18|odd length|||0x00000002\n")
      << folder.read("complaints");
  EXPECT_THAT(folder.read("complaints"), ::testing::Not(::testing::HasSubstr(path)));
}

TEST_F(TsharkTest, ReadsAFileThatHasNotBeenClosedYet) {
  const std::string path = folder.file("open.pcapng");
  PcapngWriter writer{path};
  const unsigned tap = writer.add({"eth0:stack", 0, 0});
  for (int i = 0; i < 3; ++i) writer.write({tap, SimTime::us(i), udp_frame()});
  ASSERT_FALSE(writer.flush());
  EXPECT_EQ(run("tshark -r " + path + " -T fields -e frame.number 2>/dev/null").out, "1\n2\n3\n");
}

TEST_F(TsharkTest, CountsTheFramesOfEveryCaptureAsWeDo) {
  const auto captures = shared_captures();
  if (!captures) GTEST_SKIP() << kNoCaptures;
  // capinfos opens a file in a tenth of tshark's time and uses the same reader.
  if (run("capinfos --version 2>/dev/null").status != 0) GTEST_SKIP() << "capinfos is not installed";
  auto files = files_in(*captures / "real");
  for (const std::string& file : files_in(*captures / "hostile")) files.push_back(file);
  for (const std::string& file : files) {
    auto reader = CaptureReader::open(file, true);
    while (reader.next()) {
    }
    const std::string out = run("capinfos -TrcM '" + file + "' 2>/dev/null").out;
    const std::size_t tab = out.rfind('\t');
    ASSERT_NE(tab, std::string::npos) << file << ": " << out;
    EXPECT_EQ(std::stoull(out.substr(tab + 1)), reader.packets()) << file;
  }
}

}  // namespace
}  // namespace nicosim
