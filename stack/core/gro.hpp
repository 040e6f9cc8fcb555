// Generic receive offload (net/core/gro.c: dev_gro_receive; tcp4_gro_receive): packets of one TCP connection that
// arrive in a row become one frame, and go up the stack as one.
//
// One per card. A frame is held until its poll ends (with gro_flush_timeout: until that time has passed), until the
// next packet of its connection does not continue it, or until it is complete: PSH, FIN or another flag, a short
// packet, 64 KiB.
#pragma once

#include "common/frame.hpp"
#include "stack/core/net.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

namespace nicosim {

class Gro {
 public:
  using Pass = std::function<void(FramePtr)>;  // to where frames go without GRO

  Gro(Net& net, Pass pass) : net_(net), pass_(std::move(pass)) {}

  void receive(FramePtr frame);  // napi_gro_receive: from the Ethernet header on
  bool holds() const;            // gro_bitmask
  // napi_gro_flush: nothing is held afterwards; `flush_old`: but what came in this jiffy.
  void flush(bool flush_old = false);
  void close_queued(SimTime now);

  // What became of packets: gro_result in the kernel's words; nobody there counts them.
  struct Counts {
    std::uint64_t held = 0, merged = 0, normal = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  static constexpr std::size_t kBuckets = 8, kMost = 8;  // GRO_HASH_BUCKETS; MAX_GRO_SKBS per bucket

  struct Packet {                              // what decides, of a packet that may be merged at all
    std::size_t ip = 0, tcp = 0, payload = 0;  // where they begin
    std::size_t bytes = 0;                     // of payload
    std::uint8_t flags = 0;
    std::uint32_t seq = 0;
    std::uint16_t id = 0;
    bool dont_fragment = false;
  };
  struct Held {
    FramePtr frame;
    Packet first;
    std::size_t segment_bytes = 0, bytes = 0;  // of payload: per packet, in all
    std::int64_t age = 0;                      // the jiffy in which it came
    unsigned count = 1;
    bool atomic = false;  // identifications need not go up: DF
    bool fixed_id = false;
  };
  using Bucket = std::deque<Held>;  // oldest first

  std::optional<Packet> candidate(Frame& frame);  // inet_gro_receive and tcp4_gro_receive, the checks of one packet
  bool checksum_good(Frame& frame, const Packet& packet);
  static bool same_flow(const Held& held, const Frame& frame, const Packet& packet);
  static bool continues(Held& held, const Frame& frame, const Packet& packet);
  void merge(Held& held, FramePtr frame, const Packet& packet);
  void complete(Held held);  // napi_gro_complete
  std::int64_t jiffies() const;

  Net& net_;
  Pass pass_;
  std::array<Bucket, kBuckets> buckets_;
  Counts counts_;
};

}  // namespace nicosim
