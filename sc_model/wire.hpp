// The wire of one card, both ways, in XGMII columns: 64 bits and 8 control bits every 6.4 ns.
//
// Towards the card frames come from an open-loop source (a capture, a generator: pulled when there is room) and from
// peers that react (pushed). They never overlap: a frame whose time has come before the wire is free waits, with the
// average gap of 12 bytes kept by a deficit idle count (IEEE 802.3, 46.3.1.4). Column c holds the bytes that arrived
// between edges c-1 and c.
#pragma once

#include "common/bytes.hpp"
#include "common/sim_time.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

namespace nicosim {

inline constexpr std::int64_t kCyclePs = 6400;         // 156.25 MHz
inline constexpr std::int64_t kSlotPs = kCyclePs / 2;  // four bytes: where a frame may start
inline constexpr std::uint64_t kNoCycle = ~std::uint64_t{0};

struct Column {
  std::uint64_t data = 0x0707'0707'0707'0707ULL;
  std::uint8_t control = 0xff;
  bool idle() const { return control == 0xff && data == 0x0707'0707'0707'0707ULL; }
};

// Bytes from destination address to FCS, as they go on the wire.
struct WireFrame {
  SimTime not_before;  // wanted time of the first bit
  std::vector<std::byte> bytes;
  std::optional<std::size_t> error_at;  // this byte goes out as an error character
  std::uint64_t packet = 0;             // what the source calls it (its index in a capture)
};

// Pads to 60 bytes and appends a good FCS.
void finish_for_wire(std::vector<std::byte>& frame);

class WireSource {
 public:
  virtual ~WireSource() = default;
  // In order of not_before. nullopt: no more.
  virtual std::optional<WireFrame> next() = 0;
  // Of a source that reorders: a frame that goes before `time`, that of one which next() gave, and came to light only
  // now.
  virtual std::optional<WireFrame> next_before(SimTime) { return std::nullopt; }
};

class WireIn {
 public:
  // A frame has its place: number on this wire (the card's tag), first bit.
  using Started = std::function<void(std::uint64_t number, SimTime first_bit, const WireFrame&)>;

  explicit WireIn(Started started) : started_(std::move(started)) {}
  // Again for the same one: it said that it had no more, and now it has; what it gives may overtake what it gave.
  void set_source(WireSource* source);
  // From a peer that reacts, in any order of their times; it cannot ask for a time before cycle `first_open`.
  void push(WireFrame frame, std::uint64_t first_open);

  // The column seen at edge `cycle`; called for growing cycles, not necessarily for all.
  Column column(std::uint64_t cycle);
  // First edge at or after `cycle` that sees something but idle; kNoCycle: never, as far as known.
  std::uint64_t busy_from(std::uint64_t cycle);
  // Loopback: nobody listens, frames pass by without a number and are only counted.
  void set_unheard(bool unheard) { unheard_ = unheard; }
  std::uint64_t unheard() const { return unheard_frames_; }
  // A number for a frame that reaches the receiver without this wire.
  std::uint64_t next_number() { return number_++; }
  bool exhausted() { return columns_.empty() && candidate() == nullptr; }

  std::uint64_t frames() const { return number_; }
  std::uint64_t delayed() const { return delayed_; }  // had to wait for the wire

 private:
  WireFrame* candidate();  // the frame that starts next, as far as known
  void pull_overtakers();
  std::int64_t slot_of(const WireFrame&) const;
  void start(std::int64_t slot);  // the candidate is under way from now on

  Started started_;
  WireSource* source_ = nullptr;
  bool source_done_ = true;
  std::deque<WireFrame> pulled_, pushed_;  // by not_before, then as they came
  std::vector<Column> columns_;            // of the frame under way; empty between frames
  std::vector<std::uint8_t> lanes_;        // its bytes on the wire, while columns_ is made
  std::uint64_t first_cycle_ = 0;          // of columns_[0]
  std::int64_t free_slot_ = 0;             // earliest start of the next frame, gap included
  unsigned deficit_ = 0;
  bool unheard_ = false;
  std::uint64_t number_ = 0, delayed_ = 0, unheard_frames_ = 0;
};

// Frames coming out of the card, put together from columns.
class WireOut {
 public:
  struct Frame {
    std::vector<std::byte> bytes;  // destination address to FCS
    SimTime first_bit, last_bit;
    bool good_fcs = false;
    bool aborted = false;  // error character, or ended without terminate
  };
  using Sink = std::function<void(Frame&&)>;
  explicit WireOut(Sink sink) : sink_(std::move(sink)) {}

  void column(std::uint64_t cycle,
              Column);  // called for every column that is not idle, and for the first idle one after
  bool in_frame() const { return in_frame_; }

 private:
  void finish(SimTime last_bit, bool aborted);

  Sink sink_;
  Frame frame_;
  std::size_t skip_ = 0;
  bool in_frame_ = false;
};

}  // namespace nicosim
