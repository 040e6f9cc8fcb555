// Plays a sequence on a device and writes down all that software can see of it.
#pragma once

#include "tb/oracle/sequence.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace nicosim {

struct Observation {
  enum class Kind : std::uint8_t {
    reg,            // value read from the register at `offset`
    causes,         // ICR, as `value`
    line,           // 1 if it agrees with (ICR & IMS) != 0 before the read of ICR, and is low after it
    rx_descriptor,  // 16 bytes, address cleared
    rx_frame,       // as stored, all its buffers joined; `value` is how many of the last bytes are FCS
    guard,          // what follows a frame in its buffer
    tx_descriptor,  // 16 bytes, address cleared
    sent_frame,     // on the wire, without FCS
  };
  static constexpr std::size_t kSetup = static_cast<std::size_t>(-1);

  Kind kind = Kind::reg;
  std::size_t operation = kSetup;  // index in the sequence
  std::uint32_t offset = 0, value = 0;
  ByteVector bytes;
};

using Log = std::vector<Observation>;

// Starts with power_on().
Log play(OracleDevice& device, const Sequence& sequence);

}  // namespace nicosim
