#include "stack/core/tx_queue.hpp"

#include "common/spin_lock.hpp"

namespace nicosim {

bool TxQueue::enqueue(TxFrame tx) {
  net_.runtime.charge(Cost::dev_queue_xmit);
  const BottomHalfGuard guard{net_.runtime};
  net_.at(*tx.frame, Station::tx_queue);
  if (!device_.carrier()) {  // noop_qdisc
    drop(std::move(tx), DropReason::DEV_READY);
    return false;
  }
  if (waiting_.size() >= kLength) {
    drop(std::move(tx), DropReason::FULL_RING);
    return false;
  }
  tx.frame->port = device_.port();
  waiting_.push_back(std::move(tx));
  run();
  return true;
}

void TxQueue::run() {
  if (running_) return;
  const BottomHalfGuard guard{net_.runtime};
  running_ = true;
  while (!stopped_ && !waiting_.empty()) {
    TxFrame tx = std::move(waiting_.front());  // nobody else pops: running_ is ours
    waiting_.pop_front();
    if (!head_tapped_) tap_.pass(*tx.frame, device_);
    stopped_ = true;  // a tx_wake() from inside transmit() must not get lost
    if (device_.transmit(tx.frame)) {
      stopped_ = head_tapped_ = false;
      continue;  // tx.owner dies: the socket gets its space back
    }
    head_tapped_ = true;
    waiting_.push_front(std::move(tx));  // dev_requeue_skb
  }
  running_ = false;
}

bool TxQueue::wake() {
  stopped_ = false;
  return !waiting_.empty();
}

void TxQueue::shut_down() {
  const BottomHalfGuard guard{net_.runtime};
  while (!waiting_.empty()) {
    TxFrame tx = std::move(waiting_.front());
    waiting_.pop_front();
    drop(std::move(tx), DropReason::DEV_READY);
  }
  stopped_ = head_tapped_ = false;
}

void TxQueue::close_queued(SimTime now) {
  for (TxFrame& tx : waiting_) tx.frame->close(net_.ledger, Fate::queued, Station::tx_queue, now, DropReason::none);
  waiting_.clear();
}

void TxQueue::drop(TxFrame tx, DropReason reason) {
  ++dropped_;
  net_.drop(std::move(tx.frame), Station::tx_queue, reason);
}

}  // namespace nicosim
