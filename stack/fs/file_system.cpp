#include "stack/fs/file_system.hpp"

#include "common/rng.hpp"
#include "stack/io/poll_mask.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstring>
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

long RegularFile::read(Task& task, const File&, std::span<std::byte> buffer) {
  const long n = fs.read(task, *this, pos, buffer);
  if (n > 0) pos += static_cast<std::uint64_t>(n);
  return n;
}

PollMask RegularFile::poll() { return kPollIn | kPollOut | kPollRdNorm | kPollWrNorm; }  // DEFAULT_POLLMASK

void FileSystem::mount(BlockDevice& disk, std::size_t page_cache_bytes) {
  cache_.emplace(runtime_, ledger_, disk, page_cache_bytes);
}

void FileSystem::add(FileImage image) {
  auto inode = std::make_unique<Inode>();
  inode->number = static_cast<unsigned>(inodes_.size()) + 2;  // 1 is for bad blocks, as ext2 has it
  inode->sector = next_sector_;
  inode->image = std::move(image);
  next_sector_ += inode->page_count() * (kPageBytes / kSectorBytes);
  const std::string path = inode->image.path;
  const bool fresh = inodes_.emplace(path, std::move(inode)).second;
  assert(fresh && "two files have one name");
  (void)fresh;
}

std::unique_ptr<RegularFile> FileSystem::open(std::string_view path) {
  runtime_.charge(Cost::path_lookup, static_cast<std::uint64_t>(std::ranges::count(path, '/')));
  const auto found = inodes_.find(path);
  return cache_ && found != inodes_.end() ? std::make_unique<RegularFile>(*this, *found->second) : nullptr;
}

long FileSystem::start(Task& task, RegularFile& file, std::uint64_t pos, std::span<std::byte> buffer,
                       PagePtr& missing) {
  const PagePtr waited = std::move(missing);
  missing.reset();
  const std::uint64_t size = file.inode.image.size;
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
  const std::uint64_t size = file.inode.image.size;
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
