// Round-trip time and the retransmission time-out that follows from it (RFC 6298, in Linux's integer form).
#pragma once

#include "common/sim_time.hpp"

#include <cstdint>

namespace nicosim {

inline constexpr SimTime kTcpTimeoutInit = SimTime::s(1);  // TCP_TIMEOUT_INIT
inline constexpr SimTime kTcpRtoMin = SimTime::ms(200);    // TCP_RTO_MIN
inline constexpr SimTime kTcpRtoMax = SimTime::s(120);     // TCP_RTO_MAX
inline constexpr SimTime kTcpTimeoutMin = SimTime::ms(8);  // TCP_TIMEOUT_MIN: two jiffies

class RttEstimator {
 public:
  // One measurement, in microseconds; `snd_una` and `snd_nxt` bound the round in which the deviation may not shrink.
  void sample(std::int64_t rtt_us, std::uint32_t snd_una, std::uint32_t snd_nxt);
  void update_min(std::int64_t rtt_us, SimTime now);  // the lowest of the last five minutes

  bool measured() const { return srtt_us_ != 0; }
  SimTime srtt() const { return SimTime::us(srtt_us_ >> 3); }
  std::int64_t srtt_us() const { return srtt_us_ >> 3; }
  std::int64_t srtt_us_8() const { return srtt_us_; }  // times 8, as tp->srtt_us
  std::int64_t mdev_us() const { return mdev_us_ >> 2; }
  std::int64_t rttvar_us() const { return rttvar_us_ >> 2; }
  SimTime min_rtt() const { return min_us_ < 0 ? SimTime::zero() : SimTime::us(min_us_); }
  bool has_min() const { return min_us_ >= 0; }
  SimTime rto() const;  // without back-off

 private:
  std::int64_t srtt_us_ = 0;                                    // times 8
  std::int64_t mdev_us_ = 0, mdev_max_us_ = 0, rttvar_us_ = 0;  // times 4
  std::uint32_t rtt_seq_ = 0;                                   // end of the round
  std::int64_t min_us_ = -1;
  SimTime min_at_;
};

}  // namespace nicosim
