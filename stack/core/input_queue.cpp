#include "stack/core/input_queue.hpp"

#include "common/spin_lock.hpp"

namespace nicosim {

InputQueue::Verdict InputQueue::enqueue(FramePtr& frame) {
  net_.runtime.charge(Cost::backlog_enqueue);
  net_.runtime.catch_up();
  const IrqGuard guard{net_.runtime};
  if (input_.size() > net_.sysctl.netdev_max_backlog) return Verdict::refused;
  net_.at(*frame, Station::backlog);
  // Only the empty to non-empty edge schedules: whoever drains looks again before it goes idle.
  const bool first = input_.empty() && !scheduled();
  if (first) schedule_prep();
  if (input_.full()) input_.set_capacity(input_.capacity() * 2);
  input_.push_back(std::move(frame));
  return first ? Verdict::first : Verdict::queued;
}

int InputQueue::poll(int quota) {
  int work = 0;
  for (;;) {
    while (!process_.empty()) {
      FramePtr frame = std::move(process_.front());
      process_.pop_front();
      receive_(std::move(frame));
      if (++work >= quota) return work;  // stays scheduled, process_queue may be non-empty
    }
    net_.runtime.catch_up();
    const IrqGuard guard{net_.runtime};
    if (input_.empty()) {
      clear_scheduled();
      return work;
    }
    input_.swap(process_);
  }
}

void InputQueue::close_queued(SimTime now) {
  for (auto* queue : {&process_, &input_}) {
    for (FramePtr& frame : *queue) frame->close(net_.ledger, Fate::queued, Station::backlog, now, DropReason::none);
    queue->clear();
  }
}

}  // namespace nicosim
