// A capture as frames for the wire: padded, with a good FCS, at the pace that was asked for.
//
// Captures are taken above a card, so frames are short of padding and FCS; a record that the capture cut is filled with
// zeros to its length and marked. Everything that was done to the capture is counted.
#pragma once

#include "cli/capture/pacing.hpp"
#include "cli/capture/reader.hpp"
#include "sc_model/wire.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>

namespace nicosim {

class ReplaySource final : public WireSource {
 public:
  ReplaySource(CaptureReader reader, Pace pace, SimTime max_gap);

  // The end comes early when the capture is broken: error() then says where and why.
  std::optional<WireFrame> next() override;

  struct Counts {
    std::uint64_t packets = 0, padded = 0, cut = 0, oversized = 0, gaps_shortened = 0, time_went_back = 0, skipped = 0;
  };
  Counts counts() const;
  bool was_cut(std::uint64_t packet) const { return cut_.contains(packet); }
  const std::optional<std::string>& error() const { return error_; }
  const CaptureReader& reader() const { return reader_; }

 private:
  CaptureReader reader_;
  Pacer pacer_;
  Counts counts_;
  std::set<std::uint64_t> cut_;
  std::optional<std::string> error_;
};

}  // namespace nicosim
