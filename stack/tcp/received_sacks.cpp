#include "stack/tcp/received_sacks.hpp"

#include "stack/tcp/sequence.hpp"

#include <algorithm>

namespace nicosim {
namespace {

bool touch(const SackBlock& a, const SackBlock& b) { return !after(a.start, b.end) && !after(b.start, a.end); }

SackBlock joined(const SackBlock& a, const SackBlock& b) {
  return {earlier_of(a.start, b.start), later_of(a.end, b.end)};
}

}  // namespace

void ReceivedSacks::add(std::uint32_t start, std::uint32_t end) {
  SackBlock fresh{start, end};
  for (auto block = blocks_.begin(); block != blocks_.end();) {
    if (!touch(*block, fresh)) {
      ++block;
      continue;
    }
    fresh = joined(*block, fresh);
    block = blocks_.erase(block);
  }
  blocks_.insert(blocks_.begin(), fresh);
  if (blocks_.size() > kMost) blocks_.resize(kMost);
}

void ReceivedSacks::remove_until(std::uint32_t rcv_nxt) {
  std::erase_if(blocks_, [&](const SackBlock& block) { return !before(rcv_nxt, block.start); });
}

std::uint32_t ReceivedSacks::highest() const {
  std::uint32_t end = blocks_.front().end;
  for (const SackBlock& block : blocks_) end = later_of(end, block.end);
  return end;
}

void ReceivedSacks::extend_duplicate(std::uint32_t start, std::uint32_t end) {
  const SackBlock more{start, end};
  if (!duplicate_)
    duplicate_ = more;
  else if (touch(*duplicate_, more))
    duplicate_ = joined(*duplicate_, more);
}

void ReceivedSacks::write(TcpOptions& options, std::size_t most) const {
  most = std::min(most, options.sacks.size());
  options.num_sacks = 0;
  if (duplicate_ && most > 0) options.sacks[options.num_sacks++] = *duplicate_;
  for (const SackBlock& block : blocks_)
    if (options.num_sacks < most) options.sacks[options.num_sacks++] = block;
}

}  // namespace nicosim
