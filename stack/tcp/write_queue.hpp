// What was written and is not acknowledged: segments sent (tcp_rtx_queue) and still to be sent (sk_write_queue).
//
// Each segment carries its scoreboard bits (TCPCB_*). The counters follow them, so bits change through the methods
// here.
#pragma once

#include "common/frame_id.hpp"
#include "common/sim_time.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

namespace nicosim {

struct TxSegment {
  std::uint32_t seq = 0, end_seq = 0;  // SYN and FIN occupy a number each
  std::uint8_t flags = 0;              // SYN, FIN, PSH; ACK is added when it is sent
  std::vector<std::byte> data;
  struct Written {  // where the bytes of a write() begin, and when it gave them
    std::uint32_t seq = 0;
    SimTime when;
  };
  SimTime first_written;             // when the write() gave the oldest of its bytes, before any cut
  std::vector<Written> more_writes;  // and the others, in order; those before `seq` may be left over from a cut
  std::uint32_t segs = 1;            // packets that it is on the wire (tcp_skb_pcount); all counters count packets
  std::size_t mss = 0;               // payload of each but the last, 0 for one packet (tcp_skb_mss)
  std::size_t truesize = 0;          // counted in sk_wmem_queued
  SimTime sent;                      // last transmission
  std::vector<FrameId> ids;          // of its last transmission: parents of the next
  bool sacked = false;               // TCPCB_SACKED_ACKED
  bool lost = false;                 // TCPCB_LOST
  bool retrans = false;              // TCPCB_SACKED_RETRANS: retransmitted, and not known to be lost again
  bool ever_retrans = false;         // TCPCB_EVER_RETRANS

  std::size_t size() const { return data.size(); }
  SimTime written() const;                                         // its first byte; the segment has data
  std::size_t seglen() const { return segs == 1 ? size() : mss; }  // of its longest packet (tcp_skb_seglen)
  void set_segs(std::size_t mss_now);                              // tcp_set_skb_tso_segs, of one not sent yet
};

class WriteQueue {
 public:
  using Segments = std::deque<TxSegment>;

  Segments& sent() { return sent_; }
  const Segments& sent() const { return sent_; }
  Segments& unsent() { return unsent_; }
  const Segments& unsent() const { return unsent_; }
  bool empty() const { return sent_.empty() && unsent_.empty(); }

  void append(TxSegment segment);                          // behind everything
  void grew(std::size_t bytes) { wmem_queued_ += bytes; }  // the last segment's truesize was raised
  TxSegment& advance(SimTime now);                         // the first unsent one is being sent
  void pop_acked();                                        // the first sent one is done with
  std::vector<std::byte> buffer();                         // empty, for a new segment's data; used ones come back
  // Acknowledged in its middle (tcp_trim_head, tcp_tso_acked); returns how many packets of it that finishes.
  std::uint32_t trim_head(std::uint32_t up_to);
  // tcp_fragment: cuts `index` of sent() or unsent() in two at `size` bytes of data; both keep the bits.
  void split_sent(std::size_t index, std::size_t size, std::size_t mss) { split(sent_, index, size, mss, true); }
  void split_unsent(std::size_t size, std::size_t mss) { split(unsent_, 0, size, mss, false); }
  void resegment_sent(std::size_t index, std::size_t mss);  // sent again, with another MSS (tcp_adjust_pcount)
  void purge();

  void mark_sacked(TxSegment& s);
  void clear_sacked(TxSegment& s);
  void mark_lost(TxSegment& s);  // tcp_mark_skb_lost: its retransmission, too, is lost
  void clear_lost(TxSegment& s);
  void mark_retransmitted(TxSegment& s, SimTime now);

  std::uint32_t packets_out() const { return packets_out_; }
  std::uint32_t lost_out() const { return lost_out_; }
  std::uint32_t retrans_out() const { return retrans_out_; }
  // Without SACK, duplicate ACKs stand for segments that arrived (tcp_add_reno_sack).
  std::uint32_t sacked_out = 0;
  std::size_t wmem_queued() const { return wmem_queued_; }  // sk_wmem_queued
  std::uint32_t left_out() const { return sacked_out + lost_out_; }
  std::uint32_t in_flight() const {  // tcp_packets_in_flight
    const std::uint32_t all = packets_out() + retrans_out_;
    return all > left_out() ? all - left_out() : 0;
  }
  // For tests (tcp_verify.cpp): what does not hold, in words; empty when all does.
  std::string_view broken_invariant(std::uint32_t una, std::uint32_t nxt, std::uint32_t write_seq, bool sack) const;

 private:
  void split(Segments& queue, std::size_t index, std::size_t size, std::size_t mss, bool counted);
  void count(const TxSegment& s);  // in all counters that it belongs to
  void uncount(const TxSegment& s);

  static constexpr std::size_t kMostSpare = 64, kMostSpareBytes = 4096;  // a connection holds no more

  Segments sent_, unsent_;
  std::vector<std::vector<std::byte>> spare_;
  std::uint32_t packets_out_ = 0, lost_out_ = 0, retrans_out_ = 0;
  std::size_t wmem_queued_ = 0;
};

}  // namespace nicosim
