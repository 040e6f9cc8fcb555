#include "cli/capture/capture_input.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace nicosim {
namespace {

constexpr std::size_t kChunk = 64 * 1024;

class FileSource final : public ByteSource {
 public:
  FileSource(int descriptor, bool owned) : descriptor_(descriptor), owned_(owned) { buffer_.resize(kChunk); }
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override {
    if (owned_) ::close(descriptor_);
  }

  std::size_t read(std::span<std::byte> to) override {
    if (begin_ == end_) refill();
    const std::size_t n = std::min(to.size(), end_ - begin_);
    std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), n, to.begin());
    begin_ += n;
    return n;
  }

 private:
  void refill() {
    ssize_t got = 0;
    do got = ::read(descriptor_, buffer_.data(), buffer_.size());
    while (got < 0 && errno == EINTR);
    if (got < 0) throw std::system_error(errno, std::generic_category());
    begin_ = 0;
    end_ = static_cast<std::size_t>(got);
  }

  int descriptor_;
  bool owned_;
  std::vector<std::byte> buffer_;
  std::size_t begin_ = 0, end_ = 0;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(Bytes bytes) : rest_(bytes) {}
  std::size_t read(std::span<std::byte> to) override {
    const std::size_t n = std::min(to.size(), rest_.size());
    std::ranges::copy(rest_.first(n), to.begin());
    rest_ = rest_.subspan(n);
    return n;
  }

 private:
  Bytes rest_;
};

}  // namespace

CaptureError::CaptureError(std::string path_, std::uint64_t offset_, std::string message_)
    : std::runtime_error(fmt::format("{}: byte {}: {}", path_, offset_, message_)),
      path(std::move(path_)),
      offset(offset_),
      message(std::move(message_)) {}

std::unique_ptr<ByteSource> open_file_source(const std::string& path) {
  if (path == "-") return std::make_unique<FileSource>(STDIN_FILENO, false);
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw CaptureError(path, 0, std::strerror(errno));
  auto source = std::make_unique<FileSource>(descriptor, true);
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode))
    throw CaptureError(path, 0, "is a folder; expected a pcap or pcapng capture");
  return source;
}

std::unique_ptr<ByteSource> memory_source(Bytes bytes) { return std::make_unique<MemorySource>(bytes); }

std::size_t CaptureInput::read_some(std::span<std::byte> to) {
  if (!pushed_back_.empty()) {
    const std::size_t n = std::min(to.size(), pushed_back_.size());
    std::copy_n(pushed_back_.begin(), n, to.begin());
    pushed_back_.erase(pushed_back_.begin(), pushed_back_.begin() + static_cast<std::ptrdiff_t>(n));
    return n;
  }
  try {
    return source_->read(to);
  } catch (const std::system_error& error) {
    fail(offset_, fmt::format("cannot read: {}", error.code().message()));
  }
}

std::size_t CaptureInput::take(std::uint64_t count, std::vector<std::byte>& to) {
  const std::size_t start = to.size();
  while (to.size() - start < count) {
    const std::size_t filled = to.size();
    to.resize(filled + static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, count - (filled - start))));
    const std::size_t got = read_some(std::span{to}.subspan(filled));
    to.resize(filled + got);
    offset_ += got;
    if (got == 0) break;
  }
  return to.size() - start;
}

std::uint64_t CaptureInput::skip(std::uint64_t count) {
  std::array<std::byte, 4096> scratch;
  std::uint64_t skipped = 0;
  while (skipped < count) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(scratch.size(), count - skipped));
    const std::size_t got = read_some(std::span{scratch}.first(want));
    if (got == 0) break;
    skipped += got;
    offset_ += got;
  }
  return skipped;
}

void CaptureInput::put_back(std::vector<std::byte> bytes) {
  offset_ -= bytes.size();
  pushed_back_.insert(pushed_back_.begin(), bytes.begin(), bytes.end());
}

void CaptureInput::fail(std::uint64_t offset, std::string message) const {
  throw CaptureError(name_, offset, std::move(message));
}

void CaptureInput::complain(std::uint64_t offset, const std::string& kind, const std::string& message) {
  if (!lenient_) fail(offset, message);
  const auto known = std::ranges::find(warnings_, kind, &CaptureWarning::what);
  if (known != warnings_.end())
    ++known->count;
  else
    warnings_.push_back({kind, 1, offset});
}

}  // namespace nicosim
