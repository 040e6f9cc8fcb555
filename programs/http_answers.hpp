// Counts the answers that a client reads from an HTTP server: where one ends and the next begins (RFC 9112, 6.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace nicosim {

// For answers that carry Content-Length, as ours do.
class HttpAnswers {
 public:
  // How many answers end in these bytes.
  std::uint64_t hear(std::span<const std::byte> data);

 private:
  std::string head_;
  std::uint64_t body_left_ = 0;
};

}  // namespace nicosim
