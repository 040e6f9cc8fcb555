#include "programs/http_answers.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace nicosim {
namespace {

constexpr std::string_view kLength = "Content-Length: ";

std::uint64_t length_in(std::string_view head) {
  const std::size_t field = head.find(kLength);
  std::uint64_t length = 0;
  if (field != std::string_view::npos)
    std::from_chars(head.data() + field + kLength.size(), head.data() + head.size(), length);
  return length;
}

}  // namespace

std::uint64_t HttpAnswers::hear(std::span<const std::byte> data) {
  std::uint64_t whole = 0;
  while (!data.empty()) {
    if (body_left_ == 0) {
      head_ += static_cast<char>(data.front());
      data = data.subspan(1);
      if (!head_.ends_with("\r\n\r\n")) continue;
      body_left_ = length_in(head_);
      head_.clear();
    } else {
      const std::size_t n = std::min<std::uint64_t>(body_left_, data.size());
      data = data.subspan(n);
      body_left_ -= n;
    }
    if (body_left_ == 0) ++whole;
  }
  return whole;
}

}  // namespace nicosim
