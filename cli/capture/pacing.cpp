#include "cli/capture/pacing.hpp"

#include <fmt/format.h>
#include <limits>
#include <numeric>

namespace nicosim {
namespace {

// The digits at the front of `text`, consumed; nullopt for none or more than nine.
std::optional<std::uint64_t> take_digits(std::string_view& text, std::uint64_t& scale) {
  std::uint64_t value = 0;
  std::size_t n = 0;
  for (; n < text.size() && text[n] >= '0' && text[n] <= '9'; ++n) {
    if (n == 9) return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(text[n] - '0');
    scale *= 10;
  }
  if (n == 0) return std::nullopt;
  text.remove_prefix(n);
  return value;
}

}  // namespace

Result<Pace, std::string> Pace::parse(std::string_view text) {
  if (text == "capture") return Pace{};
  if (text == "line") return Pace{Kind::line, 1, 1};
  const std::string refusal =
      fmt::format("pace '{}'; expected capture, line, or a factor such as 2.5x (at most 9 digits, above 0)", text);
  std::uint64_t scale = 1;
  const auto whole = take_digits(text, scale);
  if (!whole) return refusal;
  std::uint64_t denominator = 1;
  std::uint64_t numerator = *whole;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const auto fraction = take_digits(text, denominator);
    if (!fraction) return refusal;
    numerator = numerator * denominator + *fraction;
  }
  if (text != "x" || numerator == 0) return refusal;
  const std::uint64_t common = std::gcd(numerator, denominator);
  return Pace{Kind::scaled, numerator / common, denominator / common};
}

std::string Pace::text() const {
  if (kind == Kind::line) return "line";
  if (numerator == denominator) return "capture";
  std::string digits;  // the denominator divides a power of ten, so this ends
  for (std::uint64_t rest = numerator % denominator; rest != 0; rest = rest * 10 % denominator)
    digits += static_cast<char>('0' + rest * 10 / denominator);
  return fmt::format("{}{}{}x", numerator / denominator, digits.empty() ? "" : ".", digits);
}

Pacer::Pacer(Pace pace, SimTime start, SimTime max_gap)
    : pace_(pace),
      start_(start),
      max_gap_ns_(max_gap.is_never() ? std::numeric_limits<std::int64_t>::max() : max_gap.in_ns()) {}

SimTime Pacer::next(std::int64_t timestamp_ns) {
  Int128 gap = last_ns_ ? static_cast<Int128>(timestamp_ns) - *last_ns_ : 0;
  last_ns_ = timestamp_ns;
  if (gap < 0) {
    ++time_went_back_;
    gap = 0;
  } else if (gap > max_gap_ns_) {
    ++gaps_shortened_;
    gap = max_gap_ns_;
  }
  if (pace_.kind == Pace::Kind::line) return start_;
  elapsed_ns_ += gap;
  // Simulated time ends at 2^63 ps. The numerator is below 2^60, so no product here leaves 128 bits.
  const Int128 scale = static_cast<Int128>(pace_.denominator) * 1000;
  const Int128 reach = static_cast<Int128>(std::numeric_limits<std::int64_t>::max()) * pace_.numerator / scale;
  if (elapsed_ns_ > reach) {
    elapsed_ns_ = reach + 1;
    return SimTime::never();
  }
  const Int128 ps = elapsed_ns_ * scale / pace_.numerator;
  return start_ + SimTime::ps(static_cast<std::int64_t>(ps));
}

}  // namespace nicosim
