// Which pages to read before anybody asks for them (mm/readahead.c, ondemand_readahead of Linux 6.1).
//
// A sequential reader gets a window that grows to 128 KiB; one page in it is marked (PG_readahead), and whoever reaches
// the mark starts the next window before this one is used up. A reader that jumps gets what it asks for and no more.
// Left out: the search of the cache for a sequence that another open file began (try_context_readahead).
#pragma once

#include <cstdint>
#include <optional>

namespace nicosim {

inline constexpr std::uint64_t kPageBytes = 4096;
inline constexpr unsigned kReadAheadPages = 32;  // VM_READAHEAD_PAGES: 128 KiB

// struct file_ra_state, one per open file. Pages.
struct FileRaState {
  std::uint64_t start = 0;                // where the current window began
  unsigned size = 0;                      // how many pages it has
  unsigned async_size = 0;                // the next one starts when so many are left of it
  unsigned ra_pages = kReadAheadPages;    // the largest window; 0: POSIX_FADV_RANDOM
  std::optional<std::uint64_t> prev_pos;  // the last byte read, none before the first read
};

// A row of pages to bring in; the page at `mark` gets PG_readahead.
struct ReadAheadWindow {
  std::uint64_t start = 0;
  unsigned pages = 0;
  std::optional<std::uint64_t> mark;
};

// page_cache_sync_ra: page `index` is missing and `wanted` pages are asked for from there on.
ReadAheadWindow sync_readahead(FileRaState&, std::uint64_t index, std::uint64_t wanted);
// page_cache_async_ra: page `index` bears the mark. `first_missing`: the first page behind it that is not there.
ReadAheadWindow async_readahead(FileRaState&, std::uint64_t index, std::uint64_t wanted, std::uint64_t first_missing);

}  // namespace nicosim
