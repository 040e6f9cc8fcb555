#include "cli/capture/pcapng_writer.hpp"

#include "cli/capture/reader.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace nicosim {
namespace {

constexpr std::size_t kFlushAt = 256 * 1024;
constexpr std::size_t kLongestComment = 4096;

// Option codes of draft-ietf-opsawg-pcapng
constexpr std::uint16_t kEnd = 0, kComment = 1, kShbUserAppl = 4;
constexpr std::uint16_t kIfName = 2, kIfSpeed = 8, kIfTsResolution = 9, kIfFcsLength = 13;
constexpr std::uint16_t kEpbFlags = 2, kEpbPacketId = 5;

}  // namespace

// Little endian throughout, so that equal runs give equal bytes on any machine.
void PcapngWriter::u16(std::uint16_t v) {
  buffer_.push_back(std::byte(v & 0xffU));
  buffer_.push_back(std::byte(v >> 8U));
}
void PcapngWriter::u32(std::uint32_t v) {
  u16(static_cast<std::uint16_t>(v));
  u16(static_cast<std::uint16_t>(v >> 16U));
}
void PcapngWriter::u64(std::uint64_t v) {
  u32(static_cast<std::uint32_t>(v));
  u32(static_cast<std::uint32_t>(v >> 32U));
}

void PcapngWriter::padded(Bytes bytes) {
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  while (buffer_.size() % 4 != 0) buffer_.push_back(std::byte{0});  // every block starts at a multiple of 4
}

void PcapngWriter::option(std::uint16_t code, Bytes value) {
  u16(code);
  u16(static_cast<std::uint16_t>(value.size()));
  padded(value);
}

void PcapngWriter::option(std::uint16_t code, std::string_view text) {
  option(code, std::as_bytes(std::span{text.data(), text.size()}));
}

std::size_t PcapngWriter::begin_block(std::uint32_t type) {
  const std::size_t start = buffer_.size();
  u32(type);
  u32(0);  // length, known in end_block()
  return start;
}

void PcapngWriter::end_block(std::size_t start) {
  const auto length = static_cast<std::uint32_t>(buffer_.size() + 4 - start);
  u32(length);
  for (unsigned i = 0; i < 4; ++i) buffer_[start + 4 + i] = std::byte((length >> (8 * i)) & 0xffU);
  if (buffer_.size() >= kFlushAt) drain();
}

PcapngWriter::PcapngWriter(std::string path) : path_(std::move(path)) {
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0) failed(errno);
  const std::size_t block = begin_block(0x0a0d0d0a);
  u32(0x1a2b3c4d);
  u16(1);
  u16(0);
  u64(~std::uint64_t{0});  // section length: not said, the section ends with the file
  option(kShbUserAppl, "nicosim");
  option(kEnd, Bytes{});
  end_block(block);
}

PcapngWriter::~PcapngWriter() { (void)close(); }

unsigned PcapngWriter::add(const TapPoint& tap) {
  const std::size_t block = begin_block(1);
  u16(1);  // Ethernet
  u16(0);
  u32(0);  // no snapshot length
  option(kIfName, tap.name);
  if (tap.speed_bps != 0) {
    u16(kIfSpeed);
    u16(8);
    u64(tap.speed_bps);
  }
  const std::byte nanoseconds{9};
  option(kIfTsResolution, Bytes{&nanoseconds, 1});
  if (tap.fcs_bytes != 0) {
    const std::byte fcs{tap.fcs_bytes};
    option(kIfFcsLength, Bytes{&fcs, 1});
  }
  option(kEnd, Bytes{});
  end_block(block);
  fcs_bytes_.push_back(tap.fcs_bytes);
  return static_cast<unsigned>(fcs_bytes_.size() - 1);
}

void PcapngWriter::write(const TappedFrame& frame) {
  assert(frame.tap < fcs_bytes_.size() && "a frame was tapped at a point that was never added");
  if (dead_) {
    ++lost_;
    return;
  }
  ++frames_;
  const auto whole = static_cast<std::uint32_t>(frame.bytes.size());
  const std::uint32_t kept = std::min(whole, kLongestCapturedPacket);
  const auto ns = static_cast<std::uint64_t>(frame.time.in_ns());
  const std::size_t block = begin_block(6);
  u32(frame.tap);
  u32(static_cast<std::uint32_t>(ns >> 32U));
  u32(static_cast<std::uint32_t>(ns));
  u32(kept);
  u32(frame.original_length == 0 ? whole : frame.original_length);
  padded(frame.bytes.first(kept));
  u16(kEpbFlags);
  u16(4);
  u32(static_cast<std::uint32_t>(frame.direction) | (std::uint32_t{fcs_bytes_[frame.tap]} << 5U));
  if (frame.packet_id != 0) {
    u16(kEpbPacketId);
    u16(8);
    u64(frame.packet_id);
  }
  if (!frame.comment.empty()) option(kComment, frame.comment.substr(0, kLongestComment));
  option(kEnd, Bytes{});
  end_block(block);
}

void PcapngWriter::failed(int error_number) {
  if (!dead_) error_ = OutputError{path_, std::strerror(error_number)};
  dead_ = true;
}

void PcapngWriter::drain() {
  std::size_t done = 0;
  while (!dead_ && done < buffer_.size()) {
    const ssize_t n = ::write(descriptor_, buffer_.data() + done, buffer_.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0)
      failed(n < 0 ? errno : EIO);
    else
      done += static_cast<std::size_t>(n);
  }
  // What arrived may end inside a block: cut the file back to the last whole one.
  std::size_t whole = 0;
  while (whole < done) {
    std::uint32_t length = 0;
    for (unsigned i = 0; i < 4; ++i) length |= std::to_integer<std::uint32_t>(buffer_[whole + 4 + i]) << (8 * i);
    if (whole + length > done) break;
    whole += length;
  }
  written_ += whole;
  // A device or a pipe cannot be cut; then there is nothing to keep valid either.
  if (whole < done && ::ftruncate(descriptor_, static_cast<off_t>(written_)) != 0) errno = 0;
  buffer_.clear();
}

std::optional<OutputError> PcapngWriter::flush() {
  drain();
  return std::exchange(error_, std::nullopt);
}

std::optional<OutputError> PcapngWriter::close() {
  if (descriptor_ >= 0) {
    drain();
    if (::close(descriptor_) != 0) failed(errno);
    descriptor_ = -1;
    dead_ = true;
  }
  return std::exchange(error_, std::nullopt);
}

}  // namespace nicosim
