// The XGMII wire in C++: frames to columns, with every fault a test may want, and columns back to frames.
//
// A column is eight lanes, lane 0 in bits 7:0, with one control bit each (IEEE 802.3, clause 46). Positions and gaps
// are in byte times; a gap counts from Terminate, included, to the next Start.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "common/bytes.hpp"
#include "common/crc32.hpp"
#include "common/rng.hpp"

namespace nicosim::xgmii {

constexpr std::uint8_t kIdle = 0x07;
constexpr std::uint8_t kStart = 0xfb;
constexpr std::uint8_t kTerminate = 0xfd;
constexpr std::uint8_t kError = 0xfe;
constexpr std::uint8_t kSequence = 0x9c;
constexpr std::uint8_t kPreamble = 0x55;
constexpr std::uint8_t kDelimiter = 0xd5;

struct Column {
  std::uint64_t data = 0x0707'0707'0707'0707;
  std::uint8_t control = 0xff;

  std::uint8_t lane(unsigned i) const { return static_cast<std::uint8_t>(data >> (8 * i)); }
  bool is_control(unsigned i) const { return ((control >> i) & 1U) != 0; }
  bool is(unsigned i, std::uint8_t character) const { return is_control(i) && lane(i) == character; }
  bool operator==(const Column&) const = default;
};

using FrameBytes = std::vector<std::byte>;

// The frame with its FCS behind it.
inline FrameBytes with_fcs(FrameBytes frame) {
  const std::uint32_t fcs = ethernet_fcs(frame);
  for (unsigned i = 0; i < 4; ++i) frame.push_back(static_cast<std::byte>(fcs >> (8 * i)));
  return frame;
}

inline bool fcs_is_right(std::span<const std::byte> frame) {
  if (frame.size() < 4) return false;
  const std::size_t data = frame.size() - 4;
  const std::uint32_t fcs = ethernet_fcs(frame.first(data));
  for (unsigned i = 0; i < 4; ++i) {
    if (frame[data + i] != static_cast<std::byte>(fcs >> (8 * i))) return false;
  }
  return true;
}

// Random bytes behind a destination address; `length` counts everything, the FCS (right) included, and is at least 10.
inline FrameBytes random_frame(Rng& rng, std::size_t length, const MacAddress& destination) {
  assert(length >= 10);
  FrameBytes frame(length - 4);
  for (std::byte& b : frame) b = static_cast<std::byte>(rng.next());
  destination.store(frame);
  return with_fcs(std::move(frame));
}

// Writes lanes one after the other; columns() hands over what is complete.
class Encoder {
 public:
  void control(std::uint8_t character) { lanes_.push_back({character, true}); }
  void data(std::uint8_t byte) { lanes_.push_back({byte, false}); }
  void idle(std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) control(kIdle);
  }
  void idle_columns(std::size_t columns) {
    align(8);
    idle(8 * columns);
  }
  // Idle up to the next position that is `lane` modulo `unit` (4: any legal start; 8: that very lane).
  void align(unsigned unit, unsigned lane = 0) {
    while (lanes_.size() % unit != lane % unit) control(kIdle);
  }

  struct Options {
    std::optional<unsigned> lane = std::nullopt;  // where to start; without it at the next legal position
    std::size_t gap = 12;                         // at least, behind the frame before
    unsigned preamble = 7;                        // bytes before the delimiter, Start included
    bool delimiter = true;
    std::optional<std::size_t> error_at = std::nullopt;  // this byte becomes an Error character ...
    std::uint8_t error = kError;                         // ... or another one
    bool terminate = true;
  };

  // `frame` with its FCS. The Start of it is at the position returned.
  std::size_t frame(std::span<const std::byte> frame, const Options& options) {
    if (terminated_at_) {
      while (lanes_.size() < *terminated_at_ + options.gap) control(kIdle);
    }
    if (options.lane) {
      align(8, *options.lane);
    } else {
      align(4);
    }
    const std::size_t start = lanes_.size();
    control(kStart);
    for (unsigned i = 1; i < options.preamble; ++i) data(kPreamble);
    data(options.delimiter ? kDelimiter : kPreamble);
    for (std::size_t i = 0; i < frame.size(); ++i) {
      if (options.error_at == i) {
        control(options.error);
      } else {
        data(std::to_integer<std::uint8_t>(frame[i]));
      }
    }
    if (options.terminate) {
      terminated_at_ = lanes_.size();
      control(kTerminate);
    }
    return start;
  }
  std::size_t frame(std::span<const std::byte> bytes) { return frame(bytes, Options{}); }

  // Everything written so far, filled up with idle to a whole column; the encoder starts again.
  std::vector<Column> columns() {
    align(8);
    std::vector<Column> result;
    for (std::size_t i = 0; i < lanes_.size(); i += 8) {
      Column column{.data = 0, .control = 0};
      for (unsigned lane = 0; lane < 8; ++lane) {
        column.data |= std::uint64_t{lanes_[i + lane].byte} << (8 * lane);
        column.control = static_cast<std::uint8_t>(column.control | (lanes_[i + lane].control ? 1U << lane : 0U));
      }
      result.push_back(column);
    }
    lanes_.clear();
    terminated_at_.reset();
    return result;
  }

 private:
  struct Lane {
    std::uint8_t byte;
    bool control;
  };
  std::vector<Lane> lanes_;
  std::optional<std::size_t> terminated_at_;
};

// Takes columns and collects frames; it knows nothing of lengths, only of the wire's grammar.
class Decoder {
 public:
  struct Frame {
    FrameBytes bytes;                  // behind the delimiter, FCS included
    std::uint64_t start = 0;           // position of Start
    std::uint64_t end = 0;             // position of Terminate, or of whatever ended the frame
    std::optional<std::uint64_t> gap;  // since the Terminate before
    bool preamble_ok = false;          // six preamble bytes and the delimiter
    bool error = false;                // an Error character inside, or no Terminate
    bool fcs_ok() const { return !error && preamble_ok && fcs_is_right(bytes); }
  };

  void column(const Column& c) {
    for (unsigned i = 0; i < 8; ++i, ++position_) lane(c.lane(i), c.is_control(i));
  }
  const std::vector<Frame>& frames() const { return frames_; }
  std::vector<Frame> take() { return std::exchange(frames_, {}); }
  std::size_t strays() const { return strays_; }  // characters between frames that are not Idle
  bool inside_frame() const { return running_; }

 private:
  void lane(std::uint8_t byte, bool control) {
    if (!running_) {
      if (control && byte == kStart && position_ % 4 == 0) {
        current_ = Frame{};
        current_.start = position_;
        if (terminated_at_) current_.gap = position_ - *terminated_at_;
        current_.preamble_ok = true;
        running_ = true;
      } else if (!control || byte != kIdle) {
        ++strays_;
      }
      return;
    }
    const std::uint64_t offset = position_ - current_.start;
    if (control && byte == kError) {
      current_.error = true;
      if (offset >= 8) current_.bytes.push_back(std::byte{byte});
    } else if (control) {
      current_.error = current_.error || byte != kTerminate;
      current_.end = position_;
      terminated_at_ = position_;
      running_ = false;
      frames_.push_back(std::move(current_));
    } else if (offset < 8) {
      if (byte != (offset == 7 ? kDelimiter : kPreamble)) current_.preamble_ok = false;
    } else {
      current_.bytes.push_back(std::byte{byte});
    }
  }

  std::uint64_t position_ = 0;
  bool running_ = false;
  Frame current_;
  std::optional<std::uint64_t> terminated_at_;
  std::size_t strays_ = 0;
  std::vector<Frame> frames_;
};

}  // namespace nicosim::xgmii
