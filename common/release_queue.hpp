// Puts things that become known out of order back into the order of simulated time.
//
// A card is evaluated ahead of the rest of the simulation, and a CPU charges time before it has passed. Whatever leaves
// the simulation in time order (event log, captures) waits here until time has passed it, and leaves sorted by
// (time, source, number within the source): the result does not depend on how far anybody ran ahead.
#pragma once

#include "common/sim_time.hpp"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <functional>
#include <tuple>
#include <utility>
#include <vector>

namespace nicosim {

template <class Payload>
class ReleaseQueue {
 public:
  using Sink = std::function<void(SimTime, Payload&&)>;

  void add(SimTime time, unsigned source, Payload payload) {
    assert(time >= released_ && "something came after its time had been released");
    if (next_number_.size() <= source) next_number_.resize(source + 1);
    heap_.push_back(Item{time, source, next_number_[source]++, std::move(payload)});
    std::ranges::push_heap(heap_, kLater);
  }

  // Everything before `time` is complete: hands it to the sink in order. Nothing earlier may be added afterwards.
  void release(SimTime time, const Sink& sink) {
    released_ = std::max(released_, time);
    while (!heap_.empty() && heap_.front().time < time) {
      std::ranges::pop_heap(heap_, kLater);
      Item item = std::move(heap_.back());
      heap_.pop_back();
      sink(item.time, std::move(item.payload));
    }
  }

 private:
  struct Item {
    SimTime time;
    unsigned source = 0;
    std::uint64_t number = 0;
    Payload payload;
  };
  static constexpr auto kLater = [](const Item& a, const Item& b) {
    return std::tie(a.time, a.source, a.number) > std::tie(b.time, b.source, b.number);
  };

  std::vector<Item> heap_;  // earliest on top
  std::vector<std::uint64_t> next_number_;
  SimTime released_ = SimTime::zero();
};

}  // namespace nicosim
