#include "stack/fs/file_system.hpp"

#include "common/rng.hpp"
#include "stack/io/poll_mask.hpp"
#include "stack/io/wake_up.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
#include <exception>
#include <fmt/format.h>
#include <utility>

namespace nicosim {

void FileImage::read(std::uint64_t offset, std::span<std::byte> to) const {
  std::ranges::fill(to, std::byte{0});
  if (offset >= size) return;
  to = to.first(std::min<std::uint64_t>(to.size(), size - offset));
  if (!text.empty()) {
    std::memcpy(to.data(), text.data() + offset, to.size());
    return;
  }
  const std::uint64_t base = Rng{seed, path}.next();
  for (std::size_t i = 0; i < to.size();) {  // eight bytes at a time, each group from its own number
    const std::uint64_t at = offset + i;
    std::uint64_t word = Rng{base ^ (at / 8), ""}.next() >> (at % 8 * 8);
    for (std::size_t n = 8 - at % 8; n > 0 && i < to.size(); --n, ++i, word >>= 8U)
      to[i] = static_cast<std::byte>(word & 0xffU);
  }
}

std::uint64_t Inode::sector_of(std::uint64_t page) const {
  const auto block = blocks.find(page);
  return block != blocks.end() ? block->second.sector : sector + page * (kPageBytes / kSectorBytes);
}

Inode::Block& Inode::allocate(std::uint64_t page, FreeSectors& free) {
  const auto [place, fresh] = blocks.try_emplace(page);
  if (fresh) place->second.sector = page < reserved ? sector + page * (kPageBytes / kSectorBytes) : free.take(1);
  return place->second;
}

void Inode::read_block(std::uint64_t page, std::span<std::byte, kPageBytes> to) const {
  const auto block = blocks.find(page);
  if (block == blocks.end()) return image.read(page * kPageBytes, to);
  std::ranges::copy(block->second.data, to.begin());
}

long RegularFile::read(Task& task, const File&, std::span<std::byte> buffer) {
  const long n = fs.read(task, *this, pos, buffer);
  if (n > 0) pos += static_cast<std::uint64_t>(n);
  return n;
}

long RegularFile::write(Task& task, const File&, std::span<const std::byte> data) {
  const long n = fs.write(task, *this, append ? kAppend : pos, data);
  if (n > 0) pos = append ? inode.size : pos + static_cast<std::uint64_t>(n);
  return n;
}

PollMask RegularFile::poll() { return kPollIn | kPollOut | kPollRdNorm | kPollWrNorm; }  // DEFAULT_POLLMASK

void FileSystem::mount(BlockDevice& disk, std::size_t page_cache_bytes, WritebackKnobs vm) {
  cache_.emplace(runtime_, ledger_, disk, free_, page_cache_bytes, vm);
}

Inode& FileSystem::add(FileImage image) {
  auto inode = std::make_unique<Inode>();
  inode->number = static_cast<unsigned>(inodes_.size()) + 2;  // 1 is for bad blocks, as ext2 has it
  inode->image = std::move(image);
  inode->size = inode->image.size;
  inode->reserved = inode->page_count();
  inode->sector = free_.take(inode->reserved);
  const std::string path = inode->image.path;
  const auto [place, fresh] = inodes_.emplace(path, std::move(inode));
  assert(fresh && "two files have one name");
  (void)fresh;
  return *place->second;
}

std::unique_ptr<RegularFile> FileSystem::open(std::string_view path) {
  runtime_.charge(Cost::path_lookup, static_cast<std::uint64_t>(std::ranges::count(path, '/')));
  const auto found = inodes_.find(path);
  return cache_ && found != inodes_.end() ? std::make_unique<RegularFile>(*this, *found->second) : nullptr;
}

std::unique_ptr<RegularFile> FileSystem::create(std::string_view path) {
  if (!cache_ || path.size() < 2 || path.front() != '/' || path.back() == '/') return nullptr;
  return std::make_unique<RegularFile>(*this, add({std::string{path}, 0, "", 1}));
}

// ---- writing

namespace {

class InodeLock {  // inode_lock: i_rwsem, of writers
 public:
  InodeLock(Runtime& runtime, Task& task, Inode& inode) : inode_(inode) {
    while (inode.write_locked) {
      TaskWaiter waiter{runtime, inode.write_wait, task, ~PollMask{0}};
      inode.write_wait.add_exclusive(waiter);
      runtime.prepare_to_sleep();
      if (inode.write_locked) runtime.sleep(SimTime::never(), false);
    }
    inode.write_locked = true;
  }
  InodeLock(const InodeLock&) = delete;
  InodeLock& operator=(const InodeLock&) = delete;
  ~InodeLock() { assert(!inode_.write_locked || std::uncaught_exceptions() > 0); }
  void unlock() {  // takes time, which a destructor has not
    inode_.write_locked = false;
    inode_.write_wait.wake_up(~PollMask{0});
  }

 private:
  Inode& inode_;
};

}  // namespace

long FileSystem::write(Task& task, RegularFile& file, std::uint64_t pos, std::span<const std::byte> data) {
  if (data.empty()) return 0;
  Inode& inode = file.inode;
  InodeLock lock{runtime_, task, inode};
  if (pos == RegularFile::kAppend) pos = inode.size;
  const std::uint64_t end = pos + data.size();
  for (std::uint64_t at = pos; at < end;) {  // generic_perform_write
    const std::uint64_t index = at / kPageBytes, from = at % kPageBytes;
    const std::size_t n = std::min(end, (index + 1) * kPageBytes) - at;
    const PagePtr page = cache_->get_to_write(task, inode, index, n == kPageBytes);
    std::ranges::copy(data.subspan(at - pos, n), page->data.begin() + static_cast<std::ptrdiff_t>(from));
    runtime_.charge(Cost::copy_to_user_per_byte, n);
    cache_->set_dirty(*page);
    at += n;
    inode.size = std::max(inode.size, at);
    cache_->balance_dirty(task);
  }
  ledger_.note(runtime_.now(), "copy", {},
               fmt::format("pid={} task={} file={} offset={} bytes={} op=write", task.pid(), task.task_name(),
                           inode.image.path, pos, data.size()));
  lock.unlock();
  return static_cast<long>(data.size());
}

void FileSystem::sync(Task& task, RegularFile& file) { cache_->sync(task, file.inode); }

void FileSystem::truncate(Task& task, RegularFile& file, std::uint64_t size) {
  InodeLock lock{runtime_, task, file.inode};
  cache_->truncate(task, file.inode, size);
  lock.unlock();
}

long FileSystem::start(Task& task, RegularFile& file, std::uint64_t pos, std::span<std::byte> buffer,
                       PagePtr& missing) {
  const PagePtr waited = std::move(missing);
  missing.reset();
  const std::uint64_t size = file.inode.size;
  if (pos >= size) return 0;
  const std::uint64_t end = pos + std::min<std::uint64_t>(buffer.size(), size - pos);
  std::uint64_t at = pos;
  while (at < end) {  // filemap_read
    const std::uint64_t index = at / kPageBytes;
    PagePtr page = waited && waited->index == index
                       ? waited
                       : cache_->get(file.inode, file.ra, index, (end + kPageBytes - 1) / kPageBytes - index);
    if (page->locked) {
      missing = std::move(page);
      break;
    }
    const std::size_t n = std::min(end, (index + 1) * kPageBytes) - at;
    std::memcpy(buffer.data() + (at - pos), page->data.data() + at % kPageBytes, n);
    runtime_.charge(Cost::copy_to_user_per_byte, n);
    at += n;
    file.ra.prev_pos = at - 1;
  }
  if (at > pos)
    ledger_.note(runtime_.now(), "copy", {},
                 fmt::format("pid={} task={} file={} offset={} bytes={}", task.pid(), task.task_name(),
                             file.inode.image.path, pos, at - pos));
  return static_cast<long>(at - pos);
}

long FileSystem::read(Task& task, RegularFile& file, std::uint64_t pos, std::span<std::byte> buffer) {
  std::size_t copied = 0;
  for (PagePtr missing;;) {
    copied += static_cast<std::size_t>(start(task, file, pos + copied, buffer.subspan(copied), missing));
    if (!missing) return static_cast<long>(copied);
    cache_->wait(task, *missing);
  }
}

long FileSystem::with_page(Task& task, RegularFile& file, std::uint64_t pos, std::size_t most, const Use& use) {
  const std::uint64_t size = file.inode.size;
  if (pos >= size) return 0;
  const std::uint64_t end = pos + std::min<std::uint64_t>(most, size - pos);
  const std::uint64_t index = pos / kPageBytes;
  const PagePtr page = cache_->get(file.inode, file.ra, index, (end + kPageBytes - 1) / kPageBytes - index);
  cache_->wait(task, *page);
  const std::size_t n = std::min(end, (index + 1) * kPageBytes) - pos;
  file.ra.prev_pos = pos + n - 1;
  return use(std::span<const std::byte>{page->data}.subspan(pos % kPageBytes, n));
}

}  // namespace nicosim
