#include "cli/scenario/toml_depth.hpp"

#include <algorithm>

namespace nicosim {
namespace {

// The position behind the string that starts at `at` with a quote.
std::size_t behind_string(std::string_view toml, std::size_t at) {
  const char quote = toml[at];
  const bool escapes = quote == '"';
  const auto is_triple = [&](std::size_t i) {
    return i + 2 < toml.size() && toml[i] == quote && toml[i + 1] == quote && toml[i + 2] == quote;
  };
  const bool multi_line = is_triple(at);
  for (std::size_t i = at + (multi_line ? 3 : 1); i < toml.size(); ++i) {
    if (escapes && toml[i] == '\\') {
      ++i;
    } else if (multi_line && is_triple(i)) {
      // Up to two quotes right before the closing three belong to the text.
      std::size_t end = i + 3;
      while (end < toml.size() && end < i + 5 && toml[end] == quote) ++end;
      return end;
    } else if (!multi_line && (toml[i] == quote || toml[i] == '\n')) {
      return toml[i] == quote ? i + 1 : i;
    }
  }
  return toml.size();
}

}  // namespace

std::uint32_t line_of_deep_key(std::string_view toml, unsigned most) {
  unsigned dots = 0;
  for (std::size_t i = 0; i < toml.size();) {
    const char c = toml[i];
    if (c == '"' || c == '\'') {
      i = behind_string(toml, i);
      continue;
    }
    if (c == '#') {
      i = std::min(toml.find('\n', i), toml.size());
      continue;
    }
    if (c == '.' && ++dots > most)
      return 1 +
             static_cast<std::uint32_t>(std::count(toml.begin(), toml.begin() + static_cast<std::ptrdiff_t>(i), '\n'));
    if (c == '\n' || c == ',' || c == '=' || c == '[' || c == '{') dots = 0;
    ++i;
  }
  return 0;
}

}  // namespace nicosim
