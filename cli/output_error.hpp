// What could not be written (exit code 4).
#pragma once

#include <string>

namespace nicosim {

struct OutputError {
  std::string path;
  std::string message;  // "No space left on device"

  std::string text() const { return path + ": " + message; }
};

}  // namespace nicosim
