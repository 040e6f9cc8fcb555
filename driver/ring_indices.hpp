// Where software stands in a descriptor ring: next_to_use, next_to_clean, and what lies between.
//
// One slot always stays with the driver. With all of them given away head and tail would be equal, and the card takes
// that for an empty ring (manual, "Receive Descriptor Queue Structure"; E1000_DESC_UNUSED).
#pragma once

#include <cassert>

namespace nicosim {

class RingIndices {
 public:
  explicit RingIndices(unsigned count) : count_(count) { assert(count >= 2 && "a ring needs a slot for each side"); }

  unsigned count() const { return count_; }
  unsigned next_to_use() const { return next_to_use_; }      // the next slot that goes to the card: the tail register
  unsigned next_to_clean() const { return next_to_clean_; }  // the oldest slot that the card may have finished
  unsigned after(unsigned slot) const { return slot + 1 == count_ ? 0 : slot + 1; }

  unsigned unused() const { return (next_to_clean_ > next_to_use_ ? 0 : count_) + next_to_clean_ - next_to_use_ - 1; }
  bool all_clean() const { return next_to_clean_ == next_to_use_; }

  void use() {
    assert(unused() > 0 && "the last slot must stay with the driver");
    next_to_use_ = after(next_to_use_);
  }
  void clean() {
    assert(!all_clean() && "cleans a slot that the card never had");
    next_to_clean_ = after(next_to_clean_);
  }

 private:
  unsigned count_;
  unsigned next_to_use_ = 0, next_to_clean_ = 0;
};

}  // namespace nicosim
