// The device's queue: pfifo between the stack and the driver's transmit ring (net/sched/sch_generic.c).
#pragma once

#include "common/frame.hpp"
#include "common/net_device.hpp"
#include "stack/core/net.hpp"
#include "stack/core/packet_tap.hpp"

#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <utility>

namespace nicosim {

// Held by a frame on its way out, released when the card has taken it or it was dropped (skb->destructor): that is
// when the sender gets its send-buffer space back.
class TxOwner {
 public:
  TxOwner() = default;
  TxOwner(const TxOwner&) = delete;
  TxOwner& operator=(const TxOwner&) = delete;
  virtual ~TxOwner() = default;
  virtual void release() {}       // wakes who waits for the space, so time may pass, and the run end
  virtual void link_failure() {}  // the next hop's address could not be found (dst_link_failure)
};

struct TxFrame {
  TxFrame(FramePtr f, std::unique_ptr<TxOwner> o = nullptr) : frame(std::move(f)), owner(std::move(o)) {}
  TxFrame(TxFrame&&) = default;
  TxFrame& operator=(TxFrame&&) = delete;
  // The end of a run comes as an exception; on its way out of the simulated threads nobody is woken any more.
  ~TxFrame() noexcept(false) {
    if (owner && std::uncaught_exceptions() == 0) owner->release();
  }

  FramePtr frame;  // from the IP or, once resolved, the Ethernet header on
  std::unique_ptr<TxOwner> owner;
};

class TxQueue {
 public:
  static constexpr std::size_t kLength = 1000;  // txqueuelen

  // Whatever features_check() says that the card will not do with a frame is done here, just before it gets it
  // (validate_xmit_skb): cutting, checksums.
  TxQueue(Net& net, NetDevice& device, PacketTap& tap) : net_(net), device_(device), tap_(tap) {}

  // __dev_queue_xmit: a whole Ethernet frame. false: dropped (NET_XMIT_DROP), and already closed.
  bool enqueue(TxFrame frame);
  void run();        // qdisc_run: hands frames to the driver until it is busy or nothing is left
  bool wake();       // netif_wake_queue; true when frames wait, so that NET_TX is worth raising
  void shut_down();  // carrier lost: what waits is dropped (dev_deactivate)
  void close_queued(SimTime now);

  std::size_t length() const { return waiting_.size() + ready_.size(); }
  std::uint64_t dropped() const { return dropped_; }

 private:
  void drop(TxFrame frame, DropReason reason);
  TxFrame dequeue();  // something waits

  Net& net_;
  NetDevice& device_;
  PacketTap& tap_;
  std::deque<TxFrame> waiting_;
  std::deque<TxFrame> ready_;  // in front of those: validated, refused once or cut from one frame (q->gso_skb)
  bool head_tapped_ = false;   // the head was refused once: the tap has seen it
  bool stopped_ = false;       // NETDEV_TX_BUSY, tx_wake() has not come yet
  bool running_ = false;       // another context is in run(): it will see what we append
  std::uint64_t dropped_ = 0;
};

}  // namespace nicosim
