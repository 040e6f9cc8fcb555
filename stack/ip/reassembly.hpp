// Puts fragments together (RFC 791, 815; net/ipv4/ip_fragment.c, inet_fragment.c).
//
// Linux's rules since RFC 5722: a fragment that lies inside what has arrived is a duplicate and only itself dropped;
// one that overlaps anything costs the whole datagram. Memory is bounded by ipfrag_high_thresh, age by ipfrag_time.
#pragma once

#include "stack/core/net.hpp"
#include "stack/core/timer.hpp"
#include "stack/ip/packet.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <tuple>

namespace nicosim {

class Reassembly {
 public:
  // Called with the first fragment of a datagram that timed out: ICMP time exceeded, code 1.
  using TimedOut = std::function<void(const IpPacket&)>;

  Reassembly(Net& net, TimedOut timed_out) : net_(net), timed_out_(std::move(timed_out)) {}

  // ip_defrag: takes a fragment; the whole datagram when it was the last one missing. The result carries the ids of all
  // its fragments.
  std::optional<IpPacket> add(IpPacket fragment);
  std::size_t memory() const { return memory_; }  // truesize of everything held
  std::size_t datagrams() const { return queues_.size(); }
  void close_queued(SimTime now);

 private:
  using Key = std::tuple<Ipv4Address, Ipv4Address, std::uint16_t, std::uint8_t, unsigned>;  // id, protocol, interface

  using Fragments = std::map<std::size_t, IpPacket>;  // by offset

  struct Queue {
    Queue(TimerList& timers, std::function<void()> expired) : timer(timers, std::move(expired)) {}
    Timer timer;
    Fragments fragments;
    std::map<std::size_t, std::size_t> runs;  // begin to end of what arrived back to back, in that order
    std::size_t length = 0, received = 0;     // highest end seen; bytes held
    bool last_in = false;                     // length is final
  };
  enum class Place : std::uint8_t { taken, duplicate, overlap };

  Queue* find_or_create(const Key& key);  // nullptr: too much memory in use
  static Place place(Queue& queue, std::size_t offset, std::size_t end);
  std::optional<IpPacket> refuse(const Key& key, IpPacket fragment, DropReason reason);  // and the whole datagram
  std::optional<IpPacket> join(const Key& key, Queue& queue);
  Fragments take(const Key& key);
  void drop(Fragments fragments, DropReason reason);
  void expired(const Key& key);

  Net& net_;
  TimedOut timed_out_;
  std::map<Key, Queue> queues_;
  std::size_t memory_ = 0;
};

}  // namespace nicosim
