// Files, page cache and read-ahead over a disk that answers on demand.
#include "common/ledger.hpp"
#include "stack/fs/file_system.hpp"
#include "tb/common/test_runtime.hpp"
#include "tb/stack/fake_disk.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace nicosim {
namespace {

constexpr std::uint64_t kFirstSector = 2048;

std::uint64_t page_of(const FakeDisk::Request& request) { return (request.sector - kFirstSector) / 8; }
std::uint64_t pages_in(const FakeDisk::Request& request) { return request.bytes / kPageBytes; }

struct PageCacheTest : ::testing::Test {
  PageCacheTest() {
    runtime.enter(Context::process, &task);
    runtime.on_sleep = [this] {
      ++slept;
      return disk.answer();
    };
  }
  void build(std::uint64_t size, std::size_t cache_pages = 1024) {
    files.mount(disk, cache_pages * kPageBytes);
    files.add({"/a", size, "", 3});
    file = files.open("/a");
    ASSERT_NE(file, nullptr);
  }
  std::vector<std::byte> on_disk(std::uint64_t offset, std::size_t size) const {
    std::vector<std::byte> bytes(size);
    file->inode.image.read(offset, bytes);
    return bytes;
  }
  // Reads and compares with what is on the disk; how many bytes came.
  long read(std::uint64_t offset, std::size_t size) {
    std::vector<std::byte> bytes(size);
    const long n = files.read(task, *file, offset, bytes);
    bytes.resize(static_cast<std::size_t>(std::max(n, 0L)));
    EXPECT_EQ(bytes, on_disk(offset, bytes.size()));
    return n;
  }
  const PageCache::Stats& stats() const { return files.cache()->stats(); }

  TestRuntime runtime;
  TestTask task{7};
  NullLedger ledger;
  FakeDisk disk;
  FileSystem files{runtime, ledger};
  std::unique_ptr<RegularFile> file;
  unsigned slept = 0;
};

TEST_F(PageCacheTest, AFileIsTheSameBytesHoweverOneCutsIt) {
  const FileImage image{"/x", 100'000, "", 5};
  std::vector<std::byte> whole(100'000);
  image.read(0, whole);
  for (const std::size_t at : {1U, 7U, 8U, 4095U, 77'777U}) {
    std::vector<std::byte> piece(1001);
    image.read(at, piece);
    EXPECT_TRUE(std::ranges::equal(piece, std::span{whole}.subspan(at, 1001))) << at;
  }
  std::vector<std::byte> other(100'000);
  FileImage{"/x", 100'000, "", 6}.read(0, other);
  EXPECT_NE(whole, other) << "another seed, another file";
}

TEST_F(PageCacheTest, AFirstReadSleepsOnTheDiskAndASecondFindsThePage) {
  build(4096);
  EXPECT_EQ(read(0, 4096), 4096);
  EXPECT_EQ(slept, 1U);
  EXPECT_EQ(stats().misses, 1U);
  EXPECT_EQ(read(0, 4096), 4096);
  EXPECT_EQ(slept, 1U);
  EXPECT_EQ(stats().hits, 1U);
  EXPECT_EQ(disk.asked.size(), 1U);
}

TEST_F(PageCacheTest, ReadsEndAtTheEndOfTheFile) {
  build(5000);
  EXPECT_EQ(read(4000, 4000), 1000);
  EXPECT_EQ(read(5000, 10), 0);
  EXPECT_EQ(read(1'000'000, 10), 0);
  EXPECT_EQ(pages_in(disk.asked.at(0)), 2U) << "no page behind the end is read";
}

TEST_F(PageCacheTest, ASequentialReaderGetsWindowsThatGrowTo128KiB) {
  build(1 << 20);
  for (std::uint64_t at = 0; at < 1 << 20; at += 4096) {
    EXPECT_EQ(read(at, 4096), 4096);
    disk.answer_all();
  }
  std::vector<std::uint64_t> windows;
  std::uint64_t next = 0;
  for (const auto& request : disk.asked) {
    EXPECT_EQ(page_of(request), next) << "in order, none twice";
    next += pages_in(request);
    windows.push_back(pages_in(request));
  }
  EXPECT_EQ(windows, (std::vector<std::uint64_t>{4, 8, 16, 32, 32, 32, 32, 32, 32, 32, 4}));
  EXPECT_EQ(slept, 1U) << "after the first page all others were there in time";
}

TEST_F(PageCacheTest, AReaderThatJumpsGetsOnlyWhatItAsksFor) {
  build(1 << 20);
  read(100 * 4096, 4096);
  read(50 * 4096, 8192);
  ASSERT_EQ(disk.asked.size(), 2U);
  EXPECT_EQ(disk.asked[0], (FakeDisk::Request{kFirstSector + 100 * 8, 4096}));
  EXPECT_EQ(disk.asked[1], (FakeDisk::Request{kFirstSector + 50 * 8, 8192}));
  EXPECT_EQ(stats().readahead, 1U) << "of two pages that were asked for at once, one is before its turn";
}

TEST_F(PageCacheTest, TheNextWindowIsAskedForWhileThisOneIsStillInUse) {
  build(1 << 20);
  read(0, 4096);  // window 0..3, mark at 1
  ASSERT_EQ(disk.asked.size(), 1U);
  disk.answer_all();
  const unsigned before = slept;
  read(4096, 4096);
  EXPECT_EQ(slept, before) << "the page is there";
  ASSERT_EQ(disk.asked.size(), 2U) << "and bears the mark";
  EXPECT_EQ(page_of(disk.asked[1]), 4U);
}

TEST_F(PageCacheTest, APageThatIsOnItsWayIsWaitedForAndNotAskedForTwice) {
  build(4096);
  TestTask second{8};
  const auto other = files.open("/a");
  bool nested = false;
  runtime.on_sleep = [&] {
    if (!std::exchange(nested, true)) {
      PagePtr missing;
      std::vector<std::byte> bytes(10);
      EXPECT_EQ(files.start(second, *other, 0, bytes, missing), 0);
      EXPECT_NE(missing, nullptr);
    }
    return disk.answer();
  };
  read(0, 10);
  EXPECT_EQ(stats().waits, 1U);
  EXPECT_EQ(disk.asked.size(), 1U);
}

TEST_F(PageCacheTest, EveryWaiterOfAPageIsWoken) {
  build(4096);
  PagePtr missing;
  std::vector<std::byte> bytes(10);
  files.start(task, *file, 0, bytes, missing);
  ASSERT_NE(missing, nullptr);
  struct Counted final : Waiter {
    bool woken(PollMask, bool) override { return ++times != 0; }
    unsigned times = 0;
  } a, b;
  missing->wait.add(a);
  missing->wait.add_exclusive(b);
  disk.answer();
  EXPECT_EQ(a.times, 1U);
  EXPECT_EQ(b.times, 1U);
  missing->wait.remove(a);
  missing->wait.remove(b);
}

TEST_F(PageCacheTest, BeyondItsLimitTheCacheGivesUpWhatWasUsedLongestAgo) {
  build(1 << 20, 4);
  file->ra.ra_pages = 0;
  for (const std::uint64_t page : {10U, 20U, 30U, 40U}) read(page * 4096, 1);
  read(10 * 4096, 1);  // used again
  read(50 * 4096, 1);  // 20 goes
  EXPECT_EQ(stats().pgsteal, 1U);
  const auto asked = disk.asked.size();
  read(10 * 4096, 1);
  read(40 * 4096, 1);
  EXPECT_EQ(disk.asked.size(), asked) << "those are still there";
  read(20 * 4096, 1);
  EXPECT_EQ(disk.asked.size(), asked + 1);
  EXPECT_EQ(files.cache()->file_pages(), 4U);
}

TEST_F(PageCacheTest, AFileLargerThanTheCacheIsReadAllTheSame) {
  build(1 << 20, 3);
  for (std::uint64_t at = 0; at < 1 << 20; at += 10'000)
    EXPECT_EQ(read(at, 10'000), std::min<long>(10'000, (1 << 20) - static_cast<long>(at)));
  EXPECT_LE(stats().max_file_pages, 4U) << "one more than the limit: the page that somebody waits for";
}

TEST_F(PageCacheTest, NoPageThatSomebodyUsesIsGivenUp) {
  build(1 << 20, 1);
  file->ra.ra_pages = 0;
  PagePtr held;
  std::vector<std::byte> bytes(1);
  files.start(task, *file, 0, bytes, held);
  disk.answer_all();
  read(4096, 1);
  EXPECT_EQ(stats().pgsteal, 0U);
  held.reset();
  read(8192, 1);
  EXPECT_EQ(stats().pgsteal, 2U) << "now both others go";
}

TEST_F(PageCacheTest, AnOpenPathCostsOneLookupPerNameAndAnUnknownOneIsNotThere) {
  build(10);
  files.add({"/www/img/a", 10, "", 1});
  runtime.charged = {};
  EXPECT_NE(files.open("/www/img/a"), nullptr);
  EXPECT_EQ(runtime.charged[static_cast<std::size_t>(Cost::path_lookup)], 3U);
  EXPECT_EQ(files.open("/www/img"), nullptr);
  EXPECT_EQ(files.open("a"), nullptr);
}

}  // namespace
}  // namespace nicosim
