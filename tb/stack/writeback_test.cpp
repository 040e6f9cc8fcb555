// Files that are written: dirty pages, when they reach the disk, and what is read afterwards.
#include "common/ledger.hpp"
#include "stack/fs/file_system.hpp"
#include "tb/common/test_runtime.hpp"
#include "tb/stack/fake_disk.hpp"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {
namespace {

struct Writeback : ::testing::Test {
  struct Parked {};  // the flusher sleeps

  Writeback() {
    runtime.enter(Context::process, &task);
    runtime.on_sleep = [this] {
      if (flusher_runs) throw Parked{};
      ++slept;
      return disk.answer();
    };
  }
  void build(std::size_t cache_pages = 1000, WritebackKnobs knobs = {}) {
    files.mount(disk, cache_pages * kPageBytes, knobs);
    files.add({"/a", 10'000, "", 3});
    file = files.open("/a");
    fresh = files.create("/new");
  }
  long write(RegularFile& to, std::uint64_t pos, std::string_view text) {
    return files.write(task, to, pos, std::as_bytes(std::span{text}));
  }
  std::string read(RegularFile& from, std::uint64_t pos, std::size_t size) {
    std::string text(size, '?');
    const long n = files.read(task, from, pos, std::as_writable_bytes(std::span{text}));
    text.resize(static_cast<std::size_t>(n));
    return text;
  }
  std::string before(std::uint64_t pos, std::size_t size) const {  // as the scenario had it
    std::string text(size, '?');
    FileImage{"/a", 10'000, "", 3}.read(pos, std::as_writable_bytes(std::span{text}));
    return text;
  }
  void forget_pages() {  // reads them from the disk again
    for (Inode* const inode : {&file->inode, &fresh->inode}) EXPECT_EQ(inode->dirtied_when, SimTime::never());
    std::string sink(40 * kPageBytes, ' ');
    files.add({"/other", 4000 * kPageBytes, "", 1});
    const auto other = files.open("/other");
    for (std::uint64_t page = 0; page < 2000; page += 40)
      files.read(task, *other, page * kPageBytes, std::as_writable_bytes(std::span{sink}));
  }
  void flusher() {
    ASSERT_EQ(runtime.threads.size(), 1U);
    EXPECT_EQ(runtime.threads[0].name, "flush-8:0");
    TestTask self{99};
    runtime.enter(Context::process, &self);
    flusher_runs = true;
    try {
      runtime.threads[0].body(self);
    } catch (const Parked&) {
      flusher_runs = false;
    }
    runtime.enter(Context::process, &task);
  }
  const PageCache& cache() const { return *files.cache(); }
  std::uint64_t written() const { return cache().stats().pgpgout / kPageBytes; }  // pages

  TestRuntime runtime;
  TestTask task{7};
  NullLedger ledger;
  FakeDisk disk;
  FileSystem files{runtime, ledger};
  std::unique_ptr<RegularFile> file, fresh;
  bool flusher_runs = false;
  int slept = 0;
};

TEST_F(Writeback, AWriteIsReadBackBeforeItIsOnTheDiskAndAfterwards) {
  build(64);
  EXPECT_EQ(write(*file, 4090, "0123456789"), 10);
  EXPECT_EQ(cache().nr_dirty(), 2U);
  EXPECT_EQ(read(*file, 4080, 30), before(4080, 10) + "0123456789" + before(4100, 10));
  EXPECT_EQ(written(), 0U);
  files.sync(task, *file);
  EXPECT_EQ(written(), 2U);
  forget_pages();
  disk.asked.clear();
  EXPECT_EQ(read(*file, 4080, 30), before(4080, 10) + "0123456789" + before(4100, 10));
  EXPECT_FALSE(disk.asked.empty()) << "from the disk";
}

TEST_F(Writeback, AWholePageIsNotReadBeforeItIsWritten) {
  build();
  write(*file, 4096, std::string(4096, 'x'));
  EXPECT_TRUE(disk.asked.empty());
  EXPECT_EQ(slept, 0);
  write(*file, 8192, "y");
  EXPECT_EQ(disk.asked.size(), 1U) << "the rest of this one is the file's";
  EXPECT_EQ(read(*file, 8192, 10), "y" + before(8193, 9));
}

TEST_F(Writeback, WritingBehindTheEndMakesTheFileLongerWithAHoleOfZeros) {
  build();
  write(*fresh, 10'000, "end");
  EXPECT_EQ(fresh->inode.size, 10'003U);
  EXPECT_EQ(read(*fresh, 0, 20'000), std::string(10'000, '\0') + "end");
  EXPECT_TRUE(disk.asked.empty()) << "a hole is nowhere";
  files.sync(task, *fresh);
  ASSERT_EQ(disk.asked.size(), 1U);
  EXPECT_EQ(disk.asked[0].bytes, kPageBytes);
}

TEST_F(Writeback, AnAppendBeginsWhereTheFileEnds) {
  build();
  write(*fresh, RegularFile::kAppend, "one");
  write(*fresh, RegularFile::kAppend, "two");
  EXPECT_EQ(read(*fresh, 0, 100), "onetwo");
}

TEST_F(Writeback, TruncationTakesWhatIsBehindAndItDoesNotComeBack) {
  build();
  write(*file, 9000, "dirty");
  files.truncate(task, *file, 5000);
  EXPECT_EQ(file->inode.size, 5000U);
  files.truncate(task, *file, 10'000);
  EXPECT_EQ(read(*file, 4990, 6000), before(4990, 10) + std::string(5000, '\0'));
  files.truncate(task, *file, 0);
  EXPECT_EQ(cache().nr_dirty(), 0U);
  EXPECT_EQ(cache().file_pages(), 0U);
  files.sync(task, *file);
  EXPECT_EQ(written(), 0U) << "there is nothing left to write";
}

TEST_F(Writeback, SyncWaitsForTheDiskAndWritesOnce) {
  build();
  write(*file, 0, std::string(8192, 'x'));
  files.sync(task, *file);
  ASSERT_EQ(disk.asked.size(), 1U) << "neighbours in one request";
  EXPECT_EQ(disk.asked[0], (FakeDisk::Request{2048, 8192}));
  EXPECT_EQ(slept, 1);
  files.sync(task, *file);
  EXPECT_EQ(disk.asked.size(), 1U) << "clean";
  write(*file, 1, "y");
  files.sync(task, *file);
  EXPECT_EQ(disk.asked.size(), 2U);
}

TEST_F(Writeback, APageThatIsChangedOnItsWayIsWrittenAgain) {
  build();
  write(*file, 0, std::string(4096, 'x'));
  runtime.on_sleep = [this, once = false]() mutable {
    if (!std::exchange(once, true)) {
      const auto keep = std::exchange(runtime.on_sleep, nullptr);
      write(*file, 0, "changed");
      runtime.on_sleep = keep;
    }
    return disk.answer();
  };
  files.sync(task, *file);
  EXPECT_EQ(cache().nr_dirty(), 1U) << "what came after fsync() had begun";
  runtime.on_sleep = [this] { return disk.answer(); };
  files.sync(task, *file);
  EXPECT_EQ(cache().nr_dirty(), 0U);
  EXPECT_EQ(written(), 2U);
  EXPECT_EQ(read(*file, 0, 8), "changedx");
}

TEST_F(Writeback, TheFlusherWritesWhatIsOldAndSleepsWhenNothingIsDirty) {
  build(1000, {.dirty_expire_centisecs = 1000, .dirty_writeback_centisecs = 400});
  write(*fresh, 0, "x");
  flusher();
  runtime.set_now(SimTime::s(8));
  flusher();
  EXPECT_EQ(written(), 0U) << "8 seconds old";
  runtime.set_now(SimTime::s(12) - SimTime::ms(1));
  flusher();
  EXPECT_EQ(written(), 0U) << "it looks each 4 seconds";
  runtime.set_now(SimTime::s(12));
  flusher();
  EXPECT_EQ(written(), 1U);
  EXPECT_EQ(cache().nr_dirty(), 0U);
  disk.answer_all();
}

TEST_F(Writeback, AboveTheBackgroundRatioTheFlusherBeginsAtOnce) {
  build(100, {.dirty_background_ratio = 10, .dirty_ratio = 50});
  write(*fresh, 0, std::string(10 * kPageBytes, 'x'));
  flusher();
  EXPECT_EQ(written(), 0U);
  write(*fresh, 10 * kPageBytes, "x");
  flusher();
  EXPECT_EQ(written(), 11U);
  disk.answer_all();
}

TEST_F(Writeback, AboveTheDirtyRatioTheWriterWaits) {
  build(100, {.dirty_background_ratio = 10, .dirty_ratio = 20});
  write(*fresh, 0, std::string(20 * kPageBytes, 'x'));
  EXPECT_EQ(slept, 0);
  write(*fresh, 20 * kPageBytes, std::string(kPageBytes, 'x'));
  EXPECT_GT(slept, 0);
  EXPECT_EQ(written(), 21U);
  disk.answer_all();
}

TEST_F(Writeback, ADirtyPageIsNotGivenUpAndMoreThanTheCacheHoldsCanBeWritten) {
  build(8, {.dirty_background_ratio = 100, .dirty_ratio = 100});
  std::string all(64 * kPageBytes, ' ');
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>('a' + i / 1000 % 26);
  EXPECT_EQ(write(*fresh, 0, all), static_cast<long>(all.size()));
  EXPECT_LE(cache().stats().max_file_pages, 9U);
  EXPECT_GE(written(), 56U);
  EXPECT_EQ(read(*fresh, 0, all.size()), all);
  disk.answer_all();
}

}  // namespace
}  // namespace nicosim
