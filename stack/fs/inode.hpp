// A file as it lies on the disk, and the pages of it that are in memory (struct inode, struct address_space).
#pragma once

#include "common/wait_queue.hpp"
#include "stack/fs/readahead.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <span>
#include <string>

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
  WaitQueue wait;          // who wants to hear that it is unlocked
  std::list<Page*>::iterator lru;
  std::array<std::byte, kPageBytes> data{};
};

// Who holds one keeps it from being reclaimed (folio_get).
using PagePtr = std::shared_ptr<Page>;

struct Inode {
  unsigned number = 0;
  FileImage image;
  std::uint64_t sector = 0;  // where it begins on the disk; it lies there in one piece
  std::map<std::uint64_t, PagePtr> pages;
  std::uint64_t page_count() const { return (image.size + kPageBytes - 1) / kPageBytes; }
};

}  // namespace nicosim
