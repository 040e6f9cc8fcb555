// Writes taps.pcapng: one section, one interface description per tap point, one enhanced packet block per frame.
//
// Blocks are buffered and leave whole. Whenever the file has been flushed, or the disk has filled up, it is a valid
// capture up to its last whole block.
#pragma once

#include "cli/output_error.hpp"
#include "common/bytes.hpp"
#include "common/sim_time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nicosim {

enum class TapDirection : std::uint8_t { unknown = 0, inbound = 1, outbound = 2 };  // epb_flags, bits 0-1

struct TapPoint {
  std::string name;             // "eth0:wire-in"
  std::uint8_t fcs_bytes = 0;   // how many bytes at the end of each frame are its FCS
  std::uint64_t speed_bps = 0;  // 0: not said
};

struct TappedFrame {
  unsigned tap = 0;  // what add() returned
  SimTime time;      // since the start of the run; written in ns, the rest is cut off
  Bytes bytes;       // of longer ones the first kLongestCapturedPacket are kept, as Wireshark reads no more
  std::uint32_t original_length = 0;  // 0: bytes.size()
  TapDirection direction = TapDirection::unknown;
  std::uint64_t packet_id = 0;    // the same along all taps; FrameId::raw, 0 for none
  std::string_view comment = {};  // shown by Wireshark; empty for none
};

class PcapngWriter {
 public:
  // Opens (and empties) the file. A failure shows in flush() like any other.
  explicit PcapngWriter(std::string path);
  PcapngWriter(const PcapngWriter&) = delete;
  PcapngWriter& operator=(const PcapngWriter&) = delete;
  ~PcapngWriter();  // flushes; an error is lost here, so call close() first

  unsigned add(const TapPoint& tap);
  void write(const TappedFrame& frame);

  // Hands everything to the system. The first error of the file is returned by the next call, once; frames written
  // after it are counted in lost().
  [[nodiscard]] std::optional<OutputError> flush();
  [[nodiscard]] std::optional<OutputError> close();

  std::uint64_t frames() const { return frames_; }  // accepted
  std::uint64_t lost() const { return lost_; }      // came after the error

 private:
  void u16(std::uint16_t v);
  void u32(std::uint32_t v);
  void u64(std::uint64_t v);
  void padded(Bytes bytes);
  void option(std::uint16_t code, Bytes value);
  void option(std::uint16_t code, std::string_view text);
  std::size_t begin_block(std::uint32_t type);
  void end_block(std::size_t start);
  void drain();
  void failed(int error_number);

  std::string path_;
  int descriptor_ = -1;
  std::vector<std::byte> buffer_;  // whole blocks only, outside begin_block/end_block
  std::uint64_t written_ = 0;      // bytes of the file that are whole blocks
  std::vector<std::uint8_t> fcs_bytes_;
  std::optional<OutputError> error_;
  bool dead_ = false;
  std::uint64_t frames_ = 0, lost_ = 0;
};

}  // namespace nicosim
