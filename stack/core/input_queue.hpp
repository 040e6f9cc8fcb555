// input_pkt_queue and the backlog NAPI that empties it: one per CPU (struct softnet_data in net/core/dev.c).
//
// netif_rx and RPS append; the soft interrupt takes everything over into process_queue and works through that. Hence
// one context appends while another drains, and a hard interrupt may append at any time.
#pragma once

#include "common/napi.hpp"
#include "stack/core/net.hpp"

#include <boost/circular_buffer.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace nicosim {

class InputQueue final : public Napi {
 public:
  using Receive = std::function<void(FramePtr)>;  // __netif_receive_skb

  InputQueue(Net& net, Receive receive) : net_(net), receive_(std::move(receive)) {}

  // enqueue_to_backlog. refused: longer than netdev_max_backlog before this frame, which stays with the caller.
  // first: the queue was empty and the backlog NAPI idle, so its SCHED bit is now set and the caller schedules it.
  enum class Verdict : std::uint8_t { queued, first, refused };
  Verdict enqueue(FramePtr& frame);

  int poll(int quota) override;  // process_backlog
  std::string_view napi_name() const override { return "backlog"; }
  std::size_t length() const { return input_.size() + process_.size(); }
  void close_queued(SimTime now);

 private:
  static constexpr std::size_t kFirstCapacity = 64;

  Net& net_;
  Receive receive_;
  boost::circular_buffer<FramePtr> input_{kFirstCapacity};    // input_pkt_queue
  boost::circular_buffer<FramePtr> process_{kFirstCapacity};  // process_queue
};

}  // namespace nicosim
