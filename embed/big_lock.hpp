// The one lock of the interface: host threads get it in the order in which they ask.
//
// Order matters: a thread that moves time lets go between two steps, and who waits must then come in.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace nicosim {

class TicketLock {
 public:
  void lock() {
    std::unique_lock guard{mutex_};
    const std::uint64_t ticket = next_++;
    turn_.wait(guard, [&] { return ticket == serving_; });
  }
  void unlock() {
    {
      const std::lock_guard guard{mutex_};
      ++serving_;
    }
    turn_.notify_all();
  }
  // For its holder: does somebody else want it?
  bool wanted() const { return next_ != serving_ + 1; }

 private:
  std::mutex mutex_;
  std::condition_variable turn_;
  std::atomic<std::uint64_t> next_ = 0, serving_ = 0;
};

// There is one, and it outlives everybody: host threads may wait for it when the program ends.
inline TicketLock& big_lock() {
  static TicketLock& lock = *new TicketLock;
  return lock;
}

using BigLock = std::unique_lock<TicketLock>;
using Changed = std::condition_variable_any;  // of anything behind the lock

}  // namespace nicosim
