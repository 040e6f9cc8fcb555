// Wait queue: who wants to hear of an event on a socket (kernel/sched/wait.c).
//
// Order and rules are Linux's: non-exclusive waiters are added at the head and all of them are woken; exclusive ones
// at the tail, and a wake-up stops after `exclusive` of them have accepted it. The queue owns nothing.
#pragma once

#include <cstdint>

namespace nicosim {

using PollMask = std::uint32_t;  // EPOLLIN, ... with Linux's values

class WaitQueue;

class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  virtual ~Waiter();  // asserts that it is on no queue

  // Called by wake_up(); may remove entries, its own or others. true: counts as one exclusive wake-up.
  virtual bool woken(PollMask why, bool sync) = 0;
  bool queued() const { return queue_ != nullptr; }

 private:
  friend class WaitQueue;
  WaitQueue* queue_ = nullptr;
  Waiter *next_ = nullptr, *previous_ = nullptr;
  bool exclusive_ = false;
};

class WaitQueue {
 public:
  WaitQueue() = default;
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;
  ~WaitQueue();  // asserts that it is empty

  void add(Waiter&);
  void add_exclusive(Waiter&);
  void remove(Waiter&);  // harmless when it is not queued here
  bool has_sleepers() const { return head_ != nullptr; }

  // Returns how many waiters accepted. `exclusive` = 0 means all.
  unsigned wake_up(PollMask why, unsigned exclusive = 1, bool sync = false);

 private:
  // A wake_up() on its way. Waking takes time, in which others may leave the queue: also the one that is next.
  struct Walk {
    explicit Walk(WaitQueue& queue) : of(queue), next(queue.head_), other(queue.walks_) { queue.walks_ = this; }
    ~Walk();
    Walk(const Walk&) = delete;
    Walk& operator=(const Walk&) = delete;
    WaitQueue& of;
    Waiter* next;
    Walk* other;
  };

  Waiter *head_ = nullptr, *tail_ = nullptr;
  Walk* walks_ = nullptr;
};

}  // namespace nicosim
