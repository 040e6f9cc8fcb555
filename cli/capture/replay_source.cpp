#include "cli/capture/replay_source.hpp"

#include <algorithm>

namespace nicosim {
namespace {

constexpr std::size_t kMinWithoutFcs = 60, kMaxWithoutFcs = 1518;

}  // namespace

ReplaySource::ReplaySource(CaptureReader reader, Pace pace, SimTime max_gap)
    : reader_(std::move(reader)), pacer_(pace, SimTime::zero(), max_gap) {}

std::optional<WireFrame> ReplaySource::next() {
  if (error_) return std::nullopt;
  try {
    std::optional<CapturedPacket> packet = reader_.next();
    if (!packet) return std::nullopt;
    ++counts_.packets;
    WireFrame frame;
    frame.packet = packet->index;
    frame.not_before = pacer_.next(packet->timestamp_ns);
    if (packet->is_cut()) {
      ++counts_.cut;
      cut_.insert(packet->index);
      packet->bytes.resize(std::min(packet->original_length, kLongestCapturedPacket));
    }
    if (packet->bytes.size() < kMinWithoutFcs) ++counts_.padded;
    if (packet->bytes.size() > kMaxWithoutFcs) ++counts_.oversized;
    frame.bytes = std::move(packet->bytes);
    finish_for_wire(frame.bytes);
    return frame;
  } catch (const CaptureError& e) {
    error_ = e.what();
    return std::nullopt;
  }
}

ReplaySource::Counts ReplaySource::counts() const {
  Counts counts = counts_;
  counts.gaps_shortened = pacer_.gaps_shortened();
  counts.time_went_back = pacer_.time_went_back();
  counts.skipped = reader_.warnings().size();
  return counts;
}

}  // namespace nicosim
