// Kernel timers: a callback at a time, all of them behind one Runtime::arm().
//
// Timers of equal time run in the order in which they were armed, so results never depend on addresses.
#pragma once

#include "common/runtime.hpp"
#include "common/sim_time.hpp"

#include <cstdint>
#include <functional>
#include <map>

namespace nicosim {

class TimerList;

// Owned by whoever waits; dying disarms. The callback may arm, cancel or destroy any timer, its own included.
class Timer {
 public:
  Timer(TimerList& list, std::function<void()> expired) : list_(list), expired_(std::move(expired)) {}
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { cancel(); }

  void arm(SimTime deadline);  // mod_timer: replaces an earlier deadline; never() cancels
  void cancel();               // harmless when not pending
  bool pending() const { return !deadline_.is_never(); }

 private:
  friend class TimerList;
  using Pending = std::map<std::pair<SimTime, std::uint64_t>, Timer*>;

  TimerList& list_;
  std::function<void()> expired_;
  Pending::node_type node_;  // this timer's place in the list while it has none there: arming allocates once
  SimTime deadline_ = SimTime::never();
  std::uint64_t number_ = 0;
};

class TimerList {
 public:
  explicit TimerList(Runtime& runtime) : runtime_(runtime) {}

  void run(SimTime now);  // everything due, in order of time
  SimTime next() const { return pending_.empty() ? SimTime::never() : pending_.begin()->first.first; }

 private:
  friend class Timer;
  void tell();  // Runtime::arm() when the earliest deadline has changed

  Runtime& runtime_;
  Timer::Pending pending_;
  std::uint64_t next_number_ = 0;
  SimTime told_ = SimTime::never();
  bool running_ = false;
};

}  // namespace nicosim
