// The host's two rings: whoever takes received frames and gives buffers back, and whoever always has one more to send.
#pragma once

#include "bench/line/link_host.hpp"
#include "bench/line/numbered_frames.hpp"
#include "sc_model/wire.hpp"

#include <deque>
#include <optional>

namespace nicosim::bench {

inline constexpr std::uint64_t kRingSize = 256;
inline constexpr std::uint64_t kGroup = 16;  // descriptors given to the card with one write of the tail
inline constexpr MacAddress kCardAddress{{0x02, 0, 0, 0, 0, 0x01}};

// First and last of a series of moments.
struct Span {
  void note(SimTime t) {
    if (!first) first = t;
    last = t;
    ++count;
  }
  // Card cycles from one to the next, in the mean.
  double cycles_each() const;

  std::optional<SimTime> first;
  SimTime last;
  std::uint64_t count = 0;
};

// Descriptors that are done come free after `recycle`; the tail follows in groups.
class RingAgent : public Agent {
 public:
  RingAgent(LinkHost& host, std::uint64_t ring, std::uint64_t buffers, const LineCell& cell);
  SimTime due() const override { return free_at_.empty() ? SimTime::never() : free_at_.front(); }
  void act(SimTime t) override;
  void written(SimTime t, std::uint64_t bus_address) override;

 protected:
  // The card has done the descriptor; t is when that became visible.
  virtual void done(SimTime t, std::uint64_t number) = 0;
  // It is free again, for the use numbered `number`. False: there is no use for it.
  virtual bool use_again(std::uint64_t number) = 0;
  virtual std::uint32_t tail_register() const = 0;

  std::byte* descriptor(std::uint64_t number) { return host_.at(ring_ + number % kRingSize * 16); }
  std::uint64_t buffer(std::uint64_t number) const { return buffers_ + number % kRingSize * kBufferStride + offset_; }
  void write_tail(SimTime t, std::uint64_t number);

  static constexpr std::uint64_t kBufferStride = 2048 + 64;
  LinkHost& host_;

 private:
  std::uint64_t ring_, buffers_, offset_;
  SimTime recycle_;
  std::uint64_t done_ = 0, freed_ = 0, waiting_ = 0;
  std::deque<SimTime> free_at_;
};

// Checks what arrives against what was sent on the wire.
class Receiver final : public RingAgent, public WireSource {
 public:
  Receiver(LinkHost& host, const LineCell& cell, SimTime start);
  void set_up();

  std::optional<WireFrame> next() override;
  void make(std::uint64_t number, std::vector<std::byte>& frame) const { frames_.make(number, frame); }
  const Span& delivered() const { return delivered_; }
  std::uint64_t lost() const { return sent_ - delivered_.count; }
  const NumberedFrames& frames() const { return frames_; }

 protected:
  void done(SimTime t, std::uint64_t number) override;
  bool use_again(std::uint64_t number) override;
  std::uint32_t tail_register() const override;

 private:
  NumberedFrames frames_;
  std::uint64_t count_;
  SimTime start_;
  std::uint64_t sent_ = 0, expected_ = 0;
  Span delivered_;
  std::vector<std::byte> scratch_;
};

// Sends frames as fast as it gets descriptors back, and checks them as they leave the card.
class Transmitter final : public RingAgent {
 public:
  Transmitter(LinkHost& host, const LineCell& cell);
  void set_up();

  void left(const WireOut::Frame& frame);
  const Span& sent() const { return sent_; }
  bool all_sent() const { return sent_.count == count_; }
  std::uint64_t least_gap() const { return least_gap_; }
  std::uint64_t most_gap() const { return most_gap_; }
  const NumberedFrames& frames() const { return frames_; }

 protected:
  void done(SimTime, std::uint64_t) override {}
  bool use_again(std::uint64_t number) override;
  std::uint32_t tail_register() const override;

 private:
  NumberedFrames frames_;
  std::uint64_t count_;
  Span sent_;
  SimTime last_end_;
  std::uint64_t least_gap_ = 0, most_gap_ = 0;
  std::vector<std::byte> scratch_;
};

}  // namespace nicosim::bench
