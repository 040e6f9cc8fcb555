#include "stack/tcp/congestion/cubic.hpp"

#include "common/int128.hpp"

#include <algorithm>

namespace nicosim {
namespace {

// C = 0.4 segments per second cubed and beta = 0.7 (RFC 9438, 4.1, 4.6); beta in 1024ths as Linux has it.
constexpr std::uint32_t kBeta = 717, kScale = 1024;

// The largest r with r^3 <= value.
std::int64_t cube_root(std::uint64_t value) {
  std::uint64_t root = 0;
  for (int bit = 20; bit >= 0; --bit) {
    const std::uint64_t candidate = root | (std::uint64_t{1} << static_cast<unsigned>(bit));
    if (candidate * candidate * candidate <= value) root = candidate;
  }
  return static_cast<std::int64_t>(root);
}

std::int64_t in_ms(SimTime t) { return t.in_ps() / 1'000'000'000; }

}  // namespace

void Cubic::cong_avoid(CongestionWindow& window, std::uint32_t acked, SimTime now, SimTime min_rtt) {
  if (window.in_slow_start()) acked = window.slow_start(acked);
  if (acked > 0) window.additive_increase(per_increase(window, acked, now, min_rtt), acked);
}

std::uint32_t Cubic::per_increase(const CongestionWindow& window, std::uint32_t acked, SimTime now, SimTime min_rtt) {
  const std::uint32_t cwnd = window.cwnd;
  if (epoch_.is_never()) {
    epoch_ = now;
    w_est_ = cwnd;
    est_acked_ = 0;
    origin_ = std::max(w_max_, cwnd);
    // K = cbrt((W_max - cwnd) / C), in milliseconds: the cube of 1000 and 1 / 0.4 make 2.5e9.
    k_ms_ = cube_root(std::uint64_t{std::min(origin_ - cwnd, 1'000'000U)} * 2'500'000'000ULL);
  }
  // Where the curve is one round trip from now (4.2).
  const std::int64_t t = std::min<std::int64_t>(in_ms(now - epoch_ + min_rtt), 2'000'000);
  const std::int64_t offset = t - k_ms_;
  const auto cube = static_cast<Int128>(offset) * offset * offset * 2 / 5 / 1'000'000'000;
  const std::int64_t target = std::max<std::int64_t>(static_cast<std::int64_t>(cube) + origin_, 0);

  std::uint32_t per = 100 * cwnd;  // behind the curve: hardly at all
  if (target > cwnd) per = static_cast<std::uint32_t>(cwnd / (target - cwnd));
  // Before the first loss nothing is known: grow by at least 5 % per round trip, as Linux does.
  if (w_max_ == 0) per = std::min(per, 20U);

  // Never slower than Reno: 3 (1 - beta) / (1 + beta) = 9/17 segments per round trip (4.3).
  est_acked_ += acked;
  const std::uint32_t step = std::max(w_est_ * 17 / 9, 1U);
  w_est_ += est_acked_ / step;
  est_acked_ %= step;
  if (w_est_ > cwnd) per = std::min(per, cwnd / (w_est_ - cwnd));
  return std::max(per, 2U);  // at most half as many again per round trip
}

std::uint32_t Cubic::ssthresh(const CongestionWindow& window) {
  epoch_ = SimTime::never();
  // Fast convergence: a loss below the last one says that others need room (4.7).
  w_max_ = window.cwnd < w_max_ ? window.cwnd * (kScale + kBeta) / (2 * kScale) : window.cwnd;
  return std::max(window.cwnd * kBeta / kScale, 2U);
}

void Cubic::reset() {
  w_max_ = 0;
  epoch_ = SimTime::never();
}

void Cubic::restart(SimTime idle) {
  if (!epoch_.is_never()) epoch_ += idle;  // the curve must not have grown while nothing was sent (4.2)
}

}  // namespace nicosim
