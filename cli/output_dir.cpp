#include "cli/output_dir.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace nicosim {
namespace {

constexpr std::string_view kLock = ".lock";
constexpr std::string_view kManifest = "manifest.json";
// What a run leaves; --force clears these, so that no file of an older run passes for one of this run.
constexpr std::array<std::string_view, 10> kOurs{"manifest.json", "report.json",  "scenario.toml", "events.tsv",
                                                 "taps.pcapng",   "waves.fst",    "summary.txt",   "table.csv",
                                                 "netfilter.txt", "conntrack.txt"};

OutputError error_of(const std::string& path, int number) { return {path, std::strerror(number)}; }

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t n = ::write(descriptor, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

std::string_view name_of(RunStatus status) {
  switch (status) {
    case RunStatus::complete:
      return "complete";
    case RunStatus::interrupted:
      return "interrupted";
    case RunStatus::failed:
      return "failed";
  }
  return "failed";
}

std::optional<OutputError> write_whole(const std::string& path, std::string_view content) {
  // A device or a pipe (/dev/stdout, /dev/full) is written in place: renaming would replace it by a file.
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  const bool in_place = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
  const std::string target = in_place ? path : path + ".new";
  const int descriptor = ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) return error_of(path, errno);
  int failure = write_all(descriptor, content) ? 0 : errno;
  if (::close(descriptor) != 0 && failure == 0) failure = errno;
  if (failure == 0 && !in_place && ::rename(target.c_str(), path.c_str()) != 0) failure = errno;
  if (failure == 0) return std::nullopt;
  if (!in_place) ::unlink(target.c_str());
  return error_of(path, failure);
}

Result<OutputDir, OutputError> OutputDir::open(const std::string& path, bool force, Manifest manifest) {
  namespace fs = std::filesystem;
  std::error_code problem;
  const fs::file_status status = fs::status(path, problem);
  const bool existed = fs::exists(status);
  if (existed && !fs::is_directory(status)) return OutputError{path, "is a file; expected a folder, or a new name"};
  if (existed && !force) return OutputError{path, "exists already; --force writes into it, replacing its last run"};
  if (!existed && !fs::create_directories(path, problem) && problem) return OutputError{path, problem.message()};

  const std::string lock_path = fmt::format("{}/{}", path, kLock);
  const int lock = ::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (lock < 0) return error_of(path, errno);
  OutputDir directory{path, lock, std::move(manifest)};
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0)
    return OutputError{path, errno == EWOULDBLOCK ? "another run is writing into it" : std::strerror(errno)};
  for (const std::string_view name : kOurs)
    if (::unlink(directory.file(name).c_str()) != 0 && errno != ENOENT) return error_of(directory.file(name), errno);
  for (const auto& entry : fs::directory_iterator{path, problem})  // one for each card: waves.eth0.fst
    if (const std::string name = entry.path().filename(); name.starts_with("waves.") && name.ends_with(".fst"))
      fs::remove(entry.path(), problem);
  if (const auto failed = directory.finish(RunStatus::interrupted)) return *failed;
  return directory;
}

OutputDir::OutputDir(OutputDir&& other) noexcept
    : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)), manifest_(std::move(other.manifest_)) {}

OutputDir::~OutputDir() {
  // The lock file stays: removing it would let two runs lock two different files of the same name.
  if (lock_ >= 0) ::close(lock_);
}

std::string OutputDir::file(std::string_view name) const { return fmt::format("{}/{}", path_, name); }

std::optional<OutputError> OutputDir::write(std::string_view name, std::string_view content) const {
  return write_whole(file(name), content);
}

std::optional<OutputError> OutputDir::finish(RunStatus status) const {
  nlohmann::ordered_json manifest;
  manifest["schema"] = 1;
  manifest["status"] = name_of(status);
  for (const auto& [key, value] : manifest_) manifest[key] = value;
  return write(kManifest, manifest.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

}  // namespace nicosim
