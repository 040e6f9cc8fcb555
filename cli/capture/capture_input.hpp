// Where capture bytes come from: a file, a pipe, standard input, or memory; read once, in order, with a byte count.
//
// Nothing is allocated because a length field says so: memory grows with the bytes that really arrive.
#pragma once

#include "common/bytes.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace nicosim {

// The capture cannot be read (exit code 3): where, at which byte, and what was expected there.
struct CaptureError : std::runtime_error {
  CaptureError(std::string path, std::uint64_t offset, std::string message);

  std::string path;
  std::uint64_t offset = 0;
  std::string message;
};

// Something wrong that `lenient` let pass: one entry per kind.
struct CaptureWarning {
  std::string what;
  std::uint64_t count = 0;
  std::uint64_t first_offset = 0;
};

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Up to to.size() bytes, 0 at the end. Throws std::system_error when the read fails.
  virtual std::size_t read(std::span<std::byte> to) = 0;
};

std::unique_ptr<ByteSource> open_file_source(const std::string& path);  // "-": standard input; throws CaptureError
std::unique_ptr<ByteSource> memory_source(Bytes bytes);                 // the caller keeps the bytes alive

// A source with its name, the place in it, and the rules for what is wrong.
class CaptureInput {
 public:
  CaptureInput(std::unique_ptr<ByteSource> source, std::string name, bool lenient)
      : source_(std::move(source)), name_(std::move(name)), lenient_(lenient) {}

  std::uint64_t offset() const { return offset_; }
  bool lenient() const { return lenient_; }
  const std::vector<CaptureWarning>& warnings() const { return warnings_; }

  // Appends up to `count` bytes to `to`; returns how many there were.
  std::size_t take(std::uint64_t count, std::vector<std::byte>& to);
  std::uint64_t skip(std::uint64_t count);
  // Puts bytes back in front of what comes next (the magic, once the format is known).
  void put_back(std::vector<std::byte> bytes);

  [[noreturn]] void fail(std::uint64_t offset, std::string message) const;
  // Throws, unless lenient: then it is counted under `kind`.
  void complain(std::uint64_t offset, const std::string& kind, const std::string& message);

 private:
  std::size_t read_some(std::span<std::byte> to);

  std::unique_ptr<ByteSource> source_;
  std::string name_;
  bool lenient_ = false;
  std::uint64_t offset_ = 0;
  std::vector<std::byte> pushed_back_;
  std::vector<CaptureWarning> warnings_;
};

// Fields of either byte order. The caller has checked that they fit.
struct ByteOrder {
  bool big = false;

  std::uint16_t u16(Bytes b, std::size_t at) const {
    const std::uint16_t v = load_be16(b, at);
    return big ? v : __builtin_bswap16(v);
  }
  std::uint32_t u32(Bytes b, std::size_t at) const {
    const std::uint32_t v = load_be32(b, at);
    return big ? v : __builtin_bswap32(v);
  }
  std::uint64_t u64(Bytes b, std::size_t at) const {
    const std::uint64_t first = u32(b, at);
    const std::uint64_t second = u32(b, at + 4);
    return big ? (first << 32U) | second : (second << 32U) | first;
  }
};

}  // namespace nicosim
