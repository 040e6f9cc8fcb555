// Reads packet captures: pcap (microseconds, nanoseconds, either byte order) and pcapng, told apart by their first
// bytes and never by their name.
//
// What is wrong in the file is a CaptureError with the byte it starts at. With `lenient` it is counted as a warning
// instead: a packet that is whole is kept whatever its length fields claim, one that is not is skipped, and where the
// rest can no longer be told apart the capture ends early. Time may run backwards, that is not an error.
#pragma once

#include "cli/capture/capture_input.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

struct CapturedPacket {
  std::uint64_t index = 0;            // from 0, in file order; what was skipped has no number
  std::int64_t timestamp_ns = 0;      // since 1970; finer than ns is cut off, saturates at the limits of the type
  std::uint32_t original_length = 0;  // on the wire, without FCS
  std::vector<std::byte> bytes;       // what the capture kept of it, without FCS
  std::uint64_t offset = 0;           // of its record in the file

  bool is_cut() const { return bytes.size() < original_length; }
};

// Longest packet that any capture may hold, as in libpcap (MAXIMUM_SNAPLEN): a longer one is a broken length field.
inline constexpr std::uint32_t kLongestCapturedPacket = 262'144;
inline constexpr std::uint32_t kLinkTypeEthernet = 1;

class CaptureFormat {  // one file format; the reader owns one
 public:
  virtual ~CaptureFormat() = default;
  virtual std::string_view name() const = 0;
  virtual std::optional<CapturedPacket> next(CaptureInput& input) = 0;  // index is the reader's business
};

class CaptureReader {
 public:
  // Reads the first header, so a FIFO blocks here until somebody writes. "-" is standard input. Throws CaptureError.
  static CaptureReader open(const std::string& path, bool lenient = false);
  // `bytes` must outlive the reader. `name` is what errors are reported under.
  static CaptureReader from_memory(Bytes bytes, std::string name, bool lenient = false);

  // The next packet, nullopt at the end. Throws CaptureError.
  std::optional<CapturedPacket> next();

  std::string_view format() const { return format_->name(); }  // "pcap", "pcapng"
  std::uint64_t packets() const { return packets_; }           // delivered so far
  const std::vector<CaptureWarning>& warnings() const { return input_.warnings(); }

 private:
  explicit CaptureReader(CaptureInput input);

  CaptureInput input_;
  std::unique_ptr<CaptureFormat> format_;
  std::uint64_t packets_ = 0;
};

std::unique_ptr<CaptureFormat> open_pcap(CaptureInput& input);    // reads the file header
std::unique_ptr<CaptureFormat> open_pcapng(CaptureInput& input);  // reads the first section header

// "147 (USER0)"; just the number when it has no common name.
std::string link_type_name(std::uint32_t link_type);

// Takes an FCS of `fcs_bytes` off the end of a packet; what the capture cut off already is not taken twice.
void strip_fcs(CapturedPacket& packet, std::uint32_t fcs_bytes);

}  // namespace nicosim
