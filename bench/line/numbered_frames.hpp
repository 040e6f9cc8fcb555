// Frames that know their number: any of them can be made again for comparison, or told from its neighbours.
#pragma once

#include "bench/line/line.hpp"
#include "common/bytes.hpp"

#include <vector>

namespace nicosim::bench {

class NumberedFrames {
 public:
  // `bytes` as in LineCell; towards `destination`.
  NumberedFrames(unsigned bytes, const MacAddress& destination);

  unsigned length(std::uint64_t number) const { return lengths_[number % lengths_.size()]; }  // FCS included
  // The frame from destination address to the last byte before the FCS, which the card or the wire adds.
  void make(std::uint64_t number, std::vector<std::byte>& frame) const;
  // The number that a frame carries.
  static std::uint32_t number_in(const std::byte* frame) { return load_be32({frame + kAt, 4}, 0); }
  double mean_length() const;

 private:
  static constexpr std::size_t kAt = 14;  // behind the type

  std::vector<unsigned> lengths_;  // repeated
  std::vector<std::byte> noise_;
  MacAddress destination_;
};

}  // namespace nicosim::bench
