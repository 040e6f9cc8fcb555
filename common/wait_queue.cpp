#include "common/wait_queue.hpp"

#include <cassert>

namespace nicosim {

Waiter::~Waiter() { assert(queue_ == nullptr && "a waiter died on its queue"); }

WaitQueue::~WaitQueue() { assert(head_ == nullptr && "a wait queue died with waiters on it"); }

void WaitQueue::add(Waiter& w) {
  assert(w.queue_ == nullptr && "a waiter can be on one queue only");
  w.queue_ = this;
  w.exclusive_ = false;
  w.previous_ = nullptr;
  w.next_ = head_;
  (head_ != nullptr ? head_->previous_ : tail_) = &w;
  head_ = &w;
}

void WaitQueue::add_exclusive(Waiter& w) {
  assert(w.queue_ == nullptr && "a waiter can be on one queue only");
  w.queue_ = this;
  w.exclusive_ = true;
  w.next_ = nullptr;
  w.previous_ = tail_;
  (tail_ != nullptr ? tail_->next_ : head_) = &w;
  tail_ = &w;
}

void WaitQueue::remove(Waiter& w) {
  if (w.queue_ != this) return;
  for (Walk* walk = walks_; walk != nullptr; walk = walk->other)
    if (walk->next == &w) walk->next = w.next_;
  (w.previous_ != nullptr ? w.previous_->next_ : head_) = w.next_;
  (w.next_ != nullptr ? w.next_->previous_ : tail_) = w.previous_;
  w.queue_ = nullptr;
  w.next_ = w.previous_ = nullptr;
}

WaitQueue::Walk::~Walk() {
  Walk** place = &of.walks_;
  while (*place != this) place = &(*place)->other;
  *place = other;
}

unsigned WaitQueue::wake_up(PollMask why, unsigned exclusive, bool sync) {
  unsigned accepted = 0;
  Walk walk{*this};
  while (walk.next != nullptr) {
    Waiter& w = *walk.next;
    walk.next = w.next_;
    const bool is_exclusive = w.exclusive_;
    if (!w.woken(why, sync)) continue;
    ++accepted;
    if (is_exclusive && exclusive != 0 && --exclusive == 0) break;
  }
  return accepted;
}

}  // namespace nicosim
