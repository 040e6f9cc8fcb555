// Simulated time: a signed 64-bit count of picoseconds.
//
// Points and durations share the type; the range is +-106 days. Sums saturate at never(), so that
// "a deadline that does not exist" needs no special case. Nothing here knows the host's clock.
#pragma once

#include <compare>
#include <cstdint>
#include <limits>

namespace nicosim {

class SimTime {
 public:
  constexpr SimTime() = default;

  static constexpr SimTime ps(std::int64_t v) {
    SimTime t;
    t.ps_ = v;
    return t;
  }
  static constexpr SimTime ns(std::int64_t v) { return scaled(v, 1'000); }
  static constexpr SimTime us(std::int64_t v) { return scaled(v, 1'000'000); }
  static constexpr SimTime ms(std::int64_t v) { return scaled(v, 1'000'000'000); }
  static constexpr SimTime s(std::int64_t v) { return scaled(v, 1'000'000'000'000); }
  static constexpr SimTime zero() { return SimTime{}; }
  static constexpr SimTime never() { return ps(std::numeric_limits<std::int64_t>::max()); }

  constexpr std::int64_t in_ps() const { return ps_; }
  constexpr std::int64_t in_ns() const { return ps_ / 1'000; }  // truncated
  constexpr bool is_never() const { return ps_ == std::numeric_limits<std::int64_t>::max(); }

  // Saturating: never() + anything = never(); an overflow ends at the nearer limit.
  friend constexpr SimTime operator+(SimTime a, SimTime b) {
    if (a.is_never() || b.is_never()) return never();
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a.ps_, b.ps_, &sum)) return b.ps_ > 0 ? never() : lowest();
    return ps(sum);
  }
  friend constexpr SimTime operator-(SimTime a, SimTime b) {
    if (a.is_never()) return never();
    std::int64_t difference = 0;
    if (__builtin_sub_overflow(a.ps_, b.ps_, &difference)) return b.ps_ < 0 ? never() : lowest();
    return ps(difference);
  }
  friend constexpr SimTime operator*(SimTime a, std::int64_t n) {
    if (a.is_never()) return never();
    return scaled(a.ps_, n);
  }
  constexpr SimTime& operator+=(SimTime b) { return *this = *this + b; }
  constexpr SimTime& operator-=(SimTime b) { return *this = *this - b; }

  constexpr auto operator<=>(const SimTime&) const = default;

 private:
  static constexpr SimTime lowest() { return ps(std::numeric_limits<std::int64_t>::min()); }
  static constexpr SimTime scaled(std::int64_t v, std::int64_t unit) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(v, unit, &product)) return (v < 0) != (unit < 0) ? lowest() : never();
    return ps(product);
  }

  std::int64_t ps_ = 0;
};

}  // namespace nicosim
