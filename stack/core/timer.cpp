#include "stack/core/timer.hpp"

namespace nicosim {

void Timer::arm(SimTime deadline) {
  if (pending()) node_ = list_.pending_.extract({deadline_, number_});
  deadline_ = deadline;
  if (pending()) {
    number_ = list_.next_number_++;
    if (node_.empty()) {
      list_.pending_.emplace(std::pair{deadline_, number_}, this);
    } else {
      node_.key() = {deadline_, number_};
      list_.pending_.insert(std::move(node_));
    }
  }
  list_.tell();
}

void Timer::cancel() {
  if (pending()) arm(SimTime::never());
}

void TimerList::run(SimTime now) {
  running_ = true;
  while (next() <= now && !pending_.empty()) {
    Timer& timer = *pending_.begin()->second;
    timer.node_ = pending_.extract(pending_.begin());
    timer.deadline_ = SimTime::never();
    const std::function<void()> expired = timer.expired_;  // the timer may die in its own callback
    expired();
  }
  running_ = false;
  told_ = next();  // the deadline that brought us here is used up, so say it even when it is the same again
  runtime_.arm(told_);
}

void TimerList::tell() {
  if (running_ || next() == told_) return;
  told_ = next();
  runtime_.arm(told_);
}

}  // namespace nicosim
