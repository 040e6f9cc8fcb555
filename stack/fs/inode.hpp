// A file as it lies on the disk, and the pages of it that are in memory (struct inode, struct address_space).
#pragma once

#include "common/sim_time.hpp"
#include "common/wait_queue.hpp"
#include "stack/fs/block_device.hpp"
#include "stack/fs/readahead.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace nicosim {

// What a scenario says of a file. Without `text` its bytes are made from path and seed: always the same ones.
struct FileImage {
  std::string path;        // absolute: "/www/a.bin"
  std::uint64_t size = 0;  // bytes; of a text its length
  std::string text;
  std::uint64_t seed = 1;

  bool operator==(const FileImage&) const = default;
  // The bytes from `offset` on, as they are on the disk; zeros behind the end.
  void read(std::uint64_t offset, std::span<std::byte> to) const;
};

struct Inode;

struct Page {  // struct folio, of one page
  Page(Inode& of, std::uint64_t number) : mapping(of), index(number) {}
  Inode& mapping;
  std::uint64_t index;
  bool locked = true;  // PG_locked: the disk is writing into it
  bool uptodate = false;
  bool readahead = false;  // PG_readahead: who reads it starts the next window
  bool dirty = false;      // PG_dirty: newer than what is on the disk
  bool writeback = false;  // PG_writeback: on its way to the disk
  WaitQueue wait;          // who wants to hear that it is unlocked, or written
  std::list<Page*>::iterator lru;
  std::array<std::byte, kPageBytes> data{};
};

// Who holds one keeps it from being reclaimed (folio_get).
using PagePtr = std::shared_ptr<Page>;

// Sectors that no file has yet, given away in order.
struct FreeSectors {
  std::uint64_t next = 2048;  // behind the partition table, as partitions are aligned
  std::uint64_t take(std::uint64_t pages) { return std::exchange(next, next + pages * (kPageBytes / kSectorBytes)); }
};

struct Inode {
  struct Block {  // a page that was written back
    std::uint64_t sector = 0;
    std::array<std::byte, kPageBytes> data{};
  };

  unsigned number = 0;
  FileImage image;                        // what the scenario put there, as far as it was not cut off
  std::uint64_t size = 0;                 // i_size
  std::uint64_t sector = 0;               // where the image begins on the disk; it lies there in one piece ...
  std::uint64_t reserved = 0;             // ... of so many pages
  std::map<std::uint64_t, Block> blocks;  // newer than the image, by page
  std::map<std::uint64_t, PagePtr> pages;
  SimTime dirtied_when = SimTime::never();  // since when a page has been dirty
  bool write_locked = false;                // i_rwsem, of writers
  WaitQueue write_wait;

  std::uint64_t page_count() const { return (size + kPageBytes - 1) / kPageBytes; }
  // Not so in a hole, and before a new page is written back for the first time.
  bool on_disk(std::uint64_t page) const { return blocks.contains(page) || page * kPageBytes < image.size; }
  std::uint64_t sector_of(std::uint64_t page) const;       // of one that is on the disk
  Block& allocate(std::uint64_t page, FreeSectors& free);  // for writing; late, as ext4 does it
  void read_block(std::uint64_t page, std::span<std::byte, kPageBytes> to) const;
};

}  // namespace nicosim
