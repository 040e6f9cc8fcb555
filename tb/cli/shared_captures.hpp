// Real and hostile captures that live beside the project, where somebody has put them.
#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace nicosim {

// Tests run in the project's root.
inline std::optional<std::filesystem::path> shared_captures() {
  for (const char* place : {"../shared/captures", "../../shared/captures"})
    if (std::filesystem::is_directory(place)) return place;
  return std::nullopt;
}
inline constexpr const char* kNoCaptures = "there is no folder ../shared/captures";

inline std::vector<std::string> files_in(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) files.push_back(entry.path().string());
  std::ranges::sort(files);
  return files;
}

}  // namespace nicosim
