// When the frames of a capture are sent again: its own rhythm, faster or slower, or as fast as the wire goes.
//
// Exact: a pace is a fraction, gaps are summed in whole nanoseconds and divided once, so no rounding adds up.
#pragma once

#include "common/int128.hpp"
#include "common/result.hpp"
#include "common/sim_time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nicosim {

struct Pace {
  enum class Kind : std::uint8_t { scaled, line };
  Kind kind = Kind::scaled;
  std::uint64_t numerator = 1, denominator = 1;  // speed-up, in lowest terms: 2.5x is 5/2; scaled only

  // "capture" (the same as 1x), "line", "2.5x", "1000x"; at most 9 digits on either side of the point, not 0.
  static Result<Pace, std::string> parse(std::string_view text);
  std::string text() const;  // what parse() reads
  bool operator==(const Pace&) const = default;
};

// Gaps are those between neighbours in the capture, before the pace is applied. A gap over max_gap counts as max_gap;
// time that runs backwards counts as no gap, and the next one is measured from where it went back to.
class Pacer {
 public:
  Pacer(Pace pace, SimTime start, SimTime max_gap);

  // When the next frame is to be sent; never before the one before. With `line` always `start`: the wire queues them.
  // never() when simulated time does not reach that far.
  SimTime next(std::int64_t timestamp_ns);

  std::uint64_t gaps_shortened() const { return gaps_shortened_; }
  std::uint64_t time_went_back() const { return time_went_back_; }

 private:
  Pace pace_;
  SimTime start_;
  std::int64_t max_gap_ns_;
  std::optional<std::int64_t> last_ns_;
  Int128 elapsed_ns_ = 0;  // the sum of all gaps
  std::uint64_t gaps_shortened_ = 0, time_went_back_ = 0;
};

}  // namespace nicosim
