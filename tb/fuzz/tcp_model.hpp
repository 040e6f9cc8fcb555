// What a TCP peer may believe: the bytes it sent and the ones it can be sent, without a state machine of its own.
//
// Data is a function of its place in the stream, so whoever holds a byte can tell whether it is the right one. A peer's
// numbers are base + generation * 2^24 + offset: every generation of a connection carries the same stream.
#pragma once

#include "common/rng.hpp"
#include "tb/fuzz/host.hpp"

#include <linux/tcp.h>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace nicosim::fuzz {

enum : std::uint8_t { kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16 };

// The streams as functions of the offset, from a table that repeats after 64 KiB. The peer's exists in two versions
// that differ in the top bit.
class Streams {
 public:
  static constexpr std::uint32_t kPeriod = 65'536;
  static const Streams& get() {
    static const Streams streams;
    return streams;
  }
  // `size` bytes from `offset` on.
  Bytes peer_says(std::uint32_t offset, std::size_t size, bool second_version) const {
    return Bytes{second_version ? second_ : first_}.subspan(offset % kPeriod, size);
  }
  Bytes we_say(std::uint32_t offset, std::size_t size) const { return Bytes{ours_}.subspan(offset % kPeriod, size); }

 private:
  Streams() {
    Rng rng{1, "streams"};
    for (std::uint32_t i = 0; i < kPeriod + kLongest; ++i) {
      const std::uint64_t draw = i < kPeriod ? rng.next() : 0;
      const auto fresh = [&](const Packet& of, std::uint64_t value) {
        return i < kPeriod ? static_cast<std::byte>(value) : of[i - kPeriod];
      };
      first_.push_back(fresh(first_, draw & 0x7fU));
      second_.push_back(fresh(second_, (draw & 0x7fU) | 0x80U));
      ours_.push_back(fresh(ours_, draw >> 8U & 0xffU));
    }
  }
  static constexpr std::uint32_t kLongest = 20'000;  // asked for at once
  Packet first_, second_, ours_;
};

// Which numbers have been sent, as runs that do not touch.
class Runs {
 public:
  void add(std::uint32_t begin, std::uint32_t end) {
    if (end < begin) {  // around the end of the number space
      add(0, end);
      end = 0xffff'ffff;
    }
    if (end == begin) return;
    auto next = runs_.upper_bound(begin);
    if (next != runs_.begin() && std::prev(next)->second >= begin) {
      --next;
      begin = next->first;
      end = std::max(end, next->second);
      next = runs_.erase(next);
    }
    while (next != runs_.end() && next->first <= end) {
      end = std::max(end, next->second);
      next = runs_.erase(next);
    }
    runs_[begin] = end;
  }
  bool covers(std::uint32_t begin, std::uint32_t end) const {
    if (end < begin) return covers(begin, 0xffff'ffff) && covers(0, end);
    const auto next = runs_.upper_bound(begin);
    return next != runs_.begin() && std::prev(next)->second >= end && begin <= end;
  }

 private:
  std::map<std::uint32_t, std::uint32_t> runs_;
};

// One end of a connection at the other side of the wire.
struct Peer {
  static constexpr unsigned kStreamBits = 24;
  static constexpr std::uint32_t kStream = (1U << kStreamBits) - 1;

  std::uint16_t port = 0, our_port = 80;
  std::uint32_t base = 0, generation = 0;
  bool active = false;      // our side connects
  bool timestamps = false;  // the SYN in hand had them
  bool odd_syn = false;     // a connection may begin at numbers that do not follow the rule above: no model
  std::uint32_t nxt = 0;    // behind the last number said in order
  Runs said;                // relative to base
  bool second_version = false;
  // What we heard
  std::set<std::uint32_t> our_isns;
  std::uint32_t our_isn = 0, our_nxt = 0, our_ack = 0, our_una = 0;
  std::optional<std::uint32_t> our_tsval;
  std::uint32_t written = 0;  // by the processes that had this connection, the most of any

  std::uint32_t isn() const { return base + (generation << kStreamBits); }
  std::uint32_t offset(std::uint32_t seq) const { return (seq - base) & kStream; }

  void said_segment(std::uint8_t flags, std::uint32_t seq, std::size_t bytes) {
    if ((flags & kSyn) != 0 && offset(seq) != 0) odd_syn = true;
    const std::uint32_t length =
        static_cast<std::uint32_t>(bytes) + ((flags & kSyn) != 0 ? 1 : 0) + ((flags & kFin) != 0 ? 1 : 0);
    said.add(seq - base, seq - base + length);
    if (seq == nxt) nxt = seq + length;
  }

  // A cookie is good for every pair of numbers moved by the same distance, and its last two bits are the MSS (as in
  // Linux): a peer may open a connection that begins elsewhere than its SYN did.
  void said_ack_to_cookie(std::uint32_t seq, std::uint32_t ack) {
    const std::uint32_t moved = offset(seq - 1);
    for (const std::uint32_t isn : our_isns) {
      const std::uint32_t other = (ack - 1 - isn - moved + 3) & kStream;
      if (other <= 6 && (moved != 0 || other != 3)) odd_syn = true;
    }
  }

  // A segment of ours to this peer: every number and byte in it is one that we may say.
  void heard(Bytes segment) {
    const std::uint32_t seq = load_be32(segment, 4), ack = load_be32(segment, 8);
    const std::uint8_t flags = load8(segment, 13);
    const std::size_t header = (load8(segment, 12) >> 4U) * std::size_t{4};
    require(header >= 20 && header <= segment.size(), "a header of ours has its size");
    const Bytes data = segment.subspan(header);
    require((flags & kSyn) == 0 || (flags & (kFin | kRst)) == 0, "no SYN with FIN or RST");
    require((flags & kSyn) == 0 || data.empty(), "no data in a SYN");
    hear_options(segment.subspan(20, header - 20), (flags & kRst) != 0);
    if ((flags & kRst) != 0) return;  // may repeat any number it was provoked with
    if ((flags & kSyn) != 0) {
      our_isn = our_una = seq;
      our_nxt = seq + 1;
      our_isns.insert(seq);
    }
    if ((flags & kAck) != 0) {
      our_ack = ack;
      const std::uint32_t end = ack - base, first = (end - 1) >> kStreamBits << kStreamBits;
      require(odd_syn || said.covers(first, end), "only what was sent is acknowledged");
    }
    if (data.empty()) return;
    require((flags & kAck) != 0, "data comes with an acknowledgement");
    require(odd_syn || is_ours(seq, data), "what is sent is what was written, at its place");
    const std::uint32_t end = seq + static_cast<std::uint32_t>(data.size()) + ((flags & kFin) != 0 ? 1 : 0);
    if (static_cast<std::int32_t>(end - our_nxt) > 0) our_nxt = end;
  }

 private:
  bool is_ours(std::uint32_t seq, Bytes data) const {
    return std::ranges::any_of(our_isns, [&](std::uint32_t isn) {
      const std::uint32_t first = seq - isn - 1;
      if (first > written || data.size() > written - first) return false;
      return std::ranges::equal(data, Streams::get().we_say(first, data.size()));
    });
  }
  void hear_options(Bytes options, bool rst) {
    for (std::size_t at = 0; at < options.size();) {
      const unsigned kind = load8(options, at);
      if (kind == 0) return;
      if (kind == 1) {
        ++at;
        continue;
      }
      require(at + 2 <= options.size(), "an option of ours has a length");
      const std::size_t size = load8(options, at + 1);
      require(size >= 2 && at + size <= options.size(), "an option of ours fits");
      if (kind == 8) {
        require(size == 10, "a timestamp option has ten bytes");
        our_tsval = load_be32(options, at + 2);
      }
      for (std::size_t i = 2; kind == 5 && i + 8 <= size; i += 8) {
        const std::uint32_t start = load_be32(options, at + i) - base, end = load_be32(options, at + i + 4) - base;
        require(odd_syn || rst || (static_cast<std::int32_t>(end - start) > 0 && said.covers(start, end)),
                "SACK blocks name what was sent");
      }
      at += size;
    }
  }
};

}  // namespace nicosim::fuzz
