#include "cli/capture/recorded_source.hpp"

namespace nicosim {

std::optional<WireFrame> RecordedSource::next() {
  if (error_) return std::nullopt;
  try {
    std::optional<CapturedPacket> packet = reader_.next();
    if (!packet) return std::nullopt;
    WireFrame frame;
    frame.packet = packet->index;
    frame.not_before = SimTime::ns(packet->timestamp_ns);
    frame.bytes = std::move(packet->bytes);
    finish_for_wire(frame.bytes);
    return frame;
  } catch (const CaptureError& e) {
    error_ = e.what();
    return std::nullopt;
  }
}

}  // namespace nicosim
