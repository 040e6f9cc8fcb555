// Bytes that have arrived: in order for the process (sk_receive_queue), and out of order (out_of_order_queue).
//
// Owns the frames. Each id stays with the last byte its frame contributed and is closed when that byte is read, also
// after several frames were collapsed into one.
#pragma once

#include "common/frame.hpp"
#include "stack/core/net.hpp"
#include "stack/tcp/tcp_header.hpp"

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <string_view>

namespace nicosim {

struct RxSegment {
  struct Part {
    FrameId id;
    std::uint32_t end_seq = 0;  // first number behind its last byte
  };
  FramePtr frame;                      // its bytes begin at `seq`
  std::uint32_t seq = 0, end_seq = 0;  // of the bytes, without FIN
  bool fin = false;
  std::size_t truesize = 0;
  boost::container::small_vector<Part, 1> parts;
};

class ReceiveQueue {
 public:
  // What became of an out-of-order segment, for SACK: the range that the queue got, or all of it a duplicate.
  struct Duplicate {
    std::uint32_t start = 0, end = 0;
  };
  using OnDuplicate = std::function<void(Duplicate)>;

  explicit ReceiveQueue(Net& net) : net_(net) {}

  static RxSegment segment_of(TcpSegment&& segment);

  // In order: the bytes from `rcv_nxt` on are new. Returns the new rcv_nxt (FIN not counted).
  void append(RxSegment segment);
  // tcp_data_queue_ofo. false: every byte was there already, and the frame is closed (TCP_OFOMERGE).
  bool insert_out_of_order(RxSegment segment, const OnDuplicate& duplicate);
  // tcp_ofo_queue: moves what `rcv_nxt` has caught up with; true when a FIN was among it.
  bool take_in_order(std::uint32_t& rcv_nxt, const OnDuplicate& duplicate);

  // Copies from `copied_seq` on. `peek`: nothing is taken. Otherwise closes the frames whose last byte was read.
  std::size_t copy(std::uint32_t from, std::span<std::byte> to) const;
  void consume(std::uint32_t copied_seq, std::string_view reader);

  void collapse();                              // tcp_collapse: many small frames become few full ones
  bool prune_out_of_order(std::size_t rcvbuf);  // tcp_prune_ofo_queue; true when something was dropped
  void purge(Station station, DropReason reason);
  void purge_out_of_order(DropReason reason);
  void close_queued(SimTime now);

  bool empty() const { return ready_.empty(); }
  bool out_of_order_empty() const { return out_of_order_.empty(); }
  std::size_t out_of_order_size() const { return out_of_order_.size(); }
  std::size_t unread(std::uint32_t copied_seq) const;
  std::size_t rmem_alloc() const { return rmem_alloc_; }  // truesize of everything here
  // For tests (tcp_verify.cpp): what does not hold, in words; empty when all does. `end`: rcv_nxt without the FIN.
  std::string_view broken_invariant(std::uint32_t copied_seq, std::uint32_t end) const;

 private:
  using Segments = std::deque<RxSegment>;

  void drop(RxSegment segment, Station station, DropReason reason);
  void collapse(Segments& segments);

  Net& net_;
  Segments ready_;
  Segments out_of_order_;  // by seq; neighbours may overlap, none covers another
  std::size_t rmem_alloc_ = 0;
};

}  // namespace nicosim
