// What the receiver reports beyond its acknowledgement: up to four ranges, newest first, and one duplicate (RFC 2018,
// 2883).
#pragma once

#include "stack/tcp/tcp_options.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace nicosim {

class ReceivedSacks {
 public:
  void add(std::uint32_t start, std::uint32_t end);  // tcp_sack_new_ofo_skb: joins what it touches, goes to the front
  void remove_until(std::uint32_t rcv_nxt);          // tcp_sack_remove: what is acknowledged now
  void clear() { blocks_.clear(); }
  bool empty() const { return blocks_.empty(); }
  std::uint32_t highest() const;  // the end of the highest range; not when empty()

  void set_duplicate(std::uint32_t start, std::uint32_t end) { duplicate_ = SackBlock{start, end}; }  // tcp_dsack_set
  void extend_duplicate(std::uint32_t start, std::uint32_t end);  // tcp_dsack_extend
  void clear_duplicate() { duplicate_.reset(); }
  bool has_duplicate() const { return duplicate_.has_value(); }

  std::size_t count() const { return blocks_.size() + (duplicate_ ? 1 : 0); }
  // Puts at most `most` blocks into the options, the duplicate first.
  void write(TcpOptions& options, std::size_t most) const;

 private:
  static constexpr std::size_t kMost = 4;  // TCP_NUM_SACKS
  std::vector<SackBlock> blocks_;
  std::optional<SackBlock> duplicate_;
};

}  // namespace nicosim
