// The folder of a run: made new or forced, locked against a second run, marked with how the run ended.
#pragma once

#include "cli/output_error.hpp"
#include "common/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace nicosim {

enum class RunStatus { complete, interrupted, failed };
std::string_view name_of(RunStatus status);

class OutputDir {
 public:
  // What else the manifest says, in this order: the command, the seed, versions.
  using Manifest = std::vector<std::pair<std::string, std::string>>;

  // Makes the folder (parents too). One that exists needs `force`, and then loses the files of its last run, but no
  // others. manifest.json says `interrupted` from here on, so that a run which is killed does not look complete.
  static Result<OutputDir, OutputError> open(const std::string& path, bool force, Manifest manifest);

  OutputDir(OutputDir&& other) noexcept;
  OutputDir& operator=(OutputDir&&) = delete;
  ~OutputDir();  // unlocks

  std::string file(std::string_view name) const;  // the path of a file in it
  // Whole or not at all: written beside it, then renamed.
  [[nodiscard]] std::optional<OutputError> write(std::string_view name, std::string_view content) const;
  // Last: how it ended.
  [[nodiscard]] std::optional<OutputError> finish(RunStatus status) const;

 private:
  OutputDir(std::string path, int lock, Manifest manifest)
      : path_(std::move(path)), lock_(lock), manifest_(std::move(manifest)) {}

  std::string path_;
  int lock_ = -1;  // holds the lock as long as it is open
  Manifest manifest_;
};

// Whole or not at all, as above, for a path of its own (--json FILE).
[[nodiscard]] std::optional<OutputError> write_whole(const std::string& path, std::string_view content);

}  // namespace nicosim
