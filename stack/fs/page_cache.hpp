// The page cache: what of the disk is in memory (mm/filemap.c).
//
// A page that is missing is added locked, the disk is asked, and whoever wants it sleeps on it until the disk's
// interrupt has unlocked it: one request, however many wait. Read-ahead adds more pages than were asked for
// (readahead.hpp). Beyond its limit the cache gives up the page that has not been used for longest: one LRU list, where
// Linux keeps an active and an inactive one.
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

class PageCache {
 public:
  struct Stats {
    std::uint64_t hits = 0;            // a page that was wanted was there
    std::uint64_t waits = 0;           // ... was on its way
    std::uint64_t misses = 0;          // ... was not there
    std::uint64_t readahead = 0;       // pages that came before anybody asked for them
    std::uint64_t pgpgin = 0;          // bytes read from the disk
    std::uint64_t pgsteal = 0;         // pages given up for others
    std::uint64_t max_file_pages = 0;  // the most there ever were
  };

  // `bytes`: the limit, of which at least one page is kept. All must outlive the cache.
  PageCache(Runtime& runtime, Ledger& ledger, BlockDevice& disk, std::size_t bytes);

  // filemap_get_pages: page `index` of a file of which `wanted` pages are asked for, perhaps still locked. Process
  // context; does not sleep, but time passes when the disk is asked.
  PagePtr get(Inode& inode, FileRaState& ra, std::uint64_t index, std::uint64_t wanted);
  // folio_wait_locked; not to be disturbed by signals.
  void wait(Task& task, Page& page);

  const Stats& stats() const { return stats_; }
  std::size_t file_pages() const { return lru_.size(); }  // nr_file_pages

 private:
  using Run = std::vector<PagePtr>;  // neighbours on the disk: one request

  // page_cache_ra_unbounded: brings in those pages of the window that are missing. Returns page `index`, if it is
  // there.
  PagePtr bring_in(Inode& inode, const ReadAheadWindow& window, std::uint64_t index);
  void end_io(const Run& run);  // in the disk's interrupt
  bool make_room();             // shrink_page_list; false: every page is in use
  void touch(Page& page) { lru_.splice(lru_.begin(), lru_, page.lru); }  // mark_page_accessed
  static PagePtr find(const Inode& inode, std::uint64_t index);
  static std::uint64_t next_miss(const Inode& inode, std::uint64_t index);  // page_cache_next_miss

  Runtime& runtime_;
  Ledger& ledger_;
  BlockDevice& disk_;
  std::size_t limit_;     // pages
  std::list<Page*> lru_;  // used last in front
  Stats stats_;
};

}  // namespace nicosim
