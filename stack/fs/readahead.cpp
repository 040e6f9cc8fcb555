#include "stack/fs/readahead.hpp"

#include <algorithm>
#include <bit>

namespace nicosim {
namespace {

unsigned get_init_ra_size(std::uint64_t wanted, unsigned most) {
  const std::uint64_t size = std::bit_ceil(std::max<std::uint64_t>(wanted, 1));
  if (size <= most / 32) return static_cast<unsigned>(size * 4);
  if (size <= most / 4) return static_cast<unsigned>(size * 2);
  return most;
}

unsigned get_next_ra_size(const FileRaState& ra) {
  if (ra.size < ra.ra_pages / 16) return 4 * ra.size;
  if (ra.size <= ra.ra_pages / 2) return 2 * ra.size;
  return ra.ra_pages;
}

// The window that `ra` describes. Who starts with it at its own mark would at once ask for the next: one of both sizes.
ReadAheadWindow read_it(FileRaState& ra, std::uint64_t index) {
  if (index == ra.start && ra.size == ra.async_size) {
    const unsigned next = get_next_ra_size(ra);
    if (ra.size + next <= ra.ra_pages) {
      ra.async_size = next;
      ra.size += next;
    } else {
      ra.size = ra.ra_pages;
      ra.async_size = ra.ra_pages / 2;
    }
  }
  return {ra.start, ra.size, ra.start + ra.size - ra.async_size};
}

ReadAheadWindow initial_readahead(FileRaState& ra, std::uint64_t index, std::uint64_t wanted) {
  ra.start = index;
  ra.size = get_init_ra_size(wanted, ra.ra_pages);
  ra.async_size = ra.size > wanted ? ra.size - static_cast<unsigned>(wanted) : ra.size;
  return read_it(ra, index);
}

// The window goes on where the last one ended, larger.
ReadAheadWindow next_window(FileRaState& ra, std::uint64_t index) {
  ra.start += ra.size;
  ra.size = get_next_ra_size(ra);
  ra.async_size = ra.size;
  return read_it(ra, index);
}

bool continues(const FileRaState& ra, std::uint64_t index) {
  return ra.size != 0 && (index == ra.start + ra.size - ra.async_size || index == ra.start + ra.size);
}

}  // namespace

ReadAheadWindow sync_readahead(FileRaState& ra, std::uint64_t index, std::uint64_t wanted) {
  if (ra.ra_pages == 0) return {index, static_cast<unsigned>(std::min<std::uint64_t>(wanted, kReadAheadPages)), {}};
  if (index == 0) return initial_readahead(ra, index, wanted);
  if (continues(ra, index)) return next_window(ra, index);
  if (wanted > ra.ra_pages) return initial_readahead(ra, index, wanted);
  if (ra.prev_pos && index - *ra.prev_pos / kPageBytes <= 1) return initial_readahead(ra, index, wanted);
  return {index, static_cast<unsigned>(wanted), {}};  // a jump
}

ReadAheadWindow async_readahead(FileRaState& ra, std::uint64_t index, std::uint64_t wanted,
                                std::uint64_t first_missing) {
  if (ra.ra_pages == 0) return {};
  if (continues(ra, index)) return next_window(ra, index);
  // Somebody else's mark: this file's window is a guess, from the mark to where the cache has a hole.
  if (first_missing - index > ra.ra_pages) return {};
  ra.start = first_missing;
  ra.size = static_cast<unsigned>(std::min<std::uint64_t>(first_missing - index + wanted, ra.ra_pages));
  ra.size = get_next_ra_size(ra);
  ra.async_size = ra.size;
  return read_it(ra, index);
}

}  // namespace nicosim
