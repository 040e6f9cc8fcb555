// Files under their names, read and written through the page cache (fs/open.c, mm/filemap.c). A scenario says which
// there are; programs may make more. There are no directories.
//
// A read has two phases. First its pages must come from the disk, and the reader sleeps on each that is not there yet;
// then they are copied to the process. `start()` does as much of it as needs no sleep, for asynchronous I/O.
#pragma once

#include "common/ledger.hpp"
#include "common/runtime.hpp"
#include "stack/fs/inode.hpp"
#include "stack/fs/page_cache.hpp"
#include "stack/io/file_ops.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace nicosim {

class FileSystem;

// What struct file has for a regular file. Shared by all descriptors that dup() and fork() made of one open().
class RegularFile final : public FileOps {
 public:
  RegularFile(FileSystem& of, Inode& its) : fs(of), inode(its) {}

  static constexpr std::uint64_t kAppend = ~std::uint64_t{0};  // instead of a position: the end

  long read(Task& task, const File& file, std::span<std::byte> buffer) override;       // from pos on, and moves it
  long write(Task& task, const File& file, std::span<const std::byte> data) override;  // likewise, or O_APPEND
  PollMask poll() override;
  WaitQueue& wait_queue() override { return nobody_; }
  bool can_epoll() const override { return false; }
  RegularFile* regular() override { return this; }

  FileSystem& fs;
  Inode& inode;
  std::uint64_t pos = 0;  // f_pos
  FileRaState ra;         // f_ra
  bool append = false;    // O_APPEND

 private:
  WaitQueue nobody_;  // it is always ready
};

class FileSystem {
 public:
  FileSystem(Runtime& runtime, Ledger& ledger) : runtime_(runtime), ledger_(ledger) {}

  // Setting up: the disk (must outlive this), how much of it memory holds, then the files in their order on the disk.
  void mount(BlockDevice& disk, std::size_t page_cache_bytes, WritebackKnobs vm = {});
  Inode& add(FileImage image);

  // A regular file, or nullptr: ENOENT. Charges one lookup per component of the path.
  std::unique_ptr<RegularFile> open(std::string_view path);
  // A new, empty one, which is not there yet; nullptr when there is no disk or the path names none.
  std::unique_ptr<RegularFile> create(std::string_view path);

  // Process context; all sleep and are not disturbed by signals. write() takes all of it, at `pos` or kAppend.
  long write(Task& task, RegularFile& file, std::uint64_t pos, std::span<const std::byte> data);
  void sync(Task& task, RegularFile& file);  // fsync: everything written before is on the disk
  void truncate(Task& task, RegularFile& file, std::uint64_t size);

  // Bytes from `pos` on, fewer only at the end of the file; 0 behind it. Sleeps on pages that are on their way.
  long read(Task& task, RegularFile& file, std::uint64_t pos, std::span<std::byte> buffer);
  // As much of it as is there; `missing` is then the page that the rest waits for, nullptr when there is no rest.
  // Handed in again it is the page that has come.
  long start(Task& task, RegularFile& file, std::uint64_t pos, std::span<std::byte> buffer, PagePtr& missing);
  // The bytes of the file from `pos` on that lie in one page, for sendfile(); empty at the end. Sleeps.
  using Use = std::function<long(std::span<const std::byte> bytes)>;
  long with_page(Task& task, RegularFile& file, std::uint64_t pos, std::size_t most, const Use& use);

  const PageCache* cache() const { return cache_ ? &*cache_ : nullptr; }

 private:
  Runtime& runtime_;
  Ledger& ledger_;
  FreeSectors free_;
  std::optional<PageCache> cache_;
  std::map<std::string, std::unique_ptr<Inode>, std::less<>> inodes_;
};

}  // namespace nicosim
