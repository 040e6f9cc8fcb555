// Writing through the page cache: dirty pages and how they get to the disk (mm/page-writeback.c, fs/fs-writeback.c).
#include "stack/fs/page_cache.hpp"
#include "stack/io/wake_up.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace nicosim {

// Whole pages and pages that the disk has not got need no reading.
PagePtr PageCache::get_to_write(Task& task, Inode& inode, std::uint64_t index, bool whole) {
  runtime_.charge(Cost::page_lookup, 1);
  for (;;) {
    PagePtr page = find(inode, index);
    if (!page && (whole || !inode.on_disk(index))) {
      while (!make_room() && write_some(task)) {
      }
      page = find(inode, index);  // somebody else may have been there meanwhile
      if (!page) {
        page = add(inode, index);
        page->locked = false;
        page->uptodate = true;
      }
    } else if (!page) {
      ++stats_.misses;
      page = bring_in(inode, {index, 1, {}}, index);
    }
    wait(task, *page);
    if (find(inode, index) != page) continue;  // truncated while we slept
    touch(*page);
    return page;
  }
}

void PageCache::set_dirty(Page& page) {
  if (std::exchange(page.dirty, true)) return;
  ++nr_dirty_;
  Inode& inode = page.mapping;
  if (!inode.dirtied_when.is_never()) return;
  inode.dirtied_when = runtime_.now();
  dirty_inodes_.push_back(&inode);
  if (next_look_.is_never() && vm_.dirty_writeback_centisecs != 0) {
    next_look_ = runtime_.now() + centisecs(vm_.dirty_writeback_centisecs);
    wake_flusher();
  }
}

void PageCache::clear_dirty(Page& page) {
  if (std::exchange(page.dirty, false)) --nr_dirty_;
}

// writepages: all dirty pages of the file, neighbours in one request. A page that is being written already is left for
// later. The bytes are taken now, so whoever changes the page meanwhile makes it dirty again.
void PageCache::start_writeback(Inode& inode) {
  struct Piece {
    std::uint64_t sector;
    Run run;
    std::vector<std::byte> bytes;
  };
  std::vector<Piece> pieces;
  bool left = false;
  for (const auto& [index, page] : inode.pages) {
    if (!page->dirty) continue;
    if (page->writeback) {
      left = true;
      continue;
    }
    clear_dirty(*page);
    page->writeback = true;
    ++nr_writeback_;
    const std::uint64_t sector = inode.allocate(index, free_).sector;
    if (pieces.empty() || pieces.back().run.back()->index + 1 != index ||
        pieces.back().sector + pieces.back().bytes.size() / kSectorBytes != sector)
      pieces.push_back({sector, {}, {}});
    pieces.back().run.push_back(page);
    pieces.back().bytes.insert(pieces.back().bytes.end(), page->data.begin(), page->data.end());
  }
  if (!left) {
    inode.dirtied_when = SimTime::never();
    std::erase(dirty_inodes_, &inode);
  }
  for (Piece& piece : pieces) {
    Bio bio;
    bio.write = true;
    bio.sector = piece.sector;
    bio.bytes = piece.bytes.size();
    stats_.pgpgout += bio.bytes;
    bio.end_io = [this, run = std::move(piece.run), bytes = std::move(piece.bytes)] { end_write(run, bytes); };
    disk_.submit(std::move(bio));
  }
}

void PageCache::end_write(const Run& run, const std::vector<std::byte>& bytes) {  // in the disk's interrupt
  for (std::size_t i = 0; i < run.size(); ++i) {
    Page& page = *run[i];
    const auto from = bytes.begin() + static_cast<std::ptrdiff_t>(i * kPageBytes);
    std::copy_n(from, kPageBytes, page.mapping.blocks.at(page.index).data.begin());
    page.writeback = false;
    --nr_writeback_;
    page.wait.wake_up(~PollMask{0}, 0);
  }
}

void PageCache::wait_for_writeback(Task& task, Page& page) {
  while (page.writeback) {
    TaskWaiter waiter{runtime_, page.wait, task, ~PollMask{0}};
    page.wait.add(waiter);
    runtime_.prepare_to_sleep();
    if (page.writeback) runtime_.sleep(SimTime::never(), false);
  }
}

// filemap_write_and_wait: what was dirty when it was called is on the disk afterwards.
void PageCache::sync(Task& task, Inode& inode) {
  Run pages;
  for (const auto& [index, page] : inode.pages)
    if (page->dirty || page->writeback) pages.push_back(page);
  for (const PagePtr& page : pages)
    if (page->dirty) wait_for_writeback(task, *page);  // with what was in it before
  start_writeback(inode);
  for (const PagePtr& page : pages) wait_for_writeback(task, *page);
}

// Begins to write all there is and waits for one page of it; false: there is none.
bool PageCache::write_some(Task& task) {
  const std::vector<Inode*> inodes = dirty_inodes_;
  for (Inode* const inode : inodes) start_writeback(*inode);
  const auto written = std::find_if(lru_.rbegin(), lru_.rend(), [](const Page* page) { return page->writeback; });
  if (written == lru_.rend()) return false;
  const PagePtr page = (*written)->mapping.pages.at((*written)->index);
  wait_for_writeback(task, *page);
  return true;
}

// balance_dirty_pages: above the background ratio the flusher begins, above the other one the writer waits.
void PageCache::balance_dirty(Task& task) {
  const auto above = [&](unsigned ratio) {
    return nr_dirty_ + nr_writeback_ > std::max<std::size_t>(limit_ * ratio / 100, 1);
  };
  if (nr_dirty_ > 0 && above(vm_.dirty_background_ratio) && !std::exchange(background_due_, true)) wake_flusher();
  while (above(vm_.dirty_ratio) && write_some(task)) {
  }
}

// The pages behind the new end go; what is left of the last one is followed by zeros.
void PageCache::truncate(Task& task, Inode& inode, std::uint64_t size) {
  const std::uint64_t end = (size + kPageBytes - 1) / kPageBytes, tail = size % kPageBytes;
  if (size < inode.size) {
    if (tail != 0 && (inode.on_disk(end - 1) || find(inode, end - 1))) {
      const PagePtr page = get_to_write(task, inode, end - 1, false);
      std::fill(page->data.begin() + static_cast<std::ptrdiff_t>(tail), page->data.end(), std::byte{0});
      set_dirty(*page);
    }
    for (auto at = inode.pages.lower_bound(end); at != inode.pages.end(); at = inode.pages.lower_bound(end)) {
      const PagePtr page = at->second;
      wait(task, *page);
      wait_for_writeback(task, *page);
      if (find(inode, page->index) != page) continue;
      clear_dirty(*page);
      lru_.erase(page->lru);
      inode.pages.erase(page->index);
    }
    inode.blocks.erase(inode.blocks.lower_bound(end), inode.blocks.end());
    inode.image.size = std::min(inode.image.size, size);
  }
  inode.size = size;
}

// ---- the flusher

void PageCache::wake_flusher() {
  if (flusher_started_) {
    if (flusher_ != nullptr) runtime_.wake(*flusher_, false);
    return;
  }
  flusher_started_ = true;
  runtime_.start_thread(
      "flush-8:0", [this](Task& self) { flush(self); }, 0);
}

// wb_workfn: at once when there is too much, else each dirty_writeback_centisecs what is older than
// dirty_expire_centisecs. It sleeps without a time when nothing is dirty, so that an idle host stays idle.
void PageCache::flush(Task& self) {
  flusher_ = &self;
  for (;;) {
    runtime_.prepare_to_sleep();
    const bool background = std::exchange(background_due_, false);
    if (!background && (next_look_.is_never() || runtime_.now() < next_look_)) {
      runtime_.sleep(next_look_, false);
      continue;
    }
    const std::vector<Inode*> inodes = dirty_inodes_;
    const SimTime old = runtime_.now() - centisecs(vm_.dirty_expire_centisecs);
    for (Inode* const inode : inodes)
      if (background || inode->dirtied_when <= old) start_writeback(*inode);
    if (!background)
      next_look_ = dirty_inodes_.empty() ? SimTime::never() : runtime_.now() + centisecs(vm_.dirty_writeback_centisecs);
  }
}

}  // namespace nicosim
