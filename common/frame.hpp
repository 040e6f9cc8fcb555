// A packet in the host: Linux's sk_buff, cut down to one contiguous buffer with headroom.
//
// Exactly one owner (FramePtr). Each Frame carries the ids of the wire frames in it; an id leaves by being closed in
// the ledger and dropped from `ids`, or by moving to another Frame (adopt) or to the card (Ledger::posted). Giving a
// Frame with ids still in it back to the pool is our bug, and asserts.
#pragma once

#include "common/frame_id.hpp"
#include "common/sim_time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace nicosim {

class Ledger;
enum class Fate : std::uint8_t;
enum class Station : std::uint8_t;
enum class DropReason : std::uint16_t;

class Frame;
class FramePool;
struct NfConn;  // stack/netfilter

struct FrameRecycler {
  void operator()(Frame*) const noexcept;
};
using FramePtr = std::unique_ptr<Frame, FrameRecycler>;

// What the card says about checksums of a received frame (CHECKSUM_NONE, CHECKSUM_UNNECESSARY).
enum class RxChecksum : std::uint8_t { none, unnecessary };

// A frame that stands for several packets of one TCP connection (skb_shared_info: gso_size, gso_segs). It has the
// headers once, and its checksum is left (CHECKSUM_PARTIAL); whoever cuts it makes each packet's headers from them.
struct Gso {
  std::uint16_t size = 0;  // payload of each packet but the last; 0: the frame is one packet
  std::uint16_t segs = 0;  // packets
  bool fixed_id = false;   // all have the same IP identification (SKB_GSO_TCP_FIXEDID)

  explicit operator bool() const { return size != 0; }
  bool operator==(const Gso&) const = default;
};

class Frame {
 public:
  // From the current header to the end, without FCS.
  std::span<std::byte> bytes() { return {buffer_.data() + begin_, end_ - begin_}; }
  std::span<const std::byte> bytes() const { return {buffer_.data() + begin_, end_ - begin_}; }
  std::size_t size() const { return end_ - begin_; }
  std::size_t headroom() const { return begin_; }

  void pull(std::size_t n);                  // drops n bytes at the front; n <= size()
  std::span<std::byte> push(std::size_t n);  // opens n bytes at the front (not cleared); n <= headroom()
  std::span<std::byte> put(std::size_t n);   // opens n bytes at the end (not cleared); within the capacity
  void trim(std::size_t n);                  // keeps the first n bytes; n <= size()

  // Takes over the ids of a frame that was merged into this one (GRO, reassembly, TCP collapse).
  void adopt(FramePtr other);
  // Closes every id with the same fate and forgets them.
  void close(Ledger&, Fate, Station, SimTime now, DropReason reason);
  void at(Ledger&, Station, SimTime now, std::string_view detail = {}) const;  // every id has reached a station

  // CHECKSUM_PARTIAL: the sum from `start` (counted from the current header on) to the end is still to be added to the
  // pseudo header's, which lies `offset` bytes behind `start`. It stays so however headers come and go.
  void leave_checksum(std::size_t start, std::size_t offset);
  void checksum_is_done() { checksum_left_ = false; }
  bool checksum_left() const { return checksum_left_; }
  std::size_t csum_start() const { return csum_start_ - begin_; }  // from the current header on
  std::size_t csum_offset() const { return csum_offset_; }

  std::vector<FrameId> ids;
  unsigned port = 0;          // the card it came from or goes to
  SimTime arrived;            // when the driver took it from the ring (skb tstamp)
  std::uint32_t rx_hash = 0;  // flow hash for RPS, 0 = not computed
  RxChecksum rx_checksum = RxChecksum::none;
  std::shared_ptr<NfConn> nfct;  // the connection it belongs to, and as what (skb->_nfct); netfilter alone looks inside
  std::uint8_t nfctinfo = 0;
  Gso gso;

 private:
  friend class FramePool;
  friend struct FrameRecycler;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::size_t csum_start_ = 0, csum_offset_ = 0;  // the first from the start of the buffer
  bool checksum_left_ = false;
  FramePool* pool_ = nullptr;
  Frame *next_live_ = nullptr, *previous_live_ = nullptr;
};

// Hands out Frames and takes them back; must outlive them. Counts, so that a leak is seen at the end of a run.
class FramePool {
 public:
  FramePool() = default;
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;
  ~FramePool();

  // An empty frame: `headroom` bytes in front, room for `capacity` bytes behind them.
  FramePtr make(std::size_t capacity, std::size_t headroom = 64);
  // The same bytes and marks, no ids: what a tap gets.
  FramePtr copy(const Frame&);
  std::size_t in_use() const { return in_use_; }
  // Every frame that somebody owns now, oldest first: what a run that stops finds in the hands of running code.
  void for_each_live(const std::function<void(Frame&)>&);

 private:
  friend struct FrameRecycler;
  static constexpr std::size_t kSmallBytes = 4096;
  std::vector<std::unique_ptr<Frame>>& free_list(std::size_t bytes) { return bytes <= kSmallBytes ? small_ : large_; }

  std::vector<std::unique_ptr<Frame>> small_, large_;  // by buffer: packets, and frames that stand for many
  std::size_t in_use_ = 0;
  Frame *first_live_ = nullptr, *last_live_ = nullptr;
};

}  // namespace nicosim
