#include "stack/tcp/rtt.hpp"

#include "stack/tcp/sequence.hpp"

#include <algorithm>
#include <cstdlib>

namespace nicosim {
namespace {

constexpr std::int64_t kRtoMinUs = kTcpRtoMin.in_ps() / 1'000'000;
constexpr SimTime kMinWindow = SimTime::s(300);  // tcp_min_rtt_wlen

}  // namespace

// RFC 6298, 2.3, with two changes of Linux's: a sample below the mean moves the deviation by an eighth only, and the
// deviation shrinks once per round trip, by a quarter of what is too much.
void RttEstimator::sample(std::int64_t rtt_us, std::uint32_t snd_una, std::uint32_t snd_nxt) {
  rtt_us = std::max<std::int64_t>(rtt_us, 1);
  if (srtt_us_ == 0) {
    srtt_us_ = rtt_us << 3;
    mdev_us_ = rtt_us << 1;
    rttvar_us_ = mdev_max_us_ = std::max(mdev_us_, kRtoMinUs);
    rtt_seq_ = snd_nxt;
    return;
  }
  const std::int64_t error = rtt_us - (srtt_us_ >> 3);
  srtt_us_ = std::max<std::int64_t>(srtt_us_ + error, 1);
  std::int64_t change = std::llabs(error) - (mdev_us_ >> 2);
  if (error < 0 && change > 0) change >>= 3;
  mdev_us_ += change;
  if (mdev_us_ > mdev_max_us_) {
    mdev_max_us_ = mdev_us_;
    rttvar_us_ = std::max(rttvar_us_, mdev_max_us_);
  }
  if (!after(snd_una, rtt_seq_)) return;
  if (mdev_max_us_ < rttvar_us_) rttvar_us_ -= (rttvar_us_ - mdev_max_us_) >> 2;
  rtt_seq_ = snd_nxt;
  mdev_max_us_ = kRtoMinUs;
}

void RttEstimator::update_min(std::int64_t rtt_us, SimTime now) {
  if (min_us_ >= 0 && rtt_us > min_us_ && now - min_at_ < kMinWindow) return;
  min_us_ = rtt_us;
  min_at_ = now;
}

SimTime RttEstimator::rto() const {
  if (srtt_us_ == 0) return kTcpTimeoutInit;
  return std::min(SimTime::us((srtt_us_ >> 3) + rttvar_us_), kTcpRtoMax);
}

}  // namespace nicosim
