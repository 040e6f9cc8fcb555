#include "cli/output_dir.hpp"

#include "tb/cli/temporary_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace nicosim {
namespace {

using ::testing::HasSubstr;

struct OutputDirTest : ::testing::Test {
  TemporaryFolder folder;
  const std::string out = folder.file("a/b/out");
};

TEST_F(OutputDirTest, IsMadeAndMarkedWithHowTheRunEnded) {
  {
    auto dir = OutputDir::open(out, false, {{"command", "nicosim run x.toml"}, {"seed", "7"}});
    ASSERT_TRUE(dir) << dir.error().text();
    EXPECT_THAT(folder.read("a/b/out/manifest.json"), HasSubstr("\"status\": \"interrupted\""));  // until it has ended
    ASSERT_FALSE(dir->write("report.json", "{}\n"));
    ASSERT_FALSE(dir->finish(RunStatus::complete));
  }
  EXPECT_EQ(folder.read("a/b/out/report.json"), "{}\n");
  EXPECT_EQ(folder.read("a/b/out/manifest.json"),
            "{\n  \"schema\": 1,\n  \"status\": \"complete\",\n  \"command\": \"nicosim run x.toml\",\n  \"seed\": "
            "\"7\"\n}\n");
  EXPECT_FALSE(std::filesystem::exists(out + "/report.json.new"));
}

TEST_F(OutputDirTest, AFolderThatExistsNeedsForceAndThenLosesOnlyTheLastRun) {
  std::filesystem::create_directories(out);
  folder.write("a/b/out/report.json", "old");
  folder.write("a/b/out/notes.txt", "mine");
  const auto refused = OutputDir::open(out, false, {});
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().text(), HasSubstr("--force"));
  EXPECT_EQ(folder.read("a/b/out/report.json"), "old");
  ASSERT_TRUE(OutputDir::open(out, true, {}));
  EXPECT_FALSE(std::filesystem::exists(out + "/report.json"));
  EXPECT_EQ(folder.read("a/b/out/notes.txt"), "mine");
}

TEST_F(OutputDirTest, TwoRunsNeverShareAFolder) {
  auto first = OutputDir::open(out, false, {});
  ASSERT_TRUE(first);
  ASSERT_FALSE(first->write("report.json", "first"));
  const auto second = OutputDir::open(out, true, {});
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("another run"));
  EXPECT_EQ(folder.read("a/b/out/report.json"), "first");
}

TEST_F(OutputDirTest, TheLockEndsWithTheRun) {
  { ASSERT_TRUE(OutputDir::open(out, false, {})); }
  EXPECT_TRUE(OutputDir::open(out, true, {}));
}

TEST_F(OutputDirTest, AFileInItsPlaceIsRefused) {
  folder.write("file", "precious");
  for (const bool force : {false, true})
    EXPECT_THAT(OutputDir::open(folder.file("file"), force, {}).error().text(), HasSubstr("is a file"));
  EXPECT_FALSE(OutputDir::open(folder.file("file/below"), false, {}));
  EXPECT_EQ(folder.read("file"), "precious");
}

TEST_F(OutputDirTest, AFolderThatCannotBeWrittenIsRefused) {
  if (::geteuid() == 0) {
    // root may write anywhere but there
    EXPECT_FALSE(OutputDir::open("/proc/nicosim", false, {}));
    return;
  }
  std::filesystem::create_directories(out);
  ::chmod(out.c_str(), 0500);
  EXPECT_THAT(OutputDir::open(out, true, {}).error().message, HasSubstr("Permission denied"));
}

TEST_F(OutputDirTest, AWriteThatFailsLeavesTheOldFileAlone) {
  folder.write("old.json", "old");
  std::filesystem::create_directory(folder.file("old.json.new"));  // in the way of the new one
  EXPECT_TRUE(write_whole(folder.file("old.json"), "new"));
  EXPECT_EQ(folder.read("old.json"), "old");
  const auto full = write_whole("/dev/full", "x");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->text(), "/dev/full: No space left on device");
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));  // a device is written, not replaced
}

}  // namespace
}  // namespace nicosim
