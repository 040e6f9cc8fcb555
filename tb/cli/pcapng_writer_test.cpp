#include "cli/capture/pcapng_writer.hpp"

#include "cli/capture/reader.hpp"
#include "tb/cli/temporary_folder.hpp"

#include <csignal>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace nicosim {
namespace {

std::size_t packets_in(const std::string& path) {
  auto reader = CaptureReader::open(path);  // strict: throws at a block that is not whole
  std::size_t n = 0;
  while (reader.next()) ++n;
  return n;
}

struct PcapngWriterTest : ::testing::Test {
  TemporaryFolder folder;
  const std::string path = folder.file("taps.pcapng");
  const std::vector<std::byte> frame = std::vector<std::byte>(61, std::byte{0x11});
};

TEST_F(PcapngWriterTest, WhatItWritesOurReaderReadsBack) {
  PcapngWriter writer{path};
  const unsigned wire = writer.add({"eth0:wire-in", 4, 10'000'000'000});
  const unsigned driver = writer.add({"eth0:driver", 0, 0});
  writer.write({wire, SimTime::ps(1'234'567), frame, 0, TapDirection::inbound, 5, "a comment"});
  writer.write({driver, SimTime::s(9), frame, 100});
  ASSERT_FALSE(writer.close());
  auto reader = CaptureReader::open(path);
  const auto first = reader.next();
  const auto second = reader.next();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->timestamp_ns, 1234);
  EXPECT_EQ(first->bytes.size(), 57U);  // the tap point says that four bytes are FCS
  EXPECT_EQ(second->timestamp_ns, 9'000'000'000);
  EXPECT_EQ(second->bytes, frame);
  EXPECT_EQ(second->original_length, 100U);
  EXPECT_FALSE(reader.next());
}

TEST_F(PcapngWriterTest, OfAFrameLongerThanWiresharkReadsItKeepsWhatWiresharkReads) {
  PcapngWriter writer{path};
  const unsigned tap = writer.add({"eth0:driver", 0, 0});
  const std::vector<std::byte> giant(kLongestCapturedPacket + 4, std::byte{0x22});
  writer.write({tap, SimTime::us(1), giant});
  ASSERT_FALSE(writer.close());
  auto reader = CaptureReader::open(path);
  const auto packet = reader.next();
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->bytes.size(), kLongestCapturedPacket);
  EXPECT_EQ(packet->original_length, giant.size());
}

TEST_F(PcapngWriterTest, AfterAnyFlushTheFileIsWhole) {
  PcapngWriter writer{path};
  const unsigned tap = writer.add({"eth0:stack", 0, 0});
  for (std::size_t i = 0; i < 20; ++i) {
    ASSERT_FALSE(writer.flush());
    EXPECT_EQ(packets_in(path), i);
    writer.write({tap, SimTime::us(1), frame});
  }
}

TEST_F(PcapngWriterTest, AFullDiskIsReportedOnceAndTheRestIsCounted) {
  PcapngWriter writer{"/dev/full"};
  const unsigned tap = writer.add({"eth0:stack", 0, 0});
  writer.write({tap, SimTime::us(1), frame});
  const auto error = writer.flush();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->text(), "/dev/full: No space left on device");
  EXPECT_FALSE(writer.flush());
  writer.write({tap, SimTime::us(1), frame});
  EXPECT_EQ(writer.frames(), 1U);
  EXPECT_EQ(writer.lost(), 1U);
  EXPECT_FALSE(writer.close());
}

TEST_F(PcapngWriterTest, WhenTheDiskFillsUpInsideABlockTheFileEndsBeforeIt) {
  // A limit on the file's size stands for the disk: the last write is cut short inside a block.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit small{1000, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  PcapngWriter writer{path};
  const unsigned tap = writer.add({"eth0:stack", 0, 0});
  for (int i = 0; i < 100; ++i) writer.write({tap, SimTime::us(i), frame});
  const auto error = writer.flush();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  ASSERT_TRUE(error);
  EXPECT_THAT(error->message, ::testing::HasSubstr("File too large"));
  EXPECT_GT(packets_in(path), 5U);
  EXPECT_LT(std::filesystem::file_size(path), 1000U);
}

TEST_F(PcapngWriterTest, AFolderThatIsNotThereIsAnErrorAndNotACrash) {
  PcapngWriter writer{folder.file("no/such/taps.pcapng")};
  const unsigned tap = writer.add({"eth0:stack", 0, 0});
  writer.write({tap, SimTime::us(1), frame});
  const auto error = writer.close();
  ASSERT_TRUE(error);
  EXPECT_EQ(error->message, "No such file or directory");
}

}  // namespace
}  // namespace nicosim
