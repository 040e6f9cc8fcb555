// The frames of a recorded live run, each at the very time at which it came.
//
// Unlike a replayed capture nothing is moved or made up: timestamps are simulated time since the wires lived, whole ns.
#pragma once

#include "cli/capture/reader.hpp"
#include "sc_model/wire.hpp"

#include <optional>
#include <string>

namespace nicosim {

class RecordedSource final : public WireSource {
 public:
  // Throws CaptureError when the file is none.
  explicit RecordedSource(const std::string& file) : reader_(CaptureReader::open(file)) {}

  // The end comes early when the recording is broken: error() then says where and why.
  std::optional<WireFrame> next() override;
  const std::optional<std::string>& error() const { return error_; }

 private:
  CaptureReader reader_;
  std::optional<std::string> error_;
};

}  // namespace nicosim
