// Plays a sequence on a device and writes down all that software can see of it.
#pragma once

#include "tb/oracle/sequence.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace nicosim {

// What went through a device since its statistics were read last: the facts behind known differences in counts.
struct Traffic {
  unsigned arrived = 0, arrived_bytes = 0;  // on the wire, with padding and FCS
  struct Stored {
    std::size_t length;  // on the wire: with FCS and tag, also where they are not stored
    std::size_t tag;     // bytes of it that CTRL.VME took out
  };
  std::vector<Stored> stored;  // frames in memory
  unsigned stored_bytes = 0;
  unsigned tag_bytes = 0, inserted_bytes = 0;  // of tags that were taken out of them, and put into sent frames
  unsigned exact_groups = 0;                   // of them, groups that a receive address let in while RCTL.MPE was off
  unsigned broadcasts_as_groups = 0;           // broadcasts while RCTL.MPE was on
  bool stripped = false;                       // RCTL.SECRC
  bool waited = false;                         // a frame found no descriptor
  unsigned padded = 0, pad_bytes = 0;          // sent frames that TCTL.PSP made longer
  unsigned runts = 0, runt_bytes = 0;          // sent frames under 64 bytes, with FCS
  unsigned single_segments = 0;                // segmentations that made one frame
};

struct Observation {
  enum class Kind : std::uint8_t {
    reg,            // value read from the register at `offset`
    causes,         // ICR, as `value`
    line,           // 1 if it agrees with (ICR & IMS) != 0 before the read of ICR, and is low after it
    rx_descriptor,  // 16 bytes, address cleared
    rx_frame,       // as stored, all its buffers joined; `value` is how many of the last bytes are FCS
    guard,          // what follows a frame in its buffer
    tx_descriptor,  // 16 bytes, address cleared
    sent_frame,     // on the wire, without FCS; `value` is 1 if TCTL.PSP pads it
  };
  static constexpr std::size_t kSetup = static_cast<std::size_t>(-1);

  Kind kind = Kind::reg;
  std::size_t operation = kSetup;  // index in the sequence
  std::uint32_t offset = 0, value = 0;
  ByteVector bytes;
  // With `causes`, since the last look, or since a write to ICR that cleared what comes of it: frames were stored, were
  // sent; free descriptors fell to the threshold of RCTL.RDMTS.
  bool received = false, sent = false, ran_low = false;
  std::shared_ptr<const Traffic> traffic;  // with a statistic
  // With a frame's last `rx_descriptor`: complement of the RFC 1071 sum of the frame as it is stored, from RXCSUM.PCSS
  // on
  std::optional<std::uint16_t> packet_sum;
  std::optional<std::uint16_t> tci;  // with `rx_frame`: of the tag that was taken out of it
};

using Log = std::vector<Observation>;

// Starts with power_on().
Log play(OracleDevice& device, const Sequence& sequence);

}  // namespace nicosim
