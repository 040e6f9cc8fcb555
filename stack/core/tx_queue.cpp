#include "stack/core/tx_queue.hpp"

#include "common/spin_lock.hpp"
#include "stack/core/offload.hpp"
#include "stack/link/ethernet.hpp"

namespace nicosim {

bool TxQueue::enqueue(TxFrame tx) {
  net_.runtime.charge(Cost::dev_queue_xmit);
  const BottomHalfGuard guard{net_.runtime};
  net_.at(*tx.frame, Station::tx_queue);
  if (!device_.carrier()) {  // noop_qdisc
    drop(std::move(tx), DropReason::DEV_READY);
    return false;
  }
  if (waiting_.size() + (ready_.empty() ? 0 : 1) >= kLength) {  // however many packets a frame was cut into
    drop(std::move(tx), DropReason::FULL_RING);
    return false;
  }
  tx.frame->port = device_.port();
  waiting_.push_back(std::move(tx));
  run();
  return true;
}

void TxQueue::run() {
  const BottomHalfGuard guard{net_.runtime};
  if (running_) return;  // looked at when no time passes any more
  running_ = true;
  while (!stopped_ && length() != 0) {
    TxFrame tx = dequeue();  // nobody else pops: running_ is ours
    if (!head_tapped_) tap_.pass(*tx.frame, device_, true);
    stopped_ = true;  // a tx_wake() from inside transmit() must not get lost
    if (device_.transmit(tx.frame)) {
      stopped_ = head_tapped_ = false;
      continue;  // tx.owner dies: the socket gets its space back
    }
    head_tapped_ = true;
    ready_.push_front(std::move(tx));  // dev_requeue_skb
  }
  running_ = false;
}

// dequeue_skb and validate_xmit_skb. The last of the packets cut from a frame keeps its owner, so the sender gets its
// space back when all of it is gone.
TxFrame TxQueue::dequeue() {
  if (ready_.empty()) {
    TxFrame tx = std::move(waiting_.front());
    waiting_.pop_front();
    const Features features = device_.features_check(*tx.frame);
    if (tx.frame->gso && (!features.tso || tx.frame->gso.fixed_id)) {
      for (FramePtr& segment : gso_segment(net_, std::move(tx.frame), EthernetHeader::kBytes, features.tx_checksum))
        ready_.emplace_back(std::move(segment));
      ready_.back().owner = std::move(tx.owner);
    } else {
      if (tx.frame->checksum_left() && !features.tx_checksum) checksum_help(net_, *tx.frame);
      ready_.push_back(std::move(tx));
    }
  }
  TxFrame tx = std::move(ready_.front());
  ready_.pop_front();
  return tx;
}

bool TxQueue::wake() {
  stopped_ = false;
  return length() != 0;
}

void TxQueue::shut_down() {
  const BottomHalfGuard guard{net_.runtime};
  for (std::deque<TxFrame>* const queue : {&ready_, &waiting_}) {
    while (!queue->empty()) {
      TxFrame tx = std::move(queue->front());
      queue->pop_front();
      drop(std::move(tx), DropReason::DEV_READY);
    }
  }
  stopped_ = head_tapped_ = false;
}

void TxQueue::close_queued(SimTime now) {
  for (std::deque<TxFrame>* const queue : {&ready_, &waiting_}) {
    for (TxFrame& tx : *queue) tx.frame->close(net_.ledger, Fate::queued, Station::tx_queue, now, DropReason::none);
    queue->clear();
  }
}

void TxQueue::drop(TxFrame tx, DropReason reason) {
  ++dropped_;
  net_.drop(std::move(tx.frame), Station::tx_queue, reason);
}

}  // namespace nicosim
