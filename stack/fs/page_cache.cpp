#include "stack/fs/page_cache.hpp"

#include "stack/io/wake_up.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace nicosim {

PageCache::PageCache(Runtime& runtime, Ledger& ledger, BlockDevice& disk, FreeSectors& free, std::size_t bytes,
                     WritebackKnobs vm)
    : runtime_(runtime),
      ledger_(ledger),
      disk_(disk),
      free_(free),
      vm_(vm),
      limit_(std::max<std::size_t>(bytes / kPageBytes, 1)) {}

PagePtr PageCache::find(const Inode& inode, std::uint64_t index) {
  const auto found = inode.pages.find(index);
  return found == inode.pages.end() ? nullptr : found->second;
}

std::uint64_t PageCache::next_miss(const Inode& inode, std::uint64_t index) {
  for (auto at = inode.pages.find(index); at != inode.pages.end() && at->first == index; ++at) ++index;
  return index;
}

PagePtr PageCache::get(Inode& inode, FileRaState& ra, std::uint64_t index, std::uint64_t wanted) {
  runtime_.charge(Cost::page_lookup, 1);
  PagePtr page = find(inode, index);
  if (!page) {
    ++stats_.misses;
    page = bring_in(inode, sync_readahead(ra, index, wanted), index);
    if (!page) page = bring_in(inode, {index, 1, {}}, index);  // the window lies behind it: filemap_create_folio
  } else {
    ++(page->uptodate ? stats_.hits : stats_.waits);
  }
  if (std::exchange(page->readahead, false))
    bring_in(inode, async_readahead(ra, index, wanted, next_miss(inode, index + 1)), index);
  if (find(inode, index) == page) touch(*page);
  return page;
}

// First every page is added, then the disk is asked: time passes in that, and nobody else may ask for them again.
PagePtr PageCache::bring_in(Inode& inode, const ReadAheadWindow& window, std::uint64_t index) {
  std::vector<Run> runs;
  const std::uint64_t end = std::min(window.start + window.pages, inode.page_count());
  bool room = true;
  for (std::uint64_t i = window.start; i < end && room; ++i) {
    if (find(inode, i)) continue;
    room = make_room();
    if (!room && i != index) break;  // the page that somebody waits for comes in any case
    const PagePtr page = add(inode, i);
    page->readahead = window.mark == i;
    if (i != index) ++stats_.readahead;
    if (!inode.on_disk(i)) {  // a hole: zeros, and nobody need be asked
      page->locked = false;
      page->uptodate = true;
      continue;
    }
    const bool follows = !runs.empty() && runs.back().back()->index + 1 == i &&
                         inode.sector_of(i - 1) + kPageBytes / kSectorBytes == inode.sector_of(i);
    if (!follows) runs.emplace_back();
    runs.back().push_back(page);
  }
  PagePtr asked = find(inode, index);
  for (Run& run : runs) {
    Bio bio;
    bio.sector = inode.sector_of(run.front()->index);
    bio.bytes = run.size() * kPageBytes;
    stats_.pgpgin += bio.bytes;
    bio.end_io = [this, run = std::move(run)] { end_io(run); };
    disk_.submit(std::move(bio));
  }
  return asked;
}

PagePtr PageCache::add(Inode& inode, std::uint64_t index) {
  const PagePtr page = std::make_shared<Page>(inode, index);
  page->lru = lru_.insert(lru_.begin(), page.get());
  inode.pages.emplace(index, page);
  stats_.max_file_pages = std::max<std::uint64_t>(stats_.max_file_pages, lru_.size());
  return page;
}

void PageCache::end_io(const Run& run) {
  for (const PagePtr& page : run) {
    page->mapping.read_block(page->index, page->data);
    page->uptodate = true;
    page->locked = false;
    if (!page->wait.has_sleepers()) continue;
    ledger_.note(runtime_.now(), "wake", {}, fmt::format("file={} page={}", page->mapping.image.path, page->index));
    page->wait.wake_up(~PollMask{0}, 0);
  }
}

bool PageCache::make_room() {
  while (lru_.size() >= limit_) {
    const auto victim = std::find_if(lru_.rbegin(), lru_.rend(), [](const Page* page) {
      return !page->locked && !page->dirty && !page->writeback && page->mapping.pages.at(page->index).use_count() == 1;
    });
    if (victim == lru_.rend()) return false;
    Page& page = **victim;
    ++stats_.pgsteal;
    lru_.erase(page.lru);
    page.mapping.pages.erase(page.index);
  }
  return true;
}

void PageCache::wait(Task& task, Page& page) {
  while (page.locked) {
    TaskWaiter waiter{runtime_, page.wait, task, ~PollMask{0}};
    page.wait.add(waiter);
    runtime_.prepare_to_sleep();
    if (page.locked) runtime_.sleep(SimTime::never(), false);
  }
}

}  // namespace nicosim
