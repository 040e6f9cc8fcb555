// The page cache: what of the disk is in memory (mm/filemap.c).
//
// A page that is missing is added locked, the disk is asked, and whoever wants it sleeps on it until the disk's
// interrupt has unlocked it: one request, however many wait. Read-ahead adds more pages than were asked for
// (readahead.hpp). Beyond its limit the cache gives up the page that has not been used for longest: one LRU list, where
// Linux keeps an active and an inactive one.
//
// What is written makes pages dirty, and they stay until they have been written back: by sync(), by the flusher, a
// kernel thread that looks after them from time to time, or because there are too many (writeback.cpp).
#pragma once

#include "common/ledger.hpp"
#include "common/runtime.hpp"
#include "stack/fs/block_device.hpp"
#include "stack/fs/inode.hpp"
#include "stack/fs/readahead.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <vector>

namespace nicosim {

// How long dirty pages stay (sysctl vm.*). Ratios are of the cache's size, where Linux takes what memory is available.
struct WritebackKnobs {
  unsigned dirty_background_ratio = 10, dirty_ratio = 20;  // per cent: the flusher begins; the writer waits
  unsigned dirty_expire_centisecs = 3000;
  unsigned dirty_writeback_centisecs = 500;  // 0: the flusher does not look by itself
};

class PageCache {
 public:
  struct Stats {
    std::uint64_t hits = 0;            // a page that was wanted was there
    std::uint64_t waits = 0;           // ... was on its way
    std::uint64_t misses = 0;          // ... was not there
    std::uint64_t readahead = 0;       // pages that came before anybody asked for them
    std::uint64_t pgpgin = 0;          // bytes read from the disk
    std::uint64_t pgpgout = 0;         // bytes written to it
    std::uint64_t pgsteal = 0;         // pages given up for others
    std::uint64_t max_file_pages = 0;  // the most there ever were
  };

  // `bytes`: the limit, of which at least one page is kept. All must outlive the cache.
  PageCache(Runtime& runtime, Ledger& ledger, BlockDevice& disk, FreeSectors& free, std::size_t bytes,
            WritebackKnobs vm);

  // filemap_get_pages: page `index` of a file of which `wanted` pages are asked for, perhaps still locked. Process
  // context; does not sleep, but time passes when the disk is asked.
  PagePtr get(Inode& inode, FileRaState& ra, std::uint64_t index, std::uint64_t wanted);
  // folio_wait_locked; not to be disturbed by signals.
  void wait(Task& task, Page& page);

  // Writing, all in process context; these sleep and are not disturbed by signals.
  // write_begin: page `index`, unlocked; what it holds is read first unless all of it (`whole`) will be overwritten.
  PagePtr get_to_write(Task& task, Inode& inode, std::uint64_t index, bool whole);
  void set_dirty(Page& page);  // of a page that get_to_write() gave
  void balance_dirty(Task& task);
  void sync(Task& task, Inode& inode);
  void truncate(Task& task, Inode& inode, std::uint64_t size);  // and sets the new size, which may be larger

  const Stats& stats() const { return stats_; }
  std::size_t nr_dirty() const { return nr_dirty_; }
  std::size_t file_pages() const { return lru_.size(); }  // nr_file_pages

 private:
  using Run = std::vector<PagePtr>;  // neighbours on the disk: one request

  // page_cache_ra_unbounded: brings in those pages of the window that are missing. Returns page `index`, if it is
  // there.
  PagePtr bring_in(Inode& inode, const ReadAheadWindow& window, std::uint64_t index);
  PagePtr add(Inode& inode, std::uint64_t index);  // locked, used last
  void end_io(const Run& run);                     // in the disk's interrupt
  bool make_room();                                // shrink_page_list; false: every page is in use
  void touch(Page& page) { lru_.splice(lru_.begin(), lru_, page.lru); }  // mark_page_accessed
  static PagePtr find(const Inode& inode, std::uint64_t index);
  static std::uint64_t next_miss(const Inode& inode, std::uint64_t index);  // page_cache_next_miss

  // writeback.cpp
  void clear_dirty(Page& page);
  void start_writeback(Inode& inode);  // does not sleep
  void end_write(const Run& run, const std::vector<std::byte>& bytes);
  void wait_for_writeback(Task& task, Page& page);
  bool write_some(Task& task);
  void wake_flusher();
  void flush(Task& self);  // the flusher's body
  static SimTime centisecs(unsigned count) { return SimTime::ms(10) * static_cast<std::int64_t>(count); }

  Runtime& runtime_;
  Ledger& ledger_;
  BlockDevice& disk_;
  FreeSectors& free_;
  WritebackKnobs vm_;
  std::vector<Inode*> dirty_inodes_;  // in the order in which they became dirty
  std::size_t nr_dirty_ = 0, nr_writeback_ = 0;
  Task* flusher_ = nullptr;
  bool flusher_started_ = false;
  bool background_due_ = false;           // too much is dirty
  SimTime next_look_ = SimTime::never();  // the flusher's
  std::size_t limit_;                     // pages
  std::list<Page*> lru_;                  // used last in front
  Stats stats_;
};

}  // namespace nicosim
