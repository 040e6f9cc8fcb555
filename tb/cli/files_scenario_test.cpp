// [disk], [[file]], host.page_cache and the server's file_io.
#include "cli/scenario/scenario.hpp"
#include "cli/scenario/units.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nicosim {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kFiles = R"(
seed = 5
[host]
cores = 2
page_cache = "1.5MiB"
[disk]
latency = "20us"
bandwidth = "3.5GB/s"
queue = 64
irq_cpu = 1
[[file]]
path = "/www/a.bin"
size = "1MiB"
[[file]]
path = "/www/b.bin"
size = "10kB"
seed = 9
[[file]]
path = "/hello"
text = "two\nlines \"quoted\"\n"
[nic.eth0]
[[app]]
name = "web"
kind = "http_server"
port = 80
file_io = "sendfile"
)";

Scenario parsed(std::string_view toml) {
  const auto scenario = parse_scenario(toml, "test.toml");
  if (!scenario) ADD_FAILURE() << scenario.error().text();
  return scenario ? *scenario : Scenario{};
}

std::string refused(const std::string& toml) {
  const auto scenario = parse_scenario("[nic.eth0]\n" + toml, "test.toml");
  return scenario ? "accepted" : scenario.error().text();
}

TEST(FilesScenario, SaysWhatLiesOnTheDiskAndHowFastItIs) {
  const Scenario s = parsed(kFiles);
  EXPECT_EQ(s.host.page_cache, 1'572'864U);
  EXPECT_EQ(s.disk, (Scenario::Disk{SimTime::us(20), 3'500'000'000, 64, 1}));
  ASSERT_EQ(s.files.size(), 3U);
  EXPECT_EQ(s.files[0], (Scenario::File{"/www/a.bin", 1U << 20U, "", 5})) << "the scenario's seed";
  EXPECT_EQ(s.files[1], (Scenario::File{"/www/b.bin", 10'000, "", 9}));
  EXPECT_EQ(s.files[2].text, "two\nlines \"quoted\"\n");
  EXPECT_EQ(s.files[2].size, s.files[2].text.size());
  EXPECT_EQ(s.apps.at(0).file_io, Scenario::App::FileIo::sendfile);
}

TEST(FilesScenario, IsReadBackAsItIsWritten) {
  const Scenario s = parsed(kFiles);
  EXPECT_EQ(parsed(write_scenario(s)), s);
}

TEST(FilesScenario, HasADiskOfModestSpeedUnlessItSaysOtherwise) {
  const Scenario s = parsed("[nic.eth0]");
  EXPECT_EQ(s.disk, (Scenario::Disk{SimTime::us(100), 500'000'000, 32, 0}));
  EXPECT_EQ(s.host.page_cache, 64U << 20U);
  EXPECT_TRUE(s.files.empty());
}

TEST(FilesScenario, RefusesWhatCannotBeAFile) {
  EXPECT_THAT(refused("[[file]]\nsize = \"1KiB\""), HasSubstr("lacks 'path'"));
  EXPECT_THAT(refused("[[file]]\npath = \"a\"\nsize = \"1KiB\""), HasSubstr("expected an absolute path"));
  EXPECT_THAT(refused("[[file]]\npath = \"/a\""), HasSubstr("has no contents"));
  EXPECT_THAT(refused("[[file]]\npath = \"/a\"\nsize = \"1KiB\"\ntext = \"x\""), HasSubstr("stands beside 'text'"));
  EXPECT_THAT(refused("[[file]]\npath = \"/a\"\nsize = \"1Kb\""), HasSubstr("such as \"64KiB\""));
  const std::string one = "[[file]]\npath = \"/a\"\nsize = \"1B\"\n";
  EXPECT_THAT(refused(one + one), HasSubstr("is that of another file"));
  EXPECT_THAT(refused("[disk]\nbandwidth = \"1Gb/s\""), HasSubstr("such as \"500MB/s\""));
  EXPECT_THAT(refused("[disk]\nirq_cpu = 2"), HasSubstr("irq_cpu"));
}

TEST(Units, SizesAndByteRatesAreExactAndReadBack) {
  EXPECT_EQ(parse_bytes("4KiB"), 4096U);
  EXPECT_EQ(parse_bytes("1.5GiB"), 1'610'612'736U);
  EXPECT_EQ(parse_bytes("2kB"), 2000U);
  EXPECT_FALSE(parse_bytes("1K"));
  EXPECT_FALSE(parse_bytes("0.3KiB")) << "307.2 bytes";
  EXPECT_EQ(parse_byte_rate("500MB/s"), 500'000'000U);
  EXPECT_FALSE(parse_byte_rate("500Mb/s"));
  for (const std::uint64_t n : {0ULL, 1ULL, 1000ULL, 4096ULL, 1'048'576ULL, 18'446'744'073'709'551'615ULL})
    EXPECT_EQ(parse_bytes(bytes_text(n)), n);
  for (const std::uint64_t n : {0ULL, 999ULL, 500'000'000ULL, 3'500'000'000ULL})
    EXPECT_EQ(parse_byte_rate(byte_rate_text(n)), n);
}

}  // namespace
}  // namespace nicosim
